//! Paths → logs, in a fixed order.

use super::Source;
use crate::{Error, ErrorKind, Result};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Names the logs of `paths`: a file is one, a directory is walked, `-` is standard input, and no path at all means
/// standard input.
///
/// The entries of a directory come sorted by the bytes of their names, so the order depends on nothing but the
/// names. Inside a directory, links to files are followed and links to directories are not; pipes, sockets and
/// devices are passed over there, but read when `paths` names them.
///
/// ```
/// use ksplat::input::{Source, walk};
/// assert_eq!(walk(&[]).next().unwrap().unwrap(), Source::Stdin);
/// assert!(walk(&["/no/such/log".into()]).next().unwrap().is_err());
/// ```
#[must_use]
pub fn walk(paths: &[PathBuf]) -> Walk {
    if paths.is_empty() {
        return Walk { todo: vec![Entry::Stdin] };
    }
    let entry =
        |path: &PathBuf| if path == Path::new("-") { Entry::Stdin } else { Entry::Named(path.clone()) };
    Walk { todo: paths.iter().rev().map(entry).collect() }
}

/// The logs of some paths. An error does not end it.
#[derive(Debug)]
pub struct Walk {
    /// What is still to be visited, the next one last.
    todo: Vec<Entry>,
}

#[derive(Debug)]
enum Entry {
    Stdin,
    /// A path that the user named.
    Named(PathBuf),
    /// A path that was found in a directory.
    Found(PathBuf),
}

impl Iterator for Walk {
    type Item = Result<Source>;

    fn next(&mut self) -> Option<Result<Source>> {
        loop {
            let visited = match self.todo.pop()? {
                Entry::Stdin => return Some(Ok(Source::Stdin)),
                Entry::Named(path) => self.visit(path, true),
                Entry::Found(path) => self.visit(path, false),
            };
            if let Some(source) = visited.transpose() {
                return Some(source);
            }
        }
    }
}

impl Walk {
    /// The log at `path`; `None` for a directory, whose entries are put on the list, and for what is no log.
    fn visit(&mut self, path: PathBuf, named: bool) -> Result<Option<Source>> {
        let error = |e: io::Error| Error::new(ErrorKind::Read(path.clone()), e);
        let kind = fs::metadata(&path).map_err(error)?.file_type();
        if kind.is_dir() {
            if named || !path.is_symlink() {
                let entries = entries(&path).map_err(error)?;
                self.todo.extend(entries.into_iter().rev().map(Entry::Found));
            }
            return Ok(None);
        }
        Ok((named || kind.is_file()).then_some(Source::File(path)))
    }
}

/// The entries of a directory, sorted.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(directory)?.map(|e| Ok(e?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[PathBuf]) -> Vec<String> {
        walk(paths).map(|s| s.map_or_else(|e| e.to_string(), |s| s.name())).collect()
    }

    #[test]
    fn ok_directories_are_walked_in_the_order_of_names() {
        let dir = std::env::temp_dir().join(format!("ksplat-walk-{}", std::process::id()));
        fs::create_dir_all(dir.join("b")).unwrap();
        for name in ["c", "a", "b/2", "b/10"] {
            fs::write(dir.join(name), "").unwrap();
        }
        let found = names(&["-".into(), dir.clone(), "/no/such".into()]);
        let expected = ["a", "b/10", "b/2", "c"].map(|n| dir.join(n).to_string_lossy().into_owned());
        assert_eq!(found.first().unwrap(), "-");
        assert_eq!(found[1..5], expected);
        assert_eq!(found[5], "cannot read /no/such");
        fs::remove_dir_all(dir).unwrap();
    }
}
