//! The stream of deliveries: stories begin one by one and arrive side by side.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use attempt_ledger_domain::UnixMillis;

use super::arrivals::Calendar;
use super::body;
use super::chance::Chance;
use super::delivery::SeedDelivery;
use super::options::SeedOptions;
use super::pen::Pen;
use super::plot;
use super::pool::AgentPool;
use super::queues::draw_queue;
use super::requests::{self, Request};
use super::story::Story;
use super::unserved::Unserved;

/// Deliveries in the order of their arrival.
///
/// Holds only the attempts that are under way, not those to come nor those that are over.
pub struct Traffic {
    options: SeedOptions,
    calendar: Calendar,
    pool: AgentPool,
    begun: u64,
    /// Those who may come back, in traffic where anybody does.
    unserved: Option<Unserved>,
    /// Each open attempt once, under the time and the attempt of its next request.
    open: BinaryHeap<Reverse<OpenAttempt>>,
}

struct OpenAttempt {
    at: i64,
    begun: u64,
    story: Box<StoryRequests>,
}

struct StoryRequests {
    story: Story,
    requests: Vec<Request>,
    next: usize,
}

impl PartialEq for OpenAttempt {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.begun) == (other.at, other.begun)
    }
}

impl Eq for OpenAttempt {}

impl PartialOrd for OpenAttempt {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OpenAttempt {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.begun).cmp(&(other.at, other.begun))
    }
}

impl Traffic {
    pub(super) fn new(options: SeedOptions) -> Self {
        let calendar = Calendar::new(&options);
        let pool = AgentPool::new(&calendar, options.span_ms);
        Self { options, calendar, pool, begun: 0, unserved: None, open: BinaryHeap::new() }
    }

    /// The same traffic, in which some of the subscribers whom nobody served come back.
    #[must_use]
    pub fn with_returns(mut self) -> Self {
        self.unserved = Some(Unserved::default());
        self
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
        let queue = draw_queue(moment.office_hours, &mut chance);
        let moment_at = moment.at;
        let mut pen = Pen::new(attempt_id, queue, moment, &mut chance, &mut self.pool);
        if let Some(unserved) = &mut self.unserved
            && let Some(member) = unserved.take(queue, moment_at, self.options.seed, attempt_id)
        {
            pen.story.member = member;
        }
        plot::write(&mut pen);
        let mut story = pen.finish();
        if let Some(unserved) = &mut self.unserved {
            unserved.note(&story);
        }
        let requests = requests::plan(&mut story, self.options.scenario, &mut chance);
        let first = requests.first().expect("each attempt has a request");
        self.open.push(Reverse(OpenAttempt {
            at: first.at,
            begun,
            story: Box::new(StoryRequests { story, requests, next: 0 }),
        }));
    }

    /// Whether an attempt that has not begun may have a request before the open ones.
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
        match open.story.requests.get(open.story.next) {
            Some(next) => open.at = next.at,
            None => {
                std::collections::binary_heap::PeekMut::pop(top);
            }
        }
        Some(delivery)
    }
}

impl StoryRequests {
    fn deliver(&mut self, seed: u64) -> SeedDelivery {
        let request = self.requests[self.next];
        self.next += 1;
        let step = &self.story.steps[request.step];
        let body = body::write(&self.story, step);
        SeedDelivery {
            sent_at: UnixMillis(request.at),
            queue_type: self.story.queue.queue_type,
            hook: step.hook,
            body: match request.damage {
                Some(damage) => damage
                    .spoil(&body, &mut Chance::of(seed ^ request.at.unsigned_abs(), self.story.attempt_id)),
                None => body,
            },
        }
    }
}
