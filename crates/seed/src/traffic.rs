//! The stream of deliveries: stories begin one by one and are told side by side.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use attempt_ledger_domain::UnixMillis;

use super::arrivals::Calendar;
use super::body;
use super::chance::Chance;
use super::plan::Plan;
use super::plot;
use super::pool::Pool;
use super::queue::SeedQueue;
use super::sending::{self, Sending};
use super::story::Story;
use super::{SeedDelivery, SeedOptions};

/// Deliveries in the order of their arrival.
///
/// Holds only the attempts that are under way, not those to come nor those that are over.
pub struct Traffic {
    options: SeedOptions,
    calendar: Calendar,
    pool: Pool,
    begun: u64,
    /// Each open attempt once, under the time and the attempt of its next request.
    open: BinaryHeap<Reverse<Open>>,
}

struct Open {
    at: i64,
    begun: u64,
    story: Box<Told>,
}

struct Told {
    story: Story,
    sendings: Vec<Sending>,
    next: usize,
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.begun) == (other.at, other.begun)
    }
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.begun).cmp(&(other.at, other.begun))
    }
}

impl Traffic {
    pub(super) fn new(options: SeedOptions) -> Self {
        let calendar = Calendar::new(&options);
        let pool = Pool::new(&calendar, options.span_ms);
        Self { options, calendar, pool, begun: 0, open: BinaryHeap::new() }
    }

    /// How many attempts are under way: what bounds the memory in use.
    #[must_use]
    pub fn open_attempts(&self) -> usize {
        self.open.len()
    }

    fn begin_next(&mut self) {
        let begun = self.begun;
        self.begun += 1;
        let attempt_id = self.options.first_attempt_id.wrapping_add_unsigned(begun);
        let mut chance = Chance::of(self.options.seed, attempt_id);
        let moment = self.calendar.moment(begun, chance.bits());
        let queue = SeedQueue::draw(moment.office_hours, &mut chance);
        let mut plan = Plan::new(attempt_id, queue, moment, &mut chance, &mut self.pool);
        plot::tell(&mut plan);
        let mut story = plan.finish();
        let sendings = sending::plan(&mut story, self.options.scenario, &mut chance);
        let first = sendings.first().expect("each attempt is heard of");
        self.open.push(Reverse(Open {
            at: first.at,
            begun,
            story: Box::new(Told { story, sendings, next: 0 }),
        }));
    }

    /// Whether an attempt that has not begun might be heard of before the open ones.
    fn another_may_come_first(&self) -> bool {
        self.begun < self.options.attempts
            && self.open.peek().is_none_or(|Reverse(open)| open.at >= self.calendar.earliest(self.begun))
    }
}

impl Iterator for Traffic {
    type Item = SeedDelivery;

    fn next(&mut self) -> Option<SeedDelivery> {
        while self.another_may_come_first() {
            self.begin_next();
        }
        let mut top = self.open.peek_mut()?;
        let Reverse(open) = &mut *top;
        let delivery = open.story.deliver(self.options.seed);
        match open.story.sendings.get(open.story.next) {
            Some(following) => open.at = following.at,
            None => {
                std::collections::binary_heap::PeekMut::pop(top);
            }
        }
        Some(delivery)
    }
}

impl Told {
    fn deliver(&mut self, seed: u64) -> SeedDelivery {
        let sending = self.sendings[self.next];
        self.next += 1;
        let step = &self.story.steps[sending.step];
        let body = body::write(&self.story, step);
        SeedDelivery {
            sent_at: UnixMillis(sending.at),
            queue_type: self.story.queue.queue_type,
            event: step.event,
            body: match sending.damage {
                Some(damage) => damage
                    .spoil(&body, &mut Chance::of(seed ^ sending.at.unsigned_abs(), self.story.attempt_id)),
                None => body,
            },
        }
    }
}
