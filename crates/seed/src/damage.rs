//! What goes wrong in a body: careless templates, cut connections, variables in the place of numbers.

use super::chance::Chance;

/// One way to spoil a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// A quote in a value that the template did not escape.
    UnescapedQuote,
    /// A template without quotes around a number that is absent: `"x":,`.
    NothingAfterColon,
    /// The connection broke: the end is missing.
    Truncated,
    /// One key twice with two values.
    DuplicateKey,
    /// The template forgot `attempt_id`.
    AttemptIdMissing,
    /// A variable took the place of `attempt_id`.
    AttemptIdNotNumeric,
    /// The dialer's clock runs three years ahead.
    FarFuture,
    /// The dialer's clock stands before 1970.
    BeforeTheEpoch,
    /// A date in the place of milliseconds.
    TimestampNotNumeric,
    /// A documented number that is none.
    DurationNotNumeric,
}

impl Damage {
    /// Every way, each as likely as the next.
    pub(super) const ALL: [Self; 10] = [
        Self::UnescapedQuote,
        Self::NothingAfterColon,
        Self::Truncated,
        Self::DuplicateKey,
        Self::AttemptIdMissing,
        Self::AttemptIdNotNumeric,
        Self::FarFuture,
        Self::BeforeTheEpoch,
        Self::TimestampNotNumeric,
        Self::DurationNotNumeric,
    ];

    /// Whether the body no longer names its attempt.
    pub(super) const fn loses_the_attempt(self) -> bool {
        !matches!(
            self,
            Self::FarFuture | Self::BeforeTheEpoch | Self::TimestampNotNumeric | Self::DurationNotNumeric
        )
    }

    /// Spoils `body`.
    pub(super) fn spoil(self, body: &str, chance: &mut Chance) -> String {
        let inserted = |field: &str| format!("{{{field},{}", &body[1..]);
        let renamed = |key: &str, value: &str| with_value(body, key, value);
        match self {
            Self::UnescapedQuote => inserted(r#""Lead Note":"said "call me later" twice""#),
            Self::NothingAfterColon => inserted(r#""bucket":"#),
            Self::DuplicateKey => inserted(r#""attempt_id":"1","destination_seq":"7""#),
            Self::Truncated => {
                let wanted = body.len() / 4 + chance.below(body.len() as u64 / 2) as usize;
                body[..body.floor_char_boundary(wanted)].to_owned()
            }
            Self::AttemptIdMissing => body.replacen("\"attempt_id\"", "\"attempt\"", 1),
            Self::AttemptIdNotNumeric => renamed("attempt_id", "A-48/3"),
            Self::FarFuture => renamed("timestamp", "1893456000000"),
            Self::BeforeTheEpoch => renamed("timestamp", "-62135596800000"),
            Self::TimestampNotNumeric => renamed("timestamp", "2026-01-01"),
            Self::DurationNotNumeric => match body.contains("\"call_duration\"") {
                true => renamed("call_duration", "abc"),
                false => renamed("destination_seq", "first"),
            },
        }
    }
}

/// `body` with another value for `key`, which every body has once.
fn with_value(body: &str, key: &str, value: &str) -> String {
    let opening = format!("\"{key}\":\"");
    let Some(found) = body.find(&opening) else {
        return body.to_owned();
    };
    let from = found + opening.len();
    let length = body[from..].find('"').unwrap_or(0);
    format!("{}{value}{}", &body[..from], &body[from + length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"attempt_id":"5","call_duration":"3","channel":"call","timestamp":"9"}"#;

    fn spoiled(damage: Damage) -> String {
        damage.spoil(BODY, &mut Chance::of(1, 1))
    }

    #[test]
    fn careless_templates_make_bodies_that_are_not_json() {
        for damage in [Damage::UnescapedQuote, Damage::NothingAfterColon, Damage::Truncated] {
            let body = spoiled(damage);
            assert!(serde_json::from_str::<serde_json::Value>(&body).is_err(), "{body}");
        }
    }

    #[test]
    fn other_damage_leaves_json_that_says_something_wrong() {
        for damage in Damage::ALL.into_iter().skip(3) {
            let body = spoiled(damage);
            assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok(), "{body}");
            assert_ne!(body, BODY);
        }
        assert_eq!(spoiled(Damage::DuplicateKey).matches("\"attempt_id\"").count(), 2);
        assert!(!spoiled(Damage::AttemptIdMissing).contains("attempt_id"));
    }
}
