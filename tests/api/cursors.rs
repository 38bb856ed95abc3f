//! Pages: they fit together, and a cursor fits only the question that gave it.

use serde_json::{Value, json};

use crate::api::harness::{NOW, Service};
use crate::api::world::{deliver, named, numbers, world};
use crate::support::http::Answer;

/// Every page from the first on, by the link of each.
fn pages(service: &Service, path: &str) -> Vec<Value> {
    let mut answer = service.ask(path);
    let mut pages = vec![answer.expect(200)];
    while let Some(next) = next_of(&answer) {
        answer = service.get(&next);
        pages.push(answer.expect(200));
    }
    pages
}

fn next_of(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?;
    let (path, rel) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
    assert_eq!(rel, "; rel=\"next\"");
    Some(path.to_owned())
}

#[test]
fn pages_of_every_length_add_up_to_the_whole_list() {
    let service = world();
    for (path, rows, id) in
        [("/v1/attempts", "attempts", "attempt_id"), ("/v1/offers", "offers", "started_at")]
    {
        for order in ["newest", "oldest"] {
            let whole = service.read(&format!("{path}?order={order}"));
            let whole = numbers(&whole[rows], id);
            for limit in 1..=whole.len() + 1 {
                let pages = pages(&service, &format!("{path}?order={order}&limit={limit}"));
                let told: Vec<i64> = pages.iter().flat_map(|page| numbers(&page[rows], id)).collect();
                assert_eq!(told, whole, "{path} {order} {limit}");
                assert_eq!(pages.len(), whole.len().div_ceil(limit), "no empty page ends {path} {limit}");
                let last = pages.last().unwrap();
                assert_eq!(last.get("next_cursor"), None);
            }
        }
    }
}

#[test]
fn pages_as_of_a_position_add_up_too() {
    let service = world();
    for as_of in 0..=11 {
        for (path, rows) in [("/v1/attempts", "attempts"), ("/v1/offers", "offers")] {
            let whole = service.read(&format!("{path}?as_of={as_of}"))[rows].clone();
            let pages = pages(&service, &format!("{path}?as_of={as_of}&limit=1"));
            let told: Vec<&Value> = pages.iter().flat_map(|page| page[rows].as_array().unwrap()).collect();
            assert_eq!(json!(told), whole, "{path} as of {as_of}");
        }
    }
}

#[test]
fn now_stays_what_it_was_on_the_first_page() {
    let service = world();
    let first = service.ask("/v1/attempts?from=now-1m&limit=2&order=oldest");
    assert_eq!(numbers(&first.expect(200)["attempts"], "attempt_id"), [7, 8]);
    service.clock.set(NOW + 35_000);
    let second = service.get(&next_of(&first).unwrap()).expect(200);
    assert_eq!(numbers(&second["attempts"], "attempt_id"), [9, 10]);
}

#[test]
fn rows_that_come_between_pages_neither_repeat_nor_hide_others() {
    let service = world();
    let first = service.ask("/v1/attempts?limit=2");
    assert_eq!(numbers(&first.expect(200)["attempts"], "attempt_id"), [10, 9]);
    deliver(&service, "joined", 11, 40_000, json!({}));
    assert_eq!(numbers(&service.read("/v1/attempts")["attempts"], "attempt_id"), [11, 10, 9, 8, 7]);
    let second = service.show(&next_of(&first).unwrap());
    assert_eq!(numbers(&second["attempts"], "attempt_id"), [8, 7]);
}

#[test]
fn a_cursor_of_another_question_or_an_altered_one_is_answered_400() {
    let service = world();
    let cursor = |query: &str| {
        let page = service.read(query);
        page["next_cursor"].as_str().unwrap_or_else(|| panic!("{query} has one page")).to_owned()
    };
    let own = cursor("/v1/attempts?limit=1&order=oldest");
    service.show(&format!("/v1/attempts?limit=3&order=oldest&cursor={own}"));
    let foreign = [
        cursor("/v1/offers?limit=1&order=oldest"),
        cursor("/v1/attempts?limit=1"),
        cursor("/v1/attempts?limit=1&order=oldest&queue_id=17"),
        cursor("/v1/attempts?limit=1&order=oldest&as_of=11"),
        own[..own.len() - 1].to_owned(),
        own[1..].to_owned(),
        format!("{own}A"),
        own.replace('e', "f"),
        String::new(),
        "7".to_owned(),
        "%00".to_owned(),
        "A".repeat(5_000),
    ];
    for cursor in foreign {
        let answer = service.get(&format!("/v1/attempts?order=oldest&cursor={cursor}"));
        let problem = answer.problem(400, "invalid_cursor");
        assert_eq!(named(&problem), "cursor");
    }
}
