//! What a question for a history may choose.

use attempt_ledger_projections::calendar::Interval;
use attempt_ledger_projections::history::Attribution;
use attempt_ledger_projections::metrics::{
    Definition, HistoryKind, Operator, Policy, Thresholds, find, metrics_of,
};
use utoipa::IntoParams;

use super::parameter::{calendar_fault, invalid, whole_number};
use super::query_string::QueryString;
use crate::http::problem::Problem;
use crate::limits::ABANDONED_IN_MAX;
use crate::queries::ParameterOverrides;

/// Which numbers are asked for, and how they are measured.
#[derive(Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    #[doc = "The length of a bucket: PT15M, PT30M, PT1H (the default), PT2H … PT12H, P1D, P7D or P1M. Days, \
             weeks and\nmonths follow the clock of `timezone`."]
    #[param(value_type = Option<String>)]
    pub interval: Interval,
    #[doc = "Which bucket a value falls into: `start` (the default; all values of an attempt at its \
             joining), `emit` (each\nat the event that produces it) or `end` (all at Leaving)."]
    #[param(value_type = Option<String>)]
    pub attribution: Attribution,
    /// The wait within which an answer meets the service level; else as each queue is defined, else 20 000.
    pub threshold_ms: Option<u64>,
    /// Whether a wait has to be below a threshold (`lt`) or may be equal (`lte`, the default).
    #[param(value_type = Option<String>)]
    pub operator: Option<Operator>,
    #[doc = "What the service level is divided by; every policy's ratio stands beside it. \
             `abandons_negative` when left out."]
    #[param(value_type = Option<String>)]
    pub policy: Option<Policy>,
    /// The wait up to which an abandon is short; else as each queue is defined.
    pub short_abandon_ms: Option<u64>,
    #[doc = "A wait for which abandons are counted; may be given several times, at most 20. 5, 10, 20, 30 \
             and 60 seconds when\nleft out."]
    #[param(value_type = Option<Vec<u64>>)]
    pub abandoned_in_ms: Vec<u64>,
    #[doc = "The metrics that are asked for, with commas between; all of them when left out. \
             GET /v1/metrics lists them."]
    #[param(value_type = Option<String>)]
    pub metrics: Vec<&'static Definition>,
}

impl HistoryQuery {
    pub fn read(query: &mut QueryString, whose: HistoryKind) -> Result<Self, Problem> {
        let interval = match query.text("interval")? {
            Some(text) => text.parse().map_err(|error| calendar_fault("interval", &error))?,
            None => Interval::HOUR,
        };
        let operators = [Operator::LessThan, Operator::AtMost];
        Ok(Self {
            interval,
            attribution: query
                .one_of("attribution", &Attribution::ALL, Attribution::name)?
                .unwrap_or_default(),
            threshold_ms: query.number("threshold_ms")?,
            operator: query.one_of("operator", &operators, Operator::name)?,
            policy: query.one_of("policy", &Policy::ALL, Policy::name)?,
            short_abandon_ms: query.number("short_abandon_ms")?,
            abandoned_in_ms: read_abandoned_in(query)?,
            metrics: read_metrics(query, whose)?,
        })
    }

    /// What it says about parameters.
    pub fn wishes(&self) -> ParameterOverrides {
        let abandoned_in_ms = Some(self.abandoned_in_ms.clone()).filter(|waits| !waits.is_empty());
        ParameterOverrides {
            thresholds: Thresholds {
                service_level_ms: self.threshold_ms,
                short_abandon_ms: self.short_abandon_ms,
            },
            operator: self.operator,
            policy: self.policy,
            abandoned_in_ms,
        }
    }
}

fn read_abandoned_in(query: &mut QueryString) -> Result<Vec<u64>, Problem> {
    let name = "abandoned_in_ms";
    let mut waits = Vec::new();
    for text in query.all(name) {
        waits.push(whole_number(name, &text)?);
    }
    if waits.len() > ABANDONED_IN_MAX {
        return Err(invalid(name, &format!("it may be given {ABANDONED_IN_MAX} times")));
    }
    waits.sort_unstable();
    waits.dedup();
    Ok(waits)
}

fn read_metrics(query: &mut QueryString, whose: HistoryKind) -> Result<Vec<&'static Definition>, Problem> {
    let Some(text) = query.text("metrics")? else { return Ok(metrics_of(whose).collect()) };
    let mut metrics: Vec<&'static Definition> = Vec::new();
    for key in text.split(',') {
        let metric = metric("metrics", key, whose)?;
        if !metrics.iter().any(|other| other.key == metric.key) {
            metrics.push(metric);
        }
    }
    Ok(metrics)
}

/// The questions about one metric that take the place of its history.
#[derive(Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    #[doc = "A metric's key, or `true` beside one metric in `metrics`: the answer is which attempts make up \
             its value over the\nwhole range, and which were left out."]
    #[param(value_type = Option<String>)]
    pub explain: Option<&'static Definition>,
    /// With `explain`: a log position. The answer is why the value is not what it was there.
    pub changed_since: Option<u64>,
    /// With `explain`: `false` lists only what counts. What was left out stands after it.
    pub left_out: Option<bool>,
}

impl ExplainQuery {
    pub fn read(
        query: &mut QueryString,
        whose: HistoryKind,
        metrics: &[&'static Definition],
    ) -> Result<Self, Problem> {
        let explain = match (query.text("explain")?.as_deref(), metrics) {
            (None | Some("false"), _) => None,
            (Some("true"), [one]) => Some(*one),
            (Some("true"), _) => {
                return Err(invalid("explain", "say explain=METRIC, or one metric in `metrics`"));
            }
            (Some(key), _) => Some(metric("explain", key, whose)?),
        };
        let changed_since = query.number("changed_since")?;
        if changed_since.is_some() && explain.is_none() {
            return Err(invalid("changed_since", "it goes with explain=METRIC"));
        }
        let left_out = query.flag("left_out")?;
        if left_out.is_some() && (explain.is_none() || changed_since.is_some()) {
            return Err(invalid("left_out", "it goes with explain=METRIC, without `changed_since`"));
        }
        Ok(Self { explain, changed_since, left_out })
    }
}

/// The metric with a key.
pub fn metric(name: &str, key: &str, whose: HistoryKind) -> Result<&'static Definition, Problem> {
    let of = match whose {
        HistoryKind::Queue => "a queue's",
        HistoryKind::Agent => "an agent's",
    };
    find(key).filter(|metric| metric.histories.contains(&whose)).ok_or_else(|| {
        invalid(name, &format!("there is no such metric in {of} history"))
            .with_hint("GET /v1/metrics lists them.")
    })
}
