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
