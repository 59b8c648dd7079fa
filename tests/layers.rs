//! The order of the modules: each uses only those that stand before it.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use std::path::Path;

/// The modules in the order of the data's flow, and what each may use of the crate besides itself. `parse` is the
/// only one that sees `family` whole.
const LAYERS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("decompress", &[]),
    ("report", &[]),
    ("bytes", &["report"]),
    ("printk", &["bytes"]),
    ("limits", &["report"]),
    ("log", &["bytes", "limits", "report"]),
    ("block", &["bytes", "printk", "report"]),
    ("family", &["bytes", "block", "printk", "report"]),
    ("splat", &["block", "family", "limits", "log", "printk", "report"]),
    ("parse", &["block", "bytes", "family", "limits", "printk", "report", "splat"]),
    ("stream", &["limits", "log", "parse", "report", "splat"]),
    ("dedup", &["block", "bytes", "error", "report"]),
    ("symbolize", &["decompress", "error", "report"]),
    ("filter", &["block", "bytes", "error", "log", "report", "symbolize"]),
    ("disasm", &["report"]),
    ("bisect", &["bytes", "dedup", "parse", "report", "stream"]),
    ("owners", &["error"]),
    ("output", &["bisect", "dedup", "disasm", "error", "owners", "parse", "report"]),
    ("input", &["bytes", "decompress", "error", "limits", "log", "report", "stream"]),
];

#[test]
fn ok_modules_use_only_what_stands_before_them() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for (module, allowed) in LAYERS {
        for file in files_of(&src, module) {
            seen += 1;
            let text = std::fs::read_to_string(&file).expect("a source file can be read");
            for used in uses(&text) {
                let fits = used == *module || allowed.contains(&used.as_str());
                assert!(fits, "{}: module {module} may not use crate::{used}", file.display());
            }
        }
    }
    assert!(seen > 30, "the sources are missing");
}

#[test]
fn ok_every_module_has_a_layer() {
    let lib = include_str!("../src/lib.rs");
    let declared = lib.lines().filter_map(|l| {
        l.trim_start_matches("pub ").trim_start_matches("pub(crate) ").strip_prefix("mod ")?.strip_suffix(';')
    });
    for module in declared {
        assert!(LAYERS.iter().any(|(m, _)| *m == module), "module {module} has no layer");
    }
}

#[test]
fn ok_the_binary_uses_the_public_api_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    for file in files_of(&src, "ksplat") {
        let text = std::fs::read_to_string(&file).expect("a source file can be read");
        assert!(!text.contains("#[path"), "{} reaches into the library", file.display());
    }
}

fn files_of(folder: &Path, module: &str) -> Vec<std::path::PathBuf> {
    let single = folder.join(format!("{module}.rs"));
    let mut files = if single.is_file() { vec![single] } else { Vec::new() };
    let mut folders = vec![folder.join(module)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(|e| Some(e.ok()?.path())) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The modules behind every `crate::` outside of comments and tests; names that the crate's root re-exports are
/// resolved.
fn uses(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text).lines();
    let mut found = Vec::new();
    for line in code.filter(|l| !l.trim_start().starts_with("//")) {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let list = rest.strip_prefix('{').and_then(|r| r.split('}').next());
            match list {
                Some(names) => found.extend(names.split(',').map(|n| module_of(n.trim()))),
                None => found.push(module_of(rest)),
            }
        }
    }
    found
}

fn module_of(path: &str) -> String {
    let name: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let module = match name.as_str() {
        "Error" | "ErrorKind" | "Result" => "error",
        "Report" | "Text" => "report",
        "Identity" | "Signature" | "identify" => "dedup",
        "Limits" => "limits",
        "Line" | "Log" | "Transport" => "log",
        "formats" | "kind" | "kinds" => "parse",
        "Reports" | "Stream" | "reports" => "stream",
        _ => &name,
    };
    module.to_owned()
}
