//! Time zones by their IANA names.

use std::fmt;
use std::str::FromStr;

use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Serialize, Serializer};

use super::error::{CalendarError, shown};

/// A time zone, read from and written as its IANA name; UTC unless one is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(pub(super) Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl From<Tz> for Zone {
    fn from(zone: Tz) -> Self {
        Self(zone)
    }
}

impl FromStr for Zone {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        text.parse().map(Self).map_err(|_| CalendarError::ZoneUnknown { text: shown(text), hint: hint(text) })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The longest name worth comparing with the known ones.
const COMPARED_CHARACTERS_MAX: usize = 40;

/// How many letters may be wrong for a name to count as misspelt.
const WRONG_LETTERS_MAX: usize = 2;

fn hint(text: &str) -> String {
    match nearest(text) {
        Some(zone) => format!("did you mean `{}`?", zone.name()),
        None if text.starts_with(['+', '-']) => {
            "an offset says nothing about summer time; use an IANA name such as `Europe/Kyiv`, or `UTC`"
                .to_owned()
        }
        None => "use an IANA name such as `Europe/Kyiv`, or `UTC`".to_owned(),
    }
}

/// The zone whose name differs in case only, or which is that city's, or which is spelt nearly so.
fn nearest(text: &str) -> Option<Tz> {
    if text.chars().count() > COMPARED_CHARACTERS_MAX {
        return None;
    }
    let wanted = text.trim().replace(' ', "_").to_lowercase();
    let city = wanted.rsplit('/').next().filter(|city| !city.is_empty())?;
    let has = |matches: &dyn Fn(&str) -> bool| {
        TZ_VARIANTS.iter().copied().find(|zone| matches(&zone.name().to_lowercase()))
    };
    has(&|name| name == wanted).or_else(|| has(&|name| name.rsplit('/').next() == Some(city))).or_else(|| {
        TZ_VARIANTS
            .iter()
            .copied()
            .map(|zone| {
                let name = zone.name().to_lowercase();
                let name_city = name.rsplit('/').next().unwrap_or(&name);
                (wrong_letters(&name, &wanted).min(wrong_letters(name_city, city)), zone)
            })
            .filter(|(wrong, zone)| {
                *wrong <= WRONG_LETTERS_MAX && *wrong * 3 < zone.name().len().min(wanted.len())
            })
            .min_by_key(|(wrong, _)| *wrong)
            .map(|(_, zone)| zone)
    })
}

/// How many letters have to be put in, left out or exchanged to make one text of the other.
fn wrong_letters(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (column, other_letter) in other.chars().enumerate() {
            let exchanged = diagonal + usize::from(letter != other_letter);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[row.len() - 1]
}
