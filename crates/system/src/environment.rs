//! The only place that asks for the time and for randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use attempt_ledger_domain::UnixMillis;
use uuid::Uuid;

/// Where the ledger gets time and randomness from; tests give their own.
pub trait Environment: Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> UnixMillis;

    /// Fills a buffer with random bytes fit for secrets.
    fn fill(&self, bytes: &mut [u8]);

    /// A new id: UUID version 7, so that ids sort by the time they were given.
    fn new_id(&self, at: UnixMillis) -> Uuid {
        let mut random = [0_u8; 10];
        self.fill(&mut random);
        let millis = u64::try_from(at.0).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// The system's clock and its cryptographic generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Environment for System {
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}
