//! Writes one flat JSON object by hand: values are strings, keys ascend, empty values are left out.

use super::chance::LegId;
use super::story::{Variable, VariableValue};

/// The object being written. Variables slip in between the reserved keys, at their place in the alphabet.
pub(super) struct JsonObject<'a> {
    out: String,
    variables: std::slice::Iter<'a, Variable>,
    at: i64,
}

impl<'a> JsonObject<'a> {
    /// An object whose `variables`, sorted by name, appear if they are known at `at`.
    pub(super) fn new(variables: &'a [Variable], at: i64) -> Self {
        let mut out = String::with_capacity(1_024);
        out.push('{');
        Self { out, variables: variables.iter(), at }
    }

    /// A field of plain characters that need no escape.
    pub(super) fn plain(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.begin(key);
            self.out.push_str(value);
            self.out.push('"');
        }
    }

    /// A field of any text, written by `write` and then escaped.
    pub(super) fn text(&mut self, key: &str, write: impl FnOnce(&mut String)) {
        self.begin(key);
        let from = self.out.len();
        write(&mut self.out);
        self.escape_from(from);
        self.out.push('"');
    }

    /// A field of a whole number.
    pub(super) fn number(&mut self, key: &str, value: i64) {
        self.begin(key);
        push_number(&mut self.out, value);
        self.out.push('"');
    }

    /// A field of a leg's identifier.
    pub(super) fn leg(&mut self, key: &str, leg: LegId) {
        self.begin(key);
        push_leg(&mut self.out, leg);
        self.out.push('"');
    }

    /// Writes what is left and closes the object.
    pub(super) fn finish(mut self) -> String {
        self.variables_before(None);
        self.out.push('}');
        self.out
    }

    fn begin(&mut self, key: &str) {
        self.variables_before(Some(key));
        self.begin_key(key);
    }

    fn begin_key(&mut self, key: &str) {
        self.out.push_str(if self.out.len() == 1 { "\"" } else { ",\"" });
        self.out.push_str(key);
        self.out.push_str("\":\"");
    }

    fn variables_before(&mut self, key: Option<&str>) {
        while let Some(variable) = self.variables.as_slice().first() {
            if key.is_some_and(|key| variable.name > key) {
                return;
            }
            self.variables.next();
            if variable.known_from <= self.at {
                self.begin_key(variable.name);
                let from = self.out.len();
                push_value(&mut self.out, variable.value);
                self.escape_from(from);
                self.out.push('"');
            }
        }
    }

    fn escape_from(&mut self, from: usize) {
        let needs_escape = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
        if !self.out.as_bytes()[from..].iter().any(needs_escape) {
            return;
        }
        let raw = self.out.split_off(from);
        for character in raw.chars() {
            match character {
                '"' | '\\' => self.out.extend(['\\', character]),
                '\n' => self.out.push_str("\\n"),
                control if (control as u32) < 0x20 => {
                    let code = control as u8;
                    self.out.push_str("\\u00");
                    self.out.push(char::from(hex_digit(code >> 4)));
                    self.out.push(char::from(hex_digit(code)));
                }
                other => self.out.push(other),
            }
        }
    }
}

fn push_value(out: &mut String, value: VariableValue) {
    match value {
        VariableValue::Text(text) => out.push_str(text),
        VariableValue::Number(number) => push_number(out, number as i64),
        VariableValue::Code(prefix, number) => {
            out.push_str(prefix);
            push_number(out, number as i64);
        }
        VariableValue::Money(hundredths) => {
            push_number(out, (hundredths / 100) as i64);
            out.push('.');
            out.push(char::from(b'0' + (hundredths / 10 % 10) as u8));
            out.push(char::from(b'0' + (hundredths % 10) as u8));
        }
    }
}

/// Appends a whole number in decimal digits.
pub(super) fn push_number(out: &mut String, value: i64) {
    let mut digits = [0_u8; 20];
    let mut from = digits.len();
    let mut left = value.unsigned_abs();
    loop {
        from -= 1;
        digits[from] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if value < 0 {
        out.push('-');
    }
    out.push_str(std::str::from_utf8(&digits[from..]).expect("digits are ASCII"));
}

/// Appends a leg's identifier as a UUID.
pub(super) fn push_leg(out: &mut String, leg: LegId) {
    let mut text = [b'-'; 36];
    let mut place = 0;
    for nibble in (0..32).rev() {
        if matches!(place, 8 | 13 | 18 | 23) {
            place += 1;
        }
        text[place] = hex_digit((leg.0 >> (4 * nibble)) as u8);
        place += 1;
    }
    out.push_str(std::str::from_utf8(&text).expect("digits and hyphens are ASCII"));
}

const fn hex_digit(value: u8) -> u8 {
    b"0123456789abcdef"[(value & 0xf) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_the_json_library_does() {
        let text = "say \"hi\" \\ \n \u{1} \u{1f} ї";
        let mut object = JsonObject::new(&[], 0);
        object.text("key", |out| out.push_str(text));
        let expected = serde_json::json!({ "key": text }).to_string();
        assert_eq!(object.finish(), expected);
    }

    #[test]
    fn numbers_and_legs_are_written_as_the_libraries_do() {
        for number in [0, 7, -1, i64::MAX, i64::MIN] {
            let mut out = String::new();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string());
        }
        let mut out = String::new();
        let leg = crate::chance::Chance::of(5, 5).leg();
        push_leg(&mut out, leg);
        assert_eq!(out, uuid::Uuid::from_u128(leg.0).to_string());
        assert_eq!(uuid::Uuid::from_u128(leg.0).get_version_num(), 4);
    }
}
