//! Adding to intervals: sums by arithmetic in the rows, sets of values by reading and writing them.

use std::collections::HashMap;

use attempt_ledger_projections::history::{IntervalKey, Measure, Scope, Totals, Values};

use super::block::{Block, KeyConflict};
use super::server::Session;
use crate::sql::layout::{AGENT_KEY, QUEUE_KEY, decode, list, queue_key, summed, sums};
use crate::store_error::StoreError;

const VALUES_KEY: &str = "queue_id, attribution, measure, interval_start";
const MIX_KEY: &str = "queue_id, attribution, interval_start, dimension, value";

/// Adds to the tables of queue history.
pub(super) async fn add_to_queues(
    session: &Session,
    intervals: &[(IntervalKey, Box<Totals>)],
) -> Result<(), StoreError> {
    let of_queues = || {
        intervals.iter().filter_map(|(key, totals)| match key.scope {
            Scope::Queue(queue_id) => Some((queue_key(queue_id), key, totals.as_ref())),
            Scope::Agent(..) => None,
        })
    };
    let mut added = Sums::default();
    for (queue, key, totals) in of_queues() {
        added.take(totals, |block| {
            block.integer(queue).text(key.attribution.name()).integer(key.start.0);
        });
    }
    added.put(session, "queue_history", QUEUE_KEY).await?;
    add_values(session, of_queues()).await?;
    add_mix(session, of_queues()).await
}

/// Adds to agent history.
pub(super) async fn add_to_agents(
    session: &Session,
    intervals: &[(IntervalKey, Box<Totals>)],
) -> Result<(), StoreError> {
    let mut added = Sums::default();
    for (key, totals) in intervals {
        let Scope::Agent(agent_id, queue_id) = key.scope else { continue };
        added.take(totals, |block| {
            block.integer(agent_id.0).integer(queue_key(queue_id));
            block.text(key.attribution.name()).integer(key.start.0);
        });
    }
    added.put(session, "agent_history", AGENT_KEY).await
}

/// What is added to sums, and the keys of rows of which nothing may be left.
#[derive(Default)]
struct Sums {
    added: Block,
    lessened: Block,
}

impl Sums {
    fn take(&mut self, totals: &Totals, key: impl Fn(&mut Block)) {
        let sums = sums(totals);
        // A change may move values or the mix alone: that makes no row of zeros.
        if sums.iter().all(|sum| *sum == 0) {
            return;
        }
        key(&mut self.added);
        for sum in &sums {
            self.added.integer(*sum);
        }
        self.added.end_row();
        if sums.iter().any(|sum| *sum < 0) {
            key(&mut self.lessened);
            self.lessened.end_row();
        }
    }

    async fn put(&self, session: &Session, table: &str, key: &str) -> Result<(), StoreError> {
        let columns = format!("{key}, {}", list(summed()));
        self.added.insert(session, table, &columns, KeyConflict::Adds { key }).await?;
        let zeros: Vec<String> = summed().map(|column| format!("t.{column} = 0")).collect();
        delete(session, table, key, &self.lessened, &format!("AND {}", zeros.join(" AND "))).await
    }
}

/// Deletes the rows with these keys of which a condition holds.
async fn delete(
    session: &Session,
    table: &str,
    key: &str,
    keys: &Block,
    condition: &str,
) -> Result<(), StoreError> {
    let same: Vec<String> = key.split(", ").map(|column| format!("t.{column} = k.{column}")).collect();
    let sql = format!(
        "DELETE FROM {table} AS t USING {} AS k ({key}) WHERE {} {condition}",
        keys.unnested(),
        same.join(" AND ")
    );
    keys.run(session, &sql).await.map(|_| ())
}

async fn add_values<'a>(
    session: &Session,
    intervals: impl Iterator<Item = (i64, &'a IntervalKey, &'a Totals)>,
) -> Result<(), StoreError> {
    let mut wanted = Block::default();
    let mut deltas = Vec::new();
    for (queue, key, totals) in intervals {
        for measure in Measure::ALL {
            let delta = &totals.measure(measure).values;
            if !delta.is_empty() {
                let place = (queue, key.attribution.name(), measure.name(), key.start.0);
                wanted.integer(place.0).text(place.1).text(place.2).integer(place.3).end_row();
                deltas.push((place, delta));
            }
        }
    }
    let mut known = read_values(session, &wanted).await?;
    let (mut put, mut gone) = (Block::default(), Block::default());
    for (index, (place, delta)) in deltas.into_iter().enumerate() {
        let (is_there, mut values) = match known.remove(&index) {
            Some(values) => (true, values),
            None => (false, Values::default()),
        };
        values.merge(delta);
        if !values.is_empty() {
            put.integer(place.0)
                .text(place.1)
                .text(place.2)
                .integer(place.3)
                .bytes(values.to_bytes())
                .end_row();
        } else if is_there {
            gone.integer(place.0).text(place.1).text(place.2).integer(place.3).end_row();
        }
    }
    let columns = format!("{VALUES_KEY}, value_set");
    put.insert(session, "queue_history_values", &columns, KeyConflict::Replaces { key: VALUES_KEY }).await?;
    delete(session, "queue_history_values", VALUES_KEY, &gone, "").await
}

/// The sets of values that are there, by their place among those that are wanted.
async fn read_values(session: &Session, wanted: &Block) -> Result<HashMap<usize, Values>, StoreError> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT k.place, v.value_set FROM {} WITH ORDINALITY AS k ({VALUES_KEY}, place) \
         JOIN queue_history_values AS v USING ({VALUES_KEY})",
        wanted.unnested()
    );
    let statement = session.prepare_cached(&sql).await?;
    let mut known = HashMap::new();
    for row in session.query(&statement, &wanted.parameters()).await? {
        let place: i64 = row.try_get(0)?;
        // Places are counted from one.
        let place = usize::try_from(place - 1).unwrap_or_default();
        known.insert(place, decode(row.try_get(1)?)?);
    }
    Ok(known)
}

async fn add_mix<'a>(
    session: &Session,
    intervals: impl Iterator<Item = (i64, &'a IntervalKey, &'a Totals)>,
) -> Result<(), StoreError> {
    let (mut added, mut lessened) = (Block::default(), Block::default());
    for (queue, key, totals) in intervals {
        for (dimension, value, attempts) in totals.mix().iter() {
            let of_key = |block: &mut Block| {
                block.integer(queue).text(key.attribution.name()).integer(key.start.0);
                block.text(dimension.name()).text(value);
            };
            of_key(&mut added);
            added.integer(attempts).end_row();
            if attempts < 0 {
                of_key(&mut lessened);
                lessened.end_row();
            }
        }
    }
    let columns = format!("{MIX_KEY}, attempts");
    added.insert(session, "queue_history_mix", &columns, KeyConflict::Adds { key: MIX_KEY }).await?;
    delete(session, "queue_history_mix", MIX_KEY, &lessened, "AND t.attempts = 0").await
}
