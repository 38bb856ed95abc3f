//! Cursors: where a list goes on, in a form that clients hand back and do not read.

use attempt_ledger_domain::{AttemptId, UnixMillis};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::question_hash::question_hash;
use crate::http::problem::Problem;
use crate::read_store::After;

/// The longest text that is looked at as a cursor.
const CURSOR_CHARACTERS_MAX: usize = 512;

/// The text of a cursor, before it is encoded.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CursorText {
    /// The last row's `started_at`, attempt and leg.
    after: (i64, i64, u32),
    /// When the first page was asked for: "now" stays what it was there.
    now: i64,
    /// The hash of the question and of the members above.
    check: String,
}

/// A place in the list that one question gives, and the moment that relative times of the question refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The row before the place.
    pub after: After,
    /// The moment of the first page.
    pub now: UnixMillis,
}

impl Cursor {
    /// Reads the moment alone, which the question needs before the cursor can be checked against it.
    pub fn moment(text: &str) -> Result<UnixMillis, Problem> {
        Ok(UnixMillis(decode(text)?.now))
    }

    /// Reads a cursor.
    pub fn read(text: &str, question: &impl Serialize) -> Result<Self, Problem> {
        let CursorText { after: (started_at, attempt_id, leg), now, check } = decode(text)?;
        let after = After { started_at: UnixMillis(started_at), attempt_id: AttemptId(attempt_id), leg };
        let cursor = Self { after, now: UnixMillis(now) };
        if check == cursor.check(question) { Ok(cursor) } else { Err(foreign()) }
    }

    /// Writes the cursor.
    pub fn write(self, question: &impl Serialize) -> String {
        let After { started_at, attempt_id, leg } = self.after;
        let text = CursorText {
            after: (started_at.0, attempt_id.0, leg),
            now: self.now.0,
            check: self.check(question),
        };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&text).expect("a cursor serializes"))
    }

    fn check(self, question: &impl Serialize) -> String {
        format!("{:016x}", question_hash(&(self.after, self.now, question)))
    }
}

fn decode(text: &str) -> Result<CursorText, Problem> {
    if text.len() > CURSOR_CHARACTERS_MAX {
        return Err(foreign());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| foreign())?;
    serde_json::from_slice(&bytes).map_err(|_| foreign())
}

fn foreign() -> Problem {
    let reason = "it is not a cursor of this list with this filter and order";
    Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor", "The cursor does not fit the question")
        .with_detail(format!("`cursor`: {reason}."))
        .with_error("cursor", reason)
        .with_hint("Begin without a cursor, or keep every other parameter as it was.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const CURSOR: Cursor = Cursor {
        after: After { started_at: UnixMillis(1_784_711_640_000), attempt_id: AttemptId(-7), leg: 2 },
        now: UnixMillis(1_784_711_700_000),
    };

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let text = CURSOR.write(&("attempts", 17));
        assert_eq!(Cursor::read(&text, &("attempts", 17)).unwrap(), CURSOR);
        assert_eq!(Cursor::moment(&text).unwrap(), CURSOR.now);
    }

    #[test]
    fn a_cursor_fits_no_other_question() {
        let text = CURSOR.write(&("attempts", 17));
        assert_eq!(Cursor::read(&text, &("attempts", 18)).unwrap_err().code(), "invalid_cursor");
        assert_eq!(Cursor::read(&text, &("offers", 17)).unwrap_err().code(), "invalid_cursor");
    }

    #[test]
    fn an_altered_or_cut_cursor_is_refused_whatever_was_altered() {
        let text = CURSOR.write(&17);
        for end in 0..text.len() {
            assert_eq!(Cursor::read(&text[..end], &17).unwrap_err().code(), "invalid_cursor", "cut at {end}");
        }
        for at in 0..text.len() {
            for other in ["A", "z", "=", "%"] {
                let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                let is_the_same = altered == text;
                assert_eq!(Cursor::read(&altered, &17).is_ok(), is_the_same, "altered at {at} to {other}");
            }
        }
        assert_eq!(
            Cursor::read(&"A".repeat(CURSOR_CHARACTERS_MAX + 1), &17).unwrap_err().code(),
            "invalid_cursor"
        );
    }
}
