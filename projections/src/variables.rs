//! Variables: the users' own fields of an attempt's deliveries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Texts by name, each as it was last reported. Numbers and truths are texts in their JSON spelling, lists
/// and objects their JSON with its keys in order and without spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variables(pub BTreeMap<String, String>);

impl Variables {
    /// The most bytes of names and texts that a row keeps, and that a delivery may have for it: memory and
    /// lists are bounded by it. Of an attempt with more, the events alone have them.
    pub const BYTES_MAX: usize = 8 * 1024;

    /// How many bytes such pairs of names and texts have.
    pub(crate) fn bytes<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> usize {
        pairs.map(|(name, text)| name.len() + text.len()).sum()
    }

    /// One JSON object: equal texts for equal variables, its names in order.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts are JSON")
    }

    /// How a variable with this text stands in [`Variables::to_json`], first or after another one. A
    /// quotation mark within a text is never bare, so that neither is found anywhere else.
    #[must_use]
    pub fn entry_of(name: &str, text: &str) -> [String; 2] {
        let json = |text: &str| serde_json::to_string(text).expect("a text is JSON");
        let entry = format!("{}:{}", json(name), json(text));
        [format!("{{{entry}"), format!(",{entry}")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_where_it_is_one_and_nowhere_else() {
        let variables = |pairs: &[(&str, &str)]| {
            Variables(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
        };
        let has = |all: &Variables, name, text| {
            let json = all.to_json();
            Variables::entry_of(name, text).iter().any(|entry| json.contains(entry))
        };
        let all = variables(&[("a", "1"), ("b", "x\",\"c\":\"2"), ("d", "\\")]);
        assert!(has(&all, "a", "1") && has(&all, "b", "x\",\"c\":\"2") && has(&all, "d", "\\"));
        assert!(!has(&all, "c", "2") && !has(&all, "a", "") && !has(&all, "b", "x"));
    }
}
