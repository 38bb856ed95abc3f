//! Who ended an attempt: the table of evidence.

use attempt_ledger_domain::QueueType;
use attempt_ledger_domain::timeline::{EndEvidence, EndedBy, MissedBy};

const INBOUND: EndEvidence<'static> = EndEvidence {
    queue_type: Some(QueueType::InboundQueue),
    has_left: true,
    has_talked: false,
    may_have_talked: false,
    result: Some("abandoned"),
    last_missed_by: None,
    has_processing: false,
    cause_at_processing: None,
    cause: None,
    sip_code: None,
};
const CLEARED: Option<&str> = Some("NORMAL_CLEARING");

/// A talk with after-call work.
const TALK: EndEvidence<'static> = EndEvidence { has_talked: true, has_processing: true, ..INBOUND };

#[test]
fn who_ended_a_talk_is_told_by_who_was_gone_when_after_call_work_began() {
    let of = |queue_type| EndEvidence { queue_type: Some(queue_type), ..TALK };
    let gone = |evidence| EndEvidence { cause_at_processing: CLEARED, cause: CLEARED, ..evidence };
    let broken = |evidence| {
        let cause = Some("MEDIA_TIMEOUT");
        EndEvidence { cause_at_processing: cause, cause, ..evidence }
    };
    let gone_later = |evidence| EndEvidence { cause: CLEARED, ..evidence };
    for (case, evidence, expected) in [
        ("the subscriber was gone", gone(TALK), Some(EndedBy::Caller)),
        ("his leg broke", broken(TALK), None),
        ("a queue of no known type", gone(EndEvidence { queue_type: None, ..TALK }), None),
        ("the subscriber went later", gone_later(TALK), Some(EndedBy::Agent)),
        ("no cause at all", TALK, None),
        ("no after-call work", EndEvidence { has_processing: false, ..gone_later(TALK) }, None),
        ("one leg", gone(of(QueueType::PreviewDialer)), None),
        ("one leg, later", gone_later(of(QueueType::OfflineQueue)), None),
        ("a dialer that waits for the subscriber", gone(of(QueueType::PredictiveDialer)), None),
        ("and did not see him go", gone_later(of(QueueType::PredictiveDialer)), Some(EndedBy::Agent)),
        ("silence", EndEvidence { result: Some("client_timeout"), ..TALK }, Some(EndedBy::Dialer)),
        ("a stop", EndEvidence { result: Some("SHUTDOWN"), ..gone(TALK) }, Some(EndedBy::Dialer)),
        (
            "after-call work that took too long",
            EndEvidence { result: Some("timeout"), ..gone(TALK) },
            Some(EndedBy::Caller),
        ),
        ("it goes on", EndEvidence { has_left: false, ..gone(TALK) }, None),
    ] {
        assert_eq!(EndedBy::of(&evidence), expected, "{case}");
    }
}

#[test]
fn who_ended_a_wait_is_told_by_the_cause_the_last_miss_or_the_result() {
    let of = |queue_type| EndEvidence { queue_type: Some(queue_type), ..INBOUND };
    let cause = |evidence, cause| EndEvidence { cause: Some(cause), ..evidence };
    let result = |result| EndEvidence { result: Some(result), ..INBOUND };
    let missed = EndEvidence { last_missed_by: Some(MissedBy::Agent), ..INBOUND };
    let sip = |evidence, code| EndEvidence { sip_code: Some(code), ..evidence };
    let dialled = of(QueueType::ProgressiveDialer);
    for (case, evidence, expected) in [
        ("the caller hung up", cause(INBOUND, "NORMAL_CLEARING"), Some(EndedBy::Caller)),
        ("before anybody answered", cause(INBOUND, "ORIGINATOR_CANCEL"), Some(EndedBy::Caller)),
        ("the call broke", cause(INBOUND, "NORMAL_TEMPORARY_FAILURE"), None),
        ("a task has no caller", cause(of(QueueType::TaskQueue), "NORMAL_CLEARING"), None),
        (
            "a queue of no known type",
            cause(EndEvidence { queue_type: None, ..INBOUND }, "NORMAL_CLEARING"),
            None,
        ),
        ("a result alone", result("abandoned"), None),
        ("too long a wait", result("timeout"), Some(EndedBy::Dialer)),
        ("another queue", result("Transferred"), Some(EndedBy::Dialer)),
        ("a barred number", result("barred"), Some(EndedBy::Dialer)),
        (
            "the caller hung up some time after a miss",
            cause(missed, "NORMAL_CLEARING"),
            Some(EndedBy::Caller),
        ),
        ("a miss alone", missed, None),
        ("busy, the member or a trunk", cause(dialled, "USER_BUSY"), None),
        ("rejected, by whomever", cause(dialled, "CALL_REJECTED"), None),
        ("the member declined", sip(cause(dialled, "CALL_REJECTED"), 603), Some(EndedBy::Caller)),
        ("a carrier rejected", sip(cause(dialled, "CALL_REJECTED"), 403), None),
        ("nobody dialled the caller", sip(cause(INBOUND, "CALL_REJECTED"), 603), None),
        ("nobody answered", cause(dialled, "NO_ANSWER"), Some(EndedBy::Dialer)),
        ("a phone that does not answer", sip(cause(dialled, "NO_ANSWER"), 480), Some(EndedBy::Dialer)),
        ("a call that is taken back", sip(cause(dialled, "NO_ANSWER"), 487), Some(EndedBy::Dialer)),
        ("a carrier that times out", sip(cause(dialled, "NO_ANSWER"), 408), None),
        ("a carrier that fails", sip(cause(dialled, "NO_ANSWER"), 503), None),
        ("the dialer gave up", cause(dialled, "ORIGINATOR_CANCEL"), Some(EndedBy::Dialer)),
        ("no such number", cause(dialled, "UNALLOCATED_NUMBER"), None),
        ("one leg", cause(of(QueueType::PreviewDialer), "USER_BUSY"), None),
        ("it goes on", EndEvidence { has_left: false, ..result("timeout") }, None),
    ] {
        assert_eq!(EndedBy::of(&evidence), expected, "{case}");
    }
}

#[test]
fn without_a_connection_there_was_no_talk_only_where_nothing_tells_of_one() {
    let hung_up = EndEvidence { cause: CLEARED, ..INBOUND };
    for result in [None, Some("success"), Some(""), Some("of our own")] {
        assert_eq!(EndedBy::of(&EndEvidence { result, ..hung_up }), None, "{result:?}");
    }
    for result in ["abandoned", "Abandoned"] {
        let result = Some(result);
        assert_eq!(EndedBy::of(&EndEvidence { result, ..hung_up }), Some(EndedBy::Caller), "{result:?}");
    }
    let preview = EndEvidence { queue_type: Some(QueueType::PreviewDialer), ..INBOUND };
    let missed = EndEvidence { last_missed_by: Some(MissedBy::Agent), result: Some("success"), ..preview };
    assert_eq!(EndedBy::of(&missed), None, "a miss after a talk is not the end of a wait");
    let worked = EndEvidence { has_processing: true, ..hung_up };
    assert_eq!(EndedBy::of(&worked), Some(EndedBy::Agent), "after-call work follows a talk");
    let timeout = EndEvidence { result: Some("timeout"), cause: None, ..worked };
    assert_eq!(EndedBy::of(&timeout), None, "nor is what ended it the end of a wait");
}

#[test]
fn where_bridged_is_not_sent_only_what_precedes_every_talk_tells_of_a_wait() {
    let hidden = EndEvidence { may_have_talked: true, ..INBOUND };
    let result = |result| EndedBy::of(&EndEvidence { result: Some(result), ..hidden });
    assert_eq!(EndedBy::of(&EndEvidence { cause: CLEARED, ..hidden }), None, "a cause");
    assert_eq!((result("timeout"), result("transferred")), (None, None), "after-call work times out, too");
    for before_talks in ["max_wait_size", "block", "barred"] {
        assert_eq!(result(before_talks), Some(EndedBy::Dialer), "{before_talks}");
    }
    let queue_type = Some(QueueType::PreviewDialer);
    let missed = EndEvidence { queue_type, last_missed_by: Some(MissedBy::Agent), ..hidden };
    assert_eq!(EndedBy::of(&missed), None, "a miss that may end a talk");
    let talked = EndEvidence { may_have_talked: true, cause: CLEARED, ..TALK };
    assert_eq!(EndedBy::of(&talked), Some(EndedBy::Agent), "a talk that is known");
}

#[test]
fn a_miss_ends_an_attempt_only_where_nobody_else_is_offered_it() {
    for queue_type in QueueType::ALL {
        let is_last = matches!(
            queue_type,
            QueueType::OfflineQueue
                | QueueType::PreviewDialer
                | QueueType::ProgressiveDialer
                | QueueType::TaskQueue
        );
        let missed_by = |who| {
            let queue_type = Some(queue_type);
            EndedBy::of(&EndEvidence { queue_type, last_missed_by: Some(who), ..INBOUND })
        };
        assert_eq!(missed_by(MissedBy::Agent), is_last.then_some(EndedBy::Agent), "{queue_type}");
        assert_eq!(missed_by(MissedBy::Caller), None, "{queue_type}");
    }
}
