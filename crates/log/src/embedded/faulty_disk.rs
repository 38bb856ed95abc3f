//! A disk that fails when it is told to, in either of two ways: without effect, or after the effect.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Mutex;

use attempt_ledger_system::disk::{Disk, RealDisk};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Create,
    Write,
    Sync,
    Truncate,
    SyncDirectory,
    Rename,
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
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
    pub call: Option<Call>,
    pub skip: usize,
    pub outcome: Outcome,
}

#[derive(Default)]
pub(super) struct FaultyDisk(pub Mutex<Vec<Fault>>);

impl FaultyDisk {
    pub fn plan(&self, call: Call, outcome: Outcome) {
        self.0.lock().unwrap().push(Fault { call: Some(call), skip: 0, outcome });
    }

    pub fn has_fired(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }

    fn next(&self, call: Call) -> Option<Outcome> {
        let mut faults = self.0.lock().unwrap();
        let at = faults.iter().position(|fault| fault.call.is_none_or(|wanted| wanted == call))?;
        if faults[at].skip > 0 {
            faults[at].skip -= 1;
            return None;
        }
        Some(faults.remove(at).outcome)
    }

    fn run<T>(&self, call: Call, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.next(call) {
            None => work(),
            Some(Outcome::Nothing(kind) | Outcome::Half(kind)) => Err(kind.into()),
            Some(Outcome::Happened(kind)) => work().and(Err(kind.into())),
            Some(Outcome::Panic) => panic!("a planned panic"),
        }
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.run(Call::Create, || RealDisk.create(path))
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self.next(Call::Write) {
            None => RealDisk.write_at(file, bytes, offset),
            Some(Outcome::Nothing(kind)) => Err(kind.into()),
            Some(Outcome::Happened(kind)) => RealDisk.write_at(file, bytes, offset).and(Err(kind.into())),
            Some(Outcome::Half(kind)) => {
                RealDisk.write_at(file, &bytes[..bytes.len() / 2], offset).and(Err(kind.into()))
            }
            Some(Outcome::Panic) => panic!("a planned panic"),
        }
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.run(Call::Sync, || RealDisk.sync(file))
    }

    fn truncate(&self, file: &File, length: u64) -> io::Result<()> {
        self.run(Call::Truncate, || RealDisk.truncate(file, length))
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.run(Call::SyncDirectory, || RealDisk.sync_directory(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.run(Call::Rename, || RealDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.run(Call::Remove, || RealDisk.remove(path))
    }
}
