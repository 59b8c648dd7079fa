//! Where files with debug information are looked for.
//!
//! The places of the kernel's `scripts/decode_stacktrace.sh -r`, those of Fedora and of `.build-id` trees, and what
//! `debuginfod-find` fetches where somebody asked for it. Every place that was tried is noted. A release or a module's
//! name may come from a log, so both are used only if they are plain names.

use super::build_id::BuildId;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

/// Where distributions put debug information.
const DEBUG: &str = "/usr/lib/debug";
/// Most entries of folders that are walked for modules, unless somebody asks for more.
pub(super) const MOST_ENTRIES: usize = 1 << 20;
/// Most folders in each other that are walked, and most parts of a path that a file names.
const DEEPEST: usize = 24;
/// What the file of a module may end with.
const ENDINGS: &[&str] = &["", ".debug", ".xz", ".zst", ".gz"];

/// Whether a name from a log can be part of a path, and of nothing but a path.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && !name.starts_with(['.', '-'])
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-' | b'+' | b'~'))
}

/// Where vmlinux of a release may stand.
pub(super) fn vmlinux_places(release: &str) -> Vec<PathBuf> {
    if !is_plain(release) {
        return Vec::new();
    }
    let places = [
        format!("/boot/vmlinux-{release}"),
        format!("/boot/vmlinux-{release}.debug"),
        format!("{DEBUG}/boot/vmlinux-{release}"),
        format!("{DEBUG}/boot/vmlinux-{release}.debug"),
        format!("/lib/modules/{release}/vmlinux"),
        format!("/lib/modules/{release}/build/vmlinux"),
        // Fedora and its relatives.
        format!("{DEBUG}/lib/modules/{release}/vmlinux"),
        format!("{DEBUG}/usr/lib/modules/{release}/vmlinux"),
    ];
    places.into_iter().map(PathBuf::from).collect()
}

/// Where the modules of a release may stand, if vmlinux was found at `vmlinux`.
pub(super) fn module_folders(vmlinux: Option<&Path>, release: Option<&str>) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let release = release.filter(|release| is_plain(release));
    let beside = vmlinux.and_then(Path::parent);
    if let (Some(beside), Some(release)) = (beside, release) {
        // Of packages that were unpacked somewhere: `…/usr/lib/debug/boot/vmlinux-…`.
        folders.extend(beside.parent().map(|up| up.join("lib/modules").join(release)));
    }
    for root in [DEBUG, ""].iter().filter_map(|root| Some((root, release?))) {
        folders.push(PathBuf::from(format!("{}/lib/modules/{}", root.0, root.1)));
    }
    folders.extend(beside.map(Path::to_path_buf));
    folders
}

/// Where the debug information of a stripped file may stand.
pub(super) fn separate_places(path: &Path, build_id: Option<&BuildId>, link: Option<&[u8]>) -> Vec<PathBuf> {
    let by_id = build_id.and_then(BuildId::path).map(|id| Path::new(DEBUG).join(".build-id").join(id));
    let link = link.and_then(|name| std::str::from_utf8(name).ok()).filter(|name| is_plain(name));
    let folder = path.parent().unwrap_or(path);
    let below = folder.strip_prefix("/").ok().map(|folder| Path::new(DEBUG).join(folder));
    let by_link = link.into_iter().flat_map(|name| {
        let folders = [Some(folder.to_path_buf()), Some(folder.join(".debug")), below.clone()];
        folders.into_iter().flatten().map(move |folder| folder.join(name))
    });
    by_id.into_iter().chain(by_link).filter(|place| place != path).collect()
}

/// Where the split debug information may stand that the compiler called `name`: below `folder`, where the file with the
/// addresses stands, by as much of the name's end as is there. What a file names elsewhere is not looked at: whoever
/// made it could name anything.
pub(super) fn split_places(folder: &Path, name: &Path) -> Vec<PathBuf> {
    let mut parts: Vec<_> = name.components().rev().map_while(plain_part).take(DEEPEST).collect();
    parts.reverse();
    let ends = (0..parts.len()).filter_map(|from| parts.get(from..));
    let places = ends.map(|end| folder.join(end.iter().collect::<PathBuf>()));
    // Before it is opened: a pipe would wait for ever.
    places.filter(|place| place.is_file()).collect()
}

fn plain_part(part: Component<'_>) -> Option<&OsStr> {
    if let Component::Normal(part) = part { Some(part) } else { None }
}

/// The files of modules below some folders, by the modules' names.
#[derive(Debug, Default)]
pub(super) struct ModuleFiles {
    by_name: HashMap<String, Vec<PathBuf>>,
    entries: usize,
}

impl ModuleFiles {
    /// Walks a folder, and says whether that was all of it; symbolic links are not followed. No more than `most`
    /// entries are looked at in all folders together.
    pub(super) fn add(&mut self, folder: &Path, most: usize) -> bool {
        let mut open = vec![(folder.to_path_buf(), 0)];
        while let Some((folder, depth)) = open.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                self.entries += 1;
                if self.entries > most {
                    return false;
                }
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() && depth < DEEPEST {
                    open.push((entry.path(), depth + 1));
                } else if let Some(module) = entry.file_name().to_str().and_then(module_of) {
                    self.by_name.entry(module).or_default().push(entry.path());
                }
            }
        }
        true
    }

    /// The files of a module, those with debug information as Debian and Fedora name it first.
    pub(super) fn of(&self, module: &str) -> Vec<PathBuf> {
        let mut files = self.by_name.get(&canonical(module)).cloned().unwrap_or_default();
        let has_debug = |file: &PathBuf| {
            file.starts_with(DEBUG)
                || file.components().any(|c| c.as_os_str() == "debug")
                || file.extension().is_some_and(|e| e == "debug")
        };
        files.sort_by_key(|file| (!has_debug(file), file.clone()));
        files
    }
}

/// The name of the module in a file called `file`; `None` if it is no module.
fn module_of(file: &str) -> Option<String> {
    let stem = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending)?.strip_suffix(".ko"))?;
    Some(canonical(stem))
}

/// The kernel calls `snd-hda-intel.ko` `snd_hda_intel`.
fn canonical(module: &str) -> String {
    module.replace('-', "_")
}

/// What `debuginfod-find` fetches of a build ID; `None` where it is not installed or finds nothing.
pub(super) fn fetch(build_id: &BuildId) -> Option<PathBuf> {
    let output = Command::new("debuginfod-find")
        .args(["debuginfo", &build_id.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let path = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(path.trim_end())).filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_names_that_lead_elsewhere() {
        for name in ["", "..", "../../etc", "a/b", "-r", "a b", "a;b", ".x", "$(id)", "a\0b"] {
            assert!(!is_plain(name), "{name}");
            assert!(vmlinux_places(name).is_empty(), "{name}");
        }
        assert!(is_plain("6.1.0-56-amd64"));
        assert!(is_plain("6.9.0-rc1+"));
    }

    #[test]
    fn ok_modules_are_found_by_any_of_their_names() {
        let folder = std::env::temp_dir().join(format!("ksplat-modules-{}", std::process::id()));
        let debug = folder.join("lib/debug/sound");
        std::fs::create_dir_all(&debug).unwrap();
        for file in [folder.join("snd-hda.ko.xz"), debug.join("snd-hda.ko"), folder.join("snd-hda.c")] {
            std::fs::write(file, b"").unwrap();
        }
        let mut files = ModuleFiles::default();
        assert!(files.add(&folder, MOST_ENTRIES));
        assert_eq!(files.of("snd_hda"), [debug.join("snd-hda.ko"), folder.join("snd-hda.ko.xz")]);
        assert_eq!(files.of("snd"), Vec::<PathBuf>::new());
        assert!(!ModuleFiles::default().add(&folder, 4), "there are five files and folders");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn err_split_files_that_are_named_elsewhere() {
        let root = std::env::temp_dir().join(format!("ksplat-split-{}", std::process::id()));
        let folder = root.join("net");
        std::fs::create_dir_all(folder.join("ring")).unwrap();
        for file in [root.join("a.dwo"), folder.join("a.dwo"), folder.join("ring/b.dwo")] {
            std::fs::write(file, b"").unwrap();
        }
        let places = |name: &str| split_places(&folder, Path::new(name));
        let own = [folder.join("a.dwo")];
        for name in ["a.dwo", "./a.dwo", "drivers/net/a.dwo", "../a.dwo", "x/../a.dwo", "/etc/a.dwo"] {
            assert_eq!(places(name), own, "{name}");
        }
        assert_eq!(places(root.join("a.dwo").to_str().unwrap()), own);
        assert_eq!(places("drivers/net/ring/b.dwo"), [folder.join("ring/b.dwo")]);
        for name in ["", "..", "/", "ring", "/etc/passwd", "../../../../etc/passwd"] {
            assert_eq!(places(name), Vec::<PathBuf>::new(), "{name}");
        }
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn ok_unpacked_packages_have_their_modules_beside() {
        let folders = module_folders(Some(Path::new("/x/usr/lib/debug/boot/vmlinux-6.1")), Some("6.1"));
        assert_eq!(folders.first().unwrap(), Path::new("/x/usr/lib/debug/lib/modules/6.1"));
    }
}
