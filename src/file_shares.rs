//! How the files that the process may have open are shared out: the log and the read models come first, and
//! connections have what is left. A connection too many is answered; a log that cannot open its next file
//! would lose hooks.

use attempt_ledger_log::packed_files_max;
use attempt_ledger_system::file_limit::file_limit;
use thiserror::Error;

use crate::limits::{CONNECTIONS_WAITING_MAX, Limits};

/// Files beside connections and packed segments: of the log, of the read models and their shadow with a
/// reader for each question, of exports, and of the runtimes.
const OWN_FILES: usize = 128;
/// With fewer files, hardly a connection would be left.
const OPEN_FILES_MIN: usize = 320;
/// Streams stay open for long: so many parts of the connections are for anything else.
const STREAM_PARTS: usize = 2;

/// The system allows the process too few files.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "this process may have {files} files open, and the service needs {OPEN_FILES_MIN}\nhint: raise the limit \
     (`ulimit -n`, or `LimitNOFILE=` of the systemd unit)"
)]
pub struct TooFewFiles {
    files: usize,
}

impl Limits {
    /// These limits, as far as the files that the process may have open allow them.
    ///
    /// # Errors
    /// The process may have fewer files open than the service needs.
    pub fn within_files(self) -> Result<Self, TooFewFiles> {
        self.within(file_limit(), packed_files_max())
    }

    fn within(self, files: usize, packed_files: usize) -> Result<Self, TooFewFiles> {
        if files < OPEN_FILES_MIN {
            return Err(TooFewFiles { files });
        }
        let left = files - packed_files - OWN_FILES - CONNECTIONS_WAITING_MAX;
        let connections_max = self.connections_max.min(left);
        let streams_max = self.streams_max.min(connections_max / STREAM_PARTS);
        Ok(Self { connections_max, streams_max, ..self })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn connections_have_what_the_log_and_the_read_models_leave() {
        let usual = Limits::default();
        assert_eq!(usual.within(65_536, 256), Ok(usual));
        let few = usual.within(1_024, 256).unwrap();
        assert_eq!((few.connections_max, few.streams_max), (576, 288));
        let fewest = usual.within(OPEN_FILES_MIN, OPEN_FILES_MIN / 4).unwrap();
        assert_eq!((fewest.connections_max, fewest.streams_max), (48, 24));
        let too_few = usual.within(OPEN_FILES_MIN - 1, 0).unwrap_err();
        assert!(too_few.to_string().contains("319 files"), "{too_few}");
    }
}
