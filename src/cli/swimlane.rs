//! Draws a timeline for a terminal. Letters and signs carry the meaning, colour only repeats it.

mod records;
mod styles;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use attempt_ledger_domain::UnixMillis;
use attempt_ledger_domain::timeline::{
    Certainty, EndedBy, Lane, LaneOwner, Lapse, Phase, PhaseKind, Timeline,
};
use attempt_ledger_projections::calendar::Zone;

use super::clock::{duration, time_of_day};
use super::visible::visible;
use styles::{BOLD, DIM, WARNING};

/// The colour of the word `error:`.
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();

const LABEL_COLUMNS: usize = 24;
const WIDTH_MIN: usize = 60;
const WIDTH_DEFAULT: usize = 100;

/// The columns of the terminal, or a width that fits most pages.
pub(super) fn terminal_width() -> usize {
    let columns = console_columns().unwrap_or(WIDTH_DEFAULT);
    columns.clamp(WIDTH_MIN, 160)
}

fn console_columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

/// The whole picture: what is known, what other attempts share, the lanes, the events, the observations.
pub(super) fn draw(
    timeline: &Timeline,
    as_of: Option<u64>,
    class: Option<&str>,
    links: &[String],
    width: usize,
    zone: Zone,
) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail, here and below.
    let _ = head(&mut out, timeline, as_of, class);
    let _ = links.iter().try_for_each(|link| writeln!(out, "{}", visible(link)));
    let _ = lanes(&mut out, timeline, width.max(WIDTH_MIN), zone);
    let _ = records::entries(&mut out, timeline, zone);
    let _ = records::observations(&mut out, timeline, zone);
    let _ = records::refusals(&mut out, timeline, zone);
    out
}

fn head(out: &mut String, timeline: &Timeline, as_of: Option<u64>, class: Option<&str>) -> std::fmt::Result {
    write!(out, "{BOLD}Attempt {}{BOLD:#}", timeline.attempt_id)?;
    if let Some(queue_type) = timeline.queue_type {
        write!(out, " · {queue_type}")?;
    }
    if let Some(queue_id) = timeline.queue_id {
        write!(out, " · queue {queue_id}")?;
    }
    let state = serde_json::to_value(timeline.state).unwrap_or_default();
    write!(out, " · {}", state.as_str().unwrap_or_default())?;
    if let Some(result) = &timeline.result {
        write!(out, " ({})", visible(result))?;
    }
    if let Some(position) = as_of {
        write!(out, " · as of position {position}")?;
    }
    writeln!(out)?;
    for (name, lapse) in timeline.lapses.named() {
        let text = match lapse {
            Lapse::Known { ms } => duration(ms),
            Lapse::Open => "open".to_owned(),
            Lapse::None => "none".to_owned(),
            Lapse::NotKnown { .. } => "not known".to_owned(),
        };
        write!(out, "{name} {text}   ")?;
    }
    let (by_agent, by_caller) = (timeline.missed_by_agent, timeline.missed_by_caller);
    writeln!(out, "missed {by_agent} by agent, {by_caller} by caller")?;
    writeln!(out, "{}", visible(&end(timeline, class)))?;
    if !timeline.flags.is_empty() {
        writeln!(out, "{WARNING}flags: {}{WARNING:#}", visible(&timeline.flags.join(", ")))?;
    }
    Ok(())
}

/// What became of the attempt, who ended it and why the call was hung up.
fn end(timeline: &Timeline, class: Option<&str>) -> String {
    let ended_by = timeline.ended_by.map_or("not known", EndedBy::name);
    let mut told = vec![format!("class {}", class.unwrap_or("not known")), format!("ended by {ended_by}")];
    told.extend(timeline.call_cause.as_ref().map(|cause| format!("cause {cause}")));
    told.extend(timeline.call_sip_code.map(|code| format!("SIP {code}")));
    told.join("   ")
}

fn lanes(out: &mut String, timeline: &Timeline, width: usize, zone: Zone) -> std::fmt::Result {
    let Some((start, end)) = span(timeline) else { return Ok(()) };
    let columns = width - LABEL_COLUMNS - 2;
    writeln!(out)?;
    let last = time_of_day(end, zone);
    let gap = columns.saturating_sub(time_of_day(start, zone).len() + last.len());
    let (empty, space) = ("", " ".repeat(gap));
    writeln!(out, "{DIM}{empty:LABEL_COLUMNS$}  {}{space}{last}{DIM:#}", time_of_day(start, zone))?;
    for lane in &timeline.lanes {
        let label: String = label(&lane.owner).chars().take(LABEL_COLUMNS).collect();
        let pad = " ".repeat(LABEL_COLUMNS - label.chars().count());
        writeln!(out, "{label}{pad}  {}", bar(lane, start, end, columns))?;
    }
    writeln!(
        out,
        "{DIM}W wait  R ring  T talk  P wrap-up · capital: observed, small: inferred, >: open, \
         !: contradicted{DIM:#}"
    )
}

/// From the first to the last instant that anything is known about.
fn span(timeline: &Timeline) -> Option<(UnixMillis, UnixMillis)> {
    let phases = timeline.lanes.iter().flat_map(|lane| &lane.phases);
    let of_phases = phases.flat_map(|phase| [Some(phase.start), phase.end].into_iter().flatten());
    let counted = timeline.entries.iter().filter(|entry| entry.counted);
    let instants: Vec<UnixMillis> = of_phases.chain(counted.map(|entry| entry.occurred_at)).collect();
    Some((*instants.iter().min()?, *instants.iter().max()?))
}

fn label(owner: &LaneOwner) -> String {
    match owner {
        LaneOwner::Subscriber => "subscriber".to_owned(),
        LaneOwner::Queue => "queue".to_owned(),
        LaneOwner::Agent { agent_id, agent_name } => match (agent_id, agent_name) {
            (Some(id), Some(name)) => format!("agent {id} {}", visible(name)),
            (Some(id), None) => format!("agent {id}"),
            (None, _) => "agent not known".to_owned(),
        },
    }
}

fn bar(lane: &Lane, start: UnixMillis, end: UnixMillis, columns: usize) -> String {
    let span_ms = end.since(start).max(1);
    let column = |at: UnixMillis| {
        let scaled = u128::from(at.since(start)) * columns as u128 / u128::from(span_ms);
        usize::try_from(scaled).unwrap_or(columns).min(columns)
    };
    let mut cells: Vec<Option<&Phase>> = vec![None; columns];
    for phase in &lane.phases {
        let from = column(phase.start).min(columns - 1);
        let to = phase.end.map_or(columns, column).max(from + 1);
        cells[from..to].fill(Some(phase));
    }
    let mut out = String::new();
    let mut index = 0;
    while index < columns {
        let phase = cells[index];
        let same = |other: &&Option<&Phase>| match (phase, **other) {
            (Some(left), Some(right)) => std::ptr::eq(left, right),
            (None, None) => true,
            _ => false,
        };
        let length = cells[index..].iter().take_while(same).count();
        match phase {
            Some(phase) => out.push_str(&stretch(phase, length)),
            None => out.push_str(&format!("{DIM}{}{DIM:#}", "·".repeat(length))),
        }
        index += length;
    }
    out
}

/// One phase: its letter repeated, its length in the middle when there is room.
fn stretch(phase: &Phase, length: usize) -> String {
    let (letter, style) = match phase.kind {
        PhaseKind::Wait => ('W', AnsiColor::Yellow),
        PhaseKind::Ring => ('R', AnsiColor::Cyan),
        PhaseKind::Talk => ('T', AnsiColor::Green),
        PhaseKind::Wrap => ('P', AnsiColor::Magenta),
    };
    let style = style.on_default();
    let letter = match phase.certainty {
        Certainty::Inferred => letter.to_ascii_lowercase(),
        _ => letter,
    };
    let mut text: Vec<char> = vec![letter; length];
    let figure = format!(" {} ", phase.duration_ms.map_or_else(|| "…".to_owned(), duration));
    let figure_length = figure.chars().count();
    if length >= figure_length + 4 {
        let from = (length - figure_length) / 2;
        text.splice(from..from + figure_length, figure.chars());
    }
    match phase.certainty {
        Certainty::Contradicted => text[length - 1] = '!',
        _ if phase.end.is_none() => text[length - 1] = '>',
        Certainty::Observed | Certainty::Inferred | Certainty::Open => {}
    }
    format!("{style}{}{style:#}", text.into_iter().collect::<String>())
}
