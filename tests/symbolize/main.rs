//! Source lines, from ELF files and DWARF that are built in memory.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

#[cfg(all(unix, feature = "cli"))]
mod debuginfod;
mod elf;
mod filter;
mod hostile;
mod lookup;
mod program;
mod split;

use ksplat::symbolize::{Settings, SourceFrame, Symbolizer};
use std::path::{Path, PathBuf};

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ksplat-symbolize-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn settings(vmlinux: &Path) -> Settings {
    let mut settings = Settings::default();
    settings.vmlinux = Some(vmlinux.to_path_buf());
    settings.modules = vec![vmlinux.parent().unwrap().to_path_buf()];
    settings
}

fn open(vmlinux: &Path) -> Symbolizer {
    Symbolizer::open(settings(vmlinux)).unwrap()
}

/// `inner include/linux/inner.h:30; outer kernel/outer.c:77`.
fn shown(frames: &[SourceFrame]) -> String {
    let one = |f: &SourceFrame| {
        let line = f.line.map_or("?".to_owned(), |line| line.to_string());
        format!("{} {}:{line}", f.function, f.file.as_deref().unwrap_or("?"))
    };
    frames.iter().map(one).collect::<Vec<_>>().join("; ")
}
