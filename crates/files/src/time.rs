//! Times as text.

use chrono::{DateTime, Datelike, SecondsFormat};

/// RFC 3339 in UTC with milliseconds. RFC 3339 ends with the year 9999, so a time outside stays a number.
pub fn text(unix_ms: i64) -> String {
    match DateTime::from_timestamp_millis(unix_ms) {
        Some(time) if (0..=9999).contains(&time.year()) => time.to_rfc3339_opts(SecondsFormat::Millis, true),
        _ => unix_ms.to_string(),
    }
}
