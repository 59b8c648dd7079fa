//! Logs with source lines.

use crate::program::{self, BASE, USUAL};
use crate::{Folder, open, settings};
use ksplat::filter::Filter;
use ksplat::symbolize::Symbolizer;
use std::path::Path;

const LOG: &str = "\
[    1.000000] WARNING: CPU: 0 PID: 7 at kernel/outer.c:80 outer+0x20/0xc0\r
[    1.000001] Modules linked in:\r
[    1.000002] CPU: 0 PID: 7 Comm: init Not tainted 6.9.0-test #7\r
[    1.000003] RIP: 0010:outer+0x14/0xc0\r
[    1.000004] Call Trace:\r
[    1.000005]  <TASK>\r
[    1.000006]  last+0x20/0x40\r
[    1.000007]  ? outer+0x20/0xc0\r
[    1.000008]  nobody+0x1/0x2\r
[    1.000009]  </TASK>\r
";

const FILTERED: &str = "\
[    1.000000] WARNING: CPU: 0 PID: 7 at kernel/outer.c:80 outer+0x20/0xc0 (kernel/outer.c:80)\r
[    1.000001] Modules linked in:\r
[    1.000002] CPU: 0 PID: 7 Comm: init Not tainted 6.9.0-test #7\r
[    1.000003] RIP: 0010:innermost (include/linux/inner.h:5) [inline]\r
[    1.000003] RIP: 0010:inner (include/linux/inner.h:33) [inline]\r
[    1.000003] RIP: 0010:outer+0x14/0xc0 (kernel/outer.c:77)\r
[    1.000004] Call Trace:\r
[    1.000005]  <TASK>\r
[    1.000006]  last+0x20/0x40 (kernel/outer.c:90)\r
[    1.000007]  ? inner (include/linux/inner.h:35) [inline]\r
[    1.000007]  ? outer+0x20/0xc0 (kernel/outer.c:77)\r
[    1.000008]  nobody+0x1/0x2\r
[    1.000009]  </TASK>\r
";

fn filtered(symbolizer: &mut Symbolizer, log: &str) -> String {
    let mut filter = Filter::new(symbolizer);
    let mut out = Vec::new();
    filter.log(log.as_bytes(), &mut out).unwrap();
    let errors: Vec<String> = filter.take_errors().iter().map(ToString::to_string).collect();
    assert_eq!(errors, Vec::<String>::new());
    String::from_utf8(out).unwrap()
}

#[test]
fn ok_lines_and_inlined_functions_are_added() {
    let folder = Folder::new("filter");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    assert_eq!(filtered(&mut symbolizer, LOG), FILTERED);
}

#[test]
fn ok_twice_is_as_good_as_once() {
    let folder = Folder::new("twice");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    assert_eq!(filtered(&mut symbolizer, FILTERED), FILTERED);
    let mut report = ksplat::reports(LOG.as_bytes()).next().unwrap();
    symbolizer.report(&mut report).unwrap();
    let once = report.clone();
    symbolizer.report(&mut report).unwrap();
    assert_eq!(report, once);
}

#[test]
fn ok_line_by_line_is_the_same() {
    let folder = Folder::new("lines");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    let mut filter = Filter::new(&mut symbolizer);
    let mut out = Vec::new();
    for line in LOG.lines_with_ends() {
        filter.line(line.trim_end_matches('\n').as_bytes(), &mut out).unwrap();
        out.push(b'\n');
    }
    assert_eq!(String::from_utf8(out).unwrap(), FILTERED);
}

trait LinesWithEnds {
    fn lines_with_ends(&self) -> std::str::SplitInclusive<'_, char>;
}

impl LinesWithEnds for str {
    fn lines_with_ends(&self) -> std::str::SplitInclusive<'_, char> {
        self.split_inclusive('\n')
    }
}

#[test]
fn ok_title_and_signature_stay() {
    let folder = Folder::new("title");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    let plain = ksplat::reports(LOG.as_bytes()).next().unwrap();
    let text = filtered(&mut symbolizer, LOG);
    let read = ksplat::reports(text.as_bytes()).next().unwrap();
    let mut filled = plain.clone();
    symbolizer.report(&mut filled).unwrap();
    let (plain, read, filled) =
        (ksplat::identify(&plain), ksplat::identify(&read), ksplat::identify(&filled));
    assert_eq!((&plain.title, &plain.signature), (&read.title, &read.signature));
    assert_eq!((&plain.title, &plain.signature), (&filled.title, &filled.signature));
    assert_eq!(filled.file.as_deref(), Some("kernel/outer.c"));
}

#[test]
fn ok_a_report_has_its_inlined_frames() {
    let folder = Folder::new("report");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    let mut report = ksplat::reports(LOG.as_bytes()).next().unwrap();
    symbolizer.report(&mut report).unwrap();
    let frames: Vec<_> = report.traces[0]
        .frames
        .iter()
        .map(|f| {
            let line = f.location.as_ref().and_then(|l| l.line);
            (f.function().unwrap().to_string(), f.inlined, line)
        })
        .collect();
    let expected = [
        ("last".to_owned(), false, Some(90)),
        ("inner".to_owned(), true, Some(35)),
        ("outer".to_owned(), false, Some(77)),
        ("nobody".to_owned(), false, None),
    ];
    assert_eq!(frames, expected);
    let registers = report.crash_registers().unwrap();
    assert_eq!(registers.ip_inlined.len(), 2);
    assert_eq!(registers.ip_location.as_ref().unwrap().line, Some(77));
}

#[test]
fn ok_raw_addresses_by_the_offset_of_the_log() {
    let folder = Folder::new("raw");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    let run = BASE + 0x60 + 0x20_0000;
    let log = format!("Call Trace:\n ? {run:#x}\nKernel Offset: 0x200000 from {BASE:#x}\n");
    let expected = format!(
        "Call Trace:\n ? inner (include/linux/inner.h:35) [inline]\n \
         [<{run:016x}>] ? outer+0x20/0xc0 (kernel/outer.c:77)\nKernel Offset: 0x200000 from {BASE:#x}\n"
    );
    assert_eq!(filtered(&mut symbolizer, &log), expected);
    assert_eq!(filtered(&mut symbolizer, &expected), expected);
    // Without it, a line that has both says it.
    let both = BASE + 0x120 + 0x20_0000;
    let log = format!(" [<{both:016x}>] last+0x20/0x40\n [<{run:016x}>] {run:#x}\n");
    let text = filtered(&mut symbolizer, &log);
    assert!(text.contains(&format!(" [<{run:016x}>] outer+0x20/0xc0 (kernel/outer.c:77)\n")), "{text}");
    // With neither nothing is guessed.
    let log = format!(" [<{run:016x}>] {run:#x}\n");
    assert_eq!(filtered(&mut symbolizer, &log), log);
}

#[test]
fn err_the_log_of_another_kernel_comes_out_as_it_went_in() {
    let folder = Folder::new("other");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    let log = LOG.replace("6.9.0-test", "6.8.0");
    let mut filter = Filter::new(&mut symbolizer);
    let mut out = Vec::new();
    filter.log(log.as_bytes(), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), log);
    assert_eq!(filter.take_errors().len(), 1);
}

#[test]
fn ok_names_alone_where_there_is_no_vmlinux() {
    let folder = Folder::new("names");
    let map =
        format!("{BASE:016x} T start_kernel\n{:016x} t outer\n{:016x} T last\n", BASE + 0x40, BASE + 0x100);
    let mut names = settings(&folder.0.join("vmlinux"));
    names.vmlinux = None;
    names.symbols = Some(folder.write("System.map", map.as_bytes()));
    names.kaslr_offset = Some(ksplat::symbolize::KaslrOffset(0));
    let mut symbolizer = Symbolizer::open(names).unwrap();
    let run = BASE + 0x60;
    let text = filtered(&mut symbolizer, &format!(" [<{run:016x}>] {run:#x}\n"));
    assert_eq!(text, format!(" [<{run:016x}>] outer+0x20/0xc0\n"));
}

#[test]
fn ok_any_bytes_come_out_again() {
    let folder = Folder::new("bytes");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    for log in [&b""[..], b"\n", b"\r\n\n", b"\xff\xfe+0x1/0x2", b"[    1.0", b" +0x/0x\n", b"a\0b\n"] {
        let mut out = Vec::new();
        Filter::new(&mut symbolizer).log(log, &mut out).unwrap();
        assert_eq!(out, log);
    }
}

#[cfg(feature = "cli")]
#[test]
fn ok_the_program_filters_and_scans() {
    let folder = Folder::new("cli");
    let vmlinux = folder.write("vmlinux", &program::kernel(USUAL).bytes());
    let log = folder.write("boot.log", LOG.as_bytes());
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ksplat"));
        command.env("XDG_CACHE_HOME", &folder.0).args(arguments);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (vmlinux, log) = (vmlinux.to_str().unwrap(), log.to_str().unwrap());
    assert_eq!(run(&["symbolize", "--vmlinux", vmlinux, log]), (Some(0), FILTERED.into(), String::new()));
    let (code, paths, _) = run(&["index", vmlinux]);
    let index = folder.0.join("ksplat/4f2a9c01.index");
    assert_eq!((code, paths), (Some(0), format!("{}\n", index.display())));
    let (code, text, said) = run(&["-v", "symbolize", "--vmlinux", vmlinux, log]);
    assert_eq!((code, text.as_str()), (Some(0), FILTERED));
    assert!(
        said.contains("by its index") && said.contains("4 places have a source line, 1 have none"),
        "{said}"
    );

    let (code, json, said) = run(&["scan", "--format", "ndjson", "--vmlinux", vmlinux, log]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["file"], "kernel/outer.c");
    assert_eq!(json["traces"][0]["frames"][1]["inlined"], true);
    assert_eq!(json["instruction_pointer"]["inlined"][0]["function"], "innermost");

    let other = folder.write("other.log", LOG.replace("6.9.0-test", "6.8.0").as_bytes());
    let (code, text, said) = run(&["symbolize", "--vmlinux", vmlinux, other.to_str().unwrap()]);
    assert_eq!((code, text), (Some(2), LOG.replace("6.9.0-test", "6.8.0")));
    assert!(
        said.contains("kernel mismatch: log has 6.8.0 #7, vmlinux has Linux version 6.9.0-test"),
        "{said}"
    );
    let (code, text, _) = run(&["symbolize", "--force", "--vmlinux", vmlinux, other.to_str().unwrap()]);
    assert_eq!((code, text), (Some(0), FILTERED.replace("6.9.0-test", "6.8.0")));
    let (code, _, said) = run(&["symbolize", "-r", "0.0.0-none", log]);
    assert_eq!(code, Some(2));
    assert!(said.contains("no vmlinux of 0.0.0-none is found"), "{said}");
}

/// What follows the frames of a log.
fn places(vmlinux: &Path, log: &str) -> Vec<String> {
    filtered(&mut open(vmlinux), log).lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn ok_few_names_get_the_answers_that_many_get() {
    let folder = Folder::new("few");
    let mut kernel = program::kernel(USUAL);
    let symbols = [
        ("start_kernel", 1, BASE, 0x10),
        ("outer", 1, BASE + 0x40, 0x5b),
        // What kallsyms leaves out ends no function, wherever its name stands.
        ("$x", 1, BASE + 0x50, 0),
        (".Lbody", 1, BASE + 0x58, 0),
        ("L0\u{1}", 1, BASE + 0x60, 0),
        ("__efistub_memcpy", 1, BASE + 0x70, 0),
        ("last", 1, BASE + 0x100, 0),
        ("alias_of_last", 1, BASE + 0x100, 0x20),
        ("twin", 1, BASE + 0x120, 0),
        ("a_twin", 1, BASE + 0x128, 0),
        ("twin", 1, BASE + 0x130, 0),
        ("cloned.llvm.4711", 1, BASE + 0x13a, 0),
        ("at_the_end", 1, BASE + 0x170, 0),
    ];
    kernel.symbols(&symbols);
    let vmlinux = folder.write("vmlinux", &kernel.bytes());
    let names =
        "start_kernel outer __efistub_memcpy last alias_of_last twin a_twin win cloned at_the_end nobody die";
    let sizes = [0x8, 0xa, 0x10, 0x18, 0x20, 0x40, 0x5b, 0xc0, 0x1000];
    let frames = names.split(' ').flat_map(|name| sizes.map(|size| format!(" {name}+0x5/{size:#x}\n")));
    let few: String = frames.collect();
    let many: String = (0..300).map(|number| format!(" nobody_{number}+0x5/0x10\n")).collect();
    let answers = places(&vmlinux, &few);
    let resolved = answers.iter().filter(|line| line.contains(".c:")).count();
    assert_eq!(resolved, 9, "{answers:#?}");
    assert_eq!(answers, places(&vmlinux, &(few.clone() + &many))[..answers.len()]);
    for (line, answer) in few.lines().zip(&answers) {
        assert_eq!(places(&vmlinux, line), [answer.as_str()]);
    }
}
