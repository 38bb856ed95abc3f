//! An answer, piece by piece.

use std::io::Read;

use anyhow::Context as _;

use super::CliError;

const CHUNK_BYTES: usize = 64 * 1024;

/// Takes all of an answer, as it arrives.
pub(super) fn copy_chunks(
    body: &mut dyn Read,
    take: &mut dyn FnMut(&[u8]) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = body.read(&mut chunk).context("the answer breaks off: nothing was written")?;
        if length == 0 {
            return Ok(());
        }
        take(&chunk[..length])?;
    }
}
