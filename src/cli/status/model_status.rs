//! Where read models stand: as a server answers, or read from their file as it lies.

use std::time::Duration;

use attempt_ledger_domain::UnixMillis;
use indicatif::HumanDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cli::CliError;
use crate::cli::text_table::{Align, TextTable};
use crate::cli::visible::visible;
use crate::ledger::Ledger;
use crate::projector::foreign_projections;
use crate::read_store::{Projection, ProjectionStatus};

/// Where one read model stands, in the words of `/v1/projections`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ModelStatus {
    name: String,
    /// The version of the fold that filled it.
    version: u32,
    /// The log position of the last record that it contains.
    position: u64,
    /// When the ledger took that record.
    recorded_at: i64,
    /// Records of the log that it does not contain.
    lag_records: u64,
    /// How long the oldest of them has been waiting.
    lag_ms: u64,
    /// `moving`, `stopped` at an event, `outdated`: filled by another version of the fold, or, of a file that
    /// no server has open, `foreign`: filled from another log or a longer one, which no server starts over.
    state: String,
    /// The event that stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<ModelFailure>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ModelFailure {
    position: u64,
    record_id: Uuid,
    reason: String,
}

/// What a file of read models says, held against the log beside it.
pub(super) fn of(ledger: &Ledger, statuses: Vec<ProjectionStatus>) -> Result<Vec<ModelStatus>, CliError> {
    let foreign_projections =
        foreign_projections(ledger.log().as_ref(), &statuses).map_err(anyhow::Error::from)?;
    let now = ledger.environment().now();
    statuses.into_iter().map(|status| one(ledger, status, &foreign_projections, now)).collect()
}

fn one(
    ledger: &Ledger,
    status: ProjectionStatus,
    foreign_projections: &[Projection],
    now: UnixMillis,
) -> Result<ModelStatus, CliError> {
    let ProjectionStatus { projection, version, checkpoint, failure } = status;
    let lag_records = ledger.log().head().0.saturating_sub(checkpoint.position.0);
    let lag_ms = if lag_records == 0 {
        0
    } else {
        now.since(ledger.recorded_at(checkpoint.position.next()).map_err(anyhow::Error::from)?)
    };
    let state = if foreign_projections.contains(&projection) {
        "foreign"
    } else if failure.is_some() {
        "stopped"
    } else if version == projection.version() {
        "moving"
    } else {
        "outdated"
    };
    Ok(ModelStatus {
        name: projection.name().to_owned(),
        version,
        position: checkpoint.position.0,
        recorded_at: checkpoint.recorded_at.0,
        lag_records,
        lag_ms,
        state: state.to_owned(),
        failure: failure.map(|failure| ModelFailure {
            position: failure.position.0,
            record_id: failure.record_id,
            reason: failure.reason,
        }),
    })
}

/// A table, and what to do about those that do not move.
pub(super) fn in_words(projections: &[ModelStatus]) -> String {
    let mut table = TextTable::new([
        ("read model", Align::Left),
        ("position", Align::Right),
        ("behind", Align::Right),
        ("oldest waits", Align::Right),
        ("state", Align::Left),
    ]);
    for one in projections {
        table.row(vec![
            one.name.clone(),
            one.position.to_string(),
            one.lag_records.to_string(),
            if one.lag_records == 0 { "–".to_owned() } else { duration(one.lag_ms) },
            one.state.clone(),
        ]);
    }
    let mut text = table.draw();
    for one in projections {
        if let Some(ModelFailure { position, reason, .. }) = &one.failure {
            text.push_str(&format!(
                "{} stopped at position {position}: {}\n",
                visible(&one.name),
                visible(reason)
            ));
        }
    }
    if projections.iter().any(|one| one.state == "stopped") {
        text.push_str("hint: mend the cause, then `attempt-ledger rebuild` folds them anew\n");
    }
    if projections.iter().any(|one| one.state == "outdated") {
        let how = "`attempt-ledger rebuild` folds outdated ones anew, as a server does when it starts";
        text.push_str(&format!("hint: {how}\n"));
    }
    text
}

/// In words, because it can be days.
fn duration(ms: u64) -> String {
    HumanDuration(Duration::from_millis(ms)).to_string()
}
