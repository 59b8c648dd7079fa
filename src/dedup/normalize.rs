//! Takes out of names and texts what differs between two crashes of one bug.

use memchr::memchr;

/// Prefixes that `SYSCALL_DEFINE` and the compat layers put before a syscall's name, in the order in which they are
/// taken off; each at most once, so that `__x64_sys_mount` is `sys_mount` and `__se_sys_mount` is `mount`, the
/// names under which the field files them.
const SYSCALL_PREFIXES: &[&str] = &[
    "compat_SyS_",
    "compat_SYSC_",
    "C_SYSC_",
    "SyS_",
    "SYSC_",
    "ksys_",
    "__se_compat_",
    "__se_",
    "__do_compat_sys_",
    "__do_sys_",
    "sys_",
    "__x64_",
    "__ia32_",
    "__x32_",
    "__arm64_",
    "__riscv_",
    "__s390x_",
    "__s390_",
    "__powerpc_",
    "__loongarch_",
];

/// The name of a function without what the compiler appended: `.isra.0`, `.constprop.3`, `.cold`, `.llvm.123`.
pub(super) fn function(name: &str) -> &str {
    let Some((stem, _)) = memchr(b'.', name.as_bytes()).and_then(|dot| name.split_at_checked(dot)) else {
        return name;
    };
    let demangled_rust = name.contains("::");
    if demangled_rust || stem.is_empty() { name } else { stem }
}

/// The name of a function without `__` and `do_` in front: the inner half of a function, which one compiler inlines
/// and another does not.
pub(super) fn stem(name: &str) -> &str {
    let mut stem = name;
    while let Some(shorter) = stem.strip_prefix('_').or_else(|| stem.strip_prefix("do_")) {
        stem = shorter;
    }
    if stem.is_empty() { name } else { stem }
}

/// What the kernel's JIT calls a program: the hash of its code differs from load to load.
pub(super) fn jitted(name: &str) -> Option<&'static str> {
    let tag = name.strip_prefix("bpf_prog_")?;
    let tag = tag.split_once('_').map_or(tag, |(tag, _)| tag);
    (tag.len() == 16 && tag.bytes().all(|c| c.is_ascii_hexdigit())).then_some("bpf_prog_ADDR")
}

/// The path of a Rust function for its symbol, whose crate hashes differ from build to build:
/// `_RNvCs9jEw_4ring4push` → `ring::push`; the name of a plain C++ function without its types: `_Z4pushii` → `push`.
pub(super) fn demangled(name: String) -> String {
    if name.starts_with("_R") {
        return format!("{:#}", rustc_demangle::demangle(&name));
    }
    match name.strip_prefix("_Z").and_then(length_prefixed) {
        Some(plain) => plain.to_owned(),
        None => name,
    }
}

/// `<source-name>` of the Itanium C++ ABI, 5.1.2: its length in decimal, then the name.
fn length_prefixed(mangled: &str) -> Option<&str> {
    let digits = mangled.bytes().take_while(u8::is_ascii_digit).count();
    let (length, rest) = mangled.split_at_checked(digits)?;
    rest.get(..length.parse().ok()?).filter(|name| !name.is_empty())
}

/// The names of a function that is the wrapper of a syscall, the outermost wrapper first; none where it is none.
pub(super) fn syscall(name: &str) -> Vec<String> {
    let mut names = vec![name];
    for prefix in SYSCALL_PREFIXES {
        if let Some(stem) = names.last().and_then(|n| n.strip_prefix(prefix)).filter(|s| !s.is_empty()) {
            names.push(stem);
        }
    }
    if names.len() == 1 { Vec::new() } else { names.into_iter().map(str::to_owned).collect() }
}

/// Most bytes of a title.
const TITLE_LIMIT: usize = 120;

/// A line as a title: addresses → ADDR, numbers → NUM, `file.c:123` → `file.c:LINE`, IPv4 → IP, offsets dropped.
pub(super) fn text(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let token_end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        if token_end == 0 {
            let (_, after) = rest.split_at(c.len_utf8());
            push(&mut out, c);
            rest = after;
            continue;
        }
        let (token, after) = rest.split_at(token_end);
        out.push_str(&word(token, &out));
        rest = after;
    }
    let mut end = TITLE_LIMIT.min(out.len());
    while !out.is_char_boundary(end) {
        end -= 1;
    }
    out.truncate(end);
    out.trim_end().to_owned()
}

/// Blanks are folded, control characters and what is not ASCII dropped.
fn push(out: &mut String, c: char) {
    match c {
        ' ' | '\t' if out.ends_with(' ') => {}
        '\t' => out.push(' '),
        c if c.is_ascii_graphic() || c == ' ' => out.push(c),
        _ => {}
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | ':' | '-' | '+' | '#')
}

/// One word, normalised.
fn word(token: &str, before: &str) -> String {
    let stripped = token.trim_end_matches(['.', ':', '-']);
    let (core, tail) = token.split_at(stripped.len());
    let (head, core) = core.split_at(core.len() - core.trim_start_matches(['-', '+']).len());
    let new = address(core)
        .or_else(|| place(core))
        .or_else(|| offset(core))
        .or_else(|| ip(core))
        .or_else(|| executor(core))
        .or_else(|| cpu(core))
        .or_else(|| number(core, before));
    match new {
        Some(new) => format!("{head}{new}{tail}"),
        None => token.to_owned(),
    }
}

/// `ffff888012345678`, `0xdeadbeef`; at least six digits, so that words like `bad` and `face` stay.
fn address(word: &str) -> Option<String> {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let hex = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_hexdigit());
    let telling = digits.bytes().any(|c| c.is_ascii_digit());
    (hex && telling && (digits.len() >= 6 || digits.len() < word.len())).then(|| "ADDR".to_owned())
}

/// `fs/buffer.c:1307` → `fs/buffer.c:LINE`.
fn place(word: &str) -> Option<String> {
    let (file, line) = word.rsplit_once(':')?;
    let fits = file.contains('.') && !line.is_empty() && line.bytes().all(|c| c.is_ascii_digit());
    fits.then(|| format!("{file}:LINE"))
}

/// `f.part.23` → `f.part.NUM`.
fn numbered(name: &str) -> String {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    let parts: Vec<&str> = name.split('.').map(|part| if number(part) { "NUM" } else { part }).collect();
    parts.join(".")
}

/// `f+0x12/0x34` → `f`, with what the compiler appended to the name.
fn offset(word: &str) -> Option<String> {
    let (name, rest) = word.split_once("+0x")?;
    let hex = |s: &str| !s.is_empty() && s.bytes().all(|c| c.is_ascii_hexdigit());
    let fits = match rest.split_once("/0x") {
        Some((a, b)) => hex(a) && hex(b),
        None => hex(rest),
    };
    fits.then(|| numbered(name))
}

fn ip(word: &str) -> Option<String> {
    let parts: Vec<&str> = word.split('.').collect();
    let fits = parts.len() == 4
        && parts.iter().all(|p| (1..=3).contains(&p.len()) && p.bytes().all(|c| c.is_ascii_digit()));
    fits.then(|| "IP".to_owned())
}

/// `syz-executor1`, `syz-executor.3` → `syz-executor`; `syzkaller012345` → `syzkaller`.
fn executor(word: &str) -> Option<String> {
    ["syz-executor", "syzkaller"].into_iter().find_map(|name| {
        let rest = word.strip_prefix(name)?;
        let digits = rest.strip_prefix('.').unwrap_or(rest);
        (!digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit())).then(|| name.to_owned())
    })
}

fn cpu(word: &str) -> Option<String> {
    let digits = word.strip_prefix("CPU#")?;
    digits.bytes().all(|c| c.is_ascii_digit()).then(|| "CPU".to_owned())
}

/// A number that stands alone.
fn number(word: &str, before: &str) -> Option<String> {
    let alone = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    (alone && !word.is_empty() && word.bytes().all(|c| c.is_ascii_digit())).then(|| "NUM".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_functions() {
        for (name, want) in [
            ("foo.isra.0", "foo"),
            ("foo.constprop.3.isra.7", "foo"),
            ("foo.cold", "foo"),
            ("foo", "foo"),
            ("core::fmt::Formatter.pad", "core::fmt::Formatter.pad"),
        ] {
            assert_eq!(function(name), want);
        }
        assert_eq!((stem("__do_tcp_poll"), stem("down"), stem("__")), ("tcp_poll", "down", "__"));
        assert_eq!(syscall("__x64_sys_mount"), ["__x64_sys_mount", "sys_mount"]);
        assert_eq!(syscall("__se_sys_mount"), ["__se_sys_mount", "sys_mount", "mount"]);
        assert!(syscall("sysfs_create").is_empty());
    }

    #[test]
    fn ok_rust_symbols() {
        assert_eq!(demangled("_RNvCs9jEwPDbx20M_4ring4push".to_owned()), "ring::push");
        assert_eq!(demangled("ring_push".to_owned()), "ring_push");
        assert_eq!(demangled("_R_".to_owned()), "_R_");
    }

    #[test]
    fn ok_text() {
        for (line, want) in [
            ("Attempted to kill init! exitcode=0x0000000b", "Attempted to kill init! exitcode=ADDR"),
            ("at fs/buffer.c:1307!", "at fs/buffer.c:LINE!"),
            ("from 10.0.0.12: 3 left", "from IP: NUM left"),
            ("in foo+0x12/0x34 [bar]", "in foo [bar]"),
            ("in foo.part.23+0x12/0x34 at", "in foo.part.NUM at"),
            ("syz-executor.3 and ext4 on CPU#3", "syz-executor and ext4 on CPU"),
            ("bad face: ffff888012345678", "bad face: ADDR"),
        ] {
            assert_eq!(text(line), want);
        }
    }
}
