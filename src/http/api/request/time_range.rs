//! Stretches of time.

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::calendar::{Range, Zone, parse_instant};
use serde::Serialize;
use utoipa::IntoParams;

use super::parameter::{calendar_fault, invalid};
use super::query_string::QueryString;
use crate::http::problem::Problem;

/// A stretch of time, either end of which may be left out.
#[derive(Clone, Debug, IntoParams, Serialize)]
#[into_params(parameter_in = Query)]
pub struct TimeRange {
    #[doc = "The first instant that counts: RFC 3339, milliseconds since 1970, a date or a date and time in \
             `timezone`,\n`today`, `yesterday`, `now`, or `now-7d` (m, h, d)."]
    #[param(value_type = Option<String>)]
    pub from: Option<UnixMillis>,
    /// The first instant that does not count any more, in the same forms.
    #[param(value_type = Option<String>)]
    pub to: Option<UnixMillis>,
    /// The IANA name of the time zone in which dates are meant; UTC when left out.
    #[param(value_type = Option<String>)]
    pub timezone: Zone,
}

impl TimeRange {
    pub fn read(query: &mut QueryString, now: UnixMillis) -> Result<Self, Problem> {
        let timezone = match query.text("timezone")? {
            Some(text) => text.parse().map_err(|error| calendar_fault("timezone", &error))?,
            None => Zone::UTC,
        };
        let mut instant = |name: &str| {
            let text = query.text(name)?;
            text.map(|text| parse_instant(&text, timezone, now).map_err(|error| calendar_fault(name, &error)))
                .transpose()
        };
        let (from, to) = (instant("from")?, instant("to")?);
        if let (Some(from), Some(to)) = (from, to) {
            Range::new(from, to).map_err(|error| calendar_fault("to", &error))?;
        }
        Ok(Self { from, to, timezone })
    }

    /// The range, both ends of which this route needs.
    pub fn bounded(&self) -> Result<Range, Problem> {
        let missing = |name, instance: &str| {
            invalid(name, "it is needed here").with_hint(format!("Say for instance `{name}={instance}`."))
        };
        let from = self.from.ok_or_else(|| missing("from", "now-7d"))?;
        let to = self.to.ok_or_else(|| missing("to", "now"))?;
        Range::new(from, to).map_err(|error| calendar_fault("to", &error))
    }

    /// The range with an end for each that is left out.
    pub fn open_ended(&self) -> Option<std::ops::Range<UnixMillis>> {
        if self.from.is_none() && self.to.is_none() {
            return None;
        }
        Some(self.from.unwrap_or(UnixMillis(i64::MIN))..self.to.unwrap_or(UnixMillis(i64::MAX)))
    }
}
