//! The README says what is so: its screen and its table of kinds are made by the program.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use std::fmt::Write;
use std::path::Path;

fn readme() -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).expect("the README can be read");
    (path, text)
}

/// Both tests write the one README.
static README: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Compares what stands between two marks with `want`; `UPDATE=1` writes it.
fn check(start: &str, end: &str, want: &str) {
    let _guard = README.lock();
    let (path, text) = readme();
    let (before, rest) = text.split_once(start).expect("the README has the first mark");
    let (have, after) = rest.split_once(end).expect("the README has the second mark");
    if have == want {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, [before, start, want, end, after].concat()).expect("the README can be written");
        return;
    }
    panic!("the README differs; UPDATE=1 writes it anew:\n{want}");
}

#[test]
fn ok_the_table_of_kinds_is_the_table() {
    let mut table = String::from("\n| kind | title | class |\n|---|---|---|\n");
    for row in ksplat::kinds() {
        let title = row.title.replace('|', "\\|");
        writeln!(table, "| {} | `{title}` | {} |", row.name, row.class).expect("a String takes all");
    }
    check("<!-- kinds -->\n", "<!-- /kinds -->", &table);
}

#[cfg(feature = "cli")]
#[test]
fn ok_the_screen_is_what_the_program_prints() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ksplat"))
        .args(["scan", "examples/logs/null_in_helper.log"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("the output is UTF-8");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    check("```text\n", "```\n", &(lines.join("\n") + "\n"));
}
