//! [`Symbolizer`]: one kernel's files, opened when a frame needs them.

use super::address::{CodeAddress, KaslrOffset, LinkAddress, Position};
use super::build_id::BuildId;
use super::debuginfo::{self, MOST_ENTRIES, ModuleFiles};
use super::dwarf::MOST_INLINED;
use super::object::{Answer, Object, SourceFrame, Unknown};
use super::path;
use crate::report::{Kernel, Symbol, Text};
use crate::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Most answers that are kept: a batch of logs asks the same again and again.
const MOST_ANSWERS: usize = 1 << 16;

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The kernel, with its symbols and debug information.
    pub vmlinux: Option<PathBuf>,
    /// `System.map` or a copy of `/proc/kallsyms`, where there is no vmlinux: names for raw addresses.
    pub symbols: Option<PathBuf>,
    /// Folders in which modules are looked for, and modules themselves; the usual places if there are none.
    pub modules: Vec<PathBuf>,
    /// The kernel's release: its vmlinux and modules are looked for in the usual places.
    pub release: Option<String>,
    /// The folder in which indices are looked for: [`super::cache_folder`] unless somebody says otherwise.
    pub indices: Option<PathBuf>,
    /// Whether files are used although they are of another build than the log says.
    pub force: bool,
    /// Whether `debuginfod-find` may fetch debug information that is not found.
    pub debuginfod: bool,
    /// How far the kernel was moved, if somebody knows.
    pub kaslr_offset: Option<KaslrOffset>,
    /// Functions that are inlined into each other at one address, of which answers tell: the outermost ones. 256 by
    /// default, and at most; a kernel has some dozens. A report with more has the defect
    /// [`DefectCode::Limit`](crate::report::DefectCode::Limit).
    pub max_inlined: usize,
    /// Files and folders that are looked at in search of modules, all folders together: a million by default. Where
    /// there are more, [`Symbolizer::take_errors`] has [`ErrorKind::Limit`].
    pub max_entries: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            vmlinux: None,
            symbols: None,
            modules: Vec::new(),
            release: None,
            indices: None,
            force: false,
            debuginfod: false,
            kaslr_offset: None,
            max_inlined: MOST_INLINED,
            max_entries: MOST_ENTRIES,
        }
    }
}

/// Gives frames their source lines.
///
/// A file is opened when the first frame needs it, and only what a look-up touches is read; all of it is kept, so one
/// symbolizer serves any number of logs of one kernel.
///
/// ```no_run
/// use ksplat::symbolize::{Settings, Symbolizer};
/// let mut settings = Settings::default();
/// settings.vmlinux = Some("vmlinux".into());
/// let mut symbolizer = Symbolizer::open(settings)?;
/// let log = std::fs::read("boot.log").unwrap();
/// for mut report in ksplat::reports(&log) {
///     symbolizer.report(&mut report)?;
///     println!("{:?}", report.crash_trace());
/// }
/// # Ok::<(), ksplat::Error>(())
/// ```
#[derive(Debug)]
pub struct Symbolizer {
    settings: Settings,
    kernel: Option<Object>,
    /// `None` where there is no file, or none that fits.
    modules: HashMap<String, Option<Object>>,
    files: Option<ModuleFiles>,
    /// What the kernel's source tree was called, once a path made somebody ask.
    tree: Option<Option<String>>,
    answers: HashMap<Question, Answer>,
    trail: Vec<String>,
    errors: Vec<Error>,
    /// Whether answers left out functions.
    cut: bool,
}

/// What is said where answers leave out functions.
pub(super) const DEEP: &str =
    "so many functions are inlined into each other that only the outer ones are shown";

/// What an answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    module: Option<String>,
    name: Vec<u8>,
    offset: u64,
    size: Option<u64>,
    position: Position,
}

impl Symbolizer {
    /// Opens the kernel that the settings name, or finds it by its release.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`], [`ErrorKind::Object`] and [`ErrorKind::Symbols`] if a file cannot be used,
    /// [`ErrorKind::NoVmlinux`] if none is found.
    pub fn open(settings: Settings) -> Result<Self> {
        let mut symbolizer = Self {
            kernel: None,
            modules: HashMap::new(),
            files: None,
            tree: None,
            answers: HashMap::new(),
            trail: Vec::new(),
            errors: Vec::new(),
            cut: false,
            settings,
        };
        let path = match (&symbolizer.settings.vmlinux, &symbolizer.settings.release) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(release)) => {
                let places = debuginfo::vmlinux_places(release);
                let release = release.clone();
                Some(symbolizer.first_of(&places).ok_or(ErrorKind::NoVmlinux(release))?)
            }
            (None, None) => None,
        };
        match (path, &symbolizer.settings.symbols) {
            (Some(path), _) => symbolizer.set_kernel(&path)?,
            (None, Some(names)) => symbolizer.kernel = Some(Object::open_names(names)?),
            (None, None) => {}
        }
        Ok(symbolizer)
    }

    fn first_of(&mut self, places: &[PathBuf]) -> Option<PathBuf> {
        for place in places {
            let there = place.is_file();
            self.trail.push(format!("{}: {}", place.display(), if there { "found" } else { "not there" }));
            if there {
                return Some(place.clone());
            }
        }
        None
    }

    fn set_kernel(&mut self, path: &Path) -> Result<()> {
        let kernel = self.with_debug_info(Object::open(path, self.settings.indices.as_deref())?);
        let how = if kernel.is_indexed() { ", by its index" } else { "" };
        self.trail.push(format!("{}: vmlinux{how}", kernel.path().display()));
        self.kernel = Some(kernel);
        Ok(())
    }

    /// The file, or if it was stripped the one that has its debug information.
    fn with_debug_info(&mut self, object: Object) -> Object {
        if object.has_lines() {
            return object;
        }
        let places = object.separate_places();
        let found = places.iter().find_map(|place| self.separate(&object, place));
        let found = found.or_else(|| {
            let fetched = self.fetch(object.build_id()?)?;
            self.separate(&object, &fetched)
        });
        found.unwrap_or(object)
    }

    /// The file at `place`, if it has the debug information of `object`.
    fn separate(&mut self, object: &Object, place: &Path) -> Option<Object> {
        let other = Object::open(place, self.settings.indices.as_deref()).ok().filter(|other| {
            other.has_lines() && (other.build_id() == object.build_id() || object.build_id().is_none())
        });
        let what = if other.is_some() { "has the debug information" } else { "not there" };
        self.trail.push(format!("{}: {what} of {}", place.display(), object.path().display()));
        other
    }

    /// What `debuginfod-find` finds, if it may be asked.
    fn fetch(&mut self, id: &BuildId) -> Option<PathBuf> {
        if !self.settings.debuginfod {
            return None;
        }
        let fetched = debuginfo::fetch(id);
        let what = if fetched.is_some() { "found" } else { "nothing found" };
        self.trail.push(format!("debuginfod-find debuginfo {id}: {what}"));
        fetched
    }

    /// What was tried since the last call, for people who want to know why a file was or was not used.
    pub fn take_trail(&mut self) -> Vec<String> {
        std::mem::take(&mut self.trail)
    }

    /// What went wrong since the last call with files that frames needed: modules that cannot be read or are of
    /// another build. Their frames have no lines. And [`ErrorKind::Limit`] if [`Settings`] bounded what was looked at,
    /// but for what [`Symbolizer::report`] said of its report.
    pub fn take_errors(&mut self) -> Vec<Error> {
        let cut = self.take_cut().then(|| ErrorKind::Limit(DEEP.to_owned()).into());
        std::mem::take(&mut self.errors).into_iter().chain(cut).collect()
    }

    /// Whether this is the kernel that a log comes from, by its build ID, or by release and build number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BuildId`] or [`ErrorKind::Banner`], unless [`Settings::force`] is set.
    pub fn check(&mut self, kernel: &Kernel<'_>) -> Result<()> {
        let Some(own) = self.kernel.as_mut().filter(|_| !self.settings.force) else { return Ok(()) };
        let id = kernel.build_id.as_ref().and_then(|id| BuildId::from_hex(id));
        if let Some((log, file)) = id.zip(own.build_id()) {
            return same(own.path(), "vmlinux", &log, file);
        }
        let Some(release) = &kernel.release else { return Ok(()) };
        let path = own.path().to_path_buf();
        let Some(banner) = own.banner() else { return Ok(()) };
        let of_banner = banner.strip_prefix(b"Linux version ").unwrap_or_default();
        let fits = |word: &Text<'_>| of_banner.split(|c| *c == b' ').any(|w| *w == **word);
        // `#1` alone, or with what the distribution adds to it.
        let number = kernel.build.as_ref().and_then(|build| build.split(|c| *c == b' ').next());
        let number = number.filter(|n| n.starts_with(b"#")).map(Text::from);
        if fits(release) && number.as_ref().is_none_or(fits) {
            return Ok(());
        }
        let build = kernel.build.as_ref().map_or_else(String::new, |build| format!(" {build}"));
        Err(other_banner(path, format!("{release}{build}"), banner))
    }

    /// Whether this is the kernel whose log starts with `banner`: `Linux version …`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Banner`], unless [`Settings::force`] is set.
    pub fn check_banner(&mut self, banner: &[u8]) -> Result<()> {
        let Some(own) = self.kernel.as_mut().filter(|_| !self.settings.force) else { return Ok(()) };
        let path = own.path().to_path_buf();
        match own.banner() {
            Some(of_file) if of_file.trim_ascii() != banner.trim_ascii() => {
                Err(other_banner(path, Text::from(banner.trim_ascii()).to_string(), of_file))
            }
            _ => Ok(()),
        }
    }

    /// Says which functions of the kernel will be asked for, so that one look at its symbols is enough. It changes no
    /// answer.
    pub(crate) fn expect<'n>(&mut self, names: impl Iterator<Item = &'n [u8]>) {
        if let Some(kernel) = &mut self.kernel {
            kernel.expect(names);
        }
    }

    /// What stands at a symbol with an offset.
    ///
    /// # Errors
    ///
    /// Why nothing is known.
    pub fn symbol(&mut self, symbol: &Symbol<'_>, position: Position) -> Answer {
        let answer = self.known(symbol, position);
        self.bounded(answer)
    }

    /// All that is known of a symbol, asked once.
    fn known(&mut self, symbol: &Symbol<'_>, position: Position) -> Answer {
        let question = Question {
            module: symbol.module.as_ref().map(ToString::to_string),
            name: symbol.name.to_vec(),
            offset: symbol.offset.ok_or_else(|| Unknown::NoLine(symbol.name.to_string()))?,
            size: symbol.size,
            position,
        };
        if let Some(answer) = self.answers.get(&question) {
            return answer.clone();
        }
        let id = symbol.build_id.as_ref().and_then(|id| BuildId::from_hex(id));
        let answer = self.ask(&question, id.as_ref()).map(|frames| self.in_tree(frames));
        if self.answers.len() >= MOST_ANSWERS {
            self.answers.clear();
        }
        self.answers.insert(question, answer.clone());
        answer
    }

    fn ask(&mut self, question: &Question, id: Option<&BuildId>) -> Answer {
        let object = match &question.module {
            None => self.kernel.as_mut().ok_or(Unknown::NoAddress)?,
            Some(module) => self.module(module, id).ok_or_else(|| Unknown::NoModule(module.clone()))?,
        };
        let start = object.start_of(&question.name, question.size)?;
        object.in_function(start, question.offset, question.position)
    }

    /// What stands at an address of the kernel itself.
    ///
    /// # Errors
    ///
    /// Why nothing is known.
    pub fn address(&mut self, address: CodeAddress) -> Answer {
        let frames = self.kernel.as_mut().ok_or(Unknown::NoAddress)?.at(address)?;
        let frames = self.in_tree(frames);
        self.bounded(Ok(frames))
    }

    /// The function of the kernel itself that an address stands in, with offset and size, as a trace prints it.
    pub fn name(&mut self, address: CodeAddress) -> Option<Symbol<'static>> {
        self.kernel.as_mut()?.name_at(address)
    }

    /// The functions that are told of, the outer ones.
    fn bounded(&mut self, answer: Answer) -> Answer {
        let most = self.settings.max_inlined.min(MOST_INLINED) + 1;
        answer.map(|mut frames| {
            let inner = frames.len().saturating_sub(most);
            frames.drain(..inner);
            self.cut |= inner > 0;
            frames
        })
    }

    /// Whether answers since the last call left out functions.
    pub(super) const fn take_cut(&mut self) -> bool {
        std::mem::replace(&mut self.cut, false)
    }

    /// Cuts what the source tree is called off paths that are written whole.
    fn in_tree(&mut self, mut frames: Vec<SourceFrame>) -> Vec<SourceFrame> {
        if frames.iter().any(|f| f.file.as_ref().is_some_and(|file| file.starts_with('/'))) {
            let kernel = &mut self.kernel;
            let tree = self.tree.get_or_insert_with(|| kernel.as_mut().and_then(Object::tree));
            for file in frames.iter_mut().filter_map(|f| f.file.as_mut()) {
                if let Some(inside) =
                    tree.as_ref().and_then(|tree| path::below(file.as_bytes(), tree.as_bytes()))
                {
                    *file = String::from_utf8_lossy(inside).into_owned();
                }
            }
        }
        frames
    }

    /// Where a symbol of the kernel itself was linked.
    pub fn linked(&mut self, symbol: &Symbol<'_>) -> Option<LinkAddress> {
        let kernel = self.kernel.as_mut().filter(|_| symbol.module.is_none())?;
        let start = kernel.start_of(&symbol.name, symbol.size).ok()?;
        Some(LinkAddress(start.0.checked_add(symbol.offset?)?))
    }

    /// The offset that the settings give.
    #[must_use]
    pub const fn kaslr_offset(&self) -> Option<KaslrOffset> {
        self.settings.kaslr_offset
    }

    fn module(&mut self, name: &str, id: Option<&BuildId>) -> Option<&mut Object> {
        if !self.modules.contains_key(name) {
            let module = self.open_module(name, id);
            self.modules.insert(name.to_owned(), module);
        }
        self.modules.get_mut(name)?.as_mut()
    }

    fn open_module(&mut self, name: &str, id: Option<&BuildId>) -> Option<Object> {
        if !debuginfo::is_plain(name) {
            return None;
        }
        let files = self.files.take().unwrap_or_else(|| self.find_files());
        let places = files.of(name);
        self.files = Some(files);
        let mut best: Option<Object> = None;
        let mut mismatch = None;
        for place in places {
            let object = match Object::open_packed(&place, self.settings.indices.as_deref()) {
                Ok(object) => self.with_debug_info(object),
                Err(error) => {
                    self.errors.push(error);
                    continue;
                }
            };
            let ids = id.zip(object.build_id()).filter(|_| !self.settings.force);
            if let Some(error) = ids.and_then(|(log, file)| same(object.path(), name, log, file).err()) {
                self.trail.push(error.to_string());
                mismatch = Some(error);
                continue;
            }
            let has_lines = object.has_lines();
            let what = if has_lines { "found" } else { "found, without debug information" };
            self.trail.push(format!("{}: module {name} {what}", object.path().display()));
            if has_lines {
                return Some(object);
            }
            best = best.or(Some(object));
        }
        // What has a build ID was asked for by it before.
        let wanted = id.filter(|_| best.as_ref().is_none_or(|best| best.build_id().is_none()));
        let fetched = wanted.and_then(|id| self.fetch(id));
        let found =
            fetched.and_then(|path| Object::open(&path, self.settings.indices.as_deref()).ok()).or(best);
        if found.is_none() {
            self.trail.push(format!("module {name}: no file"));
            self.errors.extend(mismatch);
        }
        found
    }

    fn find_files(&mut self) -> ModuleFiles {
        let of_banner = self.kernel.as_mut().and_then(Object::release);
        let kernel = self.kernel.as_ref();
        let release = self.settings.release.as_deref().or(of_banner.as_deref());
        let folders = if self.settings.modules.is_empty() {
            debuginfo::module_folders(kernel.map(Object::path), release)
        } else {
            self.settings.modules.clone()
        };
        let mut files = ModuleFiles::default();
        for folder in folders {
            self.trail.push(format!("{}: looked for modules", folder.display()));
            if !files.add(&folder, self.settings.max_entries) {
                let what = format!("more than {} files and folders", self.settings.max_entries);
                self.errors.push(
                    ErrorKind::Limit(format!("{what} in those of modules: others are left out")).into(),
                );
                break;
            }
        }
        files
    }
}

/// Writes the index of a vmlinux or a module into a folder, where [`Settings::indices`] finds it; its path.
///
/// ```no_run
/// use ksplat::symbolize::{cache_folder, write_index};
/// let folder = cache_folder().expect("there is a home");
/// println!("{}", write_index("vmlinux".as_ref(), &folder)?.display());
/// # Ok::<(), ksplat::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Read`], [`ErrorKind::Object`] and [`ErrorKind::NoIndex`] if the file cannot be used,
/// [`ErrorKind::Write`] if the index cannot be written.
pub fn write_index(path: &Path, folder: &Path) -> Result<PathBuf> {
    Object::open_packed(path, None)?.write_index(folder)
}

fn same(path: &Path, what: &str, log: &BuildId, file: &BuildId) -> Result<()> {
    if log == file {
        return Ok(());
    }
    Err(ErrorKind::BuildId {
        what: what.to_owned(),
        log: log.to_string(),
        file: file.to_string(),
        path: path.to_path_buf(),
    }
    .into())
}

fn other_banner(path: PathBuf, log: String, file: &[u8]) -> Error {
    let file = String::from_utf8_lossy(file).into_owned();
    ErrorKind::Banner { log, file, path }.into()
}
