//! Paths as people write them: relative to the kernel's tree.
//!
//! A compiler writes the directory it ran in and names relative to that, or whatever it was called with. A path is put
//! together, its `.` and `..` are taken out, and what the build directory or the tree is called is cut off.

/// The path of `name` in `directory` in `compilation`, each of which may be absolute.
pub(super) fn clean(
    compilation: &[u8],
    directory: Option<&[u8]>,
    name: &[u8],
    tree: Option<&[u8]>,
) -> Vec<u8> {
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
    for folder in [Some(build.as_slice()), tree].into_iter().flatten() {
        if let Some(inside) = below(&path, folder) {
            return inside.to_vec();
        }
    }
    path
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

    fn cleaned(compilation: &str, directory: Option<&str>, name: &str, tree: Option<&str>) -> String {
        let path = clean(
            compilation.as_bytes(),
            directory.map(str::as_bytes),
            name.as_bytes(),
            tree.map(str::as_bytes),
        );
        String::from_utf8(path).unwrap()
    }

    #[test]
    fn ok_the_build_directory_is_cut() {
        assert_eq!(cleaned("/src/linux", Some("kernel"), "fork.c", None), "kernel/fork.c");
        assert_eq!(cleaned("/src/linux", Some("/src/linux/kernel"), "fork.c", None), "kernel/fork.c");
        assert_eq!(cleaned("/src/linux", None, "./include/linux/list.h", None), "include/linux/list.h");
        assert_eq!(cleaned("debian/build", Some("debian/build"), "init/main.c", None), "init/main.c");
        assert_eq!(cleaned("debian/build", Some("debian/build/init"), "main.c", None), "init/main.c");
    }

    #[test]
    fn ok_the_tree_is_cut_where_it_was_built_elsewhere() {
        let tree = Some("/src/linux-6.1");
        assert_eq!(cleaned("/out", Some("/src/linux-6.1/arch/x86"), "head_64.S", tree), "arch/x86/head_64.S");
        assert_eq!(cleaned("/src/linux-6.1/out", Some("../mm"), "slub.c", tree), "mm/slub.c");
    }

    #[test]
    fn ok_what_is_outside_stays_absolute() {
        assert_eq!(cleaned("/usr/src/headers", Some("/root/mod"), "mod.c", None), "/root/mod/mod.c");
        assert_eq!(cleaned("", None, "a/../b.c", None), "b.c");
        assert_eq!(cleaned("/a", Some("/../.."), "b.c", None), "/b.c");
        assert_eq!(cleaned("/src/linux", Some("/src/linux-2"), "b.c", None), "/src/linux-2/b.c");
    }
}
