//! How long a stretch of an attempt lasted: what never happened is none, and not "not known".

use attempt_ledger_domain::EventKind;
use attempt_ledger_domain::timeline::Timeline;

/// How far a stretch of an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lapse {
    /// It is over.
    Over(u64),
    /// It goes on.
    Open,
    /// It never happened.
    Never,
    /// It happened, or may have, and nothing says how long.
    Unknown,
}

/// Wait, talk and after-call work, each by its name.
pub(super) fn lapses(timeline: &Timeline) -> [(&'static str, Lapse); 3] {
    let counts = |kind| timeline.entries.iter().any(|entry| entry.counted && entry.event == kind);
    let has_left = timeline.left_at.is_some();
    let has_worked = counts(EventKind::Processing);
    let has_talked = timeline.bridged_at.is_some() || counts(EventKind::Bridged);
    let is_over = has_left || has_talked || has_worked;
    let wait = of(timeline.wait_ms, timeline.joined_at.is_some(), !is_over, false);
    let talk = of(timeline.talk_ms, has_talked, !has_left && !has_worked, has_left && !has_worked);
    let wrap = of(timeline.wrap_ms, has_worked, !has_left, has_left);
    [("wait", wait), ("talk", talk), ("wrap", wrap)]
}

fn of(duration_ms: Option<u64>, has_begun: bool, goes_on: bool, never_came: bool) -> Lapse {
    match duration_ms {
        Some(duration_ms) => Lapse::Over(duration_ms),
        None if has_begun && goes_on => Lapse::Open,
        None if !has_begun && never_came => Lapse::Never,
        None => Lapse::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_happened_is_none_and_what_goes_on_is_open() {
        assert_eq!(of(Some(7), true, false, false), Lapse::Over(7));
        assert_eq!(of(None, true, true, false), Lapse::Open);
        assert_eq!(of(None, false, false, true), Lapse::Never);
        assert_eq!(of(None, false, true, false), Lapse::Unknown, "it may come");
        assert_eq!(of(None, true, false, true), Lapse::Unknown, "an end is missing");
    }
}
