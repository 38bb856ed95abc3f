//! The one list of rows: filtered, ordered, page by page, or as a file of all of them.

use std::ops::ControlFlow;

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::table::TableRow;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::files::FileFormat;
use crate::http::api::answer::{FilePermits, FileShape, FreshnessAnswer, TakeRow, file, tagged};
use crate::http::api::request::{Consistency, Cursor, PageSize, QueryString, RowFormat, RowOrder, invalid};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::{Freshness, Listing, Page, QuestionError, Questions};

/// What is listed, and how its rows are found and answered.
pub trait ListSubject: 'static {
    /// The name in cursors, entity tags and names of files.
    const NAME: &'static str;
    /// Which rows are meant.
    type Filter: Clone + Serialize + Send + 'static;
    type Row: TableRow + Send;
    type Answer: Serialize;

    /// Reads which rows are meant.
    fn filter(query: &mut QueryString, now: UnixMillis) -> Result<Self::Filter, Problem>;

    /// Refuses what no definition in force lets a filter ask.
    fn check(_api: &Api, _filter: &Self::Filter) -> Result<(), Problem> {
        Ok(())
    }

    /// What a file of it looks like.
    fn file(_api: &Api, _filter: &Self::Filter) -> Result<FileShape<Self::Row>, Problem> {
        Ok(FileShape::of_rows())
    }

    /// The parameter, if any, by which the list is about the present moment and has no past.
    fn about_now(_filter: &Self::Filter) -> Option<&'static str> {
        None
    }

    /// Reads one page.
    fn page(
        questions: &Questions,
        listing: &Listing<Self::Filter>,
        limit: usize,
    ) -> Result<Page<Self::Row>, QuestionError>;

    /// Visits every row.
    fn visit(
        questions: &Questions,
        listing: &Listing<Self::Filter>,
        visit: &mut dyn FnMut(Self::Row) -> ControlFlow<()>,
    ) -> Result<Freshness, QuestionError>;

    /// The answer for a page.
    fn answer(rows: Vec<Self::Row>, next_cursor: Option<String>, freshness: FreshnessAnswer) -> Self::Answer;
}

/// Answers with a page of rows, or with a file of all of them.
pub async fn list<S: ListSubject>(
    api: &Api,
    permits: &FilePermits,
    mut query: QueryString,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let cursor = query.text("cursor")?;
    let now = match &cursor {
        Some(cursor) => Cursor::moment(cursor)?,
        None => api.ledger.environment().now(),
    };
    let filter = S::filter(&mut query, now)?;
    let RowOrder { order } = RowOrder::read(&mut query)?;
    let size = PageSize::read(&mut query)?;
    let consistency = Consistency::read(&mut query)?;
    let format = RowFormat::read(&mut query)?;
    query.end()?;
    S::check(api, &filter)?;
    if let (Some(name), Some(_)) = (S::about_now(&filter), consistency.as_of) {
        return Err(invalid(name, "what it asks is about now, so that it goes without `as_of`"));
    }
    let question = (S::NAME, filter.clone(), order, consistency.as_of);
    let after = cursor.map(|text| Cursor::read(&text, &question)).transpose()?.map(|cursor| cursor.after);
    let as_of = consistency.wait(api).await?;
    let listing = Listing { filter, order, after, as_of };
    if let Some(file_format) = format.format {
        return list_as_file::<S>(api, permits, (format, file_format), listing, size.limit).await;
    }
    let limit = size.of_page(&api.limits)?;
    let page = api.ask(move |questions| S::page(questions, &listing, limit))?;
    assert!(page.rows.len() <= limit, "a page is never longer than its limit");
    consistency.check(&page.freshness)?;
    let next_cursor = page.next.map(|after| Cursor { after, now }.write(&question));
    let link = next_cursor.as_deref().map(|cursor| [(header::LINK, query.link_to_next(cursor))]);
    let freshness = FreshnessAnswer::of(page.freshness);
    let answer = S::answer(page.rows, next_cursor, freshness.clone());
    let response = tagged(headers, S::NAME, &freshness, &(question, after, limit), &answer);
    Ok((link, response).into_response())
}

async fn list_as_file<S: ListSubject>(
    api: &Api,
    permits: &FilePermits,
    format: (RowFormat, FileFormat),
    listing: Listing<S::Filter>,
    limit: Option<usize>,
) -> Result<Response, Problem> {
    let mut left = limit.unwrap_or(usize::MAX);
    assert!(left > 0, "a limit of 0 is refused where it is read");
    let FileShape { table, cells } = S::file(api, &listing.filter)?;
    file(
        api,
        permits,
        format,
        table,
        Box::new(move |questions: &Questions, take: TakeRow<'_>| {
            S::visit(questions, &listing, &mut |row| {
                left -= 1;
                let flow = take(&cells(&row));
                if left == 0 { ControlFlow::Break(()) } else { flow }
            })?;
            Ok(())
        }),
    )
    .await
}
