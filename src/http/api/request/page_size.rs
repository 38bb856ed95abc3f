//! How many rows come at once.

use utoipa::IntoParams;

use super::parameter::invalid;
use super::query_string::QueryString;
use crate::http::problem::Problem;
use crate::limits::{Limits, NUMBERED_PAGE_MAX};

/// The rows of a page.
#[derive(Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageSize {
    /// The most rows of the page. A file holds every row unless this is given.
    pub limit: Option<usize>,
}

impl PageSize {
    /// Reads it. Files may be longer than pages.
    pub fn read(query: &mut QueryString) -> Result<Self, Problem> {
        let limit = query.number("limit")?;
        if limit == Some(0) {
            return Err(invalid("limit", "it must be at least 1"));
        }
        Ok(Self { limit })
    }

    /// The rows of a page of JSON.
    pub fn of_page(self, limits: &Limits) -> Result<usize, Problem> {
        page_limit(self.limit, limits)
    }
}

/// Which part of a list by number is asked for.
#[derive(Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NumberedPart {
    /// From an earlier page's `next_cursor`.
    #[param(value_type = Option<String>)]
    pub cursor: Option<i64>,
    /// The most rows of the page, 1 to 10 000, and so many when it is left out.
    pub limit: Option<usize>,
}

impl NumberedPart {
    pub fn read(query: &mut QueryString) -> Result<Self, Problem> {
        Ok(Self { cursor: query.number("cursor")?, limit: query.number("limit")? })
    }

    pub fn limit(self) -> Result<usize, Problem> {
        match self.limit {
            None => Ok(NUMBERED_PAGE_MAX),
            Some(limit) if (1..=NUMBERED_PAGE_MAX).contains(&limit) => Ok(limit),
            Some(_) => Err(invalid("limit", &format!("it must be 1 to {NUMBERED_PAGE_MAX}"))),
        }
    }
}

/// The rows of a page.
pub fn page_limit(stated: Option<usize>, limits: &Limits) -> Result<usize, Problem> {
    match stated {
        None => Ok(limits.page_limit_default),
        Some(limit) if (1..=limits.page_limit_max).contains(&limit) => Ok(limit),
        Some(_) => Err(invalid("limit", &format!("it must be 1 to {}", limits.page_limit_max))),
    }
}
