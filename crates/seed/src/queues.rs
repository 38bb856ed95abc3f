//! The twelve queues of the invented contact centre: all eight types, each with its own habits.

use attempt_ledger_domain::EventKind::{
    Active, Answered, Bridged, Joined, Leaving, Missed, Offering, Processing,
};
use attempt_ledger_domain::{EventKind, QueueId, QueueType};

use super::chance::Chance;
use super::pool::Team;
use super::queue::{Plot, SeedQueue};

const AGENT_CALL: &[EventKind] = &[Joined, Offering, Missed, Bridged, Processing, Leaving];
const DIALER: &[EventKind] = &[Offering, Missed, Bridged, Processing, Leaving];
const ACTIVE_DIALER: &[EventKind] = &[Offering, Missed, Active, Bridged, Processing, Leaving];
const ANSWERED_DIALER: &[EventKind] = &[Offering, Missed, Answered, Bridged, Leaving];
const CHAT: &[EventKind] = &[Joined, Offering, Missed, Bridged, Leaving];
const VOICE: &[EventKind] = &[Joined, Offering, Bridged, Leaving];
const BACKGROUND: &[EventKind] = &[Joined, Bridged, Leaving];

/// The queues: every queue type occurs, two have hooks for some events only.
#[must_use]
pub fn queues() -> &'static [SeedQueue] {
    &QUEUES
}

/// The queue of a new attempt. At night only people who come by themselves are served.
pub(super) fn draw_queue(office_hours: bool, chance: &mut Chance) -> &'static SeedQueue {
    const WEIGHTS: u64 = 1_000;
    let mut left = chance.below(WEIGHTS);
    for queue in queues() {
        let weight = if office_hours { queue.office_weight } else { queue.night_weight };
        if left < weight {
            return queue;
        }
        left -= weight;
    }
    &queues()[0]
}

static QUEUES: [SeedQueue; 12] = [
    inbound(17, "Підтримка клієнтів", AGENT_CALL, 300, 600),
    // Its administrator registered neither Missed nor Processing: there, misses are unknown and not zero.
    inbound(18, "Premium support (English)", VOICE, 80, 200),
    SeedQueue {
        team: Team::Sales,
        processing_ms: 0,
        reports: &[],
        ..outbound(40, "NPS survey", QueueType::OutboundIvr, Plot::Voice, VOICE, 110)
    },
    outbound(31, "М'яке стягнення", QueueType::PreviewDialer, Plot::Preview, ACTIVE_DIALER, 70),
    // Its schema for `active` posts to the URL that the producer's document names: `answered`.
    SeedQueue {
        processing_ms: 0,
        ..outbound(32, "Przypomnienia o ratach", QueueType::PreviewDialer, Plot::Preview, ANSWERED_DIALER, 40)
    },
    outbound(71, "Sales Q3", QueueType::ProgressiveDialer, Plot::Progressive, DIALER, 110),
    outbound(75, "Повернення клієнтів", QueueType::PredictiveDialer, Plot::Predictive, DIALER, 110),
    SeedQueue { processing_ms: 0, hooks: CHAT, ..chat(55, "Telegram і сайт", Plot::Chat, 80, 150) },
    chat(56, "Messenger", Plot::Message, 30, 50),
    task(61, "Refund requests", Plot::AgentTask, DIALER, 30),
    SeedQueue { processing_ms: 0, ..task(62, "Wysyłka dokumentów", Plot::OutboundTask, BACKGROUND, 20) },
    SeedQueue {
        team: Team::BackOffice,
        ..outbound(91, "Ручні дзвінки", QueueType::OfflineQueue, Plot::Offline, ACTIVE_DIALER, 20)
    },
];

const fn inbound(
    id: i64,
    name: &'static str,
    hooks: &'static [EventKind],
    office_weight: u64,
    night_weight: u64,
) -> SeedQueue {
    SeedQueue {
        id: QueueId(id),
        queue_type: QueueType::InboundQueue,
        name,
        hooks,
        service_level_threshold_ms: 20_000,
        short_abandon_threshold_ms: 5_000,
        plot: Plot::Inbound,
        team: Team::Service,
        processing_ms: 60_000,
        reports: &["callback", "передзвонити", "complaint", "przekazano"],
        office_weight,
        night_weight,
    }
}

const fn outbound(
    id: i64,
    name: &'static str,
    queue_type: QueueType,
    plot: Plot,
    hooks: &'static [EventKind],
    office_weight: u64,
) -> SeedQueue {
    SeedQueue {
        id: QueueId(id),
        queue_type,
        name,
        hooks,
        service_level_threshold_ms: 30_000,
        short_abandon_threshold_ms: 2_000,
        plot,
        team: Team::Sales,
        processing_ms: 45_000,
        reports: &["callback", "не цікаво", "promise_to_pay", "odmowa", "wrong_number"],
        office_weight,
        night_weight: 0,
    }
}

const fn chat(id: i64, name: &'static str, plot: Plot, office_weight: u64, night_weight: u64) -> SeedQueue {
    SeedQueue {
        id: QueueId(id),
        queue_type: QueueType::ChatInboundQueue,
        name,
        hooks: AGENT_CALL,
        service_level_threshold_ms: 60_000,
        short_abandon_threshold_ms: 10_000,
        plot,
        team: Team::Chat,
        processing_ms: 90_000,
        reports: &["escalated", "спам", "callback"],
        office_weight,
        night_weight,
    }
}

const fn task(
    id: i64,
    name: &'static str,
    plot: Plot,
    hooks: &'static [EventKind],
    office_weight: u64,
) -> SeedQueue {
    SeedQueue {
        id: QueueId(id),
        queue_type: QueueType::TaskQueue,
        name,
        hooks,
        service_level_threshold_ms: 600_000,
        short_abandon_threshold_ms: 0,
        plot,
        team: Team::BackOffice,
        processing_ms: 120_000,
        reports: &["rejected", "на уточнення", "duplicate"],
        office_weight,
        night_weight: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_and_every_queue_type_has_a_queue() {
        assert_eq!(QUEUES.iter().map(|queue| queue.office_weight).sum::<u64>(), 1_000);
        assert_eq!(QUEUES.iter().map(|queue| queue.night_weight).sum::<u64>(), 1_000);
        for queue_type in QueueType::ALL {
            assert!(QUEUES.iter().any(|queue| queue.queue_type == queue_type), "{queue_type}");
        }
        for queue in &QUEUES {
            assert!(queue.hooks.iter().all(|kind| queue.queue_type.has_event(*kind)), "{}", queue.name);
            let has_wrap_up = queue.processing_ms > 0;
            assert!(has_wrap_up || !queue.hooks.contains(&Processing), "{} never sends it", queue.name);
        }
    }
}
