//! Groups of parameters that several routes share.

use std::time::Duration;

use attempt_ledger_domain::{Position, UnixMillis};
use attempt_ledger_projections::calendar::{Range, Zone, parse_instant};
use serde::Serialize;
use utoipa::IntoParams;

use super::Api;
use super::asked::{Asked, calendar_fault};
use super::freshness::FreshnessAnswer;
use super::parameters::{as_of, invalid, page_limit};
use crate::http::problem::Problem;
use crate::limits::Limits;
use crate::queries::QuestionError;
use crate::read_store::Order;

/// Up to when the answer speaks.
#[derive(Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KnownAt {
    /// A log position: the answer is what the ledger knew there, whatever came later.
    pub as_of: Option<u64>,
    /// A log position that the answer has to contain: the service waits for its read models, and answers 503
    /// `not_yet` when they do not get there in time. Take it from `Ledger-Position` to read your own write.
    pub min_position: Option<u64>,
}

impl KnownAt {
    /// Takes them.
    ///
    /// # Errors
    /// A 400 problem that names the parameter.
    pub fn take(asked: &mut Asked) -> Result<Self, Problem> {
        Ok(Self { as_of: asked.number("as_of")?, min_position: asked.number("min_position")? })
    }

    /// Waits until the read models contain what is asked for, and tells the position of the past, if one is asked for.
    ///
    /// # Errors
    /// 400 for a past that is not yet, 503 when the read models do not get there in time.
    pub async fn reached(self, api: &Api) -> Result<Option<Position>, Problem> {
        let past = self.as_of.map(|stated| as_of(Some(stated), api.ledger.log().head())).transpose()?;
        let wanted = past.max(self.min_position.map(Position));
        if let Some(wanted) = wanted {
            let patience = Duration::from_millis(api.limits.min_position_wait_ms);
            api.questions.wait_for(wanted, patience).await?;
        }
        Ok(past)
    }

    /// Whether an answer contains what it has to: one of a read model that stopped may not, however long one waits.
    ///
    /// # Errors
    /// 503 when it does not.
    pub fn is_in(self, freshness: &FreshnessAnswer) -> Result<(), Problem> {
        let position = Position(freshness.position);
        match self.min_position.map(Position) {
            Some(wanted) if self.as_of.is_none() && wanted > position => {
                let problem = Problem::from(QuestionError::NotYet { wanted, position });
                Err(if freshness.stopped.is_some() {
                    problem.without_retry().with_hint(
                        "A read model stopped at an event, and waiting does not help: GET /v1/projections tells which \
                         event; mend the cause and rebuild.",
                    )
                } else {
                    problem
                })
            }
            _ => Ok(()),
        }
    }
}

/// A stretch of time, either end of which may be left out.
#[derive(Clone, Debug, IntoParams, Serialize)]
#[into_params(parameter_in = Query)]
pub struct Within {
    /// The first instant that counts: RFC 3339, milliseconds since 1970, a date or a date and time in `timezone`,
    /// `now`, or `now-7d` (m, h, d).
    #[param(value_type = Option<String>)]
    pub from: Option<UnixMillis>,
    /// The first instant that does not count any more, in the same forms.
    #[param(value_type = Option<String>)]
    pub to: Option<UnixMillis>,
    /// The IANA name of the time zone in which dates are meant; UTC when left out.
    #[param(value_type = Option<String>)]
    pub timezone: Zone,
}

impl Within {
    /// Takes them.
    ///
    /// # Errors
    /// A 400 problem that names the parameter.
    pub fn take(asked: &mut Asked, now: UnixMillis) -> Result<Self, Problem> {
        let timezone = match asked.text("timezone")? {
            Some(text) => text.parse().map_err(|error| calendar_fault("timezone", &error))?,
            None => Zone::UTC,
        };
        let mut instant = |name: &str| {
            let text = asked.text(name)?;
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
    ///
    /// # Errors
    /// A 400 problem that names the end that is missing.
    pub fn both(&self) -> Result<Range, Problem> {
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

/// The rows of a page.
#[derive(Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageSize {
    /// The most rows of the page. A file holds every row unless this is given.
    pub limit: Option<usize>,
}

impl PageSize {
    /// Takes it. Files may be longer than pages.
    ///
    /// # Errors
    /// A 400 problem that names the parameter.
    pub fn take(asked: &mut Asked) -> Result<Self, Problem> {
        let limit = asked.number("limit")?;
        if limit == Some(0) {
            return Err(invalid("limit", "it must be at least 1"));
        }
        Ok(Self { limit })
    }

    /// The rows of a page of JSON.
    ///
    /// # Errors
    /// A 400 problem when it is more than a page may have.
    pub fn of_page(self, limits: &Limits) -> Result<usize, Problem> {
        page_limit(self.limit, limits)
    }
}

/// In which order rows come.
#[derive(Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Ordering {
    /// `newest` (the default) or `oldest` first.
    #[param(value_type = Option<String>)]
    pub order: Order,
}

impl Ordering {
    /// Takes it.
    ///
    /// # Errors
    /// A 400 problem that names the parameter.
    pub fn take(asked: &mut Asked) -> Result<Self, Problem> {
        let name_of = |order| match order {
            Order::NewestFirst => "newest",
            Order::OldestFirst => "oldest",
        };
        let order = asked.one_of("order", &[Order::NewestFirst, Order::OldestFirst], name_of)?;
        Ok(Self { order: order.unwrap_or_default() })
    }
}
