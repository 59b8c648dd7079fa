//! Files that are kept from run to run: read whole, written so that nobody ever sees half of one.

use ksplat::dedup::{Baseline, Groups};
use ksplat::output::json::{known_file, saved_groups, to_known_file};
use ksplat::{Error, ErrorKind, Result};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Most links that lead from one to the next.
const LINKS: usize = 40;

/// The known bugs of all files.
///
/// # Errors
///
/// Of the first file that cannot be read.
pub(crate) fn known(paths: &[PathBuf]) -> Result<Baseline> {
    let mut baseline = Baseline::new();
    for path in paths {
        let file = known_file(&read(path)?, &path.to_string_lossy())?;
        file.iter().for_each(|known| baseline.insert(known.clone()));
    }
    Ok(baseline)
}

/// The known bugs of a file that an update may have to make first.
///
/// # Errors
///
/// If the file is there, and cannot be read.
pub(crate) fn known_or_none(path: &Path) -> Result<Baseline> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Baseline::new()),
        _ => known(&[path.to_owned()]),
    }
}

/// Reads saved groups.
///
/// # Errors
///
/// If the file cannot be read.
pub(crate) fn groups(path: &Path) -> Result<Groups> {
    saved_groups(&read(path)?, &path.to_string_lossy())
}

/// Reads a file as a whole.
///
/// # Errors
///
/// [`ErrorKind::Read`].
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::new(ErrorKind::Read(path.to_owned()), error))
}

/// Writes a known file.
///
/// # Errors
///
/// [`ErrorKind::Write`]; the file is as it was.
pub(crate) fn write_known(path: &Path, baseline: &Baseline) -> Result<()> {
    write(path, to_known_file(baseline).as_bytes())
}

/// Writes a file in one step.
///
/// # Errors
///
/// [`ErrorKind::Write`]; the file is as it was.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes).map_err(|error| Error::new(ErrorKind::Write(path.to_owned()), error))
}

/// Puts `text` in the place of a file in one step: whenever the machine stops, the old file or the new one is there
/// whole. Left-overs of a killed run are called `.ksplat-…`.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let path = target(path)?;
    let old = fs::read(&path).ok();
    if old.as_deref() == Some(text) {
        return Ok(());
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ksplat-");
    #[cfg(unix)]
    builder.permissions(permissions(&path));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    // The name is safe on the disk once the folder is; not every file system can do this.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// The file at the end of symbolic links, whether it is there or not: a link stays a link.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(link) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(link);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Those of the old file, or what the user's mask leaves.
#[cfg(unix)]
fn permissions(path: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).map_or_else(|_| fs::Permissions::from_mode(0o666), |old| old.permissions())
}
