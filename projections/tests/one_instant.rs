//! What followed each other and states one instant has the legs that it had, wherever the lifecycle decides.
//!
//! The lifecycle decides where all legal orders that make the least of an attempt give the same legs: the
//! least is as few legs as can be, none withdrawn, no gap, and no miss that says nothing.

use std::collections::BTreeSet;

use attempt_ledger_domain::lifecycle::check_run;
use attempt_ledger_domain::timeline::time_order;
use attempt_ledger_domain::{AgentId, AttemptId, EventKind, Position, QueueType, UnixMillis};
use attempt_ledger_projections::fold::{Rows, Step, StepFields, fold_run};
use attempt_ledger_projections::{Gap, OfferOutcome, OfferRow};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use EventKind::{Answered, Bridged, Joined, Leaving, Missed, Offering, Processing};

const NINE: i64 = 1_772_442_000_000;

/// An event and its agent; nobody is 0.
type Said = (EventKind, i64);

const SAID: [Said; 17] = [
    (Joined, 0),
    (Offering, 1),
    (Offering, 2),
    (Offering, 0),
    (Missed, 1),
    (Missed, 2),
    (Missed, 0),
    (Answered, 1),
    (Answered, 2),
    (Answered, 0),
    (Bridged, 1),
    (Bridged, 2),
    (Bridged, 0),
    (Processing, 1),
    (Processing, 2),
    (Leaving, 0),
    (Leaving, 1),
];

fn steps(queue_type: QueueType, said: &[Said], at: impl Fn(usize) -> i64) -> Vec<Step> {
    let step = |(index, (event, agent)): (usize, &Said)| Step {
        position: Position(index as u64 + 1),
        event: *event,
        queue_type: Some(queue_type),
        queue_id: None,
        occurred_at: UnixMillis(NINE + at(index)),
        has_stated_time: true,
        recorded_at: UnixMillis(NINE + 1_000),
        fields: StepFields { agent_id: (*agent > 0).then_some(AgentId(*agent)), ..StepFields::default() },
    };
    said.iter().enumerate().map(step).collect()
}

fn is_legal(queue_type: QueueType, said: impl IntoIterator<Item = EventKind>) -> bool {
    check_run(queue_type, said).is_ok()
}

/// The legs, whatever their numbers, and how much the order makes of the attempt.
fn told(queue_type: QueueType, run: &[&Step]) -> (BTreeSet<String>, usize) {
    let rows = fold_run(AttemptId(1), run, Some(queue_type), None, &[]).expect("a run has a row");
    let mut legs = BTreeSet::new();
    for leg in &rows.offers {
        let row = format!("{:?}", OfferRow { leg: 0, ..leg.clone() });
        let nth = (0..).find(|nth| !legs.contains(&format!("{nth} {row}"))).expect("a number");
        legs.insert(format!("{nth} {row}"));
    }
    (legs, least(&rows, run))
}

fn least(rows: &Rows, run: &[&Step]) -> usize {
    let withdrawn = rows.offers.iter().filter(|leg| leg.outcome == OfferOutcome::Withdrawn).count();
    // A miss that closes no offer is a leg of its own.
    let gaps = rows.attempt.gaps.iter().filter(|gap| *gap != Gap::MissedWithoutOffering).count();
    let talk = run.iter().rposition(|step| step.event == Bridged);
    let says_nothing = talk.is_some_and(|talk| {
        let agent = |step: &Step| step.fields.agent_id;
        let misses = run[talk..].iter().filter(|step| step.event == Missed);
        misses.into_iter().any(|miss| agent(miss).is_some() && agent(miss) != agent(run[talk]))
    });
    rows.offers.len() + withdrawn + gaps + 3 * usize::from(says_nothing)
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for last in 0..count {
        let grown = |shorter: &Vec<usize>| {
            let with = |place| {
                let mut longer = shorter.clone();
                longer.insert(place, last);
                longer
            };
            (0..=last).map(with).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(grown).collect();
    }
    all
}

fn names(run: &[&Step]) -> String {
    let name = |step: &&Step| {
        let agent = step.fields.agent_id.map(|agent| agent.0.to_string()).unwrap_or_default();
        format!("{}{agent}@{}", &step.event.name()[..1], step.occurred_at.0 - NINE)
    };
    run.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// How many collapses were judged, and in how many of them the lifecycle decides.
#[derive(Default)]
struct Judged {
    all: usize,
    decided: usize,
    wrong: Vec<String>,
}

impl Judged {
    /// Collapses steps of a legal run to one instant, and compares with every other order of them.
    fn collapse(&mut self, queue_type: QueueType, said: &[Said], start: usize, length: usize, shuffle: u64) {
        let at = |index: usize| match index {
            _ if index < start => 10 * index as i64,
            _ if index < start + length => 10 * start as i64,
            _ => 10 * index as i64,
        };
        let real = steps(queue_type, said, at);
        let orders = permutations(length).into_iter().filter_map(|order| {
            let mut run: Vec<&Step> = real.iter().collect();
            for (place, from) in order.iter().enumerate() {
                run[start + place] = &real[start + from];
            }
            is_legal(queue_type, run.iter().map(|step| step.event)).then(|| told(queue_type, &run))
        });
        let orders: Vec<_> = orders.collect();
        let least = orders.iter().map(|(_, much)| *much).min().expect("the real order is legal");
        let (legs, much) = told(queue_type, &real.iter().collect::<Vec<_>>());
        let is_decided = much == least
            && orders.iter().filter(|(_, much)| *much == least).all(|(others, _)| *others == legs);
        let mut mixed: Vec<&Step> = real.iter().collect();
        mixed.shuffle(&mut ChaCha8Rng::seed_from_u64(shuffle));
        time_order::<Step, _>(&mut mixed);
        self.all += 1;
        self.decided += usize::from(is_decided);
        let is_right = is_legal(queue_type, mixed.iter().map(|step| step.event)) && {
            let (found, makes) = told(queue_type, &mixed);
            if is_decided { found == legs } else { makes == least || much > least }
        };
        if !is_right {
            let real: Vec<&Step> = real.iter().collect();
            self.wrong.push(format!("{queue_type:?}: {} as {} ({is_decided})", names(&real), names(&mixed)));
        }
    }

    fn collapse_all(&mut self, queue_type: QueueType, said: &[Said]) {
        for start in 0..said.len() {
            for length in 2..=said.len() - start {
                self.collapse(queue_type, said, start, length, self.all as u64);
            }
        }
    }

    fn assert(&self) {
        println!("{} collapses, {} decided, {} wrong", self.all, self.decided, self.wrong.len());
        for one in self.wrong.iter().take(60) {
            println!("{one}");
        }
        assert!(self.decided * 3 > self.all, "the lifecycle decides often: {} of {}", self.decided, self.all);
        assert!(self.wrong.is_empty(), "{} of {}: {}", self.wrong.len(), self.all, self.wrong[0]);
    }
}

/// Every legal run of so many events, agents in the order of their numbers.
fn legal_runs(queue_type: QueueType, length: usize) -> Vec<Vec<Said>> {
    let mut runs: Vec<Vec<Said>> = vec![vec![]];
    for _ in 0..length {
        let longer = |run: &Vec<Said>| {
            let known = run.iter().map(|(_, agent)| *agent).max().unwrap_or_default();
            let with = |said: &Said| {
                let longer: Vec<Said> = run.iter().copied().chain([*said]).collect();
                let is_next = said.1 <= known + 1;
                (is_next && is_legal(queue_type, longer.iter().map(|(event, _)| *event))).then_some(longer)
            };
            SAID.iter().filter_map(with).collect::<Vec<_>>()
        };
        runs = runs.iter().flat_map(longer).collect();
    }
    runs
}

#[test]
fn every_short_run_that_is_collapsed_has_its_legs_wherever_the_lifecycle_decides() {
    let mut judged = Judged::default();
    for queue_type in [QueueType::PreviewDialer, QueueType::InboundQueue, QueueType::OfflineQueue] {
        for length in 2..=4 {
            for run in legal_runs(queue_type, length) {
                judged.collapse_all(queue_type, &run);
            }
        }
    }
    judged.assert();
}

#[test]
fn longer_runs_that_are_collapsed_have_their_legs_wherever_the_lifecycle_decides() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut judged = Judged::default();
    for _ in 0..1_500 {
        let queue_type =
            *[QueueType::PreviewDialer, QueueType::InboundQueue].choose(&mut random).expect("two");
        let mut run: Vec<Said> = Vec::new();
        let length = random.random_range(5..=6);
        while run.len() < length {
            let said = *SAID.choose(&mut random).expect("some");
            let longer: Vec<Said> = run.iter().copied().chain([said]).collect();
            // What ends an attempt is rare, so that most are long.
            let is_soon = said.0.rank() > 2 && random.random_bool(0.7);
            if is_legal(queue_type, longer.iter().map(|(event, _)| *event)) && !is_soon {
                run = longer;
            } else if run.iter().any(|(event, _)| *event == Leaving) {
                break;
            }
        }
        judged.collapse_all(queue_type, &run);
    }
    judged.assert();
}
