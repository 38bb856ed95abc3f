//! Gets a thread out of the client's endless loop.
//!
//! When a server ends a subscription with a friendly word, the client polls the ended stream for ever, inside
//! one poll of ours: no time-out can fire, and no thread can be stopped from outside. All it does on each
//! round is to log a warning. So the thread that polls has a subscriber of its own, which passes everything
//! on, and unwinds the thread once that warning has come more often within one poll than any honest server
//! could cause.

use std::any::Any;
use std::cell::Cell;
use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tracing::field::{Field, Visit};
use tracing::metadata::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber, dispatcher};

use super::driver::CRATE;

/// Warnings within one poll that mean an endless loop.
const ROUNDS_MAX: u32 = 1_000;

/// The start of the client's warning.
const WARNING: &str = "Received an unknown subscription message";

thread_local! {
    /// Warnings since this thread began to poll.
    static ROUNDS: Cell<u32> = const { Cell::new(0) };
}

/// What the unwinding carries.
struct LoopEnd;

/// Why guarded work did not return by itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// It was in the endless loop.
    EndlessLoop,
    /// It panicked.
    Panic,
}

/// Says that a poll begins.
pub(crate) fn begin_poll() {
    ROUNDS.set(0);
}

/// Runs work on this thread and gets it out of the loop, should it fall into it.
pub(crate) fn run_guarded<T>(work: impl FnOnce() -> T) -> Result<T, Interruption> {
    let behind = dispatcher::get_default(Dispatch::clone);
    let level = LevelFilter::current().max(LevelFilter::WARN);
    let dispatch = Dispatch::new(LoopDetector { behind, level });
    let result = catch_unwind(AssertUnwindSafe(|| dispatcher::with_default(&dispatch, work)));
    result.map_err(|payload: Box<dyn Any + Send>| match payload.is::<LoopEnd>() {
        true => Interruption::EndlessLoop,
        false => Interruption::Panic,
    })
}

struct LoopDetector {
    behind: Dispatch,
    /// What the process logs, and at least warnings.
    level: LevelFilter,
}

fn is_wire(metadata: &Metadata<'_>) -> bool {
    *metadata.level() == Level::WARN && metadata.is_event() && metadata.target().starts_with(CRATE)
}

#[derive(Default)]
struct WarningReading {
    is_the_warning: bool,
}

impl Visit for WarningReading {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.is_the_warning = PrefixMatch::with(value);
        }
    }
}

/// Compares the beginning of what is written to it, without keeping it.
struct PrefixMatch {
    left: &'static str,
    differs: bool,
}

impl PrefixMatch {
    fn with(value: &dyn Debug) -> bool {
        let mut starts = Self { left: WARNING, differs: false };
        let _ = fmt::write(&mut starts, format_args!("{value:?}"));
        !starts.differs && starts.left.is_empty()
    }
}

impl fmt::Write for PrefixMatch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let length = text.len().min(self.left.len());
        self.differs |= text.as_bytes()[..length] != self.left.as_bytes()[..length];
        if self.differs {
            return Err(fmt::Error);
        }
        self.left = &self.left[length..];
        Ok(())
    }
}

impl Subscriber for LoopDetector {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let behind = self.behind.register_callsite(metadata);
        if is_wire(metadata) { Interest::sometimes() } else { behind }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_wire(metadata) || self.behind.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        if is_wire(event.metadata()) {
            let mut reading = WarningReading::default();
            event.record(&mut reading);
            if reading.is_the_warning {
                ROUNDS.set(ROUNDS.get() + 1);
                if ROUNDS.get() > ROUNDS_MAX {
                    // Not a panic: nothing is wrong here, and nothing is to be logged.
                    resume_unwind(Box::new(LoopEnd));
                }
                return;
            }
        }
        if self.behind.enabled(event.metadata()) {
            self.behind.event(event);
        }
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.behind.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.behind.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.behind.record_follows_from(span, follows);
    }

    fn enter(&self, span: &Id) {
        self.behind.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.behind.exit(span);
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.behind.clone_span(span)
    }

    fn try_close(&self, span: Id) -> bool {
        self.behind.try_close(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_loop_that_logs_the_warning_is_left_and_any_other_warning_is_not() {
        let looping = || -> () {
            begin_poll();
            loop {
                tracing::warn!(target: "eventstore::commands", "Received an unknown subscription message");
            }
        };
        assert_eq!(run_guarded(looping), Err(Interruption::EndlessLoop));
        let harmless = || {
            begin_poll();
            for round in 0..10 * ROUNDS_MAX {
                tracing::warn!(target: "eventstore::commands", "round {round} of something else");
            }
            7
        };
        assert_eq!(run_guarded(harmless), Ok(7));
    }

    #[test]
    fn a_panic_is_told_from_the_loop() {
        assert_eq!(
            run_guarded(|| std::panic::resume_unwind(Box::new("a fault"))),
            Err::<(), _>(Interruption::Panic)
        );
    }
}
