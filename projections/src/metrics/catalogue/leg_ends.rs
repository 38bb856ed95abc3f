//! How legs end, for the populations of the catalogue.

use crate::metrics::omission::LegEnd;
use crate::{MissedBy, OfferOutcome};

pub(super) const BRIDGED: LegEnd = LegEnd::Outcome(OfferOutcome::Bridged);
pub(super) const ACCEPTED: LegEnd = LegEnd::Outcome(OfferOutcome::Answered);
pub(super) const WITHDRAWN: LegEnd = LegEnd::Outcome(OfferOutcome::Withdrawn);
pub(super) const OPEN: LegEnd = LegEnd::Outcome(OfferOutcome::Open);
pub(super) const MISSED_BY_AGENT: LegEnd = LegEnd::Missed(MissedBy::Agent);
pub(super) const MISSED_BY_CALLER: LegEnd = LegEnd::Missed(MissedBy::Caller);

/// Offers that ended in a connection.
pub(super) const CONNECTED: &[LegEnd] = &[BRIDGED];
