//! What `debuginfod-find` is asked for, and that what it finds is used. A script stands in for it.

use crate::Folder;
use crate::elf::Elf;
use crate::program::{self, BUILD_ID, USUAL};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const ID: &str = "4f2a9c01";

/// The file without its debug information.
fn stripped(mut elf: Elf) -> Vec<u8> {
    for section in elf.sections.iter_mut().filter(|s| s.name.starts_with(".debug")) {
        section.name.insert_str(0, ".no");
    }
    elf.bytes()
}

/// What `ksplat symbolize` prints of a log, and says of what it tried. There is nothing but the stand-in in `PATH`.
fn symbolized(folder: &Folder, args: &[&str], log: &str) -> (String, String) {
    let fetched = folder.0.join("fetched");
    let script =
        format!("#!/bin/sh\ncase $* in 'debuginfo {ID}'*) echo '{}';; *) exit 1;; esac\n", fetched.display());
    let program = folder.write("bin/debuginfod-find", script.as_bytes());
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ksplat"))
        .args(["symbolize", "-v", "--vmlinux"])
        .arg(folder.0.join("vmlinux"))
        .arg("--index")
        .arg(folder.0.join("no-index"))
        .args(args)
        .arg(folder.write("boot.log", log.as_bytes()))
        .env("PATH", program.parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn ok_debug_information_of_a_stripped_kernel() {
    let folder = Folder::new("debuginfod");
    folder.write("vmlinux", &stripped(program::kernel(USUAL)));
    folder.write("fetched", &program::kernel(USUAL).bytes());
    let log = " start_kernel+0x5/0x40\n";
    let (out, err) = symbolized(&folder, &[], log);
    assert_eq!(out, log);
    assert!(!err.contains("debuginfod-find"), "{err}");
    let (out, err) = symbolized(&folder, &["--debuginfod"], log);
    assert_eq!(out, " start_kernel+0x5/0x40 (init/main.c:10)\n");
    assert!(err.contains(&format!("debuginfod-find debuginfo {ID}: found")), "{err}");
}

#[test]
fn err_what_is_fetched_is_of_another_build() {
    let folder = Folder::new("debuginfod-other");
    folder.write("vmlinux", &stripped(program::kernel(USUAL)));
    let mut other = program::kernel(USUAL);
    let note = other.sections.iter_mut().find(|s| s.name == ".note.gnu.build-id").unwrap();
    assert_eq!(note.bytes.split_off(16), BUILD_ID);
    note.bytes.extend([1, 2, 3, 4]);
    folder.write("fetched", &other.bytes());
    let log = " start_kernel+0x5/0x40\n";
    assert_eq!(symbolized(&folder, &["--debuginfod"], log).0, log);
}

#[test]
fn ok_a_module_by_the_build_id_of_its_frame() {
    let folder = Folder::new("debuginfod-module");
    folder.write("vmlinux", &program::kernel(USUAL).bytes());
    let mut module = program::module(62);
    let id = BUILD_ID.repeat(5);
    module.build_id(&id);
    folder.write("fetched", &module.bytes());
    let log = format!(" setup+0x10/0xc0 [away {}]\n", ID.repeat(5));
    assert_eq!(symbolized(&folder, &["--modules", "/nowhere"], &log).0, log);
    let (out, err) = symbolized(&folder, &["--modules", "/nowhere", "--debuginfod"], &log);
    assert!(out.ends_with(&format!("{} (kernel/outer.c:70)\n", log.trim_end())), "{out} {err}");
    // One that nobody has.
    let log = format!(" setup+0x10/0xc0 [away {}]\n", "01020304".repeat(5));
    let (out, err) = symbolized(&folder, &["--modules", "/nowhere", "--debuginfod"], &log);
    assert_eq!(out, log);
    assert!(err.contains("01020304: nothing found"), "{err}");
}
