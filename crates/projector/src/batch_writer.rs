//! Writes batches into the store: each at once, or in the background while the folds work on the next one.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

use attempt_ledger_read_store::{Changes, ReadStore, StoreError};

/// Takes batches in the order of the log.
pub(crate) trait BatchWriter {
    /// Takes a batch. An error may be that of an earlier one.
    fn write(&mut self, changes: Changes) -> Result<(), StoreError>;

    /// Waits until the store has everything that was taken.
    fn settle(&mut self) -> Result<(), StoreError>;
}

/// Each batch is in the store before the next one is folded.
pub(crate) struct DirectWriter<'a>(pub(crate) &'a dyn ReadStore);

impl BatchWriter for DirectWriter<'_> {
    fn write(&mut self, changes: Changes) -> Result<(), StoreError> {
        self.0.apply(&changes)
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// One batch is on its way while the next one is folded. Batches are written one after the other, and none
/// after one that failed: the store always holds what the log says up to some position.
pub(crate) struct BackgroundWriter {
    batches: SyncSender<Changes>,
    written: Receiver<Result<(), StoreError>>,
    is_on_its_way: bool,
}

impl BackgroundWriter {
    /// Begins the writing thread, which ends with this.
    pub(crate) fn begin<'scope>(
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

impl BatchWriter for BackgroundWriter {
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Mutex;

    use attempt_ledger_domain::Position;

    use super::*;
    use attempt_ledger_read_store::{Checkpoint, Failure, Projection, Reader};

    /// Notes the batches that it was given, and fails at one of them.
    struct FailsAt(u64, Mutex<Vec<u64>>);

    impl ReadStore for FailsAt {
        fn reader(&self) -> Result<Box<dyn Reader + '_>, StoreError> {
            Err(gone())
        }

        fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
            self.1.lock().unwrap().push(changes.checkpoint.position.0);
            if changes.checkpoint.position.0 == self.0 { Err(gone()) } else { Ok(()) }
        }

        fn set_failure(&self, _: Projection, _: Option<&Failure>) -> Result<(), StoreError> {
            Ok(())
        }

        fn reset(&self, _: &[Projection]) -> Result<(), StoreError> {
            Ok(())
        }
    }

    fn batch(position: u64) -> Changes {
        let checkpoint = Checkpoint { position: Position(position), ..Checkpoint::default() };
        Changes { checkpoint, ..Changes::default() }
    }

    #[test]
    fn nothing_is_written_after_a_batch_that_failed_and_its_error_is_returned() {
        for (fails_at, written) in [(2, &[1, 2][..]), (4, &[1, 2, 3, 4])] {
            let store = Arc::new(FailsAt(fails_at, Mutex::default()));
            let result = std::thread::scope(|scope| {
                let mut writer = BackgroundWriter::begin(scope, store.clone()).unwrap();
                (1..=4).try_for_each(|position| writer.write(batch(position)))?;
                writer.settle()
            });
            assert!(result.is_err());
            assert_eq!(*store.1.lock().unwrap(), written);
        }
    }
}
