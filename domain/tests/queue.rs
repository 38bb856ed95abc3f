//! The queue aggregate through the test framework of cqrs-es.

use std::collections::BTreeSet;

use attempt_ledger_domain::{
    EventKind, Queue, QueueDefined, QueueDefinition, QueueDefinitionError, QueueId, QueueType, Revision,
};
use cqrs_es::Aggregate as _;
use cqrs_es::test::TestFramework;

fn definition(queue_type: QueueType, hooks: Option<&[EventKind]>) -> QueueDefinition {
    QueueDefinition {
        queue_id: QueueId(17),
        queue_type,
        name: Some("Sales".to_owned()),
        hooks: hooks.map(|hooks| BTreeSet::from_iter(hooks.iter().copied())),
        service_level_threshold_ms: Some(20_000),
        short_abandon_threshold_ms: None,
        leaving_deadline_ms: None,
        variables: None,
    }
}

fn queue() -> TestFramework<Queue> {
    TestFramework::with(())
}

#[test]
fn a_queue_is_defined_and_defined_again() {
    let first = definition(QueueType::InboundQueue, None);
    let second = definition(QueueType::InboundQueue, Some(&[EventKind::Joined, EventKind::Leaving]));
    queue()
        .given_no_previous_events()
        .when(first.clone())
        .then_expect_events(vec![QueueDefined(first.clone())]);
    queue()
        .given(vec![QueueDefined(first)])
        .when(second.clone())
        .then_expect_events(vec![QueueDefined(second)]);
}

#[test]
fn the_same_definition_again_changes_nothing() {
    let first = definition(QueueType::InboundQueue, None);
    let second = definition(QueueType::ChatInboundQueue, None);
    let history = vec![QueueDefined(first.clone()), QueueDefined(second.clone())];
    queue()
        .given(history.clone())
        .when(second)
        .then_expect_error_message("the queue is defined so since revision 2");
    // Only the definition in force counts: the one before it is a change.
    queue().given(history).when(first.clone()).then_expect_events(vec![QueueDefined(first)]);
}

#[test]
fn a_hook_that_the_queue_type_does_not_have_is_refused() {
    for queue_type in QueueType::ALL {
        for kind in EventKind::ALL {
            let definition = definition(queue_type, Some(&[EventKind::Joined, kind]));
            let result = queue().given_no_previous_events().when(definition.clone()).inspect_result();
            let expected = if queue_type.has_event(kind) {
                Ok(vec![QueueDefined(definition)])
            } else {
                Err(QueueDefinitionError::HookNotInQueueType { queue_type, kind })
            };
            assert_eq!(result, expected);
        }
    }
}

#[test]
fn each_definition_is_a_revision_and_the_last_one_is_in_force() {
    let mut queue = Queue::default();
    assert_eq!((queue.revision(), queue.definition()), (Revision(0), None));
    let definitions =
        [definition(QueueType::InboundQueue, None), definition(QueueType::ChatInboundQueue, None)];
    for (number, definition) in (1..).zip(definitions) {
        queue.apply(QueueDefined(definition.clone()));
        assert_eq!((queue.revision(), queue.definition()), (Revision(number), Some(&definition)));
    }
}
