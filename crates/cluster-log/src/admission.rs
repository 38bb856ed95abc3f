//! How much may be under way or wait for its turn: memory is bounded, and what is too much is refused at
//! once.

use std::sync::Mutex;

use super::options::{WAITING_BYTES_MAX, WAITING_MAX};
use attempt_ledger_log::StreamAppend;
use attempt_ledger_system::lock::take_over;

#[derive(Debug, Default)]
pub(super) struct Admission {
    now: Mutex<AdmissionLoad>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct AdmissionLoad {
    appends: usize,
    bytes: usize,
}

/// A place among those that wait, given back when it is dropped.
#[derive(Debug)]
pub(super) struct AdmissionPermit<'w> {
    admission: &'w Admission,
    amount: AdmissionLoad,
}

impl Admission {
    /// A place for a batch; `None` when there is no room. A batch above the limits has room when it is alone.
    pub fn enter(&self, batch: &[StreamAppend]) -> Option<AdmissionPermit<'_>> {
        let records = batch.iter().flat_map(|append| &append.records);
        let bytes = records.map(|record| record.leaf_bytes.len() + record.opening_bytes.len()).sum();
        self.take(AdmissionLoad { appends: batch.len(), bytes })
    }

    fn take(&self, amount: AdmissionLoad) -> Option<AdmissionPermit<'_>> {
        let mut now = take_over(self.now.lock());
        let then = AdmissionLoad { appends: now.appends + amount.appends, bytes: now.bytes + amount.bytes };
        let is_too_much = then.appends > WAITING_MAX || then.bytes > WAITING_BYTES_MAX;
        if is_too_much && *now != AdmissionLoad::default() {
            return None;
        }
        *now = then;
        Some(AdmissionPermit { admission: self, amount })
    }
}

impl Drop for AdmissionPermit<'_> {
    fn drop(&mut self) {
        let mut now = take_over(self.admission.now.lock());
        assert!(
            now.appends >= self.amount.appends && now.bytes >= self.amount.bytes,
            "a permit is given back once"
        );
        now.appends -= self.amount.appends;
        now.bytes -= self.amount.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_is_turned_away_unless_it_is_alone() {
        let admission = Admission::default();
        let take = |appends, bytes| admission.take(AdmissionLoad { appends, bytes });
        let alone = take(WAITING_MAX + 1, WAITING_BYTES_MAX + 1).expect("it is alone");
        assert!(take(1, 1).is_none());
        drop(alone);
        let one = take(1, 1).expect("there is room");
        assert!(take(WAITING_MAX, 1).is_none() && take(1, WAITING_BYTES_MAX).is_none());
        let two = take(WAITING_MAX - 1, 1).expect("there is room");
        drop((one, two));
        assert_eq!(*admission.now.lock().expect("nobody panics"), AdmissionLoad::default());
    }
}
