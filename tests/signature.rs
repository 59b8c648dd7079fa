//! Signatures are for keeping: a change of any that stands here is a new version of the algorithm.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use ksplat::Signature;

/// A log, the canonical lines of its first report, its signature.
const PINNED: &[(&str, &[&str], &str)] = &[
    (
        "BUG: KASAN: slab-use-after-free in __ring_pop.isra.0+0x1f7/0x560 [ring]\nRead of size 8 at addr ffff8880 by task a/1\n\
         Call Trace:\n dump_stack+0x1/0x2\n kasan_report+0x1/0x2\n __ring_pop.isra.0+0x1f7/0x560 [ring]\n",
        &["kasan/bad-access", "ring_pop"],
        "v1:84a1534708a8b520",
    ),
    (
        "BUG: kernel NULL pointer dereference, address: 0000000000000010\nRIP: 0010:__x64_sys_ring+0x1a/0x90\n",
        &["fault/access", "sys_ring"],
        "v1:b85989e3a4e91469",
    ),
    (
        "general protection fault: 0000 [#1] SMP\nRIP: 0010:skb_clone+0x1a/0x90\nCall Trace:\n kfree_skb+0x1/0x2\n \
         hsr_forward_skb+0x1/0x2\n",
        &["fault/access", "skb_clone", "hsr_*"],
        "v1:3f73ac40cf2628cb",
    ),
    (
        "WARNING: CPU: 0 PID: 7 at fs/inode.c:12 drop_nlink+0x1/0x2\nCall Trace:\n __warn+0x1/0x2\n ext4_rename+0x1/0x2\n",
        &["warn/warning", "ext4_rename"],
        "v1:8563594887c6fe00",
    ),
    (
        "WARNING: CPU: 0 PID: 7 at net/ring.c:12 ring_close+0x1/0x2\n",
        &["warn/warning", "ring_close"],
        "v1:1e8c50549d2838a8",
    ),
    // The first stack is of fault injection, whose own first line is cut off: whose the second is, nobody knows.
    (
        "WARNING: CPU: 0 PID: 7 at net/x.c:12 kfree_skb+0x1/0x2\nCall Trace:\n dump_stack+0x1/0x2\n \
         should_fail+0x1/0x2\n ring_alloc+0x1/0x2\nCall Trace:\n panic+0x1/0x2\n ring_close+0x1/0x2\n",
        &["warn/warning", "ring_close"],
        "v1:1e8c50549d2838a8",
    ),
    (
        "UBSAN: shift-out-of-bounds in drivers/ring/ring.c:12:3\nCall Trace:\n ring_shift+0x1/0x2\n",
        &["ubsan/other", "ring_shift", "shift-out-of-bounds"],
        "v1:1e5e1d25f3217499",
    ),
    (
        "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:81]\nRIP: 0010:ring_spin+0x1/0x2\nCall Trace:\n \
         ring_ioctl+0x1/0x2\n __x64_sys_ioctl+0x1/0x2\n do_syscall_64+0x1/0x2\n",
        &["hang/stall", "ring_ioctl"],
        "v1:0d05ff50f2429f30",
    ),
    (
        "unregister_netdevice: waiting for ring0 to become free. Usage count = 2\n",
        &["netdev/waiting", "unregister_netdevice: waiting for DEV to become free"],
        "v1:7971ec9f7d34974f",
    ),
    (
        "WARNING: CPU: 0 PID: 7 at net/x.c:1 bpf_prog_6deef7357e7b4530_main+0x1/0x2\nCall Trace:\n ring_run+0x1/0x2\n",
        &["warn/warning", "bpf_prog_ADDR"],
        "v1:889ac19e2c536b3b",
    ),
];

#[test]
fn ok_signatures_are_what_they_were() {
    for (log, canonical, pinned) in PINNED {
        let report = ksplat::reports(log.as_bytes()).next().unwrap_or_else(|| panic!("no report in {log}"));
        let signature = ksplat::identify(&report).signature;
        assert_eq!(signature.canonical(), *canonical, "{log}");
        assert_eq!(signature.to_string(), *pinned, "{canonical:?}");
    }
}

#[test]
fn ok_the_hash_is_of_the_joined_lines() {
    let one = Signature::of_canonical(vec!["a/b".to_owned(), "c".to_owned()]);
    assert_eq!(one.to_string(), Signature::of_canonical(vec!["a/b\nc".to_owned()]).to_string());
}

/// The recipe of the chapter computes the signatures of the bundled logs. Without Python there is nothing to run it.
#[cfg(feature = "json")]
#[test]
fn ok_the_recipe_of_the_chapter_works() {
    use ksplat::output::json::Report;
    use std::io::Write;
    use std::process::{Command, Stdio};

    let chapter = include_str!("../src/doc/signature.md");
    let recipe = chapter.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(recipe.lines().count() <= 15);
    let (mut reports, mut want) = (Vec::new(), String::new());
    let mut logs: Vec<_> =
        std::fs::read_dir("examples/logs").unwrap().map(|entry| entry.unwrap().path()).collect();
    logs.sort();
    for path in logs {
        let log = std::fs::read(path).unwrap();
        for report in ksplat::reports(&log) {
            let identity = ksplat::identify(&report);
            serde_json::to_writer(&mut reports, &Report::new("x", &report, &identity)).unwrap();
            reports.push(b'\n');
            want.push_str(&format!("{} {}\n", identity.signature, identity.title));
        }
    }
    let python = Command::new("python3")
        .args(["-c", recipe])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        return;
    };
    let mut input = python.stdin.take().unwrap();
    let feed = std::thread::spawn(move || input.write_all(&reports));
    let output = python.wait_with_output().unwrap();
    feed.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), want);
}
