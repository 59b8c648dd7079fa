//! Logs that still grow: a file that something appends to, a pipe, a serial port.

use super::{Settings, Source};
use crate::report::Report;
use crate::{Error, ErrorKind, Result, Stream};
use std::collections::VecDeque;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Silence after which a report is taken for complete.
pub const SILENCE: Duration = Duration::from_millis(600);
/// How often something is looked for.
const TICK: Duration = Duration::from_millis(100);
/// Bytes that are read at once, and how many such pieces may wait to be parsed.
const PIECE: usize = 64 << 10;
const WAITING: usize = 16;

/// Reports of a log that still grows, each as soon as it is complete.
///
/// A file is followed for good, and from its start again when it gets shorter; anything else until it ends.
#[derive(Debug)]
pub struct Follow {
    name: std::path::PathBuf,
    pieces: Receiver<io::Result<Vec<u8>>>,
    stream: Option<Stream>,
    ready: VecDeque<Report<'static>>,
    /// When how many bytes had come.
    received: VecDeque<(Instant, usize)>,
}

impl Follow {
    /// Follows `source`, which is not decompressed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`] if it cannot be opened.
    pub fn new(source: &Source, settings: &Settings) -> Result<Self> {
        let (sender, pieces) = sync_channel(WAITING);
        let name = source.path();
        match source {
            Source::Stdin => drop(std::thread::spawn(move || send(io::stdin(), &sender, |_| Ok(false)))),
            Source::File(path) => {
                let error = |e| Error::new(ErrorKind::Read(path.clone()), e);
                let file = std::fs::File::open(path).map_err(error)?;
                let grows = file.metadata().map_err(error)?.is_file();
                let path = path.clone();
                std::thread::spawn(move || {
                    send(
                        file,
                        &sender,
                        |file| if grows { wait(file, &path).map(|()| true) } else { Ok(false) },
                    );
                });
            }
        }
        let stream = Some(settings.stream());
        Ok(Self { name, pieces, stream, ready: VecDeque::new(), received: VecDeque::new() })
    }

    /// Takes what came, or settles what a pause ended.
    fn step(&mut self) -> Result<()> {
        let Some(stream) = self.stream.as_mut() else { return Ok(()) };
        match self.pieces.recv_timeout(TICK) {
            Ok(piece) => {
                let piece = piece.map_err(|e| Error::new(ErrorKind::Read(self.name.clone()), e))?;
                self.ready.extend(stream.push(&piece));
                self.received.push_back((Instant::now(), stream.received()));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                self.ready.extend(self.stream.take().into_iter().flat_map(Stream::finish));
                return Ok(());
            }
        }
        let mut old = None;
        while let Some((when, received)) = self.received.front().copied()
            && when.elapsed() >= SILENCE
        {
            old = Some(received);
            self.received.pop_front();
        }
        if let Some(old) = old {
            self.ready.extend(stream.settle(old));
        }
        Ok(())
    }
}

impl Iterator for Follow {
    type Item = Result<Report<'static>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(report) = self.ready.pop_front() {
                return Some(Ok(report));
            }
            self.stream.as_ref()?;
            if let Err(error) = self.step() {
                self.stream = None;
                return Some(Err(error));
            }
        }
    }
}

/// Sends what can be read until `at_end` says that nothing more will come, or nobody listens.
fn send<R: Read>(
    mut source: R,
    sender: &SyncSender<io::Result<Vec<u8>>>,
    at_end: impl Fn(&mut R) -> io::Result<bool>,
) {
    let mut buffer = vec![0; PIECE];
    loop {
        let piece = match source.read(&mut buffer) {
            Ok(0) => match at_end(&mut source) {
                Ok(true) => continue,
                Ok(false) => return,
                Err(error) => Err(error),
            },
            Ok(read) => Ok(buffer.get(..read).unwrap_or_default().to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = piece.is_err();
        if sender.send(piece).is_err() || failed {
            return;
        }
    }
}

/// Waits a little; a file that got shorter is read from its start, one that was replaced is opened again.
fn wait(file: &mut std::fs::File, path: &Path) -> io::Result<()> {
    std::thread::sleep(TICK);
    if file.metadata()?.len() < file.stream_position()? {
        file.seek(SeekFrom::Start(0))?;
    } else if let (Ok(new), Ok(old)) = (std::fs::metadata(path), file.metadata())
        && is_other(&new, &old)
    {
        *file = std::fs::File::open(path)?;
    }
    Ok(())
}

#[cfg(unix)]
fn is_other(new: &std::fs::Metadata, old: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (new.dev(), new.ino()) != (old.dev(), old.ino())
}

#[cfg(not(unix))]
fn is_other(_: &std::fs::Metadata, _: &std::fs::Metadata) -> bool {
    false
}
