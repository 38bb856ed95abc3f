//! Keeps spreadsheets from taking a text of a CSV file for a formula.

use std::borrow::Cow;

use super::format::CsvOptions;

/// Spreadsheets show it, or take it for "this is text"; neither runs what follows.
const APOSTROPHE: char = '\'';

/// Puts an apostrophe where a spreadsheet would begin a cell with a formula.
///
/// That is the beginning of the text, and also what follows a line break or another usual separator: a
/// spreadsheet that expects another separator than the file's does not see our quotes as quotes and splits
/// the text there. Spaces, quotes and invisible characters before the formula do not hide it.
pub fn guard(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| begins_formula(character) || breaks_line(character) || character == '\t')
    {
        return Cow::Borrowed(text);
    }
    let mut guarded = String::with_capacity(text.len() + 2);
    if text.starts_with(['\t', '\r', '\n']) {
        guarded.push(APOSTROPHE);
    }
    for part in text.split_inclusive(ends_cell) {
        let first = part.chars().find(|character| !is_skipped(*character));
        if first.is_some_and(begins_formula) {
            guarded.push(APOSTROPHE);
        }
        guarded.push_str(part);
    }
    if guarded.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(guarded) }
}

/// The signs that begin a formula, and their full-width forms, which East Asian spreadsheets take for the
/// same.
const fn begins_formula(character: char) -> bool {
    matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

const fn breaks_line(character: char) -> bool {
    matches!(character, '\r' | '\n')
}

fn ends_cell(character: char) -> bool {
    breaks_line(character)
        || CsvOptions::SEPARATORS.iter().any(|separator| char::from(*separator) == character)
}

fn is_skipped(character: char) -> bool {
    let invisible = matches!(
        character,
        '\u{AD}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
    );
    character.is_whitespace() || character.is_control() || invisible || character == '"'
}
