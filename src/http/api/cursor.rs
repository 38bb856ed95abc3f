//! Cursors: where a list goes on, in a form that clients hand back and do not read.

use attempt_ledger_domain::{AttemptId, UnixMillis};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::freshness::hash;
use crate::http::problem::Problem;
use crate::read_store::After;

/// The longest text that is looked at as a cursor.
const CURSOR_CHARACTERS_MAX: usize = 512;

/// A place in the list that one question gives.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    /// The last row's `started_at`, attempt and leg.
    after: (i64, i64, u32),
    /// When the first page was asked for: "now" stays what it was there.
    now: i64,
    /// The hash of the question and of the members above.
    check: String,
}

/// A place in a list, and the moment that relative times of its question refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where the list goes on.
    pub after: After,
    /// The moment of the first page.
    pub now: UnixMillis,
}

/// Reads the moment out of a cursor whose question cannot be known before it; [`read`] judges the cursor.
///
/// # Errors
/// A 400 problem when the text is no cursor at all.
pub fn moment(text: &str) -> Result<UnixMillis, Problem> {
    Ok(UnixMillis(parse(text)?.now))
}

/// Reads a cursor.
///
/// # Errors
/// A 400 problem when it was altered or belongs to another question.
pub fn read(text: &str, question: &impl Serialize) -> Result<Place, Problem> {
    let cursor = parse(text)?;
    let (started_at, attempt_id, leg) = cursor.after;
    let after = After { started_at: UnixMillis(started_at), attempt_id: AttemptId(attempt_id), leg };
    let place = Place { after, now: UnixMillis(cursor.now) };
    if cursor.check != check(place, question) {
        return Err(foreign());
    }
    Ok(place)
}

/// Writes a cursor.
pub fn write(place: Place, question: &impl Serialize) -> String {
    let Place { after, now } = place;
    let cursor = Cursor {
        after: (after.started_at.0, after.attempt_id.0, after.leg),
        now: now.0,
        check: check(place, question),
    };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).expect("a cursor serializes"))
}

fn parse(text: &str) -> Result<Cursor, Problem> {
    if text.len() > CURSOR_CHARACTERS_MAX {
        return Err(foreign());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| foreign())?;
    serde_json::from_slice(&bytes).map_err(|_| foreign())
}

fn check(place: Place, question: &impl Serialize) -> String {
    format!("{:016x}", hash(&(place.after, place.now, question)))
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

    const PLACE: Place = Place {
        after: After { started_at: UnixMillis(1_784_711_640_000), attempt_id: AttemptId(-7), leg: 2 },
        now: UnixMillis(1_784_711_700_000),
    };

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let text = write(PLACE, &("attempts", 17));
        assert_eq!(read(&text, &("attempts", 17)).unwrap(), PLACE);
        assert_eq!(moment(&text).unwrap(), PLACE.now);
    }

    #[test]
    fn a_cursor_fits_no_other_question() {
        let text = write(PLACE, &("attempts", 17));
        assert_eq!(read(&text, &("attempts", 18)).unwrap_err().code(), "invalid_cursor");
        assert_eq!(read(&text, &("offers", 17)).unwrap_err().code(), "invalid_cursor");
    }

    #[test]
    fn an_altered_or_cut_cursor_is_refused_whatever_was_altered() {
        let text = write(PLACE, &17);
        for end in 0..text.len() {
            assert_eq!(read(&text[..end], &17).unwrap_err().code(), "invalid_cursor", "cut at {end}");
        }
        for at in 0..text.len() {
            for other in ["A", "z", "=", "%"] {
                let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                let is_the_same = altered == text;
                assert_eq!(read(&altered, &17).is_ok(), is_the_same, "altered at {at} to {other}");
            }
        }
        assert_eq!(read(&"A".repeat(CURSOR_CHARACTERS_MAX + 1), &17).unwrap_err().code(), "invalid_cursor");
    }
}
