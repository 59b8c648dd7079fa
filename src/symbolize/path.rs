//! Paths as people write them: relative to the kernel's tree.
//!
//! A compiler writes the directory it ran in and names relative to that, or whatever it was called with. A path is put
//! together, its `.` and `..` are taken out, and what the build directory or the tree is called is cut off.

/// The path of `name` in `directory` in `compilation`, each of which may be absolute.
pub(super) fn clean(compilation: &[u8], directory: Option<&[u8]>, name: &[u8]) -> Vec<u8> {
    let mut path = Vec::new();
    for part in [compilation, directory.unwrap_or_default(), name] {
        if part.starts_with(b"/") || directory_is(&path, part) {
            path.clear();
        }
        if !path.is_empty() && !part.is_empty() && !path.ends_with(b"/") {
            path.push(b'/');
        }
        path.extend_from_slice(part);
    }
    let path = without_dots(&path);
    let build = without_dots(compilation);
    let inside = below(&path, &build).or_else(|| beside(&path, &build));
    inside.map_or_else(|| path.clone(), <[u8]>::to_vec)
}

/// `path` from the folder on that holds both it and the build directory, if that is the kernel's tree: assembler is
/// called with whole paths, and some kernels are built in a folder of their tree.
fn beside<'p>(path: &'p [u8], build: &[u8]) -> Option<&'p [u8]> {
    let common = path.iter().zip(build).take_while(|(a, b)| a == b).count();
    let folder = path.get(..common)?.iter().rposition(|c| *c == b'/')?;
    path.get(folder + 1..).filter(|inside| inside.starts_with(b"arch/"))
}

/// DWARF 5 writes the directory of the compilation as a directory of its own too, and it may be relative.
fn directory_is(path: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && (path == part || part.strip_prefix(path).is_some_and(|rest| rest.starts_with(b"/")))
}

/// `path` from `folder` on, if it stands below it.
pub(super) fn below<'p>(path: &'p [u8], folder: &[u8]) -> Option<&'p [u8]> {
    let folder = folder.strip_suffix(b"/").unwrap_or(folder);
    if folder.is_empty() {
        return None;
    }
    path.strip_prefix(folder)?.strip_prefix(b"/").filter(|inside| !inside.is_empty())
}

fn without_dots(path: &[u8]) -> Vec<u8> {
    let absolute = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|c| *c == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if absolute => {}
            part => parts.push(part),
        }
    }
    let mut clean = parts.join(&b'/');
    if absolute {
        clean.insert(0, b'/');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(compilation: &str, directory: Option<&str>, name: &str) -> String {
        let path = clean(compilation.as_bytes(), directory.map(str::as_bytes), name.as_bytes());
        String::from_utf8(path).unwrap()
    }

    #[test]
    fn ok_the_build_directory_is_cut() {
        assert_eq!(cleaned("/src/linux", Some("kernel"), "fork.c"), "kernel/fork.c");
        assert_eq!(cleaned("/src/linux", Some("/src/linux/kernel"), "fork.c"), "kernel/fork.c");
        assert_eq!(cleaned("/src/linux", None, "./include/linux/list.h"), "include/linux/list.h");
        assert_eq!(cleaned("debian/build", Some("debian/build"), "init/main.c"), "init/main.c");
        assert_eq!(cleaned("debian/build", Some("debian/build/init"), "main.c"), "init/main.c");
    }

    #[test]
    fn ok_the_tree_is_cut_where_it_holds_the_build_directory() {
        let folder = Some("/src/linux-6.1/arch/x86/kernel");
        assert_eq!(cleaned("/src/linux-6.1/debian/build", folder, "head_64.S"), "arch/x86/kernel/head_64.S");
        assert_eq!(cleaned("/src/linux-6.1/out", Some("../mm"), "slub.c"), "/src/linux-6.1/mm/slub.c");
    }

    #[test]
    fn ok_what_is_outside_stays_absolute() {
        assert_eq!(cleaned("/usr/src/headers", Some("/root/mod"), "mod.c"), "/root/mod/mod.c");
        assert_eq!(cleaned("", None, "a/../b.c"), "b.c");
        assert_eq!(cleaned("/a", Some("/../.."), "b.c"), "/b.c");
        assert_eq!(cleaned("/src/linux", Some("/src/linux-2"), "b.c"), "/src/linux-2/b.c");
    }

    #[test]
    fn ok_below_a_folder() {
        assert_eq!(below(b"/src/linux/mm/slub.c", b"/src/linux/"), Some(&b"mm/slub.c"[..]));
        assert_eq!(below(b"/src/linux-2/mm/slub.c", b"/src/linux"), None);
        assert_eq!(below(b"/src", b""), None);
    }
}
