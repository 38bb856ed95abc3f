//! The schema: how many migrations there are, and the statements about projections that both databases
//! understand.

use super::layout::tables;
use crate::projection::Projection;

// The build script lists every `V…__….sql` under `migrations/`, in the order of their numbers.
include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The schema that this program writes: the number of migrations, of which each database has its own.
#[expect(clippy::cast_possible_truncation, reason = "there are few")]
pub(crate) const SCHEMA_VERSION: u32 = SQLITE_MIGRATIONS.len() as u32;
const _: () = assert!(
    SQLITE_MIGRATIONS.len() == POSTGRES_MIGRATIONS.len(),
    "a migration for one database needs its twin for the other"
);

/// Names a projection that the table of projections may not know.
pub(crate) fn introduce(projection: Projection) -> String {
    format!(
        "INSERT INTO projections (name, version, position, recorded_at) VALUES ('{}', {}, 0, 0) \
         ON CONFLICT DO NOTHING",
        projection.name(),
        projection.version()
    )
}

/// Empties a projection's tables and sets its checkpoint to the beginning.
pub(crate) fn reset(projection: Projection) -> String {
    let name = projection.name();
    // Not TRUNCATE: readers that look at the rows keep them.
    let emptied: String = tables(projection).iter().map(|table| format!("DELETE FROM {table}; ")).collect();
    format!(
        "{emptied}DELETE FROM runaways WHERE projection = '{name}'; \
         UPDATE projections SET version = {}, position = 0, recorded_at = 0, \
         failed_position = NULL, failed_record_id = NULL, failure = NULL WHERE name = '{name}'",
        projection.version(),
    )
}

/// What an agent's row becomes when a report meets it: the greater of two reports stays, one with a name
/// first, then by time, then by name. The table is called `t`.
pub(crate) const GREATER_REPORT: &str = "\
    ON CONFLICT (agent_id) DO UPDATE SET agent_name = excluded.agent_name, \
        last_seen_at = excluded.last_seen_at \
    WHERE (excluded.agent_name IS NOT NULL, excluded.last_seen_at, coalesce(excluded.agent_name, '')) \
        > (t.agent_name IS NOT NULL, t.last_seen_at, coalesce(t.agent_name, ''))";

/// What a link becomes when the same one meets it: the first record counts. The table is called `t`.
pub(crate) const EARLIER_LINK: &str = "\
    ON CONFLICT (kind, id, attempt_id) DO UPDATE SET first_position = excluded.first_position \
    WHERE excluded.first_position < t.first_position";

/// What the count of a hook becomes when more arrives. The table is called `t`.
pub(crate) const MORE_HOOKS: &str = "\
    ON CONFLICT (queue_id, queue_type, event) DO UPDATE SET \
        deliveries = t.deliveries + excluded.deliveries, refusals = t.refusals + excluded.refusals, \
        last_recorded_at = CASE WHEN excluded.last_recorded_at > t.last_recorded_at \
            THEN excluded.last_recorded_at ELSE t.last_recorded_at END";

#[cfg(test)]
mod tests {
    use attempt_ledger_projections::table::{TableColumn, TableRow, newest_column};
    use attempt_ledger_projections::{
        AgentRow, AttemptRow, HookRow, LinkRow, OfferRow, QueueRow, RefusalRow,
    };

    use super::*;

    fn added_by<R: TableRow>(schema: u32) -> Vec<&'static str> {
        R::COLUMNS
            .iter()
            .filter(|column| column.since == schema)
            .map(|column: &TableColumn<R>| column.name)
            .collect()
    }

    #[test]
    fn every_column_is_added_by_the_migration_that_it_names() {
        for migrations in [SQLITE_MIGRATIONS, POSTGRES_MIGRATIONS] {
            for (schema, migration) in (1..).zip(migrations) {
                let added = [
                    added_by::<AttemptRow>(schema),
                    added_by::<OfferRow>(schema),
                    added_by::<AgentRow>(schema),
                    added_by::<QueueRow>(schema),
                    added_by::<RefusalRow>(schema),
                    added_by::<LinkRow>(schema),
                    added_by::<HookRow>(schema),
                ]
                .concat();
                for column in added {
                    assert!(migration.contains(&format!(" {column} ")), "V{schema} adds no {column}");
                }
            }
        }
        let newest = [
            newest_column::<AttemptRow>(),
            newest_column::<OfferRow>(),
            newest_column::<AgentRow>(),
            newest_column::<QueueRow>(),
            newest_column::<RefusalRow>(),
            newest_column::<LinkRow>(),
            newest_column::<HookRow>(),
        ];
        assert!(newest.into_iter().max() <= Some(SCHEMA_VERSION), "a column is newer than every migration");
    }
}
