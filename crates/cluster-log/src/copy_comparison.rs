//! The comparison of the records that a copy holds already with those that the cluster delivers again.

use attempt_ledger_domain::Position;

use super::record_event::ClusterRecord;
use attempt_ledger_log::record::leaf_hash;
use attempt_ledger_log::{EmbeddedLog, EventLog as _};

/// How far the comparison is: the next record of the cluster must be the one after `compared`.
#[derive(Clone, Copy, Debug)]
pub(super) struct CopyComparison {
    pub compared: Position,
    pub head: Position,
}

impl CopyComparison {
    pub fn is_over(self) -> bool {
        self.compared >= self.head
    }

    /// How many records there are left to compare.
    pub fn left(self) -> usize {
        usize::try_from(self.head.0.saturating_sub(self.compared.0)).unwrap_or(usize::MAX)
    }

    /// Compares records, no more than are left.
    ///
    /// # Errors
    /// What the operator reads when the copy is not one of this cluster.
    pub fn take(&mut self, copy: &EmbeddedLog, all: &[ClusterRecord]) -> Result<(), String> {
        let positions: Vec<Position> = (self.compared.0 + 1..).take(all.len()).map(Position).collect();
        let stored = copy.read(&positions).map_err(|error| error.to_string())?;
        for (number, (position, followed)) in positions.into_iter().zip(all).enumerate() {
            let is_equal = stored
                .get(number)
                .is_some_and(|stored| leaf_hash(&stored.leaf) == leaf_hash(&followed.record.leaf_bytes));
            if !is_equal {
                return Err(format!(
                    "the record at position {position} of this node's directory is not the cluster's; hint: \
                     the directory holds another ledger, or the cluster was restored from an older state; \
                     give an empty directory and the copy is made anew"
                ));
            }
            self.compared = position;
        }
        Ok(())
    }

    /// What the operator reads when the cluster's log has no record where the last one compared was.
    pub fn no_place(self, reason: &str) -> String {
        format!(
            "no record of the cluster begins where the record at position {} did ({reason}); hint: the \
             cluster was restored from an older state, or the directory holds another ledger; give an empty \
             directory and the copy is made anew",
            self.compared
        )
    }

    /// Called when the cluster has delivered everything.
    ///
    /// # Errors
    /// When the copy has more than the cluster.
    pub fn caught_up(self) -> Result<(), String> {
        if self.is_over() {
            return Ok(());
        }
        Err(format!(
            "this node's directory holds {} records and the cluster {}; hint: the directory holds another \
             ledger, or the cluster was restored from an older state; give an empty directory and the copy \
             is made anew",
            self.head, self.compared
        ))
    }
}
