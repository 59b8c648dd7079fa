//! arm64, by yaxpeax-arm. Its decoder of 32-bit arm is not used: some words make it panic.

use super::{Instruction, Values, address};
use crate::report::Code;
use yaxpeax_arch::{Arch, Decoder as _, U8Reader};
use yaxpeax_arm::armv8::a64::ARMv8;

/// Decodes the words of a line, each four bytes long.
pub(super) fn decode(code: &Code, values: &Values<'_>) -> Vec<Instruction> {
    let decoder = <ARMv8 as Arch>::Decoder::default();
    let decode = |(number, word): (usize, &u32)| {
        let bytes = word.to_le_bytes();
        let decoded = decoder.decode(&mut U8Reader::new(&bytes));
        let text = decoded.map_or_else(|_| format!(".inst {word:#010x}"), |i| i.to_string());
        let marked = code.at == Some(number);
        let note = if marked { note(&text, values) } else { None };
        Instruction { offset: 4 * number, marked, text, note }
    };
    code.units.iter().enumerate().map(decode).collect()
}

/// `x1=0000000000000000 → NULL+0x10`, of `ldr x0, [x1, #0x10]`.
fn note(text: &str, values: &Values<'_>) -> Option<String> {
    let operands = text.split_once(' ')?.1;
    let memory = operands.split_once('[').and_then(|(_, inside)| inside.split_once(']'));
    let shown = memory.map_or(operands, |(inside, _)| inside);
    let words = shown.split([',', ' ', '{', '}', '!']).filter(|word| !word.is_empty());
    let mut held = Vec::new();
    let mut at = Some(0u64);
    for word in words {
        if let Some(value) = value(word, values) {
            held.push(format!("{word}={value:016x}"));
            at = at.map(|at| at.wrapping_add(value));
        } else {
            at = at.zip(immediate(word)).map(|(at, number)| at.wrapping_add(number));
        }
    }
    let accessed = at.filter(|_| memory.is_some() && !held.is_empty());
    let accessed = accessed.map(|at| format!("→ {}", address(at, 64)));
    let note = held.into_iter().chain(accessed).collect::<Vec<_>>().join(" ");
    (!note.is_empty()).then_some(note)
}

/// `#0x10`, `#-32`; anything else (a shift) makes the address unknown.
fn immediate(word: &str) -> Option<u64> {
    let number = word.strip_prefix('#')?;
    let (sign, number) = number.strip_prefix('-').map_or((1, number), |number| (-1, number));
    let value = match number.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => number.parse(),
    };
    Some((sign * value.ok()?).cast_unsigned())
}

/// What a register held: `w1` is the low half of `x1`, and the zero registers hold nothing.
fn value(word: &str, values: &Values<'_>) -> Option<u64> {
    match word.strip_prefix('w') {
        Some("zr") => Some(0),
        Some(number) => Some(values.get(&format!("x{number}"))? & u64::from(u32::MAX)),
        None if word == "xzr" => Some(0),
        None => values.get(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Register, Registers};

    fn decoded(units: &[u32], at: usize, held: &[(&str, u64)]) -> Vec<String> {
        let entry = |(name, value): &(&str, u64)| Register {
            name: (*name).to_owned().into(),
            text: format!("{value:x}").into(),
            value: Some(*value),
        };
        let registers = Registers { entries: held.iter().map(entry).collect(), ..Registers::default() };
        let values = Values { registers: Some(&registers) };
        let code = Code { units: units.to_vec(), digits: 8, at: Some(at) };
        decode(&code, &values).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ok_arm64() {
        let code = decoded(&[0xd503_201f, 0xf940_0820], 1, &[("x1", 0)]);
        assert_eq!(code, ["   0: nop", "*  4: ldr x0, [x1, #0x10]  ; x1=0000000000000000 → NULL+0x10"]);
        let code = decoded(&[0xd421_0000], 0, &[]);
        assert_eq!(code, ["*  0: brk #0x800"]);
    }

    #[test]
    fn ok_any_word_has_a_text() {
        let mut word = 0x9e37_79b9u32;
        for _ in 0..200_000 {
            word = word.wrapping_mul(0x0019_660d).wrapping_add(0x3c6e_f35f);
            assert!(!decoded(&[word], 0, &[("x1", 0)])[0].is_empty());
        }
    }
}
