//! `docker-compose.yml` as Compose reads it: anchors resolved, variables put in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::processes::printed;
use crate::support::python::python_with;
use crate::support::repository;
use crate::support::script::run_script;

/// The checker brings the schema of the Compose specification with it, and a reader of YAML.
const CHECKER: &str = "check-jsonschema==0.39.0";

/// The words of a list of strings.
pub fn words(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|word| word.as_str().expect("a string")).collect()
}

/// A service that would run.
pub struct Service {
    pub name: String,
    pub json: Value,
}

impl Service {
    /// The profiles that it belongs to; none, when it always runs.
    pub fn profiles(&self) -> BTreeSet<&str> {
        words(&self.json["profiles"]).into_iter().collect()
    }

    pub fn environment(&self) -> BTreeMap<&str, &str> {
        let members = self.json["environment"].as_object().into_iter().flatten();
        members.map(|(name, value)| (name.as_str(), value.as_str().expect("a quoted value"))).collect()
    }

    /// Host address, port there, port in the container.
    pub fn ports(&self) -> Vec<(String, u16, u16)> {
        let parts = |text: &str| {
            let parts: Vec<String> = text.split(':').map(str::to_owned).collect();
            let [host, outside, inside] = parts.try_into().expect("address, port and port");
            (host, outside.parse().unwrap(), inside.parse().unwrap())
        };
        words(&self.json["ports"]).into_iter().map(parts).collect()
    }

    /// What is mounted, and where.
    pub fn mounts(&self) -> Vec<(String, String)> {
        let parts = |text: &str| {
            let mut parts = text.split(':');
            (parts.next().unwrap().to_owned(), parts.next().expect("a place").to_owned())
        };
        words(&self.json["volumes"]).into_iter().map(parts).collect()
    }

    /// What must have started before it.
    pub fn waits_for(&self) -> Vec<&str> {
        self.json["depends_on"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// The networks, and the names that the service has there.
    pub fn networks(&self) -> BTreeSet<&str> {
        match &self.json["networks"] {
            Value::Object(members) => members.keys().map(String::as_str).collect(),
            list => words(list).into_iter().collect(),
        }
    }

    /// A duration such as `30s`, in seconds.
    pub fn seconds(&self, pointer: &str) -> u64 {
        let text = self.json.pointer(pointer).and_then(Value::as_str);
        let text = text.unwrap_or_else(|| panic!("{} has no {pointer}", self.name));
        text.strip_suffix('s').expect("seconds").parse().unwrap()
    }

    pub fn is_ledger(&self) -> bool {
        self.json["image"].as_str().unwrap().starts_with("attempt-ledger:")
    }
}

/// The file with the given variables; the others have their defaults.
pub fn compose(variables: &[(&str, &str)]) -> Value {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| json_of(&repository("docker-compose.yml")));
    serde_json::from_str(&interpolated(text, variables)).unwrap()
}

/// A YAML file as JSON.
pub fn json_of(path: &Path) -> String {
    run_script(&python_with(&[CHECKER]), "tests/compose/load.py", &[path])
}

/// Every service.
pub fn services(variables: &[(&str, &str)]) -> Vec<Service> {
    let file = compose(variables);
    let members = file["services"].as_object().unwrap().iter();
    members.map(|(name, json)| Service { name: name.clone(), json: json.clone() }).collect()
}

/// The services of profiles beside those that always run.
pub fn running(profiles: &[&str]) -> Vec<Service> {
    let runs = |service: &Service| {
        let of = service.profiles();
        of.is_empty() || profiles.iter().any(|profile| of.contains(profile))
    };
    services(&[]).into_iter().filter(runs).collect()
}

/// Names of the variables that the file asks for.
pub fn variables() -> BTreeSet<String> {
    let text = std::fs::read_to_string(repository("docker-compose.yml")).unwrap();
    let asked = text.split("${").skip(1);
    asked.map(|rest| rest.split([':', '}']).next().unwrap().to_owned()).collect()
}

/// Runs the checker over the file.
pub fn check_against_the_specification() {
    let python = python_with(&[CHECKER]);
    let checker = python.with_file_name("check-jsonschema");
    let mut command = Command::new(checker);
    command.args(["--builtin-schema", "vendor.compose-spec"]).arg(repository("docker-compose.yml"));
    printed(&mut command);
}

/// `${NAME:-default}` becomes the variable's value or the default.
fn interpolated(text: &str, variables: &[(&str, &str)]) -> String {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (asked, rest) = part.split_once('}').expect("a variable ends");
        let (name, default) = asked.split_once(":-").expect("every variable has a default");
        let given = variables.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
        out.push_str(given.unwrap_or(default));
        out.push_str(rest);
    }
    out
}
