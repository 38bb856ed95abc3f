//! Our side of the comparison: the read models as a file, and histories as the service answers them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions};
use attempt_ledger::projector::{Projector, folds};
use attempt_ledger::queries::{
    DOSSIER_BYTES_MAX, HistoryQuestion, HistorySubject, ParameterOverrides, Questions,
};
use attempt_ledger::read_store::{ModelsDirectory, OfferFilter, Order};
use attempt_ledger_domain::{AgentId, QueueGroup, UnixMillis};
use attempt_ledger_projections::calendar::{Interval, Range, Zone, buckets};
use attempt_ledger_projections::history::Attribution;
use attempt_ledger_projections::metrics::{Definition, HistoryKind, Number, Unit, catalogue, find};
use serde_json::json;

/// Metrics by the measure whose values they show.
const SHOWN: [(&str, &str); 9] = [
    ("asa", "wait_answered"),
    ("abandon_time", "wait_abandoned"),
    ("asa_accept", "wait_accepted"),
    ("first_offer_wait", "wait_first_offer"),
    ("alert_time", "ring"),
    ("answer_time", "ring_answered"),
    ("talk_time", "talk"),
    ("acw_time", "wrap"),
    ("aht", "handle"),
];

/// The read models of a recorded directory as one file, and answers about histories, one a line.
pub fn of(folder: &Path) -> (PathBuf, PathBuf) {
    let data = folder.join("data");
    let log = Arc::new(EmbeddedLog::open(&data, &EmbeddedOptions::default()).unwrap());
    let ledger = Ledger::open(log, Arc::new(System), LedgerOptions::default()).unwrap();
    let models = Arc::new(ModelsDirectory::open(&data.join("read-models")).unwrap());
    let projector = Projector::start(ledger.log().clone(), models.clone(), folds()).unwrap();
    let questions = Questions::new(ledger.clone(), Arc::new(projector), DOSSIER_BYTES_MAX);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(questions.wait_for(ledger.log().head(), Duration::from_secs(60))).unwrap();
    groups_add_up(&questions);
    let (file, answers) = (folder.join("models.sqlite"), folder.join("answers"));
    models.file().snapshot_to(&file).unwrap();
    std::fs::write(&answers, self::answers(&questions)).unwrap();
    (file, answers)
}

/// Every queue and what has none, and every agent in each.
fn scopes(questions: &Questions) -> Vec<HistorySubject> {
    let store = questions.projector.models().current();
    let mut agents: BTreeSet<(AgentId, QueueGroup)> = BTreeSet::new();
    let filter = OfferFilter::default();
    let visited = store.reader().unwrap().offers(&filter, Order::OldestFirst, None, &mut |leg| {
        agents.extend(leg.agent_id.map(|agent| (agent, QueueGroup::of(leg.queue_id))));
        ControlFlow::Continue(())
    });
    visited.unwrap();
    let queues =
        questions.queue_groups(None, usize::MAX, None).unwrap().0.into_iter().map(HistorySubject::Queue);
    queues.chain(agents.into_iter().map(|(agent, queue)| HistorySubject::Agent(agent, Some(queue)))).collect()
}

/// The time that attempts of the read models lie in.
fn range(questions: &Questions) -> Range {
    let listing = attempt_ledger::queries::Listing::default();
    let (mut first, mut last) = (UnixMillis(i64::MAX), UnixMillis(0));
    let visited = questions.visit_attempts(&listing, &mut |row| {
        first = first.min(row.started_at);
        last = last.max(row.last_event_at);
        ControlFlow::Continue(())
    });
    visited.unwrap();
    const DAY_MS: i64 = 86_400_000;
    // Whole days in any zone.
    Range::new(UnixMillis((first.0 / DAY_MS - 1) * DAY_MS), UnixMillis((last.0 / DAY_MS + 3) * DAY_MS))
        .unwrap()
}

/// Every count of all queues together is the sum over its groups, that without a queue included.
fn groups_add_up(questions: &Questions) {
    let is_of_queues =
        |metric: &&Definition| metric.unit == Unit::Count && metric.histories.contains(&HistoryKind::Queue);
    // The whole is not known unless every group is: one live answer without its time is enough.
    let is_known_by_group = |metric: &&Definition| metric.key != "n_dropped_two_seconds";
    let metrics: Vec<&'static Definition> =
        catalogue().filter(is_of_queues).filter(is_known_by_group).collect();
    assert!(metrics.len() > 20, "only {} counts", metrics.len());
    let range = range(questions);
    let buckets = buckets(range, Interval::DAY, "Europe/Kyiv".parse().unwrap(), 1_000).unwrap();
    let groups = questions.queue_groups(None, usize::MAX, None).unwrap().0;
    for attribution in Attribution::ALL {
        let counts = |whose| -> Vec<i64> {
            let question = HistoryQuestion {
                whose,
                buckets: buckets.clone(),
                attribution,
                metrics: metrics.clone(),
                wishes: ParameterOverrides::default(),
                as_of: None,
            };
            let answer = questions.history(&question).unwrap();
            answer.buckets().flatten().map(|measured| count(measured.value)).collect()
        };
        let whole = counts(HistorySubject::Queues);
        let mut sums = vec![0; whole.len()];
        for group in &groups {
            for (sum, count) in sums.iter_mut().zip(counts(HistorySubject::Queue(*group))) {
                *sum += count;
            }
        }
        assert!(whole.iter().all(|count| *count >= 0), "{attribution:?}: {whole:?}");
        assert_eq!(sums, whole, "{attribution:?}");
    }
}

/// A count that is not known is nothing in every group alike.
fn count(value: Option<Number>) -> i64 {
    match value {
        Some(Number::Whole(count)) => count,
        Some(Number::Real(number)) => panic!("a count is whole, not {number}"),
        None => 0,
    }
}

fn answers(questions: &Questions) -> String {
    let metrics: Vec<&'static Definition> = SHOWN.iter().map(|(key, _)| find(key).unwrap()).collect();
    let range = range(questions);
    let zone: Zone = "Europe/Kyiv".parse().unwrap();
    let mut lines = String::new();
    for (period, interval) in [("quarter", Interval::QUARTER_HOUR), ("day", Interval::DAY)] {
        let buckets = buckets(range, interval, zone, 100_000).unwrap();
        for whose in scopes(questions) {
            for attribution in Attribution::ALL {
                let question = HistoryQuestion {
                    whose,
                    buckets: buckets.clone(),
                    attribution,
                    metrics: metrics.clone(),
                    wishes: ParameterOverrides::default(),
                    as_of: None,
                };
                let answer = questions.history(&question).unwrap();
                for (bucket, measured) in
                    buckets.iter().zip(answer.buckets()).filter(|(it, _)| !it.is_partial)
                {
                    let mut values = serde_json::Map::new();
                    for ((_, measure), measured) in SHOWN.iter().zip(measured) {
                        let Some(lie) = measured.distribution else { continue };
                        values.insert(format!("{measure}_min_ms"), lie.min_ms.into());
                        values.insert(format!("{measure}_max_ms"), lie.max_ms.into());
                        values.insert(format!("{measure}_p50_ms"), lie.p50_ms.into());
                        values.insert(format!("{measure}_p90_ms"), lie.p90_ms.into());
                        values.insert(format!("{measure}_p95_ms"), lie.p95_ms.into());
                        values.insert(format!("{measure}_count"), lie.count.into());
                        values.insert(format!("{measure}_sum_ms"), lie.sum_ms.into());
                    }
                    if values.is_empty() {
                        continue;
                    }
                    let (owner, queue_id, agent_id) = match whose {
                        HistorySubject::Agent(agent, queue) => {
                            ("agent", queue.and_then(QueueGroup::queue_id).map(|it| it.0), Some(agent.0))
                        }
                        HistorySubject::Queue(queue) => ("queue", queue.queue_id().map(|it| it.0), None),
                        HistorySubject::Queues => unreachable!("not asked for"),
                    };
                    let line = json!({
                        "owner": owner, "period": period, "attribution": attribution.name(),
                        "start_at": bucket.start.0, "queue_id": queue_id, "agent_id": agent_id,
                        "values": values,
                    });
                    writeln!(lines, "{line}").unwrap();
                }
            }
        }
    }
    lines
}
