//! Where fuzzing starts: the fixtures, in the form of each target.

use crate::elf::Packing;
use crate::invariants::{blocks::OPENINGS, kernel::Folder, printed};
use crate::program;
use ksplat::output::{Summary, json};
use ksplat::symbolize::write_index;
use ksplat::{Transport, dedup};
use std::path::{Path, PathBuf};

/// The seeds of a target.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "scan" => logs(),
        "blocks" => blocks(),
        "bisection" => files("tests/bisect"),
        "saved" => saved(),
        "kernel" => kernels(),
        "index" => indices(),
        "rows" => rows(),
        _ => Vec::new(),
    }
}

/// A choice before the bytes.
fn chosen(choice: usize, bytes: &[u8]) -> Vec<u8> {
    let choice = u8::try_from(choice).expect("there are few choices");
    [&[choice], bytes].concat()
}

fn files(folder: &str) -> Vec<Vec<u8>> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the fixtures are there") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files.iter().map(|path| std::fs::read(path).expect("it can be read")).collect()
}

/// The logs of the fixtures, behind their summaries.
fn fixtures() -> Vec<Vec<u8>> {
    let body = |file: Vec<u8>| {
        let at = memchr::memmem::find(&file, b"\n\n").map_or(0, |at| at + 2);
        file[at..].to_vec()
    };
    files("tests/data").into_iter().map(body).filter(|log| log.len() < 64 << 10).collect()
}

/// Each as it is, and as what it is taken for.
fn logs() -> Vec<Vec<u8>> {
    let detected = |log: Vec<u8>| {
        let transport = ksplat::Log::from_bytes(&log).detection().transport;
        let number = Transport::ALL.iter().position(|t| *t == transport).expect("it is one of all");
        [chosen(Transport::ALL.len(), &log), chosen(number, &log)]
    };
    fixtures().into_iter().flat_map(detected).collect()
}

/// The lines of the fixtures without their prefixes, behind each opening in turn.
fn blocks() -> Vec<Vec<u8>> {
    let reports = fixtures();
    let lines = reports.iter().flat_map(|log| {
        let reports = ksplat::reports(log);
        reports.map(|r| r.lines.iter().flat_map(|l| [&**l, b"\n"].concat()).collect::<Vec<u8>>())
    });
    lines.enumerate().map(|(at, lines)| chosen(at % OPENINGS.len(), &lines)).collect()
}

fn saved() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for log in fixtures().iter().step_by(9) {
        let (mut groups, mut baseline) = (dedup::Groups::new(), dedup::Baseline::new());
        let mut builder = dedup::near::Builder::default();
        for report in ksplat::reports(log) {
            let identity = ksplat::identify(&report);
            groups.add("a.log", &report, &identity);
            let entry = dedup::near::Entry { title: identity.title.clone(), ..Default::default() };
            builder.add(&entry, &dedup::near::Profile::of_report(&report));
            let wire = json::Report::new("a.log", &report, &identity);
            seeds.push(chosen(2, printed::written(&wire).as_bytes()));
        }
        baseline.update(&groups);
        seeds.push(chosen(0, json::to_known_file(&baseline).as_bytes()));
        let groups = printed::written(&json::Groups::new(&Summary::new(&groups)));
        seeds.push(chosen(1, groups.as_bytes()));
        seeds.push(chosen(3, groups.as_bytes()));
        seeds.push(chosen(4, builder.finish().to_bytes().get(20..).unwrap_or_default()));
    }
    let maintainers = "A RING\nM:\tJ <j@r.example>\nL:\tr@l.example (moderated)\nS:\tOdd Fixes\nF:\tfs/r?ng/\n\
                       X:\tfs/[a-\nN:\t(a|b)*+\nK:\t\\bx\n";
    for text in [maintainers, "kind a/b # why\ntitle f* # why\n", "ring_* # why\nstar\n"] {
        seeds.push(chosen(5, text.as_bytes()));
    }
    seeds
}

/// Small kernels and modules, plain and packed, of both byte orders and all versions of DWARF.
fn kernels() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for version in [2, 3, 4, 5] {
        for packing in [Packing::Plain, Packing::Zlib, Packing::Zstd] {
            for (little, aranges) in [(true, true), (false, false)] {
                let variant = program::Variant { version, packing, little, aranges, ..program::USUAL };
                seeds.push(chosen(0, &program::kernel(variant).bytes()));
            }
        }
    }
    seeds.push(chosen(1, &program::module(62).bytes()));
    seeds.push(chosen(2, b"ffffffff81000040 T outer\nffffffff81000100 t last\n"));
    seeds
}

/// Indices of those kernels.
fn indices() -> Vec<Vec<u8>> {
    let folder = Folder::new();
    let path = folder.0.join("vmlinux");
    std::fs::write(&path, program::kernel(program::USUAL).bytes()).expect("memory can be written to");
    let index = write_index(&path, &folder.0).expect("it has a build ID");
    let bytes = std::fs::read(index).expect("it was written");
    let lengths = (0..7).flat_map(|part| bytes[16 + 8 * part..][..2].to_vec());
    vec![lengths.chain(bytes[16 + 8 * 8..].iter().copied()).collect()]
}

/// Logs as rows of both kinds, with and without chunks.
fn rows() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for logs in fixtures().chunks(3).step_by(5) {
        let (mut tsv, mut objects) = (Vec::new(), Vec::new());
        for log in logs {
            let start = &log[..log.len().min(700)];
            ksplat::input::tsv::escape(start, &mut tsv);
            tsv.push(b'\n');
            let text = printed::written(&String::from_utf8_lossy(start));
            objects.extend_from_slice(format!("{{\"id\":[1,\"a\"],\"log\":{text}}}\n").as_bytes());
        }
        let count = format!("{}\n", logs.len());
        seeds.push(chosen(1, &tsv));
        seeds.push(chosen(0, &objects));
        seeds.push(chosen(3, &[count.as_bytes(), &tsv].concat()));
        seeds.push(chosen(2, &[count.as_bytes(), &objects].concat()));
    }
    seeds
}

/// Words that bytes alone would take long to become: what the kernel's formats have between their conversions, and what
/// transports and blocks start with. In the form of libFuzzer's dictionaries.
pub(crate) fn dictionary() -> String {
    const WORDS: [&str; 24] = [
        "[    1.000001] ",
        "[    1.000001][  T12] ",
        "[    1.000001][    C0] ",
        "<4>",
        "6,1,2,-;",
        "Oops#1 Part1\n",
        "Nov 14 22:13:20 host kernel: ",
        "> ",
        "&lt;",
        "MESSAGE=",
        "{\"MESSAGE\":\"",
        "Call Trace:\n",
        "<TASK>",
        "? ",
        "f+0x1/0x2",
        "RIP: 0010:",
        "Code: ",
        "Modules linked in: ",
        "CPU: 1 PID: 1 Comm: a ",
        "Allocated by task 1:\n",
        "---[ end trace 0 ]---",
        "------------[ cut here ]------------\n",
        "** 1 printk messages dropped **\n",
        "testing commit 0123456789012345678901234567890123456789 gcc\n",
    ];
    let formats: Vec<_> = ksplat::kinds().flat_map(|row| ksplat::formats(row.name, b"")).collect();
    let literals = formats.iter().flat_map(|format| {
        format.split('%').map(|part| {
            // What is left of the conversion goes with the text: a letter or two in front do no harm.
            part.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, 'l' | 'z' | '-' | '.'))
        })
    });
    let words = literals.filter(|word| word.len() > 4).chain(WORDS);
    let sorted: std::collections::BTreeSet<_> =
        words.map(|word| format!("\"{}\"\n", escaped(word))).collect();
    sorted.into_iter().collect()
}

fn escaped(word: &str) -> String {
    let one = |c: u8| match c {
        b'"' | b'\\' => format!("\\{}", char::from(c)),
        b' '..=b'~' => char::from(c).to_string(),
        c => format!("\\x{c:02x}"),
    };
    word.bytes().map(one).collect()
}
