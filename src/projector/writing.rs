//! How batches get into the store: one by one, or behind the folds, which are at the next one meanwhile.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

use crate::read_store::{Changes, ReadStore, StoreError};

/// Takes batches in the order of the log.
pub(super) trait Writing {
    /// Takes a batch. An error may be that of an earlier one.
    fn write(&mut self, changes: Changes) -> Result<(), StoreError>;

    /// Waits until the store has everything that was taken.
    fn settle(&mut self) -> Result<(), StoreError>;
}

/// Each batch is in the store before the next one is folded.
pub(super) struct Straight<'a>(pub(super) &'a dyn ReadStore);

impl Writing for Straight<'_> {
    fn write(&mut self, changes: Changes) -> Result<(), StoreError> {
        self.0.apply(&changes)
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// One batch is on its way while the next one is folded. Batches are written one after the other, and none after one
/// that failed: the store always holds what the log says up to some position.
pub(super) struct Behind {
    batches: SyncSender<Changes>,
    written: Receiver<Result<(), StoreError>>,
    is_on_its_way: bool,
}

impl Behind {
    /// Begins the writing thread, which ends with this.
    pub(super) fn begin<'scope>(
        scope: &'scope Scope<'scope, '_>,
        store: Arc<dyn ReadStore>,
    ) -> std::io::Result<Self> {
        let (batches, taken) = sync_channel::<Changes>(1);
        let (answers, written) = sync_channel(1);
        let write = move || {
            for changes in taken {
                if answers.send(store.apply(&changes)).is_err() {
                    return;
                }
            }
        };
        Builder::new().name("projection-writer".to_owned()).spawn_scoped(scope, write)?;
        Ok(Self { batches, written, is_on_its_way: false })
    }
}

impl Writing for Behind {
    fn write(&mut self, changes: Changes) -> Result<(), StoreError> {
        self.settle()?;
        self.batches.send(changes).map_err(|_| gone())?;
        self.is_on_its_way = true;
        Ok(())
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        if std::mem::take(&mut self.is_on_its_way) {
            self.written.recv().map_err(|_| gone())?
        } else {
            Ok(())
        }
    }
}

fn gone() -> StoreError {
    StoreError::Failed { reason: "the writing thread ended".to_owned() }
}
