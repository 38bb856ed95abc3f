//! In whose history the metrics of the catalogue exist.

use crate::metrics::unit::HistoryKind;

pub(super) const QUEUE: &[HistoryKind] = &[HistoryKind::Queue];
pub(super) const AGENT: &[HistoryKind] = &[HistoryKind::Agent];
pub(super) const BOTH: &[HistoryKind] = &[HistoryKind::Queue, HistoryKind::Agent];
