//! x86, 32 and 64 bits, by iced-x86.

use super::{Instruction, Values, address, bytes};
use crate::report::Code;
use iced_x86::{Decoder, DecoderOptions, Formatter as _, GasFormatter, OpKind, Register};

/// Bytes of the longest instruction: a start further back than that is no other start.
const LONGEST: usize = 15;

/// Decodes the bytes of a line around the marked one.
pub(super) fn decode(code: &Code, bits: u32, values: &Values<'_>) -> Vec<Instruction> {
    let bytes = bytes(code);
    let at = code.at.unwrap_or(0).min(bytes.len());
    let (before, after) = bytes.split_at(at);
    let starts = 0..LONGEST.min(before.len());
    let lead = starts.filter_map(|start| whole(before, start, bits)).next().unwrap_or_default();
    let mut formatter = GasFormatter::new();
    let options = formatter.options_mut();
    options.set_uppercase_hex(false);
    options.set_gas_space_after_memory_operand_comma(false);
    options.set_small_hex_numbers_in_decimal(false);
    options.set_rip_relative_addresses(true);
    let mut instructions = Vec::new();
    let mut decoder = Decoder::with_ip(bits, after, at as u64, DecoderOptions::NONE);
    let rest = std::iter::from_fn(|| decoder.can_decode().then(|| decoder.decode()));
    // What the line's end cuts is no instruction.
    for instruction in lead.into_iter().chain(rest.take_while(|i| !i.is_invalid())) {
        let offset = usize::try_from(instruction.ip()).unwrap_or(0);
        let marked = code.at == Some(offset);
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        let note = if marked { note(&instruction, bits, values) } else { None };
        instructions.push(Instruction { offset, marked, text, note });
    }
    instructions
}

/// The instructions from `start` on, if they end where the bytes do.
fn whole(bytes: &[u8], start: usize, bits: u32) -> Option<Vec<iced_x86::Instruction>> {
    let mut decoder = Decoder::with_ip(bits, bytes.get(start..)?, start as u64, DecoderOptions::NONE);
    let mut instructions = Vec::new();
    while decoder.can_decode() {
        let instruction = decoder.decode();
        if instruction.is_invalid() {
            return None;
        }
        instructions.push(instruction);
    }
    Some(instructions)
}

/// `rax=0000000000000010 → NULL+0x10`.
fn note(instruction: &iced_x86::Instruction, bits: u32, values: &Values<'_>) -> Option<String> {
    let mut used = Vec::new();
    let (mut accessed, mut has_memory) = (None, false);
    for operand in 0..instruction.op_count() {
        match instruction.op_kind(operand) {
            OpKind::Register => used.push(instruction.op_register(operand)),
            OpKind::Memory => {
                has_memory = true;
                accessed = target(instruction, bits, values, &mut used);
            }
            _ => {}
        }
    }
    // What is read or written there says nothing of the fault.
    if has_memory {
        used.retain(|register| [instruction.memory_base(), instruction.memory_index()].contains(register));
    }
    let digits = if bits == 64 { 16 } else { 8 };
    let mut held: Vec<String> = Vec::new();
    for register in used {
        let Some((name, value)) = value(register, values) else { continue };
        let text = format!("{}={value:0digits$x}", name.to_lowercase());
        if !held.contains(&text) {
            held.push(text);
        }
    }
    let accessed = accessed.map(|at| format!("→ {}", address(at, bits)));
    let note = held.into_iter().chain(accessed).collect::<Vec<_>>().join(" ");
    (!note.is_empty()).then_some(note)
}

/// The address of the memory operand, if every register in it is known; the registers of it are `used`.
fn target(
    instruction: &iced_x86::Instruction,
    bits: u32,
    values: &Values<'_>,
    used: &mut Vec<Register>,
) -> Option<u64> {
    // The segments hold what belongs to a CPU or a thread, and `rip` is not where it was linked.
    let segment = instruction.memory_segment();
    if matches!(segment, Register::FS | Register::GS) || instruction.is_ip_rel_memory_operand() {
        return None;
    }
    let mut at = instruction.memory_displacement64();
    for (register, scale) in
        [(instruction.memory_base(), 1), (instruction.memory_index(), instruction.memory_index_scale())]
    {
        if register != Register::None {
            used.push(register);
            at = at.wrapping_add(value(register, values)?.1.wrapping_mul(u64::from(scale)));
        }
    }
    Some(if bits == 64 { at } else { at & u64::from(u32::MAX) })
}

/// The name of the whole register as the kernel prints it, and what it held.
fn value(register: Register, values: &Values<'_>) -> Option<(String, u64)> {
    let narrow = |register: Register| format!("{register:?}");
    let wide = narrow(register.full_register());
    // `R8` is printed `R08`; i386 has the narrow names.
    let printed = match wide.strip_prefix('R') {
        Some(number) if number.len() == 1 && number.parse::<u8>().is_ok() => format!("R0{number}"),
        _ => wide,
    };
    let narrow = narrow(register.full_register32());
    [printed, narrow].into_iter().find_map(|name| Some((name.clone(), values.get(&name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Registers;

    fn code(line: &str) -> Code {
        let units = line.split(' ').map(|u| u32::from_str_radix(u.trim_matches(['<', '>']), 16).unwrap());
        Code { units: units.collect(), digits: 2, at: line.split(' ').position(|u| u.starts_with('<')) }
    }

    fn decoded(line: &str, bits: u32, held: &[(&str, u64)]) -> Vec<String> {
        let entry = |(name, value): &(&str, u64)| crate::report::Register {
            name: (*name).to_owned().into(),
            text: format!("{value:x}").into(),
            value: Some(*value),
        };
        let registers = Registers { entries: held.iter().map(entry).collect(), ..Registers::default() };
        let values = Values { registers: Some(&registers) };
        decode(&code(line), bits, &values).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ok_the_start_is_found() {
        // The first two bytes end an instruction that started before.
        let line = "ff ff 48 89 e5 <0f> 0b 5b 5d c3 48";
        let expected = ["   2: mov %rsp,%rbp", "*  5: ud2", "   7: pop %rbx", "   8: pop %rbp", "   9: ret"];
        assert_eq!(decoded(line, 64, &[]), expected);
    }

    #[test]
    fn ok_the_registers_of_the_marked_instruction() {
        let note = |line, held| decoded(line, 64, held).remove(0);
        let all = [("RAX", 0x10), ("RDI", 0), ("R08", 0xdead_0000_0000_0100), ("RBP", 0)];
        assert_eq!(note("<8b> 77 0c", &all), "*  0: mov 0xc(%rdi),%esi  ; rdi=0000000000000000 → NULL+0xc");
        let list = "*  0: mov 0x8(%r8),%rax  ; r08=dead000000000100 → LIST_POISON1+0x8";
        assert_eq!(note("<49> 8b 40 08", &all), list);
        assert_eq!(note("<48> f7 f5", &all), "*  0: div %rbp  ; rbp=0000000000000000");
        let indexed = "*  0: mov (%rax,%rdi,4),%rdx  ; rax=0000000000000010 rdi=0000000000000000 → NULL+0x10";
        assert_eq!(note("<48> 8b 14 b8", &all), indexed);
        assert_eq!(note("<65> 8b 05 88 91 bc 7e", &all), "*  0: mov %gs:0x7ebc9188(%rip),%eax");
    }

    #[test]
    fn ok_i386() {
        let line = "<8b> 40 04";
        let expected = ["*  0: mov 0x4(%eax),%eax  ; eax=00000000 → NULL+0x4"];
        assert_eq!(decoded(line, 32, &[("EAX", 0)]), expected);
    }

    #[test]
    fn err_bytes_that_are_no_code() {
        assert_eq!(decoded("<06>", 64, &[]), Vec::<String>::new());
    }
}
