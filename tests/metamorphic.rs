//! What must not change a signature: the same crash on another day, on another machine, of another build, carried
//! another way. Each change is made to every fixture whose log has one caller; the signatures must stay, all of them.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use regex::{Captures, Regex};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

/// A log on a console: the time in microseconds, the caller, and the text of each line.
type Log = Vec<(u64, Option<String>, String)>;

/// A change: what it is called, and what it makes of a log; `None` where the log has nothing of the sort.
type Change = (&'static str, fn(&Log) -> Option<String>);

const CHANGES: &[Change] = &[
    ("other uptime", |log| {
        Some(console(&log.iter().map(|(t, c, l)| (t + 90_000_123_456, c.clone(), l.clone())).collect()))
    }),
    ("other addresses", |log| {
        replaced(log, r"\b(ffff[0-9a-f]{4})([0-9a-f]{8})\b", |c| format!("{}{:08x}", &c[1], moved(&c[2])))
    }),
    ("other PID", |log| {
        let pid = first(log, r"\bPID: (\d{2,})\b")?;
        replaced(log, &format!(r"(PID: |/|task |pid=|:){pid}\b"), |c| format!("{}31337", &c[1]))
    }),
    ("other CPU", |log| replaced(log, r"\b(CPU: |CPU#|on cpu )\d+", |c| format!("{}7", &c[1]))),
    ("other command", |log| {
        let comm = first(log, r"\bComm: (\S+) (?:Not|Tainted|Kdump|PID)")?;
        let comm = regex::escape(&comm);
        replaced(log, &format!(r"(Comm: |by task |task |\[){comm}([ /:])"), |c| {
            format!("{}otherd{}", &c[1], &c[2])
        })
    }),
    ("other kernel", |log| {
        let release = first(log, r"(?:Not tainted|Tainted: [A-Z ]+?) +(\d+\.\S+) #")?;
        replaced(log, &regex::escape(&release), |_| "5.99.0-rc7-other+".to_owned())
    }),
    ("other offsets", |log| {
        replaced(log, r"\+0x([0-9a-f]+)/0x([0-9a-f]+)", |c| {
            format!("+0x{:x}/0x{:x}", hex(&c[1]) + 4, hex(&c[2]) + 16)
        })
    }),
    ("other source lines", |log| replaced(log, r"(\.[chS]):(\d+)", |c| format!("{}:{}7", &c[1], &c[2]))),
    (".isra", |log| suffixed(log, ".isra.0")),
    (".constprop", |log| suffixed(log, ".constprop.3")),
    (".cold", |log| suffixed(log, ".cold")),
    ("a ? frame more", |log| behind(log, r"^Call Trace:$", " ? ring_stale_word+0x10/0x20")),
    ("a foreign line in the trace", |log| {
        behind(
            log,
            r"^ +[a-z_0-9]+\+0x[0-9a-f]+/0x[0-9a-f]+",
            "usb 1-1: new high-speed USB device number 3 using xhci_hcd",
        )
    }),
    ("levels", |log| Some(lines(&console(log), |line| format!("<4>{line}")))),
    ("a caller", |log| {
        Some(console(&log.iter().map(|(t, _, l)| (*t, Some("   T81".to_owned()), l.clone())).collect()))
    }),
    ("journal", |log| {
        without_callers(log)?;
        let second = |t: &u64| t / 1_000_000 % 60;
        Some(
            log.iter()
                .map(|(t, _, l)| format!("Nov 22 07:14:{:02} host7 kernel: {l}\n", second(t)))
                .collect(),
        )
    }),
    ("no time stamps", |log| {
        without_callers(log)?;
        Some(log.iter().map(|(_, _, l)| format!("{l}\n")).collect())
    }),
    ("CR LF", |log| Some(lines(&console(log), |line| format!("{line}\r")))),
    ("symbolized", |log| {
        let inline =
            |l: &str| format!(" ring_inlined drivers/ring/ring.h:7 [inline]\n{l} drivers/ring/ring.c:12");
        let frame = regex(r"^ +(\[<[0-9a-f]+>\] )?(\? )?[a-zA-Z_0-9.]+\+0x[0-9a-f]+/0x[0-9a-f]+( \[\w+\])?$");
        let told = |l: &str| if frame.is_match(l) { inline(l) } else { l.to_owned() };
        Some(
            log.iter()
                .flat_map(|(t, c, l)| {
                    let told = told(l);
                    told.split('\n').map(|l| line(*t, c.as_deref(), l)).collect::<Vec<_>>()
                })
                .collect(),
        )
    }),
];

#[test]
fn ok_signatures_hold_whatever_does_not_matter() {
    let mut broken = Vec::new();
    let mut changed = vec![0; CHANGES.len()];
    for path in fixtures() {
        let Some(log) = read(&path) else { continue };
        let base = signatures(&console(&log));
        if base.is_empty() {
            continue;
        }
        for ((name, change), count) in CHANGES.iter().zip(&mut changed) {
            let Some(text) = change(&log) else { continue };
            *count += 1;
            let got = signatures(&text);
            if got != base {
                broken.push(format!("{name}: {}\n  {base:?}\n  {got:?}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{} broken\n{}", broken.len(), broken.join("\n"));
    for ((name, _), count) in CHANGES.iter().zip(changed) {
        assert!(count >= 20, "{name} was made to {count} logs only");
    }
}

fn signatures(text: &str) -> Vec<Vec<String>> {
    ksplat::reports(text.as_bytes()).map(|r| ksplat::identify(&r).signature.canonical().to_vec()).collect()
}

fn fixtures() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// The log of a fixture: what stands behind its first empty line. `None` if it is not a console's, has several
/// callers, or two records on one line.
fn read(path: &Path) -> Option<Log> {
    let text = String::from_utf8(std::fs::read(path).unwrap()).ok()?;
    let (_, log) = text.split_once("\n\n")?;
    let form = regex(r"^\[ *(\d+)\.(\d{6})\](?:\[( *[TC]\d+)\])? ?(.*)$");
    let line = |line: &str| {
        let c = form.captures(line)?;
        let time = c[1].parse::<u64>().ok()? * 1_000_000 + c[2].parse::<u64>().ok()?;
        Some((time, c.get(3).map(|m| m.as_str().to_owned()), c[4].to_owned()))
    };
    let log: Log = log.lines().filter(|l| !l.is_empty()).map(line).collect::<Option<_>>()?;
    let caller = log.first()?.1.clone();
    let glued = regex(r"\[ *\d+\.\d{6}\]");
    log.iter().all(|(_, c, l)| *c == caller && !glued.is_match(l)).then_some(log)
}

fn console(log: &Log) -> String {
    log.iter().map(|(t, c, l)| line(*t, c.as_deref(), l)).collect()
}

fn line(time: u64, caller: Option<&str>, text: &str) -> String {
    let caller = caller.map(|c| format!("[{c:>6}]")).unwrap_or_default();
    format!("[{:>5}.{:06}]{caller} {text}\n", time / 1_000_000, time % 1_000_000)
}

fn lines(text: &str, change: impl Fn(&str) -> String) -> String {
    text.lines().map(|line| change(line) + "\n").collect()
}

/// The log with every match of `pattern` in its lines replaced; `None` if there is none.
fn replaced(log: &Log, pattern: &str, with: impl Fn(&Captures<'_>) -> String) -> Option<String> {
    let pattern = regex(pattern);
    log.iter().any(|(_, _, l)| pattern.is_match(l)).then(|| {
        let new = |l: &str| pattern.replace_all(l, |c: &Captures<'_>| with(c)).into_owned();
        console(&log.iter().map(|(t, c, l)| (*t, c.clone(), new(l))).collect())
    })
}

/// The first group of the first match in the log.
fn first(log: &Log, pattern: &str) -> Option<String> {
    let pattern = regex(pattern);
    log.iter().find_map(|(_, _, l)| Some(pattern.captures(l)?[1].to_owned()))
}

/// The log with a line behind the first that matches.
fn behind(log: &Log, pattern: &str, text: &str) -> Option<String> {
    let pattern = regex(pattern);
    let at = log.iter().position(|(_, _, l)| pattern.is_match(l))?;
    let (time, caller, _) = &log[at];
    let mut log = log.clone();
    log.insert(at + 1, (*time, caller.clone(), text.to_owned()));
    Some(console(&log))
}

/// The log with a compiler's suffix on the functions of its frames.
fn suffixed(log: &Log, suffix: &str) -> Option<String> {
    replaced(log, r"^( +(?:\[<[0-9a-f]+>\] )?(?:\? )?)([a-z_][a-z0-9_]{4,})(\+0x)", |c| {
        format!("{}{}{suffix}{}", &c[1], &c[2], &c[3])
    })
}

/// The log if its lines name no caller: without one, what told two apart is lost.
fn without_callers(log: &Log) -> Option<&Log> {
    log.iter().all(|(_, c, _)| c.is_none()).then_some(log)
}

fn hex(digits: &str) -> u64 {
    u64::from_str_radix(digits, 16).unwrap()
}

fn moved(digits: &str) -> u64 {
    (hex(digits) + 0x1e40_0000) & 0xffff_ffff
}

/// A pattern, compiled once.
fn regex(pattern: &str) -> Regex {
    static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap();
    compiled.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).unwrap()).clone()
}
