//! Runs the program, for the tests of what it does; with two logs that are written from the kernel's format strings.

#![allow(dead_code, reason = "each test program uses some of it")]

use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const KASAN: &str = "\
[   30.492498][   T81] ==================================================================
[   30.492499][   T81] BUG: KASAN: use-after-free in ip6_send_skb+0x2f5/0x330 net/ipv6/ip6_output.c:1917
[   30.492500][   T81] Read of size 8 at addr ffff8881d53ec5c0 by task kworker/1:1/81
[   30.492501][   T81] CPU: 1 UID: 0 PID: 81 Comm: kworker/1:1 Tainted: G        W          6.12.0-rc3 #7
[   30.492502][   T81] Hardware name: QEMU Standard PC
[   30.492503][   T81] Workqueue: usb_hub_wq hub_event
[   30.492504][   T81] Call Trace:
[   30.492505][   T81]  <TASK>
[   30.492506][   T81]  dump_stack_lvl+0x116/0x1f0 lib/dump_stack.c:120
[   30.492507][   T81]  kasan_report+0xd9/0x110 mm/kasan/report.c:601
[   30.492508][   T81]  ip6_send_skb+0x2f5/0x330 net/ipv6/ip6_output.c:1917
[   30.492509][   T81]  udp_v6_send_skb+0x990/0x1850 net/ipv6/udp.c:1254
[   30.492510][   T81]  </TASK>
[   30.492511][   T81] Allocated by task 80:
[   30.492512][   T81]  kasan_save_stack+0x33/0x60 mm/kasan/common.c:47
[   30.492513][   T81]  sk_alloc+0x36/0x460 net/core/sock.c:2133
[   30.492514][   T81] ==================================================================
";

pub(crate) const NULL: &str = "\
[    4.311435] BUG: kernel NULL pointer dereference, address: 0000000000000004
[    4.311437] #PF: supervisor write access in kernel mode
[    4.311438] #PF: error_code(0x0002) - not-present page
[    4.311439] PGD 0 P4D 0
[    4.311440] Oops: 0002 [#1] PREEMPT SMP NOPTI
[    4.311441] CPU: 0 PID: 107 Comm: insmod Not tainted 6.1.0-56-amd64 #1
[    4.311442] RIP: 0010:foo_poll+0xc/0x20 [foo]
[    4.311443] RSP: 0018:ffffd37c403dbaa0 EFLAGS: 00000246
[    4.311444] RAX: 0000000000000001 RBX: 0000000000000040 RCX: c0000000ffffefff
[    4.311445] Call Trace:
[    4.311446]  <TASK>
[    4.311447]  foo_loop+0x50/0x1000 [foo]
[    4.311448]  </TASK>
[    4.311449] Modules linked in: foo(OE) bar
[    4.311450] ---[ end trace 0000000000000000 ]---
";

pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap()
    }
}

pub(crate) fn ksplat(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ksplat"));
    command.args(args).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run_command(command: &mut Command, stdin: &[u8]) -> Run {
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // The program may end without reading everything.
        scope.spawn(move || drop(pipe.write_all(stdin)));
        child.wait_with_output().unwrap()
    });
    Run {
        code: output.status.code(),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub(crate) fn run(args: &[&str], stdin: &[u8]) -> Run {
    run_command(&mut ksplat(args), stdin)
}

/// A folder of this test's own.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}
