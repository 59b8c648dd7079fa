//! Kernel images, modules and indices: arbitrary ELF.

use super::{choice, printed};
use crate::elf;
use ksplat::symbolize::kernel_signature::{Image, diff};
use ksplat::symbolize::{CodeAddress, LinkAddress, Position, Settings, Symbolizer, write_index};
use std::path::{Path, PathBuf};

/// A folder in memory where there is one, and nothing of it is left.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// A new one for each thread.
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let thread = format!("{:?}", std::thread::current().id());
        let number: String = thread.chars().filter(char::is_ascii_digit).collect();
        let folder = folder.join(format!("ksplat-invariants-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Names and addresses that are asked for: those of the seeds.
const NAMES: [&str; 5] = ["outer", "inner", "last", "init_module", "same"];
/// Offsets in them, and their sizes.
const SIZES: [(u64, u64); 3] = [(0x1, 0x5b), (0x14, 0x5b), (0x20, 0x40)];
const ADDRESSES: [u64; 6] =
    [0, 0x10, 0xffff_ffff_8100_0000, 0xffff_ffff_8100_0014, 0xffff_ffff_8100_0100, u64::MAX];

/// A log with source lines has every line of the log in its order, and is one that a terminal does not obey.
fn filtered(symbolizer: &mut Symbolizer, log: &str) {
    let mut out = Vec::new();
    ksplat::filter::Filter::new(symbolizer).log(log.as_bytes(), &mut out).expect("memory can be written to");
    let text = String::from_utf8_lossy(&out);
    printed::plain("with source lines", &text);
    let mut lines = text.lines();
    for line in log.lines() {
        assert!(lines.any(|decorated| decorated.starts_with(line)), "{line:?} is not in {text:?}");
    }
}

/// Asks for the addresses, and for a report whose frames have the names, with sizes that fit and that do not.
fn ask(settings: Settings, module: &str) {
    let Ok(mut symbolizer) = Symbolizer::open(settings) else { return };
    for position in [Position::Executing, Position::Returning] {
        for address in ADDRESSES.map(LinkAddress) {
            let frames = symbolizer.address(CodeAddress { address, position }).unwrap_or_default();
            assert!(frames.len() <= 1024, "{} functions at one place", frames.len());
            let _ = symbolizer.name(CodeAddress { address, position });
        }
    }
    let frames = NAMES
        .iter()
        .flat_map(|name| SIZES.map(|(offset, size)| format!(" {name}+{offset:#x}/{size:#x}{module}\n")));
    let log = format!("kernel BUG at a.c:1!\nCall Trace:\n{}", frames.collect::<String>());
    let mut report = ksplat::reports(log.as_bytes()).next().expect("it is one").into_owned();
    let _ = symbolizer.report(&mut report);
    let once = report.clone();
    let _ = symbolizer.report(&mut report);
    assert_eq!(report, once, "symbolized twice");
    printed::check(&report, &ksplat::identify(&report));
    filtered(&mut symbolizer, &log);
}

/// The first byte says what the others are: vmlinux, a module, or a list of symbols.
pub(crate) fn check(data: &[u8]) {
    let (choice, bytes) = choice(data, 3);
    let folder = Folder::new();
    let path = folder.0.join(["vmlinux", "ring.ko", "System.map"][choice]);
    std::fs::write(&path, bytes).expect("memory can be written to");
    let mut settings = Settings::default();
    settings.indices = Some(folder.0.join("indices"));
    settings.modules = vec![folder.0.clone()];
    match choice {
        0 => settings.vmlinux = Some(path.clone()),
        1 => settings.modules = vec![path.clone()],
        _ => settings.symbols = Some(path.clone()),
    }
    let module = if choice == 1 { " [ring]" } else { "" };
    ask(settings.clone(), module);
    // That an index answers as the file does holds of files that agree with themselves: tests/symbolize.
    if choice < 2 && write_index(&path, &folder.0.join("indices")).is_ok() {
        ask(settings, module);
    }
    if let Ok(image) = Image::parse(bytes, &path) {
        assert_eq!(diff(&image, &image), [], "from itself");
        assert_eq!(image.signature(), image.clone().signature());
        let _ = image.functions().count();
    }
}

/// The bytes are an index: what stands behind the header, and before that the lengths of all parts but the last, two
/// bytes each. Header and lengths fit, or nothing would be read.
pub(crate) fn check_index(data: &[u8]) {
    const LENGTHS: usize = 2 * 7;
    let Some((lengths, body)) = data.split_at_checked(LENGTHS) else { return };
    let mut lengths: Vec<_> =
        lengths.chunks(2).map(|b| u64::from(u16::from_le_bytes([b[0], b[1]]))).collect();
    let Some(last) = (body.len() as u64).checked_sub(lengths.iter().sum()) else { return };
    lengths.push(last);
    let whole = 8 + 8 + 8 * lengths.len() + body.len();
    let mut index = b"ksplat\x00\x01".to_vec();
    index.extend((whole as u64).to_le_bytes());
    index.extend(lengths.iter().flat_map(|length| length.to_le_bytes()));
    index.extend(body);
    let folder = Folder::new();
    let mut settings = Settings::default();
    settings.vmlinux = Some(folder.0.join("vmlinux"));
    settings.indices = Some(folder.0.clone());
    std::fs::write(folder.0.join("vmlinux"), indexed()).expect("memory can be written to");
    std::fs::write(folder.0.join("4f2a9c01.index"), &index).expect("memory can be written to");
    ask(settings, "");
}

/// The kernel that the index is of, with nothing but its build ID.
fn indexed() -> Vec<u8> {
    let mut kernel = elf::Elf::new(false);
    kernel.code(".text", 0xffff_ffff_8100_0000, 0x180);
    kernel.build_id(&[0x4f, 0x2a, 0x9c, 0x01]);
    kernel.bytes()
}
