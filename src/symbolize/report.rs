//! A report's frames, filled in.

use super::address::{CodeAddress, KaslrOffset, Position};
use super::kaslr::Evidence;
use super::object::{Answer, SourceFrame};
use super::symbolizer::{DEEP, Symbolizer};
use crate::Result;
use crate::report::{Defect, DefectCode, Frame, Registers, Report, SourceLocation, Symbol, Text, Trace};

impl Symbolizer {
    /// Gives every frame of a report its source line and puts the functions that are inlined there before it, as
    /// frames of their own; the instruction pointers of register dumps likewise. What has its line already stays, so
    /// that twice is as good as once.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::BuildId`] or [`crate::ErrorKind::Banner`] if vmlinux is of another kernel than the report;
    /// it stays as it was.
    pub fn report(&mut self, report: &mut Report<'_>) -> Result<()> {
        let frames = report.traces.iter().flat_map(|t| &t.frames).filter_map(|f| f.symbol.as_ref());
        let pointers = report.registers.iter().filter_map(|r| r.ip.as_ref());
        self.expect(frames.chain(pointers).filter(|s| s.module.is_none()).map(|s| &*s.name));
        self.check(&report.kernel)?;
        let offset = self.offset_of(report);
        self.take_cut();
        for registers in &mut report.registers {
            self.registers(registers, offset);
        }
        for trace in &mut report.traces {
            let dump = trace.registers.and_then(|dump| report.registers.get(dump));
            self.trace(trace, dump, offset);
        }
        if self.take_cut() {
            report.defects.push(Defect { code: DefectCode::Limit, text: DEEP.to_owned() });
        }
        Ok(())
    }

    /// How far the kernel was moved: what somebody or the log says, or what frames with names and addresses give.
    fn offset_of(&mut self, report: &Report<'_>) -> Option<KaslrOffset> {
        if let Some(offset) = self.kaslr_offset().or(report.kaslr_offset.map(KaslrOffset)) {
            return Some(offset);
        }
        let mut evidence = Evidence::new();
        let frames = report.traces.iter().flat_map(|t| &t.frames);
        let frames = frames.filter_map(|f| Some((f.symbol.as_ref()?, f.address?.0)));
        let pointers = report.registers.iter().filter_map(|r| Some((r.ip.as_ref()?, r.ip_address?.0)));
        for (symbol, run) in frames.chain(pointers) {
            if let Some(linked) = self.linked(symbol) {
                evidence.add(linked, run);
            }
        }
        evidence.offset()
    }

    fn registers(&mut self, registers: &mut Registers<'_>, offset: Option<KaslrOffset>) {
        if registers.user || registers.ip_location.is_some() {
            return;
        }
        let address = registers.ip_address.zip(offset).map(|(ip, offset)| offset.executing(ip));
        if let Some(address) = address.filter(|_| registers.ip.is_none()) {
            registers.ip = self.name(address);
        }
        let Ok(mut frames) = self.place(registers.ip.as_ref(), address, Position::Executing) else { return };
        let Some(own) = frames.pop() else { return };
        registers.ip_location = location(&own);
        registers.ip_inlined = frames.iter().map(inlined).collect();
    }

    fn trace(&mut self, trace: &mut Trace<'_>, dump: Option<&Registers<'_>>, offset: Option<KaslrOffset>) {
        let mut frames = Vec::with_capacity(trace.frames.len());
        let mut moved = Vec::with_capacity(trace.frames.len());
        let mut before_inlined = false;
        for (at, mut frame) in std::mem::take(&mut trace.frames).into_iter().enumerate() {
            moved.push(frames.len());
            let done = frame.location.is_some() || frame.inlined || before_inlined;
            before_inlined = frame.inlined;
            if !done {
                let position = if at == 0 { position(&frame, dump) } else { Position::Returning };
                let address = frame
                    .address
                    .zip(offset)
                    .map(|(ra, offset)| CodeAddress { position, ..offset.returning(ra) });
                if let Some(address) = address.filter(|_| frame.symbol.is_none()) {
                    frame.symbol = self.name(address);
                }
                if let Ok(mut levels) = self.place(frame.symbol.as_ref(), address, position) {
                    frame.location = levels.pop().as_ref().and_then(location);
                    let (stack, reliable) = (frame.stack, frame.reliable);
                    frames.extend(levels.iter().map(|level| Frame { stack, reliable, ..inlined(level) }));
                }
            }
            frames.push(frame);
        }
        for (at, _) in &mut trace.interrupted {
            *at = moved.get(*at).copied().unwrap_or(frames.len());
        }
        trace.frames = frames;
    }

    /// What stands at a place of which the log says the name, the address, or both.
    pub(crate) fn place(
        &mut self,
        symbol: Option<&Symbol<'_>>,
        address: Option<CodeAddress>,
        position: Position,
    ) -> Answer {
        let by_name = symbol.map(|symbol| self.symbol(symbol, position));
        match (by_name, address) {
            (Some(Ok(frames)), _) => Ok(frames),
            // An address says which of several namesakes is meant; of another build it says nothing.
            (Some(Err(super::Unknown::Ambiguous { .. })) | None, Some(address)) => self.address(address),
            (Some(unknown), _) => unknown,
            (None, None) => Err(super::Unknown::NoAddress),
        }
    }
}

/// arm64 and riscv start a stack with the instruction pointer itself, which stands in the registers above it too.
fn position(frame: &Frame<'_>, dump: Option<&Registers<'_>>) -> Position {
    let same = |ip: &Symbol<'_>| {
        let symbol = frame.symbol.as_ref()?;
        (symbol.name == ip.name && symbol.offset == ip.offset).then_some(Position::Executing)
    };
    dump.and_then(|dump| dump.ip.as_ref()).and_then(same).unwrap_or(Position::Returning)
}

fn location(frame: &SourceFrame) -> Option<SourceLocation<'static>> {
    let file = Text::from(frame.file.clone()?);
    Some(SourceLocation { file, line: frame.line })
}

fn named(function: String) -> Symbol<'static> {
    Symbol { name: Text::from(function), ..Symbol::default() }
}

fn inlined(frame: &SourceFrame) -> Frame<'static> {
    Frame {
        symbol: Some(named(frame.function.clone())),
        location: location(frame),
        inlined: true,
        reliable: true,
        ..Frame::default()
    }
}
