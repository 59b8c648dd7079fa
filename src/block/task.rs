//! The task line, and the lines around it that name the kernel and the hardware.

use crate::bytes::{dec32, hex, run, word};
use crate::printk;
use crate::report::{Kernel, Task, Text};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{char, digit1, space0, space1};
use nom::combinator::{opt, recognize};
use nom::sequence::{delimited, preceded};

/// What such a line adds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TaskLine<'log> {
    pub(crate) task: Task<'log>,
    pub(crate) kernel: Kernel<'log>,
}

impl TaskLine<'_> {
    /// Whether it is the line that stands above a stack: `CPU: 1 PID: 81 Comm: …`.
    pub(crate) fn is_whole(&self) -> bool {
        self.task.pid.is_some() && self.task.cpu.is_some()
    }
}

/// Reads one of them.
pub(super) fn read(text: &[u8]) -> Option<TaskLine<'_>> {
    match text.first()? {
        b'C' => cpu_line(text),
        b'P' => pid_line(text),
        b'H' => hardware(text),
        b'W' => workqueue(text),
        b't' => scheduler_task(text),
        b'0'..=b'9' => kernel_ident(text),
        b' ' => kernel_of_hung_task(text.trim_ascii_start()),
        _ => None,
    }
}

/// `6.9.0-rc5 #7 Not tainted`: `print_kernel_ident` in `kernel/locking/lockdep.c`.
fn kernel_ident(text: &[u8]) -> Option<TaskLine<'_>> {
    let mut found = Vec::new();
    let tail = printk::read("%s #%s %sainted", text, &mut found)?;
    let [release, _, word] = found.as_slice() else { return None };
    let mut line = TaskLine::default();
    line.kernel.taint = match *word {
        b"Not t" if tail.trim_ascii().is_empty() => Some(Text::default()),
        b"T" => tail.strip_prefix(b": ").map(|letters| Text::from(letters.trim_ascii())),
        _ => None,
    };
    kernel(text, &mut line.kernel);
    (line.kernel.taint.is_some() && !release.contains(&b' ')).then_some(line)
}

/// `      Not tainted 6.9.0-rc5 #7`, behind the header of `check_hung_task` in `kernel/hung_task.c`.
fn kernel_of_hung_task(text: &[u8]) -> Option<TaskLine<'_>> {
    let mut line = TaskLine::default();
    let rest = match text.strip_prefix(b"Not tainted ") {
        Some(rest) => {
            line.kernel.taint = Some(Text::default());
            rest
        }
        None => taint(text.strip_prefix(b"Tainted: ")?, &mut line.kernel),
    };
    kernel(rest, &mut line.kernel);
    line.kernel.release.is_some().then_some(line)
}

/// `CPU: 1 UID: 0 PID: 81 Comm: kworker/1:1 Tainted: G W 6.9.0 #1 PREEMPT(full)`; before 3.11 the number alone, in
/// columns: `CPU:    0` of i386's `show_registers`, `CPU 0` of x86_64's.
fn cpu_line(text: &[u8]) -> Option<TaskLine<'_>> {
    let mut line = TaskLine::default();
    let (rest, cpu) = run(preceded((tag("CPU"), opt(char(':')), space1), dec32), text)?;
    line.task.cpu = Some(cpu);
    if rest.trim_ascii().is_empty() {
        return Some(line);
    }
    let (rest, uid) = run(opt(preceded(tag(" UID: "), dec32)), rest)?;
    line.task.uid = uid;
    let (rest, pid) = run(preceded(tag(" PID: "), dec32), rest)?;
    line.task.pid = Some(pid);
    let rest = rest.trim_ascii_start();
    comm_and_kernel(rest.strip_prefix(b"Comm: ")?, &mut line);
    Some(line)
}

/// `Pid: 81, comm: kworker/1:1 Not tainted 3.8.0 #1`, `Process kworker/1:1 (pid: 81, threadinfo=c7e0a000 task=c7e01a50)`:
/// kernels before 3.11, and architectures that still print the second, as arm: `Process ringd (pid: 81, stack limit = …)`.
fn pid_line(text: &[u8]) -> Option<TaskLine<'_>> {
    let mut line = TaskLine::default();
    let mut found = Vec::new();
    if printk::read("Process %s (pid: %d, ", text, &mut found).is_some() {
        line.task.comm = found.first().map(|c| Text::from(*c));
        line.task.pid = found.get(1).and_then(|p| dec32(p).ok()).map(|(_, n)| n);
        return Some(line);
    }
    let (rest, pid) = run(delimited(tag("Pid: "), dec32, tag(", comm: ")), text)?;
    line.task.pid = Some(pid);
    comm_and_kernel(rest, &mut line);
    Some(line)
}

/// A comm may hold anything, so it ends where the taint begins.
fn comm_and_kernel<'a>(text: &'a [u8], line: &mut TaskLine<'a>) {
    for (format, tainted) in [("%s Not tainted %s", false), ("%s Tainted: %s", true)] {
        let mut found = Vec::new();
        if printk::read(format, text, &mut found).is_none() {
            continue;
        }
        let comm = found.first().map(|c| c.strip_suffix(b" Kdump: loaded").unwrap_or(c));
        line.task.comm = comm.map(|c| Text::from(c.trim_ascii()));
        let rest = found.get(1).copied().unwrap_or_default();
        line.kernel.taint = Some(Text::default());
        let rest = if tainted { taint(rest, &mut line.kernel) } else { rest };
        kernel(rest, &mut line.kernel);
        return;
    }
    line.task.comm = Some(Text::from(text.trim_ascii_end()));
}

/// `G        W  O     `, one column a letter; what follows is the release.
fn taint<'a>(text: &'a [u8], kernel: &mut Kernel<'a>) -> &'a [u8] {
    let letters = recognize(take_while_m_n(1, 40, |c: u8| c.is_ascii_uppercase() || c == b' ' || c == b'-'));
    let Some((rest, letters)) = run(letters, text) else { return text };
    kernel.taint = Some(Text::from(letters.trim_ascii()));
    rest
}

/// `6.9.0-rc5-syzkaller #0 PREEMPT(full)  9097c5ae…`.
fn kernel<'a>(text: &'a [u8], kernel: &mut Kernel<'a>) {
    let Some((rest, release)) = run(preceded(space0, word), text) else { return };
    if !release.first().is_some_and(u8::is_ascii_digit) {
        return;
    }
    kernel.release = Some(Text::from(release));
    let number = recognize((char('#'), digit1));
    if let Some((rest, build)) = run(preceded(space1, number), rest) {
        kernel.build = Some(Text::from(build));
        let id = rest.rsplit(|c| *c == b' ').find(|w| !w.is_empty()).unwrap_or_default();
        kernel.build_id = (id.len() == 40 && id.iter().all(u8::is_ascii_hexdigit)).then(|| Text::from(id));
    }
}

/// `Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16`.
fn hardware(text: &[u8]) -> Option<TaskLine<'_>> {
    let name = text.strip_prefix(b"Hardware name: ")?.trim_ascii();
    Some(TaskLine {
        kernel: Kernel { hardware: Some(Text::from(name)), ..Kernel::default() },
        ..TaskLine::default()
    })
}

/// `Workqueue: usb_hub_wq hub_event`, with an offset where the function has no name of its own.
fn workqueue(text: &[u8]) -> Option<TaskLine<'_>> {
    let (rest, _) = run(tag("Workqueue: "), text)?;
    let queue = rest.trim_ascii();
    Some(TaskLine {
        task: Task { workqueue: Some(Text::from(queue)), ..Task::default() },
        ..TaskLine::default()
    })
}

/// `task:syz-executor.0  state:D stack:25600 pid: 8081 ppid:  6 flags:0x00004004` of `sched_show_task`, and
/// `task: ffff880 ti: ffff880 task.ti: ffff880` of kernels before 4.9.
fn scheduler_task(text: &[u8]) -> Option<TaskLine<'_>> {
    let mut found = Vec::new();
    if printk::read("task:%s state:%c", text, &mut found).is_some() {
        let mut line = TaskLine::default();
        line.task.comm = found.first().map(|c| Text::from(c.trim_ascii()));
        let pid = memchr::memmem::find(text, b" pid:").and_then(|at| text.get(at + 5..));
        line.task.pid = pid.and_then(|p| run(preceded(space0, dec32), p)).map(|(_, n)| n);
        return Some(line);
    }
    let old = (tag("task: "), hex, alt((tag(" ti: "), tag(" task.stack: "), tag(" stack: "))));
    run(old, text).map(|_| TaskLine::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_task_line() {
        let l = read(b"CPU: 1 UID: 0 PID: 81 Comm: kworker/u4:2 a Tainted: G        W  O      6.9.0-rc5+ #7 PREEMPT(full) ")
            .unwrap();
        assert_eq!((l.task.cpu, l.task.uid, l.task.pid), (Some(1), Some(0), Some(81)));
        assert_eq!(l.task.comm.unwrap(), "kworker/u4:2 a");
        assert_eq!(l.kernel.taint.unwrap(), "G        W  O");
        assert_eq!(l.kernel.release.unwrap(), "6.9.0-rc5+");
        assert_eq!(l.kernel.build.unwrap(), "#7");
    }

    #[test]
    fn ok_build_id_of_the_kernel() {
        let l = read(b"CPU: 7 PID: 0 Comm: swapper/7 Not tainted 6.19.0 #475 PREEMPT(full)  9097c5ae70fd66490486e279e5273a94d14cd453");
        assert_eq!(l.unwrap().kernel.build_id.unwrap().len(), 40);
    }

    #[test]
    fn ok_scheduler_task() {
        let l =
            read(b"task:syz-executor.0  state:D stack:25600 pid: 8081 ppid:  6 flags:0x00004004").unwrap();
        assert_eq!((l.task.comm.unwrap().to_string(), l.task.pid), ("syz-executor.0".to_owned(), Some(8081)));
    }

    #[test]
    fn ok_kernel_without_a_task() {
        for (text, release, taint) in [
            ("6.9.0-rc5+ #7 Not tainted", "6.9.0-rc5+", ""),
            ("6.9.0-rc5+ #7 Tainted: G        W         ", "6.9.0-rc5+", "G        W"),
            ("      Not tainted 6.9.0-rc5 #7", "6.9.0-rc5", ""),
            ("      Tainted: G        W  O      6.9.0-rc5 #7", "6.9.0-rc5", "G        W  O"),
        ] {
            let kernel = read(text.as_bytes()).expect(text).kernel;
            assert_eq!(
                (kernel.release.unwrap(), kernel.build.unwrap()),
                (Text::from(release), "#7".into()),
                "{text}"
            );
            assert_eq!(kernel.taint.unwrap(), taint, "{text}");
        }
    }

    #[test]
    fn ok_columns_of_2_6() {
        assert_eq!(read(b"CPU:    0").unwrap().task.cpu, Some(0));
        assert_eq!(read(b"CPU 1 ").unwrap().task.cpu, Some(1));
        let task = read(b"Process ringd (pid: 81, threadinfo=c7e0a000 task=c7e01a50)").unwrap().task;
        assert_eq!((task.comm.unwrap(), task.pid), (Text::from("ringd"), Some(81)));
    }

    #[test]
    fn ok_a_crash_kernel_is_loaded() {
        let line = read(b"CPU: 1 PID: 81 Comm: ring d Kdump: loaded Not tainted 6.9.0 #7").unwrap();
        assert_eq!(line.task.comm.unwrap(), "ring d");
    }

    #[test]
    fn err_other_words() {
        assert!(read(b"CPU: Intel").is_none());
        assert!(read(b"CPU 1 is up").is_none());
        assert!(read(b"12 trees #7 Not tainted at all").is_none());
        assert!(read(b"Process ringd is gone").is_none());
        assert!(read(b"Call Trace:").is_none());
    }
}
