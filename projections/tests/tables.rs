//! The document of the tables lists the columns that rows declare.

use attempt_ledger_projections::table::{TableRow, to_markdown};
use attempt_ledger_projections::{AgentRow, AttemptRow, HookRow, LinkRow, OfferRow, QueueRow, RefusalRow};

/// The page with the columns of one table put in their place.
fn with_columns<R: TableRow>(page: &str) -> String {
    let head = format!("\n## `{}`\n", R::TABLE);
    let section = page.find(&head).expect("the page has a section for each table") + head.len();
    let begin = section + page[section..].find("| column |").expect("a section has a table");
    let end = begin + page[begin..].find("\n\n").expect("something follows a table") + 1;
    format!("{}{}{}", &page[..begin], to_markdown::<R>(), &page[end..])
}

#[test]
fn the_document_of_the_tables_lists_their_columns() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/read-models.md");
    let written = std::fs::read_to_string(path).unwrap();
    let page = with_columns::<AttemptRow>(&written);
    let page = with_columns::<OfferRow>(&page);
    let page = with_columns::<AgentRow>(&page);
    let page = with_columns::<QueueRow>(&page);
    let page = with_columns::<RefusalRow>(&page);
    let page = with_columns::<LinkRow>(&page);
    let page = with_columns::<HookRow>(&page);
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert!(written == page, "docs/read-models.md is not the tables; hint: UPDATE_DOCUMENTS=1 cargo test");
}
