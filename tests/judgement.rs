//! What is noise, who is no suspect, whose code it is, and why a report is called so.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test that cannot go on has failed")]

mod program;

use program::{Folder, KASAN, NULL, run};
use serde_json::{Value, json};

const MAINTAINERS: &str = "\
NETWORKING [IPv4/IPv6]
M:\tJane Doe <jane@net.example>
R:\tJohn <b>Roe <john@net.example>
L:\tnetdev@lists.example
S:\tMaintained
F:\tnet/ipv6/

THE REST
L:\tall@lists.example
S:\tBuried alive in reporters
N:\t(?<!a)b
F:\t*
F:\t*/
";

#[test]
fn ok_noise_is_counted_and_left_out() {
    let folder = Folder::new("noise");
    let noise = folder.file("noise.txt", "# lab 3\nkind kasan/*  # flaky \x1b[31mhardware\n");
    let log = format!("{KASAN}{NULL}{KASAN}");
    for verb in ["scan", "group", "explain"] {
        let args = [verb, "--format", "ndjson", "--ignore", &noise];
        let run = run(&args, log.as_bytes());
        assert_eq!((run.code, run.text().lines().count()), (Some(1), 1), "{verb}");
        assert_eq!(run.err, "ksplat: 2 reports ignored\n", "{verb}");
        let only = self::run(&[verb, "--ignore", &noise], KASAN.as_bytes());
        assert_eq!((only.code, only.err.as_str()), (Some(0), "ksplat: 1 report ignored\n"), "{verb}");
    }
    // Saved groups are judged as logs are.
    let saved = folder.file("saved.json", run(&["group", "--format", "json"], log.as_bytes()).out);
    let merged = run(&["group", "--format", "json", "--merge", &saved, "--ignore", &noise], b"");
    assert_eq!((&merged.json()["reports"], merged.err.as_str()), (&1.into(), "ksplat: 2 reports ignored\n"));
    let verbose = run(&["scan", "-v", "--ignore", &noise], log.as_bytes());
    let line = "-:1: KASAN: use-after-free Read in ip6_send_skb: ignored: flaky \\u{1b}[31mhardware\n";
    assert!(verbose.err.contains(line), "{}", verbose.err);
    let follow = run(&["scan", "--follow", "--format", "ndjson", "--ignore", &noise], log.as_bytes());
    assert_eq!((follow.text().lines().count(), follow.err.as_str()), (1, "ksplat: 2 reports ignored\n"));
}

#[test]
fn ok_a_list_of_helpers_marks_the_signatures() {
    let folder = Folder::new("helpers");
    let list = folder.file("our-list.txt", "ip6_send_* # sends for its caller\n");
    let scan =
        |args: &[&str]| run(&[&["scan", "--format", "ndjson"], args].concat(), KASAN.as_bytes()).json();
    let (plain, skipped) = (scan(&[]), scan(&["--skip", &list]));
    assert_eq!(skipped["function"], "udp_v6_send_skb");
    let signature = skipped["signature"].as_str().unwrap();
    assert!(signature.starts_with("v1+our-list:"), "{signature}");
    assert_ne!(plain["signature"], skipped["signature"]);
    // What is known by a list is unknown without it, and saved groups keep the mark.
    let known = folder.path().to_owned() + "/known.ndjson";
    let group = |args: &[&str]| run(&[&["group"], args].concat(), KASAN.as_bytes());
    group(&["--skip", &list, "--update-known", &known]);
    assert_eq!(group(&["--skip", &list, "--known", &known]).code, Some(0));
    assert_eq!(group(&["--known", &known]).code, Some(1));
    let saved = folder.file("saved.json", group(&["--skip", &list, "--format", "json"]).out);
    let merged = run(&["group", "--format", "json", "--merge", &saved], b"").json();
    assert_eq!(merged["groups"][0]["signature"], signature);
}

#[test]
fn ok_every_format_says_whose_it_is() {
    let folder = Folder::new("owners");
    let file = folder.file("MAINTAINERS", MAINTAINERS);
    for (verb, format) in [
        ("scan", "text"),
        ("scan", "markdown"),
        ("scan", "html"),
        ("scan", "ndjson"),
        ("group", "text"),
        ("group", "json"),
        ("group", "markdown"),
        ("group", "html"),
        ("group", "junit"),
        ("group", "kcidb"),
        ("group", "github"),
        ("group", "ktap"),
    ] {
        let run = run(&[verb, "--format", format, "--maintainers", &file], KASAN.as_bytes());
        assert_eq!(run.code, Some(1));
        for part in ["NETWORKING", "jane", "netdev"] {
            assert!(run.text().contains(part), "{verb} {format}: {}", run.text());
        }
        let markup = format == "html" || format == "junit" || (verb, format) == ("group", "markdown");
        assert!(!(markup && run.text().contains("<b>Roe")), "{verb} {format}: {}", run.text());
        assert_eq!(run.err, "", "{verb} {format}");
    }
    let owners =
        run(&["scan", "--format", "ndjson", "--maintainers", &file], KASAN.as_bytes()).json()["owners"]
            .clone();
    assert_eq!(owners["subsystems"][0], json!({"name": "NETWORKING [IPv4/IPv6]", "status": "Maintained"}));
    assert_eq!(owners["people"][1]["role"], "reviewer");
    let text = run(&["scan", "--maintainers", &file], KASAN.as_bytes());
    assert!(
        text.text()
            .contains("\n  owner     NETWORKING [IPv4/IPv6] (Maintained): Jane Doe <jane@net.example>, ")
    );
    // Nothing is said where no file is known, and -v tells what only Perl understands.
    let unknown = run(&["-v", "scan", "--format", "ndjson", "--maintainers", &file], NULL.as_bytes());
    assert_eq!(unknown.json()["owners"], Value::Null);
    assert!(unknown.err.contains("N: (?<!a)b"), "{}", unknown.err);
}

#[test]
fn err_settings_that_cannot_be_meant_are_told_before_any_log_is_read() {
    let folder = Folder::new("settings");
    let file = folder.file("bad list.txt", "kind x\n");
    for (flag, why) in [
        ("--ignore", format!("{file}:1: a reason is missing")),
        ("--skip", format!("{file}: a list is named by")),
        ("--maintainers", format!("{file}: no section with a file pattern (F:)")),
    ] {
        for verb in ["scan", "group", "explain"] {
            let run = run(&[verb, flag, &file], KASAN.as_bytes());
            assert_eq!((run.code, run.text()), (Some(2), ""), "{verb} {flag}");
            assert!(run.err.starts_with(&format!("ksplat: {why}")), "{}", run.err);
        }
        assert_eq!(run(&["scan", flag, "/no/such/file"], KASAN.as_bytes()).code, Some(2));
    }
}

#[test]
fn ok_explain_says_every_step() {
    let log =
        KASAN.replace("in ip6_send_skb+", "in memcpy+").replace("ip6_send_skb+", "ip6_send_skb.isra.0+");
    let run = run(&["explain"], log.as_bytes());
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""));
    for part in [
        "KASAN: use-after-free Read in ip6_send_skb\n  log        -:1 (byte 0)\n",
        "\n  kind       kasan/bad-access\n",
        "\n  format     BUG: KASAN: %s in %pS\n",
        "\n  template   KASAN: {what} {access} in {frame}\n",
        "\n  the header (func), if the report shows a stack\n      - memcpy                            copies,",
        "\n  the crash stack\n      stack 0: call trace\n",
        "\n      - dump_stack_lvl                    prints the report\n",
        "\n      - kasan_report                      the sanitizer's run time\n",
        "\n      + ip6_send_skb.isra.0 = ip6_send_skb\n",
        "\n  to blame   ip6_send_skb\n",
        "\n  hashed     kasan/bad-access\n             ip6_send_skb\n",
        "\n  signature  v1:",
    ] {
        assert!(run.text().contains(part), "{part} in\n{}", run.text());
    }
}

#[test]
fn ok_explain_finds_a_signature_and_speaks_json() {
    let log = format!("{KASAN}{NULL}");
    let signature = run(&["scan", "--format", "ndjson"], NULL.as_bytes()).json()["signature"].clone();
    let signature = signature.as_str().unwrap();
    let one = run(&["explain", "--format", "ndjson", "--signature", signature], log.as_bytes());
    let explanation = one.json();
    assert_eq!((one.code, &explanation["schema"]), (Some(1), &"ksplat.explanation/1".into()));
    assert_eq!(
        (&explanation["signature"], &explanation["function"]),
        (&signature.into(), &"foo_poll".into())
    );
    assert_eq!(explanation["searches"][0]["steps"][0]["reason"], Value::Null);
    let all = run(&["explain", "--format", "json"], log.as_bytes()).json();
    assert_eq!(all.as_array().unwrap().len(), 2);
    let none = run(&["explain", "--format", "json", "--signature", "v1:0000000000000000"], log.as_bytes());
    assert_eq!((none.code, none.json()), (Some(0), json!([])));
    assert_eq!(run(&["explain", "/no/such/log"], b"").code, Some(2));
}

/// Explaining is naming: over all fixtures, the way ends where the name says.
#[test]
fn ok_every_explanation_ends_at_the_identity() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")];
    let (mut reports, mut on_a_stack) = (0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for report in ksplat::reports(&std::fs::read(&path).unwrap()) {
                let explanation = ksplat::dedup::Naming::new().explain(&report);
                assert_eq!(explanation.identity, ksplat::identify(&report), "{}", path.display());
                reports += 1;
                let Some(guilty) = &explanation.guilty else { continue };
                let found = explanation.searches.iter().find(|search| search.found);
                assert_eq!(found.is_none(), explanation.is_last_resort(), "{}", path.display());
                let Some(at) = guilty.frame.filter(|_| found.is_some()) else {
                    continue;
                };
                let steps = || found.into_iter().flat_map(|f| &f.steps);
                let blamed = |frame| steps().any(|s| s.frame == frame && s.reason.is_none());
                assert!(blamed(Some(at)) || blamed(None), "{}: {explanation:#?}", path.display());
                on_a_stack += 1;
            }
        }
    }
    assert!(reports > 300 && on_a_stack > 150, "{reports} {on_a_stack}");
}
