//! The records below the lanes: deliveries, observations, and what was refused without a place in time.

use std::fmt::Write as _;

use anstyle::Style;
use attempt_ledger_domain::EventKind;
use attempt_ledger_domain::timeline::{
    DeliveryOutcome, MissedBy, Timeline, TimelineEntry, TimelineObservation,
};
use attempt_ledger_projections::calendar::Zone;

use super::styles::{BOLD, WARNING};
use crate::cli::clock::{duration, stamp};
use crate::cli::visible::visible;

pub(super) fn entries(out: &mut String, timeline: &Timeline, zone: Zone) -> std::fmt::Result {
    writeln!(out)?;
    writeln!(
        out,
        "{BOLD}{:<24} {:<11} {:>8} {:<9} {:<22} notes{BOLD:#}",
        format!("occurred ({zone})"),
        "event",
        "agent",
        "recorded",
        "record"
    )?;
    for entry in &timeline.entries {
        row(out, entry, zone)?;
    }
    Ok(())
}

fn row(out: &mut String, entry: &TimelineEntry, zone: Zone) -> std::fmt::Result {
    let agent = entry.agent_id.map(|id| id.to_string()).unwrap_or_default();
    let record = match &entry.arrival {
        DeliveryOutcome::Recorded { revision } => format!("rev {revision} · pos {}", entry.position),
        DeliveryOutcome::Refused { .. } => format!("refused · pos {}", entry.position),
    };
    let mut notes = Vec::new();
    notes.extend(entry.missed_by.map(|who| format!("missed by {}", MissedBy::name(who))));
    notes.extend(entry.cc_result.as_ref().map(|result| format!("result {result}")));
    notes.extend(entry.call_cause.as_ref().map(|cause| format!("cause {cause}")));
    notes.extend(entry.call_sip_code.map(|code| format!("SIP {code}")));
    let refused_by = match &entry.arrival {
        DeliveryOutcome::Refused { rule, dismissed } => {
            notes.push(format!("refused by {rule}{}", if *dismissed { ", dismissed" } else { "" }));
            Some(*rule)
        }
        DeliveryOutcome::Recorded { .. } => None,
    };
    match entry.set_aside_by {
        None if refused_by.is_some() => notes.push("counted".to_owned()),
        None => {}
        Some(rule) if refused_by == Some(rule) => notes.push("not counted".to_owned()),
        Some(rule) => notes.push(format!("not counted by {rule}")),
    }
    notes.extend(entry.corrects.map(|refusal_id| format!("corrects {refusal_id}")));
    notes.extend(entry.flags.iter().cloned());
    let style = if entry.counted { Style::new() } else { WARNING };
    let delay = format!("+{}", duration(entry.recorded_at.since(entry.occurred_at)));
    writeln!(
        out,
        "{style}{:<24} {:<11} {agent:>8} {delay:<9} {record:<22} {}{style:#}",
        stamp(entry.occurred_at, zone),
        entry.event.name(),
        visible(&notes.join(", "))
    )
}

/// What was refused without a place in time, or has an event in its place since.
pub(super) fn refusals(out: &mut String, timeline: &Timeline, zone: Zone) -> std::fmt::Result {
    if timeline.refusals.is_empty() {
        return Ok(());
    }
    let recorded = format!("recorded ({zone})");
    writeln!(out, "\n{BOLD}{recorded:<24} {:<22} {:<20} refused by{BOLD:#}", "refusal", "event")?;
    for one in &timeline.refusals {
        let event = one.event.map_or("none of the eight", EventKind::name);
        let settled = match (one.replayed, one.dismissed) {
            (true, _) => ", replayed",
            (_, true) => ", dismissed",
            _ => "",
        };
        let (place, rule) = (format!("pos {}", one.position), one.rule);
        let recorded = stamp(one.recorded_at, zone);
        writeln!(out, "{recorded:<24} {place:<22} {event:<20} {rule}{settled}: {}", one.id)?;
    }
    if timeline.has_more_refusals {
        writeln!(out, "there are more: attempt-ledger refusals list --attempt-id {}", timeline.attempt_id)?;
    }
    Ok(())
}

/// What is no event stands apart: no lane shows it.
pub(super) fn observations(out: &mut String, timeline: &Timeline, zone: Zone) -> std::fmt::Result {
    if timeline.observations.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let occurred = format!("occurred ({zone})");
    writeln!(
        out,
        "{BOLD}{occurred:<24} {:<20} {:<9} {:<22} fields{BOLD:#}",
        "observation", "recorded", "record"
    )?;
    timeline.observations.iter().try_for_each(|one| observation_row(out, one, zone))
}

fn observation_row(out: &mut String, one: &TimelineObservation, zone: Zone) -> std::fmt::Result {
    let said = one.fields.iter().map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name} {text}"),
        None => format!("{name} {value}"),
    });
    let notes: Vec<String> = said.chain(one.flags.iter().cloned()).collect();
    let delay = format!("+{}", duration(one.recorded_at.since(one.occurred_at)));
    writeln!(
        out,
        "{:<24} {:<20} {delay:<9} {:<22} {}",
        stamp(one.occurred_at, zone),
        one.observation.name(),
        format!("pos {}", one.position),
        visible(&notes.join(", "))
    )
}
