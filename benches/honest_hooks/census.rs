//! Which hooks the ledger has in the end.

use std::collections::HashSet;
use std::thread::park_timeout;
use std::time::Duration;

use memchr::memmem;

use crate::dialer::NUMBER;
use crate::service::Service;

const PAGE_LIMIT: u64 = 1_000;
/// The log stands still when it did not grow for so long: what still waits has been recorded by then.
const STILL: Duration = Duration::from_secs(2);
/// How often growth is looked for. A log that grows all the time is read as it is.
const LOOKS: usize = 60;

/// The numbers of the hooks after a position that are recorded, or refused and kept.
pub fn hooks_kept(service: &Service, after: u64) -> HashSet<u32> {
    wait_for_rest(service);
    let mut kept = HashSet::new();
    let mut after = after;
    loop {
        let path = format!("/v1/events?after={after}&limit={PAGE_LIMIT}");
        let page = service.get(&path, "application/x-ndjson");
        if page.is_empty() {
            break;
        }
        note_numbers(&page, &mut kept);
        // Positions have no gaps, and each line is one record.
        after += memchr::memchr_iter(b'\n', &page).count() as u64;
    }
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/refusals?limit={PAGE_LIMIT}{cursor}");
        let page = service.show(&path);
        note_numbers(page["refusals"].to_string().as_bytes(), &mut kept);
        let Some(next) = page["next_cursor"].as_str() else { return kept };
        cursor = format!("&cursor={next}");
    }
}

fn wait_for_rest(service: &Service) {
    let mut head = service.head();
    for _ in 0..LOOKS {
        park_timeout(STILL);
        let before = std::mem::replace(&mut head, service.head());
        if head == before {
            return;
        }
    }
    eprintln!("the log still grows");
}

/// Bodies are returned as they came: each has its number behind the variable's name, in quotes.
fn note_numbers(page: &[u8], kept: &mut HashSet<u32>) {
    for at in memmem::find_iter(page, NUMBER) {
        let behind = page[at + NUMBER.len()..].iter();
        let digits =
            behind.skip_while(|sign| !sign.is_ascii_digit()).take_while(|sign| sign.is_ascii_digit());
        kept.insert(digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0')));
    }
}
