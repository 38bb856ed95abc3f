//! A command to an aggregate of cqrs-es: what the framework would do between loading and committing.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

/// Has the aggregate judge a command. The aggregate has applied the event that it answers with, so the caller
/// owns the aggregate until the log has the event, and drops it when the log does not take it.
///
/// # Panics
/// When the aggregate answers with any other number of events: a command of ours becomes one event or none.
pub(crate) async fn execute<A>(aggregate: &mut A, command: A::Command) -> Result<A::Event, A::Error>
where
    A: Aggregate<Services = ()>,
{
    let sink = EventSink::default();
    aggregate.handle(command, &(), &sink).await?;
    let mut events = sink.collect().await;
    let event = events.pop().expect("an accepted command becomes an event");
    assert!(events.is_empty(), "an accepted command becomes one event");
    Ok(event)
}
