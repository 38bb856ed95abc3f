//! The order of deliveries that state one instant.

use attempt_ledger_domain::timeline::{RunStep, time_order};
use attempt_ledger_domain::{AgentId, CoarseTime, EventKind, Position, UnixMillis};

/// A step such as `O5`, Offering to agent 5, at an instant.
struct Step {
    text: &'static str,
    at: i64,
    position: u64,
    is_stated: bool,
}

impl RunStep for Step {
    fn event(&self) -> EventKind {
        match &self.text[..1] {
            "J" => EventKind::Joined,
            "O" => EventKind::Offering,
            "M" => EventKind::Missed,
            "A" => EventKind::Active,
            "B" => EventKind::Bridged,
            "P" => EventKind::Processing,
            "L" => EventKind::Leaving,
            other => panic!("{other} is no step"),
        }
    }

    fn position(&self) -> Position {
        Position(self.position)
    }

    fn occurred_at(&self) -> UnixMillis {
        UnixMillis(self.at)
    }

    fn occurred(&self) -> CoarseTime {
        CoarseTime::exact(self.occurred_at())
    }

    fn has_stated_time(&self) -> bool {
        self.is_stated
    }

    fn recorded_at(&self) -> UnixMillis {
        UnixMillis(self.at)
    }

    fn agent_id(&self) -> Option<AgentId> {
        self.text[1..].parse().ok().map(AgentId)
    }

    fn joined_at(&self) -> Option<CoarseTime> {
        None
    }

    fn bridged_at(&self) -> Option<CoarseTime> {
        None
    }

    fn call_cause(&self) -> Option<&str> {
        None
    }

    fn call_sip_code(&self) -> Option<i64> {
        None
    }
}

/// Instants, divided by `|`, each with its steps in the order in which they were recorded.
fn steps(instants: &'static str, is_stated: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    for (at, instant) in (1_000..).zip(instants.split('|')) {
        for text in instant.split_whitespace() {
            steps.push(Step { text, at, position: steps.len() as u64 + 1, is_stated });
        }
    }
    steps
}

fn ordered(mut steps: Vec<Step>) -> String {
    time_order::<Step, _>(&mut steps);
    steps.iter().map(|step| step.text).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_states_one_instant_is_ordered_by_what_can_follow_what() {
    for (instants, expected) in [
        ("J | O1 | O1 M1 | B1 | L", "J O1 M1 O1 B1 L"),
        ("O1 | O2 M1", "O1 M1 O2"),
        ("O2 | O1 M2", "O2 M2 O1"),
        ("L P B1 O1 J", "J O1 B1 P L"),
        ("O1 M1 O2 M2 O3", "O1 M1 O2 M2 O3"),
        ("O3 O2 M3 M2 | M3", "O2 M2 O3 M3 M3"),
        ("O1 O1 M1 | M1", "O1 M1 O1 M1"),
        ("O1 O1 M1 B1", "O1 M1 O1 B1"),
        ("O2 O3 B2", "O3 O2 B2"),
        // Who is spoken of next still rang.
        ("O5 O3 | B3", "O5 O3 B3"),
        ("O3 O5 | B3", "O5 O3 B3"),
        ("O3 O5 | M3 | B5", "O5 O3 M3 B5"),
        ("O3 O5 | O7 | M3", "O5 O3 O7 M3"),
        ("O3 O5 | M | P3 L", "O5 O3 M P3 L"),
        ("O1 O2 A1 | B1", "O2 O1 A1 B1"),
        ("O2 O3 B2 B3", "O3 O2 B2 B3"),
        ("O1 O2 M2 | B1", "O2 M2 O1 B1"),
        ("O O1 | B", "O1 O B"),
        ("O1 | M1 O2 B2", "O1 M1 O2 B2"),
        ("O1 | M1 O1 B1", "O1 M1 O1 B1"),
        // The offer before led to the talk, which the agent broke off.
        ("O1 | M1 B1", "O1 B1 M1"),
        ("O1 M1 B1", "O1 B1 M1"),
        ("B1 | M1 L", "B1 M1 L"),
        // Nobody's talk has ended where another connection follows.
        ("M5 B5 | B6", "M5 B5 B6"),
        ("O5 | M5 B5 | B6", "O5 M5 B5 B6"),
        // A transfer: who talks already comes first.
        ("B2 | B1 B2 P1", "B2 B2 B1 P1"),
        // A miss that names nobody closes the offer that rings.
        ("O1 | M O2", "O1 M O2"),
        // A miss that closes nothing is not the end of the attempt that still rings.
        ("O1 M2", "M2 O1"),
        // An answer that ends with a miss is one leg.
        ("O1 A1 M1", "O1 A1 M1"),
        ("M1 A1 O1", "O1 A1 M1"),
        ("O1 | M1 A1", "O1 A1 M1"),
        ("O1 | M1 A1 | A1", "O1 M1 A1 A1"),
        ("A1 M", "A1 M"),
        // Misses that name nobody close what rings, one each.
        ("M O2 M O1", "O1 M O2 M"),
        ("O1 M B1", "O1 B1 M"),
        ("O1 | M O2 M", "O1 M O2 M"),
        // Who talks next, or is missed next, talked last.
        ("B1 B2 | B1", "B2 B1 B1"),
        ("B1 B2 | M1", "B2 B1 M1"),
        ("M1 M2 A3 B3", "M1 M2 A3 B3"),
        ("A2 A1 B2", "A1 A2 B2"),
        ("L2 P2 L1 P1", "P1 P2 L1 L2"),
    ] {
        assert_eq!(ordered(steps(instants, true)), expected, "{instants}");
    }
}

#[test]
fn the_order_of_arrival_does_not_matter_where_times_are_stated() {
    for instants in ["J O1 M1 O1 B1 P1 L", "O1 M1 O2 M2 O3 B3", "O1 O1 M1 M2 O2", "A2 A A1 B2 L3 L2"] {
        let expected = ordered(steps(instants, true));
        for turn in 0..7 {
            let mut turned = steps(instants, true);
            let places = turned.len();
            turned.rotate_left(turn % places);
            turned.reverse();
            assert_eq!(ordered(turned), expected, "{instants}, turned by {turn}");
        }
    }
}

#[test]
fn where_every_time_is_the_receipts_the_order_of_records_counts() {
    for (instants, expected) in [
        ("O2 M2 O1 M1", "O2 M2 O1 M1"),
        ("O1 O2 M2", "O1 O2 M2"),
        ("O1 B1 M1 L", "O1 B1 M1 L"),
        ("O1 M1 B1", "O1 M1 B1"),
        // A transfer from one agent to the other.
        ("B7 B5", "B7 B5"),
        ("B5 | B7 B5", "B5 B7 B5"),
        ("A7 A5 B5", "A7 A5 B5"),
        // What the lifecycle does not allow is no order of steps.
        ("L B1 O1 J", "J O1 B1 L"),
    ] {
        assert_eq!(ordered(steps(instants, false)), expected, "{instants}");
    }
}
