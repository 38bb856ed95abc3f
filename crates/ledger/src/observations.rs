//! Observations: kept once, however often they come, and judged by nothing.

use std::collections::HashMap;

use attempt_ledger_domain::{Address, DUPLICATE_WINDOW_MS, ObservationDelivery, Position, UnixMillis};
use attempt_ledger_log::record::{Digest, observation_identity};
use attempt_ledger_log::{AppendError, Appended, EventLog, Key, StreamAppend};
use attempt_ledger_system::environment::Environment;
use uuid::Uuid;

use crate::error::{LedgerError, if_readable};
use crate::new_record::{day_append, observation_record};
use crate::receipt::ObservationReceipt;
use crate::record::Record;
use crate::submission::IncomingDelivery;

/// A place that the log has not given yet; it counts from 1.
const UNKNOWN: Position = Position(0);

/// What makes it the same one, if it is the same whenever it comes.
pub(crate) fn identity_for_ever(observed: &ObservationDelivery, address: &Address) -> Digest {
    observation_identity(address, observed.attempt_id, observed.sender_id, observed.content, None)
}

/// The identities that an equal one can have: that of a window and its neighbours, or the only one.
fn identities(observed: &ObservationDelivery, address: &Address) -> Vec<Digest> {
    let ObservationDelivery { attempt_id, sender_id, content, .. } = *observed;
    let under = |window| observation_identity(address, attempt_id, sender_id, content, window);
    match observed.receipt_window() {
        // The own one is the first.
        Some(window) if !observed.is_anonymous() => {
            [window, window - 1, window + 1].map(|window| under(Some(window))).to_vec()
        }
        only => vec![under(only)],
    }
}

/// The observations of a group, of which the log does not know the new ones yet.
#[derive(Default)]
pub(crate) struct ObservationGroup {
    receipts: Vec<ObservationReceipt>,
    /// New ones by their identity, with when they happened.
    known: HashMap<Digest, Vec<(UnixMillis, usize)>>,
    /// How many equal ones of a millisecond an export has given back.
    given_back: HashMap<Digest, usize>,
    appends: Vec<StreamAppend>,
    /// The new ones, in the order of their appends.
    appended: Vec<usize>,
}

impl ObservationGroup {
    /// Keeps an observation, unless it is kept already. Returns its number, and whether it is.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub(crate) fn keep(
        &mut self,
        log: &dyn EventLog,
        observed: &ObservationDelivery,
        incoming: &IncomingDelivery,
        environment: &dyn Environment,
    ) -> Result<(usize, bool), LedgerError> {
        let identities = identities(observed, &incoming.submission.address);
        let same = if observed.is_anonymous() {
            self.exported(log, identities[0], observed)?
        } else {
            self.same(log, &identities, observed)?
        };
        if let Some(number) = same {
            return Ok((number, true));
        }
        let record = observation_record(observed, incoming, environment);
        let number = self.add(receipt_of(observed, record.leaf.id, UNKNOWN));
        self.known.entry(identities[0]).or_default().push((observed.occurred_at, number));
        self.appends.push(day_append(record));
        self.appended.push(number);
        Ok((number, false))
    }

    /// The number of the same one, in the group or in the log.
    fn same(
        &mut self,
        log: &dyn EventLog,
        identities: &[Digest],
        observed: &ObservationDelivery,
    ) -> Result<Option<usize>, LedgerError> {
        if let Some(number) = identities.iter().find_map(|identity| self.equal(identity, observed)) {
            return Ok(Some(number));
        }
        for identity in identities {
            let same = kept(log, *identity, observed)?.into_iter().next();
            if same.is_some() {
                return Ok(same.map(|receipt| self.add(receipt)));
            }
        }
        Ok(None)
    }

    /// The number of an anonymous one that an export gives back, and that the log has. As it happened before
    /// it is received, an export is what it comes from; a hook is never the same as another one. Each line of
    /// an export is another one, so that the log has to have as many.
    fn exported(
        &mut self,
        log: &dyn EventLog,
        identity: Digest,
        observed: &ObservationDelivery,
    ) -> Result<Option<usize>, LedgerError> {
        if observed.occurred_at == observed.received_at {
            return Ok(None);
        }
        let before = self.given_back.entry(identity).or_default();
        let same = kept(log, identity, observed)?.into_iter().nth(*before);
        *before += 1;
        Ok(same.map(|receipt| self.add(receipt)))
    }

    /// Gives a receipt its number.
    fn add(&mut self, receipt: ObservationReceipt) -> usize {
        self.receipts.push(receipt);
        self.receipts.len() - 1
    }

    fn equal(&self, identity: &Digest, observed: &ObservationDelivery) -> Option<usize> {
        let known = self.known.get(identity)?;
        known.iter().find(|(at, _)| is_the_same(observed, *at)).map(|(_, number)| *number)
    }

    /// What is to be appended.
    pub(crate) fn take_appends(&mut self) -> Vec<StreamAppend> {
        std::mem::take(&mut self.appends)
    }

    /// Takes note of where the log has put the new ones.
    ///
    /// # Errors
    /// [`AppendError`] where it has not taken one.
    pub(crate) fn locate(
        &mut self,
        answers: &mut impl Iterator<Item = Result<Appended, AppendError>>,
    ) -> Result<(), AppendError> {
        for number in std::mem::take(&mut self.appended) {
            let appended = answers.next().expect("one answer for each append")?;
            self.receipts[number].position = appended.positions[0];
        }
        Ok(())
    }

    /// The receipt of a delivery that has a number.
    pub(crate) fn receipt(&self, number: usize, repeated: bool) -> ObservationReceipt {
        let receipt = self.receipts[number].clone();
        assert_ne!(receipt.position, UNKNOWN, "only what the log has is answered for");
        ObservationReceipt { repeated, ..receipt }
    }
}

/// Whether an equal observation that happened at a time is the same one.
fn is_the_same(observed: &ObservationDelivery, at: UnixMillis) -> bool {
    observed.receipt_window().is_none() || observed.occurred_at.0.abs_diff(at.0) <= DUPLICATE_WINDOW_MS
}

/// The same observation as the log has it under an identity, as often as it has it, and as far as that reads.
fn kept(
    log: &dyn EventLog,
    identity: Digest,
    observed: &ObservationDelivery,
) -> Result<Vec<ObservationReceipt>, LedgerError> {
    if_readable(read_kept(log, identity, observed)).map(Option::unwrap_or_default)
}

fn read_kept(
    log: &dyn EventLog,
    identity: Digest,
    observed: &ObservationDelivery,
) -> Result<Vec<ObservationReceipt>, LedgerError> {
    let mut receipts = Vec::new();
    for stored in log.read(&log.find(Key::Delivery(identity))?)? {
        let record = Record::parse(&stored)?;
        let occurred_at = record.leaf.occurred_at.unwrap_or(record.leaf.recorded_at);
        if is_the_same(observed, occurred_at) {
            receipts.push(receipt_of(observed, record.leaf.id, record.position));
        }
    }
    Ok(receipts)
}

fn receipt_of(observed: &ObservationDelivery, id: Uuid, position: Position) -> ObservationReceipt {
    ObservationReceipt {
        observation: observed.observation,
        attempt_id: observed.attempt_id,
        id,
        position,
        repeated: false,
        flags: observed.flags.clone(),
    }
}
