//! Records as JSON or YAML flow mappings: journalctl -o json and json-seq, dmesg -J, LAVA's job log.
//!
//! A reader for flat objects whose members come in any order. It asks for no more than those programs print, takes
//! YAML's bare and single-quoted words beside JSON's strings, and gives up on an object rather than on the log.
//! Example: `{"PRIORITY":"4","MESSAGE":"BUG: …","_TRANSPORT":"kernel"}`

use crate::bytes::{Parsed, dec_value};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{map, opt, value};
use nom::error::{Error, ErrorKind};
use nom::multi::fold_many0;
use nom::sequence::{delimited, preceded, terminated};

/// Most values that may stand in each other; deeper ones are no JSON of a log.
const DEPTH: usize = 16;

/// A value, as far as logs need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A string, a number or a bare word.
    Text(Vec<u8>),
    /// `null`.
    Null,
    /// An array: of numbers (the bytes of a text) or of texts.
    List(Vec<Value>),
    /// An object.
    Object(Object),
}

/// Members in their order.
pub(super) type Object = Vec<(Vec<u8>, Value)>;

/// The member called `name`.
pub(super) fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.iter().find(|(n, _)| n == name.as_bytes()).map(|(_, value)| value)
}

impl Value {
    /// The texts that the value holds: one, or several of a repeated field. A list of bytes is one text.
    pub(super) fn texts(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::List(items) => {
                let byte = |v: &Self| match v {
                    Self::Text(t) => dec_value(t).and_then(|n| u8::try_from(n).ok()),
                    _ => None,
                };
                match items.iter().map(byte).collect::<Option<Vec<u8>>>() {
                    Some(bytes) if !bytes.is_empty() => vec![bytes],
                    _ => items.iter().flat_map(Self::texts).collect(),
                }
            }
            Self::Object(members) => members.iter().flat_map(|(_, v)| v.texts()).collect(),
            Self::Null => Vec::new(),
        }
    }

    /// The number that the value is.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Text(text) => dec_value(text),
            _ => None,
        }
    }
}

/// An object that starts with the input's first byte.
pub(super) fn object(input: &[u8]) -> Parsed<'_, Object> {
    object_at(input, DEPTH)
}

fn object_at(input: &[u8], depth: usize) -> Parsed<'_, Object> {
    let member = |i| {
        let (i, name) = delimited(space, name, (space, char(':'), space)).parse(i)?;
        let (i, value) = value_at(i, depth)?;
        let (i, _) = (space, opt(char(','))).parse(i)?;
        Ok((i, (name, value)))
    };
    let members = fold_many0(member, Vec::new, |mut all, m| {
        all.push(m);
        all
    });
    delimited(char('{'), members, (space, char('}'))).parse(input)
}

fn value_at(input: &[u8], depth: usize) -> Parsed<'_, Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(nom::Err::Failure(Error::new(input, ErrorKind::TooLarge)));
    };
    // YAML's tags, empty ones too: `! 'text'`, `!!python/str "text"`.
    let (input, _) = opt((char('!'), take_while(|c: u8| !c.is_ascii_whitespace()), space)).parse(input)?;
    match input.first() {
        Some(b'"') => map(double_quoted, Value::Text).parse(input),
        Some(b'\'') => map(single_quoted, Value::Text).parse(input),
        Some(b'{') => map(|i| object_at(i, depth), Value::Object).parse(input),
        Some(b'[') => map(|i| list_at(i, depth), Value::List).parse(input),
        _ => alt((
            value(Value::Null, terminated(tag("null"), nom::combinator::peek(one_of(",}] \t\r\n")))),
            bare,
        ))
        .parse(input),
    }
}

fn list_at(input: &[u8], depth: usize) -> Parsed<'_, Vec<Value>> {
    let item = terminated(preceded(space, |i| value_at(i, depth)), (space, opt(char(','))));
    let items = fold_many0(item, Vec::new, |mut all, v| {
        all.push(v);
        all
    });
    delimited(char('['), items, (space, char(']'))).parse(input)
}

/// A member's name: quoted, or YAML's bare word.
fn name(input: &[u8]) -> Parsed<'_, Vec<u8>> {
    let word = take_while1(|c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.'));
    alt((double_quoted, single_quoted, map(word, <[u8]>::to_vec))).parse(input)
}

/// A number or a bare word.
fn bare(input: &[u8]) -> Parsed<'_, Value> {
    let word = take_while1(|c: u8| !matches!(c, b',' | b'}' | b']' | b'{' | b'[' | b'\n' | b'"'));
    map(word, |w: &[u8]| Value::Text(w.trim_ascii().to_vec())).parse(input)
}

fn space(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|c: u8| c.is_ascii_whitespace()).parse(input)
}

/// `'it''s'`.
fn single_quoted(input: &[u8]) -> Parsed<'_, Vec<u8>> {
    let piece = alt((take_while1(|c| c != b'\''), map(tag("''"), |q: &[u8]| q.get(1..).unwrap_or(q))));
    let pieces = fold_many0(piece, Vec::new, |mut all: Vec<u8>, p: &[u8]| {
        all.extend_from_slice(p);
        all
    });
    delimited(char('\''), pieces, char('\'')).parse(input)
}

/// `"a\tb\u00e9\x1b"`.
fn double_quoted(input: &[u8]) -> Parsed<'_, Vec<u8>> {
    let (mut rest, _) = char('"').parse(input)?;
    let mut text = Vec::new();
    loop {
        let end = memchr::memchr2(b'"', b'\\', rest).ok_or_else(|| unfinished(input))?;
        text.extend_from_slice(rest.get(..end).unwrap_or_default());
        let behind = rest.get(end + 1..).unwrap_or_default();
        if rest.get(end) == Some(&b'"') {
            return Ok((behind, text));
        }
        rest = escape(behind, &mut text).ok_or_else(|| unfinished(input))?;
    }
}

fn unfinished(input: &[u8]) -> nom::Err<Error<&[u8]>> {
    nom::Err::Error(Error::new(input, ErrorKind::Eof))
}

/// What stands behind a backslash.
fn escape<'a>(input: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&letter, rest) = input.split_first()?;
    let byte = match letter {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        b'a' => 7,
        b'v' => 11,
        b'0' => 0,
        b'e' => 0x1b,
        b'x' => return unit(rest, 2, text).map(|(rest, _)| rest),
        b'u' => return utf16(rest, text),
        other => other,
    };
    text.push(byte);
    Some(rest)
}

/// `\u00e9`, `\ud83d\ude00`; half a pair is U+FFFD.
fn utf16<'a>(input: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut ignored = Vec::new();
    let (rest, first) = unit(input, 4, &mut ignored)?;
    let pair = rest.strip_prefix(b"\\u").and_then(|low| unit(low, 4, &mut ignored));
    let (rest, c) = match (first, pair) {
        (0xd800..=0xdbff, Some((after, low @ 0xdc00..=0xdfff))) => {
            (after, char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)))
        }
        _ => (rest, char::from_u32(first)),
    };
    let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
    text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}

/// So many hex digits; their value is pushed if it is a byte of `\x`.
fn unit<'a>(input: &'a [u8], digits: usize, text: &mut Vec<u8>) -> Option<(&'a [u8], u32)> {
    let (digits, rest) = input.split_at_checked(digits)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let number = u32::try_from(crate::bytes::hex_value(digits)?).ok()?;
    if digits.len() == 2 {
        text.push(u8::try_from(number).ok()?);
    }
    Some((rest, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn texts(input: &str, member_name: &str) -> Vec<String> {
        let (_, object) = object(input.as_bytes()).expect(input);
        let value = member(&object, member_name).expect(member_name);
        value.texts().iter().map(|t| String::from_utf8_lossy(t).into_owned()).collect()
    }

    #[test]
    fn ok_strings_bytes_and_repeats() {
        assert_eq!(texts(r#"{ "A" : "x", "M": "a\tb\u00e9\ud83d\ude00\\" }"#, "M"), ["a\tbé😀\\"]);
        assert_eq!(texts(r#"{"M":[66,85,71],"A":null}"#, "M"), ["BUG"]);
        assert_eq!(texts(r#"{"M":["a","b"]}"#, "M"), ["a", "b"]);
        assert!(texts(r#"{"M":null}"#, "M").is_empty());
    }

    #[test]
    fn ok_padded_numbers_and_yaml() {
        let (rest, o) = object(b"{\"pri\": 4, \"time\":     0.000000,\n \"msg\":\"x\"},{").unwrap();
        assert_eq!((rest, member(&o, "pri").unwrap().number()), (&b",{"[..], Some(4)));
        assert_eq!(member(&o, "time").unwrap().texts(), [b"0.000000"]);
        assert_eq!(texts("{dt: '2022-01-01', lvl: target, msg: 'it''s'}", "msg"), ["it's"]);
        assert_eq!(texts(r#"{"lvl": "target", "msg": ! "a\x1bb"}"#, "msg"), ["a\u{1b}b"]);
    }

    #[test]
    fn err_no_object() {
        assert!(object(br#"{"M":"cut he"#).is_err());
        assert!(object(&[&b"{\"a\":"[..], &b"[".repeat(10_000)].concat()).is_err());
        assert!(object(b"{nothing}").is_err());
    }
}
