//! Comparing the records that a copy holds already with those that the cluster tells again.

use attempt_ledger_domain::Position;

use super::record_event::Followed;
use crate::log::{EmbeddedLog, EventLog as _};
use crate::record::leaf_hash;

/// How far the comparison is: the next record of the cluster must be the one after `compared`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    pub compared: Position,
    pub head: Position,
}

impl Comparison {
    pub fn is_over(self) -> bool {
        self.compared >= self.head
    }

    /// Compares one record.
    ///
    /// # Errors
    /// What to tell the operator when the copy is not one of this cluster.
    pub fn take(&mut self, copy: &EmbeddedLog, followed: &Followed) -> Result<(), String> {
        let position = self.compared.next();
        let stored = copy.read(&[position]).map_err(|error| error.to_string())?;
        let is_equal = stored
            .first()
            .is_some_and(|stored| leaf_hash(&stored.leaf) == leaf_hash(&followed.record.leaf_bytes));
        if !is_equal {
            return Err(format!(
                "the record at position {position} of this node's directory is not the cluster's; hint: the \
                 directory holds another ledger, or the cluster was restored from an older state; give an empty \
                 directory and the copy is made anew"
            ));
        }
        self.compared = position;
        Ok(())
    }

    /// Called when the cluster has told everything.
    ///
    /// # Errors
    /// When the copy has more than the cluster.
    pub fn caught_up(self) -> Result<(), String> {
        if self.is_over() {
            return Ok(());
        }
        Err(format!(
            "this node's directory holds {} records and the cluster {}; hint: the directory holds another ledger, \
             or the cluster was restored from an older state; give an empty directory and the copy is made anew",
            self.head, self.compared
        ))
    }
}
