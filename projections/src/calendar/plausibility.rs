//! The years that an instant can be meant in.

use attempt_ledger_domain::UnixMillis;

/// The first plausible instant: 2000-01-01T00:00:00Z.
pub const PLAUSIBLE_FROM: UnixMillis = UnixMillis(946_684_800_000);

/// The end of plausible time: 2100-01-01T00:00:00Z, where a range may end and none may begin.
pub const PLAUSIBLE_TO: UnixMillis = UnixMillis(4_102_444_800_000);

/// Whether an instant lies in the years 2000 to 2099, or at their end.
pub(super) fn is_plausible(at: UnixMillis) -> bool {
    PLAUSIBLE_FROM <= at && at <= PLAUSIBLE_TO
}
