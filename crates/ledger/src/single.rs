//! One delivery through the cqrs-es framework.

use std::sync::OnceLock;

use attempt_ledger_domain::{Delivery, NotRecorded, Refusal, UnixMillis, UnreadableDelivery};
use cqrs_es::AggregateError;

use super::attempt_store::{IN_FLIGHT, InFlight};
use super::loaded::{refuse, refused_before};
use super::records::RefusedFacts;
use super::{CONTENDED_TRIES_MAX, Ledger, LedgerError, Place, Receipt, Submission, contended, sender_ids};
use attempt_ledger_log::{AppendError, StreamAppend};

/// How the framework answered a command.
enum Executed {
    Recorded(Place),
    NotRecorded(NotRecorded),
    Conflict,
}

impl Ledger {
    /// Takes one delivery. The answer comes after it is durable.
    ///
    /// A caller may stop waiting at any moment: while the log works, the attempt is out of the cache, and
    /// whoever comes next reads it again.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails; the delivery is then not acknowledged and can be sent again.
    pub async fn record(&self, submission: Submission) -> Result<Receipt, LedgerError> {
        let received_at = self.environment.now();
        match self.read_delivery(&submission, received_at, &mut Vec::new()) {
            Ok(delivery) => self.record_delivery(delivery, submission).await,
            Err(unreadable) => self.refuse_unreadable(*unreadable, &submission).await,
        }
    }

    /// Judges a kept delivery again. What it says happened when it was first received, not now.
    pub(super) async fn record_again(
        &self,
        submission: Submission,
        first_received_at: UnixMillis,
    ) -> Result<Receipt, LedgerError> {
        match self.read_delivery(&submission, first_received_at, &mut Vec::new()) {
            Ok(delivery) => {
                let delivery = Delivery { received_at: self.environment.now(), ..delivery };
                self.record_delivery(delivery, submission).await
            }
            Err(unreadable) => self.refuse_unreadable(*unreadable, &submission).await,
        }
    }

    async fn record_delivery(
        &self,
        delivery: Delivery,
        submission: Submission,
    ) -> Result<Receipt, LedgerError> {
        let _order = self.sender_ids.lock(delivery.sender_id.into_iter()).await;
        if let Some(refusal) = sender_ids::check(self.log.as_ref(), &delivery, None)? {
            return self.refuse_delivery(&delivery, refusal, &submission).await;
        }
        let mut executed = self.execute(&delivery, &submission).await?;
        for _ in 1..CONTENDED_TRIES_MAX {
            if !matches!(executed, Executed::Conflict) {
                break;
            }
            // Another slot of this attempt, or another node, wrote first; the next time the slot is read anew.
            executed = self.execute(&delivery, &submission).await?;
        }
        match executed {
            Executed::Recorded(place) => Ok(Receipt::Recorded(place)),
            Executed::NotRecorded(NotRecorded::Duplicate { revision }) => {
                Ok(Receipt::Duplicate(self.attempts.place(delivery.attempt_id, revision).await?))
            }
            Executed::NotRecorded(NotRecorded::RefusedBefore { refusal_id, refusal }) => {
                Ok(Receipt::Refused(refused_before(&delivery, refusal_id, refusal)))
            }
            Executed::NotRecorded(NotRecorded::Refused(refusal)) => {
                self.refuse_delivery(&delivery, refusal, &submission).await
            }
            Executed::Conflict => Err(contended(&format!("attempt {}", delivery.attempt_id))),
        }
    }

    async fn execute(&self, delivery: &Delivery, submission: &Submission) -> Result<Executed, LedgerError> {
        let in_flight = InFlight { submission: submission.clone(), place: OnceLock::new() };
        let aggregate_id = delivery.attempt_id.to_string();
        let command = async {
            let result = self.framework.execute(&aggregate_id, delivery.clone()).await;
            (result, IN_FLIGHT.with(|in_flight| in_flight.place.get().copied()))
        };
        match IN_FLIGHT.scope(in_flight, command).await {
            (Ok(()), place) => Ok(Executed::Recorded(place.expect("a commit leaves its place"))),
            (Err(AggregateError::UserError(not_recorded)), _) => Ok(Executed::NotRecorded(not_recorded)),
            (Err(AggregateError::AggregateConflict), _) => Ok(Executed::Conflict),
            (
                Err(
                    AggregateError::UnexpectedError(error)
                    | AggregateError::DatabaseConnectionError(error)
                    | AggregateError::DeserializationError(error),
                ),
                _,
            ) => Err(match error.downcast::<LedgerError>() {
                Ok(error) => *error,
                Err(other) => AppendError::Failed { reason: other.to_string() }.into(),
            }),
        }
    }

    /// Keeps a delivery that an attempt's rules refuse. The attempt remembers it, so that a repetition gets the
    /// same answer.
    async fn refuse_delivery(
        &self,
        delivery: &Delivery,
        refusal: Refusal,
        submission: &Submission,
    ) -> Result<Receipt, LedgerError> {
        let mut slot = self.attempts.lock(delivery.attempt_id).await?;
        let mut loaded = slot.take().expect("a locked attempt is loaded");
        // Between the judgement and this lock the same delivery may have been refused by somebody else.
        if let Some((refusal_id, refusal)) = loaded.attempt.refused_before(delivery) {
            *slot = Some(loaded);
            return Ok(Receipt::Refused(refused_before(delivery, refusal_id, refusal)));
        }
        let facts = RefusedFacts::of(delivery, &refusal);
        let (append, refused) = refuse(&facts, delivery.received_at, submission, self.environment.as_ref());
        self.append_one(append).await?;
        let (content, sender_id) = (delivery.content, delivery.sender_id);
        loaded.attempt.remember_refusal(content, sender_id, refused.refusal_id, refusal);
        *slot = Some(loaded);
        Ok(Receipt::Refused(refused))
    }

    async fn refuse_unreadable(
        &self,
        unreadable: UnreadableDelivery,
        submission: &Submission,
    ) -> Result<Receipt, LedgerError> {
        let facts = RefusedFacts::of_unreadable(&unreadable);
        let now = self.environment.now();
        let (append, refused) = refuse(&facts, now, submission, self.environment.as_ref());
        self.append_one(append).await?;
        Ok(Receipt::Refused(refused))
    }

    pub(super) async fn append_one(&self, append: StreamAppend) -> Result<(), LedgerError> {
        let answer = self.log.append(vec![append]).await;
        let [answer]: [_; 1] = answer.try_into().expect("one answer for one append");
        answer?;
        Ok(())
    }
}
