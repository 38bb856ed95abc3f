//! Counts what is written to standard output through a handle that a writer of tables owns.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many bytes were written, by whichever handle.
#[derive(Clone, Debug, Default)]
pub(super) struct ByteCount(Arc<AtomicU64>);

impl ByteCount {
    pub(super) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Passes bytes on, and counts those that were taken.
pub(super) struct CountedWriter<W> {
    out: W,
    count: ByteCount,
}

impl<W: Write> CountedWriter<W> {
    pub(super) const fn new(out: W, count: ByteCount) -> Self {
        Self { out, count }
    }
}

impl<W: Write> Write for CountedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.count.add(taken);
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
