//! Progress bars on stderr: on a terminal only, so that nothing else has to be told apart from data.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over records of the log.
pub(super) fn over_records(records: u64) -> ProgressBar {
    bar(ProgressBar::new(records), "{bar:40} {pos}/{len} records, {per_sec}, {eta} left {msg}")
}

/// A bar over records whose rate and time left somebody else measures, and tells as the message.
pub(super) fn told(records: u64) -> ProgressBar {
    bar(ProgressBar::new(records), "{bar:40} {pos}/{len} records, {msg}")
}

/// The bytes so far of something whose length nobody knows.
pub(super) fn over_bytes() -> ProgressBar {
    bar(ProgressBar::no_length(), "{spinner} {binary_bytes}, {binary_bytes_per_sec}")
}

fn bar(bar: ProgressBar, style: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.set_style(ProgressStyle::with_template(style).expect("the template is valid"));
    bar
}
