//! The day looks like one in a contact centre.

use super::*;

fn percent(part: usize, whole: usize) -> usize {
    part * 100 / whole.max(1)
}

#[test]
fn bodies_are_as_large_as_real_ones() {
    let sizes: Vec<usize> =
        deliveries(&options(Scenario::Clean, 3_000)).map(|delivery| delivery.body.len()).collect();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!((400..700).contains(&mean), "{mean} bytes");
    assert!(sizes.iter().all(|size| (200..1_100).contains(size)), "{:?}", sizes.iter().max());
}

#[test]
fn a_few_callers_give_up_and_those_who_do_have_waited() {
    let (mut served, mut abandoned, mut misses) = (Vec::new(), Vec::new(), 0);
    for sent in clean_attempts(8_000).values() {
        if sent[0].0.queue_type != QueueType::InboundQueue {
            continue;
        }
        let joined_at = number(&sent[0].1, "joined_at").expect("each body has it");
        let end = &sent[sent.len() - 1].1;
        misses += sent.iter().filter(|(sent, _)| sent.hook == EventKind::Missed.into()).count();
        match number(end, "bridged_at") {
            Some(bridged_at) => served.push(bridged_at - joined_at),
            None => abandoned.push(number(end, "timestamp").expect("it is there") - joined_at),
        }
    }
    let calls = served.len() + abandoned.len();
    let mean = |waits: &[i64]| waits.iter().sum::<i64>() / waits.len() as i64;
    println!("{calls} calls, {} abandoned, {misses} misses", abandoned.len());
    println!("waits: served {} ms, abandoned {} ms", mean(&served), mean(&abandoned));
    assert!((4..25).contains(&percent(abandoned.len(), calls)));
    assert!((4..20).contains(&percent(misses, calls)));
    assert!((5_000..60_000).contains(&mean(&served)));
    assert!(mean(&abandoned) > mean(&served));
}

#[test]
fn the_day_has_two_peaks_and_dialers_rest_at_night() {
    let mut hours = [0_usize; 24];
    for sent in clean_attempts(8_000).values() {
        let (delivery, fields) = &sent[0];
        let at = number(fields, "timestamp").expect("each body has it");
        let hour = ((at - MIDNIGHT.0) / HOUR_MS as i64) as usize;
        hours[hour.min(23)] += 1;
        let by_themselves =
            matches!(delivery.queue_type, QueueType::InboundQueue | QueueType::ChatInboundQueue);
        assert!(by_themselves || (8..21).contains(&hour), "{hour} {}", delivery.queue_type);
    }
    assert!(hours[11] > hours[13] && hours[15] > hours[13], "{hours:?}");
    assert!(hours[3] * 20 < hours[11], "{hours:?}");
}

#[test]
fn the_habits_of_each_queue_type_occur() {
    let attempts = clean_attempts(8_000);
    let count =
        |holds: &dyn Fn(&[ReadDelivery]) -> bool| attempts.values().filter(|sent| holds(sent)).count();
    let of = |queue_type: QueueType, sent: &[ReadDelivery]| sent[0].0.queue_type == queue_type;
    let last =
        |sent: &[ReadDelivery], key: &str| sent[sent.len() - 1].1.get(key).cloned().unwrap_or_default();
    let agents = |sent: &[ReadDelivery]| {
        let mut agents: Vec<_> = sent.iter().filter_map(|(_, fields)| fields.get("agent_id")).collect();
        agents.dedup();
        agents.len()
    };
    let missed = |sent: &[ReadDelivery]| sent.iter().any(|(sent, _)| sent.hook == EventKind::Missed.into());
    let habits = [
        (
            "machines end with Leaving alone",
            count(&|sent| sent.len() == 1 && last(sent, "amd_result") == "MACHINE"),
        ),
        (
            "an offline miss never leaves",
            count(&|sent| {
                of(QueueType::OfflineQueue, sent) && sent[sent.len() - 1].0.hook == EventKind::Missed.into()
            }),
        ),
        (
            "a transfer changes the agent without an event",
            count(&|sent| agents(sent) > 1 && !missed(sent) && sent.len() < 7),
        ),
        (
            "preview bridges twice",
            count(&|sent| {
                of(QueueType::PreviewDialer, sent)
                    && sent.iter().filter(|(sent, _)| sent.hook == EventKind::Bridged.into()).count() == 2
            }),
        ),
        ("chats join idle", count(&|sent| sent[0].1["state"] == "idle" && sent[0].1["channel"] == "chat")),
        ("messages have a channel of their own", count(&|sent| sent[0].1["channel"] == "im")),
        ("silence ends chats", count(&|sent| last(sent, "cc_result") == "client_timeout")),
        ("wrap-up runs out of time", count(&|sent| last(sent, "cc_result") == "timeout")),
        ("tasks carry forms", count(&|sent| !last(sent, "approved").is_empty())),
        ("menus ask for a score", count(&|sent| !last(sent, "nps").is_empty())),
        (
            "answered is what one URL says for active",
            count(&|sent| {
                sent.iter().any(|(sent, fields)| {
                    sent.hook == EventKind::Answered.into() && fields["state"] == "active"
                })
            }),
        ),
    ];
    for (habit, times) in habits {
        println!("{times:5} {habit}");
        assert!(times > 0, "{habit}");
    }
}
