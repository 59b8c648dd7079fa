//! The table of limits in the chapter on security is what the constants say.
//!
//! A limit is a constant whose doc comment starts with "Most". `UPDATE=1 cargo test --test limits` writes the table.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "| Limit | Value | |\n|---|---|---|\n";

#[test]
fn ok_the_chapter_lists_every_limit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = table(&root.join("src"));
    assert!(table.lines().count() > 30, "{table}");
    let path = root.join("src/doc/security.md");
    let chapter = std::fs::read_to_string(&path).unwrap();
    let start = chapter.find(HEAD).expect("the chapter has the table");
    let end = chapter[start..].find("\n\n").map_or(chapter.len(), |at| start + at + 1);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, [&chapter[..start], &table, &chapter[end..]].concat()).unwrap();
        return;
    }
    assert_eq!(&chapter[start..end], table, "UPDATE=1 cargo test --test limits");
}

fn table(src: &Path) -> String {
    let mut files = Vec::new();
    let mut folders = vec![src.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.retain(|path| path.extension().is_some_and(|e| e == "rs"));
    files.sort();
    let mut table = HEAD.to_owned();
    for path in files {
        let module = path.strip_prefix(src).unwrap().with_extension("");
        let module = module.to_str().unwrap().replace('/', "::");
        let module = module.trim_end_matches("::mod").to_owned();
        for (name, value, doc) in limits(&std::fs::read_to_string(&path).unwrap()) {
            let _ = writeln!(table, "| `{module}::{name}` | {value} | {} |", doc.trim_end_matches('.'));
        }
    }
    table
}

/// Name, value and doc comment of each limit of a source file.
fn limits(source: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut doc = String::new();
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            doc.push_str(text);
            continue;
        }
        let doc = std::mem::take(&mut doc).trim().to_owned();
        let Some((_, constant)) = line.split_once("const ").filter(|_| doc.starts_with("Most ")) else {
            continue;
        };
        let Some((name, (_, value))) =
            constant.split_once(": ").and_then(|(n, r)| Some((n, r.split_once(" = ")?)))
        else {
            continue;
        };
        let number = number(value.trim_end_matches(';'));
        let shown = if doc.starts_with("Most bytes") { bytes(number) } else { number.to_string() };
        found.push((name.to_owned(), shown, doc.replace("[`", "`").replace("`]", "`").replace('|', "\\|")));
    }
    found
}

/// `16 << 10`, `50_000`.
fn number(value: &str) -> u64 {
    let plain = |digits: &str| digits.replace('_', "").trim().parse::<u64>();
    let shifted = value.split_once("<<").map(|(n, by)| plain(n).unwrap() << plain(by).unwrap());
    shifted.unwrap_or_else(|| plain(value).unwrap_or_else(|_| panic!("{value}")))
}

fn bytes(number: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, by)| number >= 1 << by && number.trailing_zeros() >= *by);
    unit.map_or_else(|| format!("{number} bytes"), |(unit, by)| format!("{} {unit}", number >> by))
}
