//! Which events of $all a reader wants: by the stream's name or the event's type, by prefixes or by a
//! pattern.

use fancy_regex::Regex;
use tonic::Status;

use crate::failure;
use crate::record::Recorded;
use crate::wire::streams::read_req::options::FilterOptions;
use crate::wire::streams::read_req::options::filter_options::{Expression, Filter as ReadRequest, Window};

/// How many events the server looks at before it gives way, unless a filter says so.
const SEARCH_WINDOW: u64 = 32;

/// A filter that can be asked.
pub(crate) struct Filter {
    field: FilterField,
    test: Test,
    /// After this many events that were looked at a subscriber is told how far they reach.
    pub checkpoint_interval: u64,
}

enum FilterField {
    Stream,
    Type,
}

/// Patterns are those of .NET, with look-around, which is why the usual crate for patterns will not do.
enum Test {
    Prefixes(Vec<String>),
    Pattern(Box<Regex>),
}

impl Filter {
    pub fn parse(options: &FilterOptions) -> Result<Self, Status> {
        let (field, expression) = match options.filter.as_ref() {
            Some(ReadRequest::StreamIdentifier(expression)) => (FilterField::Stream, expression),
            Some(ReadRequest::EventType(expression)) => (FilterField::Type, expression),
            None => return Err(Status::invalid_argument("The filter says neither stream nor type.")),
        };
        let window = match options.window.as_ref() {
            Some(Window::Max(max)) => u64::from(*max),
            Some(Window::Count(_)) => SEARCH_WINDOW,
            None => return Err(Status::invalid_argument("The filter has no window.")),
        };
        let checkpoint_interval = window * u64::from(options.checkpoint_interval_multiplier);
        Ok(Self { field, test: Test::parse(expression)?, checkpoint_interval })
    }

    /// Whether it lets this event through.
    pub fn allows(&self, event: &Recorded) -> bool {
        let text = match self.field {
            FilterField::Stream => &event.stream,
            FilterField::Type => &event.proposal.event_type,
        };
        match &self.test {
            Test::Prefixes(prefixes) => prefixes.iter().any(|prefix| text.starts_with(prefix.as_str())),
            // A pattern that gives up on a text did not match it.
            Test::Pattern(pattern) => pattern.is_match(text).unwrap_or(false),
        }
    }
}

impl Test {
    fn parse(expression: &Expression) -> Result<Self, Status> {
        if expression.regex.is_empty() {
            return Ok(Self::Prefixes(expression.prefix.clone()));
        }
        Regex::new(&expression.regex)
            .map(|regex| Self::Pattern(Box::new(regex)))
            .map_err(|_| failure::thrown())
    }
}
