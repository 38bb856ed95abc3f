//! The dashboards as they lie in `deploy/grafana`, and what their variables stand for.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::repository;

/// The data source that asks the ledger itself.
pub const INFINITY: &str = "attempt-ledger";
/// The data source for the service's own figures.
pub const PROMETHEUS: &str = "attempt-ledger-prometheus";

/// One dashboard.
pub struct Board {
    pub file: String,
    pub json: Value,
}

/// Every dashboard, by file name.
pub fn boards() -> Vec<Board> {
    let directory = repository("deploy/grafana/dashboards");
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| Board {
            file: path.file_name().unwrap().to_str().unwrap().to_owned(),
            json: serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap(),
        })
        .collect()
}

/// The entries of an array, none when there is no array.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text that must be there.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
}

impl Board {
    /// The panels that show data.
    pub fn panels(&self) -> impl Iterator<Item = &Value> {
        list(&self.json, "/panels").iter().filter(|panel| panel["type"] != "row")
    }

    /// The dashboard's variables.
    pub fn variables(&self) -> &[Value] {
        list(&self.json, "/templating/list")
    }

    /// What each variable stands for when the dashboard is opened.
    pub fn defaults(&self) -> BTreeMap<String, String> {
        let value = |variable: &Value| match &variable["current"]["value"] {
            Value::Array(several) => several.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
            one => one.as_str().unwrap_or_default().to_owned(),
        };
        self.variables()
            .iter()
            .map(|variable| (text(variable, "/name").to_owned(), value(variable)))
            .collect()
    }

    /// Every question to the ledger, with the panel or variable that asks it.
    pub fn questions(&self) -> Vec<(String, &Value)> {
        let of_panels = self.panels().flat_map(|panel| {
            let targets = list(panel, "/targets").iter();
            targets.map(move |target| (text(panel, "/title").to_owned(), target))
        });
        let of_variables = self.variables().iter().filter_map(|variable| {
            let query = variable.pointer("/query/infinityQuery")?;
            Some((format!("variable {}", text(variable, "/name")), query))
        });
        of_panels.chain(of_variables).filter(|(_, target)| target["datasource"]["uid"] == INFINITY).collect()
    }

    /// Every expression for Prometheus, with its panel.
    pub fn expressions(&self) -> Vec<(String, &str)> {
        let panels = self.panels();
        let targets = panels.flat_map(|panel| {
            list(panel, "/targets").iter().map(move |target| (text(panel, "/title").to_owned(), target))
        });
        let targets = targets.filter(|(_, target)| target["datasource"]["uid"] == PROMETHEUS);
        targets.map(|(title, target)| (title, text(target, "/expr"))).collect()
    }

    /// The addresses that a panel's links and its cells' links lead to.
    pub fn links(panel: &Value) -> Vec<&str> {
        let of_panel = list(panel, "/links").iter();
        let overrides = list(panel, "/fieldConfig/overrides").iter();
        let properties = overrides.flat_map(|one| list(one, "/properties"));
        let of_cells = properties.filter(|one| one["id"] == "links").flat_map(|one| list(one, "/value"));
        of_panel.chain(of_cells).map(|link| text(link, "/url")).collect()
    }
}

/// The text with every `${name}` replaced; a name that nobody defines is an error.
pub fn substitute(template: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or_else(|| format!("`{template}` has an open brace"))?;
        out.push_str(before);
        out.push_str(values.get(name).ok_or_else(|| format!("nobody defines ${{{name}}} in `{template}`"))?);
        rest = after;
    }
    if rest.contains("$__") {
        return Err(format!("`{template}` has a variable without braces"));
    }
    out.push_str(rest);
    Ok(out)
}

/// The path and query that a question asks for, before its variables are replaced.
pub fn asked(question: &Value) -> String {
    let mut address = text(question, "/url").to_owned();
    for (index, parameter) in list(question, "/url_options/params").iter().enumerate() {
        address.push(if index == 0 { '?' } else { '&' });
        address.push_str(&format!("{}={}", text(parameter, "/key"), text(parameter, "/value")));
    }
    address
}
