//! What holds for every dashboard before it is asked anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use attempt_ledger_projections::metrics;
use serde_json::Value;

use crate::dashboards::boards::{Board, INFINITY, PROMETHEUS, asked, boards, list, substitute, text};
use crate::support::repository;

#[test]
fn dashboards_have_a_uid_a_title_and_a_description_of_their_own() {
    let boards = boards();
    assert_eq!(
        boards.iter().map(|it| it.file.as_str()).collect::<Vec<_>>(),
        ["agents.json", "operations.json", "queues.json"]
    );
    for member in ["/uid", "/title", "/description"] {
        let values: BTreeSet<&str> = boards.iter().map(|board| text(&board.json, member)).collect();
        assert_eq!(values.len(), boards.len(), "{member} must differ: {values:?}");
        assert!(values.iter().all(|value| !value.trim().is_empty()));
    }
}

#[test]
fn panels_have_ids_of_their_own_explain_themselves_and_lead_on() {
    for board in boards() {
        let file = &board.file;
        let ids: Vec<i64> =
            list(&board.json, "/panels").iter().map(|panel| panel["id"].as_i64().expect("an id")).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{file}: ids {ids:?}");
        for panel in board.panels() {
            let title = text(panel, "/title");
            assert!(
                text(panel, "/description").len() > 60,
                "{file}, {title}: the description says too little"
            );
            assert!(!Board::links(panel).is_empty(), "{file}, {title}: nothing leads to what is behind it");
            assert!(!list(panel, "/targets").is_empty(), "{file}, {title}: nothing is asked");
        }
    }
}

#[test]
fn panels_do_not_lie_on_each_other() {
    for board in boards() {
        let mut taken: BTreeMap<(u64, u64), &str> = BTreeMap::new();
        for panel in list(&board.json, "/panels") {
            let at = |name: &str| panel["gridPos"][name].as_u64().expect("a place");
            assert!(at("x") + at("w") <= 24, "{}: {} is too wide", board.file, panel["title"]);
            for cell in
                (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y)))
            {
                let other = taken.insert(cell, text(panel, "/title"));
                assert_eq!(other, None, "{}: {} lies on another", board.file, panel["title"]);
            }
        }
    }
}

#[test]
fn data_sources_are_those_that_are_provisioned() {
    let provisioned = repository("deploy/grafana/provisioning/datasources/attempt-ledger.yaml");
    let provisioned = fs::read_to_string(provisioned).unwrap();
    for uid in [INFINITY, PROMETHEUS] {
        assert!(provisioned.contains(&format!("uid: {uid}\n")), "{uid} is not provisioned");
    }
    for board in boards() {
        let targets = board.panels().flat_map(|panel| list(panel, "/targets"));
        for source in targets.chain(board.variables()).filter_map(|one| one.get("datasource")) {
            let expected = match text(source, "/uid") {
                INFINITY => "yesoreyeram-infinity-datasource",
                PROMETHEUS => "prometheus",
                other => panic!("{}: the data source {other} is not provisioned", board.file),
            };
            assert_eq!(source["type"], expected, "{}", board.file);
        }
    }
}

/// Alerts are judged by Grafana's server, which has no parser but this.
#[test]
fn questions_are_parsed_by_the_server_and_name_their_columns() {
    for board in boards() {
        for (panel, question) in board.questions() {
            let place = format!("{}, {panel}", board.file);
            assert_eq!(question["parser"], "backend", "{place}");
            assert_eq!(question["type"], "json", "{place}");
            assert_eq!(question["url_options"]["method"], "GET", "{place}");
            let columns = list(question, "/columns");
            let names: BTreeSet<&str> = columns.iter().map(|column| text(column, "/text")).collect();
            assert_eq!(names.len(), columns.len(), "{place}: two columns of one name");
            assert!(!names.is_empty(), "{place}: no columns");
        }
    }
}

#[test]
fn every_variable_is_defined_and_used() {
    for board in boards() {
        let mut known = board.defaults();
        for name in ["__from", "__to", "__value.raw", "__data.fields.attempt"] {
            known.insert(name.to_owned(), "1".to_owned());
        }
        let questions = board.questions().into_iter().map(|(_, question)| asked(question));
        let links = board.panels().flat_map(Board::links).map(str::to_owned);
        let mut used: Vec<String> = questions.chain(links).collect();
        for template in &used {
            substitute(template, &known).unwrap_or_else(|problem| panic!("{}: {problem}", board.file));
        }
        used.extend(
            board
                .expressions()
                .into_iter()
                .map(|(_, expression)| expression.replace("$instance", "${instance}")),
        );
        for variable in board.variables() {
            let name = format!("${{{}}}", text(variable, "/name"));
            assert!(used.iter().any(|one| one.contains(&name)), "{}: nobody uses {name}", board.file);
            assert!(text(variable, "/description").len() > 10, "{}: {name} is not described", board.file);
        }
    }
}

#[test]
fn what_a_history_panel_shows_is_what_it_asks_for() {
    for board in boards() {
        for (panel, question) in board.questions() {
            let named = |one: &&Value| one["key"] == "metrics";
            let Some(parameter) = list(question, "/url_options/params").iter().find(named) else { continue };
            let asked: BTreeSet<&str> = text(parameter, "/value").split(',').collect();
            let root = text(question, "/root_selector");
            let key = |column: &Value| {
                let path = format!("{root}.{}", text(column, "/selector"));
                let below = path.strip_prefix("total.").or_else(|| path.strip_prefix("buckets.metrics."))?;
                below.split('.').next().map(str::to_owned)
            };
            let shown: BTreeSet<String> = list(question, "/columns").iter().filter_map(key).collect();
            assert_eq!(asked, shown.iter().map(String::as_str).collect(), "{}, {panel}", board.file);
        }
    }
}

/// A reader of a panel learns what the catalogue says, in its words.
#[test]
fn history_panels_describe_each_metric_as_the_catalogue_does() {
    let mut described = BTreeSet::new();
    for board in boards() {
        for panel in board.panels() {
            let description = text(panel, "/description");
            let questions = list(panel, "/targets").iter();
            let parameters = questions.flat_map(|question| list(question, "/url_options/params"));
            let asked = parameters.filter(|parameter| parameter["key"] == "metrics");
            for key in asked.flat_map(|parameter| text(parameter, "/value").split(',')) {
                let place = format!("{}, {}", board.file, panel["title"]);
                let definition =
                    metrics::find(key).unwrap_or_else(|| panic!("{place}: there is no metric {key}"));
                assert!(definition.unknowable().is_none(), "{place}: {key} never has a value");
                let expected = format!("(`{key}`): {}.", definition.formula);
                assert!(description.contains(&expected), "{place} must say {expected:?}");
                described.insert(definition.key);
            }
        }
    }
    assert!(described.len() > 15, "{described:?}");
}
