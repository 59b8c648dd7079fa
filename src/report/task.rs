//! Who was running, and on what kernel.

use super::Text;
use std::borrow::Cow;

/// The task of `CPU: 1 UID: 0 PID: 81 Comm: kworker/1:1`, and what else the report says of it.
///
/// Source: `dump_stack_print_info` in `lib/dump_stack.c`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Task<'log> {
    /// CPU number.
    pub cpu: Option<u32>,
    /// Process ID as the initial namespace has it.
    pub pid: Option<u32>,
    /// User ID (since 6.12).
    pub uid: Option<u32>,
    /// Command name, at most 15 bytes.
    pub comm: Option<Text<'log>>,
    /// `Workqueue: usb_hub_wq hub_event`: the queue and its work function.
    pub workqueue: Option<Text<'log>>,
}

/// What taints a kernel, by letter: `taint_flags` in `kernel/panic.c`. `G` only says that there is no `P`.
const TAINTS: &[(u8, &str)] = &[
    (b'P', "PROPRIETARY_MODULE"),
    (b'F', "FORCED_MODULE"),
    (b'S', "CPU_OUT_OF_SPEC"),
    (b'R', "FORCED_RMMOD"),
    (b'M', "MACHINE_CHECK"),
    (b'B', "BAD_PAGE"),
    (b'U', "USER"),
    (b'D', "DIE"),
    (b'A', "OVERRIDDEN_ACPI_TABLE"),
    (b'W', "WARN"),
    (b'C', "CRAP"),
    (b'I', "FIRMWARE_WORKAROUND"),
    (b'O', "OOT_MODULE"),
    (b'E', "UNSIGNED_MODULE"),
    (b'L', "SOFTLOCKUP"),
    (b'K', "LIVEPATCH"),
    (b'X', "AUX"),
    (b'T', "RANDSTRUCT"),
    (b'N', "TEST"),
    (b'J', "FWCTL"),
];

/// The kernel that printed the report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Kernel<'log> {
    /// `uname -r`.
    pub release: Option<Text<'log>>,
    /// The build number with its `#` and what follows.
    pub build: Option<Text<'log>>,
    /// Architecture, where registers or the log give it away: `x86_64`, `arm64`, …
    pub arch: Option<Cow<'static, str>>,
    /// `Hardware name:`.
    pub hardware: Option<Text<'log>>,
    /// The taint letters as printed, without blanks; empty when `Not tainted`.
    pub taint: Option<Text<'log>>,
    /// vmlinux' build ID (`CONFIG_STACKTRACE_BUILD_ID`).
    pub build_id: Option<Text<'log>>,
}

impl Kernel<'_> {
    /// What tainted the kernel, in the words of `taint_flags`, in the order of its letters.
    ///
    /// ```
    /// let log = b"WARNING: CPU: 0 PID: 7 at net/core/foo.c:12 foo_poll+0x1a/0x90\n\
    ///             CPU: 0 PID: 7 Comm: foo Tainted: G        W  O      6.9.0 #1\n";
    /// let report = ksplat::reports(log).next().unwrap();
    /// assert!(report.kernel.taints().eq(["WARN", "OOT_MODULE"]));
    /// ```
    pub fn taints(&self) -> impl Iterator<Item = &'static str> {
        let letters = self.taint.iter().flat_map(|t| t.iter());
        letters.filter_map(|letter| Some(TAINTS.iter().find(|(l, _)| l == letter)?.1))
    }
}

impl Task<'_> {
    pub(crate) fn into_owned(self) -> Task<'static> {
        Task {
            cpu: self.cpu,
            pid: self.pid,
            uid: self.uid,
            comm: self.comm.map(Text::into_owned),
            workqueue: self.workqueue.map(Text::into_owned),
        }
    }
}

impl Kernel<'_> {
    pub(crate) fn into_owned(self) -> Kernel<'static> {
        Kernel {
            release: self.release.map(Text::into_owned),
            build: self.build.map(Text::into_owned),
            arch: self.arch,
            hardware: self.hardware.map(Text::into_owned),
            taint: self.taint.map(Text::into_owned),
            build_id: self.build_id.map(Text::into_owned),
        }
    }
}
