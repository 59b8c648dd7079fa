//! Paths of source files.

/// The folders at the top of the kernel's tree that hold code of the kernel.
const TOP: &[&str] = &[
    "arch", "block", "certs", "crypto", "drivers", "fs", "include", "init", "io_uring", "ipc", "kernel",
    "lib", "mm", "net", "rust", "security", "sound", "virt",
];

/// A path as the kernel's tree has it: without `.` and `..`, and without the folder that the tree was built in.
///
/// Examples: `./include/linux/list.h`; `arch/x86/kvm/../../../virt/kvm/eventfd.c`;
/// `/build/linux-5.4.0/net/sched/sch_generic.c`.
pub(crate) fn path_in_tree(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if path.starts_with('/') {
        let is_top = |at: usize| parts.get(at).is_some_and(|p| TOP.contains(p));
        // The tree itself may be called `kernel`: no folder in the kernel's own `kernel` has such a name.
        let holds_tree = |at: usize| parts.get(at) == Some(&"kernel") && is_top(at + 1);
        let top = (0..parts.len()).find(|at| is_top(*at) && !holds_tree(*at));
        parts.drain(..top.unwrap_or(0));
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_paths_are_those_of_the_tree() {
        for (path, want) in [
            ("./include/linux/ring.h", "include/linux/ring.h"),
            ("../drivers/ring.c", "drivers/ring.c"),
            ("arch/x86/kvm/../../../virt/kvm/ring.c", "virt/kvm/ring.c"),
            ("/build/linux-5.4.0/net/sched/ring.c", "net/sched/ring.c"),
            ("/home/a/kernel/net/ring.c", "net/ring.c"),
            ("/home/a/kernel/kernel/sched/ring.c", "kernel/sched/ring.c"),
            ("/src/arch/x86/kernel/ring.c", "arch/x86/kernel/ring.c"),
        ] {
            assert_eq!(path_in_tree(path), want);
        }
    }
}
