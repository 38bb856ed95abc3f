//! A disk that fails when a test plans it, in either of two ways: without effect, or after the effect.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Mutex;

use attempt_ledger_system::disk::{Disk, RealDisk};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DiskCall {
    Open,
    Create,
    Write,
    Sync,
    Truncate,
    SyncDirectory,
    Rename,
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultOutcome {
    /// The call fails and has done nothing.
    Nothing(ErrorKind),
    /// The call fails and has been carried out.
    Happened(ErrorKind),
    /// A write fails in the middle.
    Half(ErrorKind),
    Panic,
}

/// A fault waits for a call of its kind (any call, if `call` is `None`), lets `skip` pass, and fails one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub call: Option<DiskCall>,
    pub skip: usize,
    pub outcome: FaultOutcome,
}

#[derive(Default)]
pub(super) struct FaultyDisk(pub Mutex<Vec<Fault>>);

impl FaultyDisk {
    pub fn plan(&self, call: DiskCall, outcome: FaultOutcome) {
        self.0.lock().unwrap().push(Fault { call: Some(call), skip: 0, outcome });
    }

    pub fn has_fired(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }

    fn next(&self, call: DiskCall) -> Option<FaultOutcome> {
        let mut faults = self.0.lock().unwrap();
        let at = faults.iter().position(|fault| fault.call.is_none_or(|wanted| wanted == call))?;
        if faults[at].skip > 0 {
            faults[at].skip -= 1;
            return None;
        }
        Some(faults.remove(at).outcome)
    }

    fn run<T>(&self, call: DiskCall, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.next(call) {
            None => work(),
            Some(FaultOutcome::Nothing(kind) | FaultOutcome::Half(kind)) => Err(kind.into()),
            Some(FaultOutcome::Happened(kind)) => work().and(Err(kind.into())),
            Some(FaultOutcome::Panic) => panic!("a planned panic"),
        }
    }
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path) -> io::Result<File> {
        self.run(DiskCall::Open, || RealDisk.open(path))
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        self.run(DiskCall::Create, || RealDisk.create(path))
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self.next(DiskCall::Write) {
            None => RealDisk.write_at(file, bytes, offset),
            Some(FaultOutcome::Nothing(kind)) => Err(kind.into()),
            Some(FaultOutcome::Happened(kind)) => {
                RealDisk.write_at(file, bytes, offset).and(Err(kind.into()))
            }
            Some(FaultOutcome::Half(kind)) => {
                RealDisk.write_at(file, &bytes[..bytes.len() / 2], offset).and(Err(kind.into()))
            }
            Some(FaultOutcome::Panic) => panic!("a planned panic"),
        }
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.run(DiskCall::Sync, || RealDisk.sync(file))
    }

    fn truncate(&self, file: &File, length: u64) -> io::Result<()> {
        self.run(DiskCall::Truncate, || RealDisk.truncate(file, length))
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.run(DiskCall::SyncDirectory, || RealDisk.sync_directory(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.run(DiskCall::Rename, || RealDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.run(DiskCall::Remove, || RealDisk.remove(path))
    }
}
