//! Progress bars on stderr: on a terminal only, so that no bar gets between other lines.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over records of the log.
pub(super) fn over_records(records: u64) -> ProgressBar {
    bar(ProgressBar::new(records), "{bar:40} {pos}/{len} records, {per_sec}, {eta} left {msg}")
}

/// A bar over records whose rate and time left are measured elsewhere and set as its message.
pub(super) fn with_message(records: u64) -> ProgressBar {
    bar(ProgressBar::new(records), "{bar:40} {pos}/{len} records, {msg}")
}

/// A bar over the bytes of an input, from `start` on; without a length where it is not known.
pub(super) fn over_input(length: Option<u64>, start: u64, is_hidden: bool) -> ProgressBar {
    let input = length.map_or_else(ProgressBar::no_length, ProgressBar::new);
    let bar = bar(input, "{bar:40} {binary_bytes}/{binary_total_bytes}, {binary_bytes_per_sec}, {eta} left");
    if is_hidden {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.set_position(start);
    bar
}

/// The bytes so far of something whose length is not known.
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
