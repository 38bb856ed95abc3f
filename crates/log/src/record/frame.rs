//! The frame: one line of NDJSON with its checksum, length and position in front.
//!
//! ```text
//! {"crc32c":"9ae0daaf","length":1041,"position":42,"leaf":{…},"opening":{…}}⏎
//! ```
//! The checksum covers every byte from `"length"` to the closing brace; the length counts the whole line with
//! its line break. The position is the embedded log's own: it stands outside the leaf, so every backend
//! yields the same leaf.

use std::ops::Range;

use attempt_ledger_domain::Position;
use memchr::memmem;
use thiserror::Error;

const HEAD: &[u8] = b"{\"crc32c\":\"";
const AFTER_CHECKSUM: &[u8] = b"\",";
const LENGTH: &[u8] = b"\"length\":";
const POSITION: &[u8] = b",\"position\":";
const LEAF: &[u8] = b",\"leaf\":";
const OPENING: &[u8] = b",\"opening\":";
const CHECKED_FROM: usize = HEAD.len() + 8 + AFTER_CHECKSUM.len();

/// Why a line is not an intact record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The line does not have the shape of a record.
    #[error("the line does not have the shape of a record")]
    Shape,
    /// The line's length is not the length that it states.
    #[error("the line has {found} bytes and states {stated}")]
    Length {
        /// Bytes that are there.
        found: usize,
        /// Bytes that the line states.
        stated: usize,
    },
    /// The checksum does not match.
    #[error("the checksum is {found:08x} and the line states {stated:08x}")]
    Checksum {
        /// Computed over the bytes that are there.
        found: u32,
        /// Stated in the line.
        stated: u32,
    },
}

/// Where the parts of a decoded line lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The record's place in the log.
    pub position: Position,
    /// The leaf's bytes within the line.
    pub leaf: Range<usize>,
    /// The opening's bytes within the line.
    pub opening: Range<usize>,
}

/// Appends one line, with its line break, to `out`.
pub fn encode(out: &mut Vec<u8>, position: Position, leaf: &[u8], opening: &[u8]) {
    let start = out.len();
    let position = position.0.to_string();
    let fixed = CHECKED_FROM
        + LENGTH.len()
        + POSITION.len()
        + position.len()
        + LEAF.len()
        + leaf.len()
        + OPENING.len()
        + opening.len()
        + b"}\n".len();
    let length = with_own_digits(fixed);
    out.reserve(length);
    out.extend_from_slice(HEAD);
    out.extend_from_slice(b"00000000");
    out.extend_from_slice(AFTER_CHECKSUM);
    out.extend_from_slice(LENGTH);
    out.extend_from_slice(length.to_string().as_bytes());
    out.extend_from_slice(POSITION);
    out.extend_from_slice(position.as_bytes());
    out.extend_from_slice(LEAF);
    out.extend_from_slice(leaf);
    out.extend_from_slice(OPENING);
    out.extend_from_slice(opening);
    out.push(b'}');
    let checksum = crc32c::crc32c(&out[start + CHECKED_FROM..]);
    let digits = &mut out[start + HEAD.len()..start + HEAD.len() + 8];
    hex::encode_to_slice(checksum.to_be_bytes(), digits).expect("eight digits for four bytes");
    out.push(b'\n');
    assert_eq!(out.len() - start, length, "a line states its own length");
}

/// `fixed` plus the digits that it takes to write the sum.
fn with_own_digits(fixed: usize) -> usize {
    let mut length = fixed + 1;
    while fixed + length.to_string().len() != length {
        length = fixed + length.to_string().len();
    }
    length
}

/// Reads one line, without its line break.
///
/// # Errors
/// [`FrameError`] names the first thing that is wrong. The leaf and the opening themselves are not parsed.
pub fn decode(line: &[u8]) -> Result<Frame, FrameError> {
    let digits = line
        .strip_prefix(HEAD)
        .and_then(|rest| rest.get(..8))
        .filter(|_| line.get(HEAD.len() + 8..CHECKED_FROM) == Some(AFTER_CHECKSUM))
        .ok_or(FrameError::Shape)?;
    let stated = parse_checksum(digits).ok_or(FrameError::Shape)?;
    let found = crc32c::crc32c(&line[CHECKED_FROM..]);
    if found != stated {
        return Err(FrameError::Checksum { found, stated });
    }
    let mut at = CHECKED_FROM;
    let length = number_after(line, &mut at, LENGTH)?;
    let position = number_after(line, &mut at, POSITION)?;
    let length = usize::try_from(length).map_err(|_| FrameError::Shape)?;
    if length != line.len() + 1 {
        return Err(FrameError::Length { found: line.len() + 1, stated: length });
    }
    if line.get(at..at + LEAF.len()) != Some(LEAF) || line.last() != Some(&b'}') {
        return Err(FrameError::Shape);
    }
    let leaf_start = at + LEAF.len();
    // A leaf is flat and its strings escape quotation marks: the first match is the end of the leaf.
    let leaf_length = memmem::find(&line[leaf_start..], OPENING).ok_or(FrameError::Shape)?;
    let leaf = leaf_start..leaf_start + leaf_length;
    let opening = leaf.end + OPENING.len()..line.len() - 1;
    Ok(Frame { position: Position(position), leaf, opening })
}

/// Eight lower-case hexadecimal digits; upper case would be a second spelling of the same record.
fn parse_checksum(digits: &[u8]) -> Option<u32> {
    if digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut bytes = [0_u8; 4];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(u32::from_be_bytes(bytes))
}

fn number_after(line: &[u8], at: &mut usize, label: &[u8]) -> Result<u64, FrameError> {
    let rest = line.get(*at..).and_then(|rest| rest.strip_prefix(label)).ok_or(FrameError::Shape)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = std::str::from_utf8(&rest[..digits]).map_err(|_| FrameError::Shape)?;
    *at += label.len() + digits;
    text.parse().map_err(|_| FrameError::Shape)
}
