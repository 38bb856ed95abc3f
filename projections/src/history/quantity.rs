//! What is counted and what is measured, each with the name of its column.

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them, in the order of their columns.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];

            /// The name of the column.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

named! {
    /// Something that is counted. Under [`Attribution::Emit`](super::Attribution::Emit) it falls on the event
    /// named at the end of each line.
    Count {
        /// Attempts whose joining is known (J).
        Offered = "offered",
        /// Attempts whose joining is not known: they cannot count as offered (first event).
        JoinUnknown = "join_unknown",
        /// Attempts connected at least once (B).
        Answered = "answered",
        /// Class abandoned (L).
        Abandoned = "abandoned",
        /// Class flowed out (L).
        FlowedOut = "flowed_out",
        /// Class cancelled (L).
        Cancelled = "cancelled",
        /// Class not reached (L).
        NotReached = "not_reached",
        /// Class other (L).
        Other = "other",
        /// Class open (J, else the first event).
        Open = "open",
        /// Attempts of the classes above whose joining is not known, so that they can be left out of cohorts
        /// (as their class).
        AnsweredJoinUnknown = "answered_join_unknown",
        /// The same for every other class together (as their class).
        UnansweredJoinUnknown = "unanswered_join_unknown",
        /// Attempts that left (L).
        Left = "left_queue",
        /// Connected and left with a transfer (L).
        Transferred = "transferred",
        /// Connected agent legs (each leg's B); in queues without agents, connected attempts.
        Handled = "handled",
        /// Offers that were reported (each O).
        Offers = "offers",
        /// Reported offers that ended in a connection (each B).
        OffersBridged = "offers_bridged",
        /// Reported offers that the agent answered, with no connection after it (the leg's end).
        OffersAnswered = "offers_answered",
        /// Reported offers that were withdrawn (the end of ringing).
        OffersWithdrawn = "offers_withdrawn",
        /// Reported offers that go on (O).
        OffersOpen = "offers_open",
        /// Misses caused by the agent (M).
        MissedByAgent = "missed_by_agent",
        /// Misses caused by the caller (M).
        MissedByCaller = "missed_by_caller",
        /// Attempts with at least one reported offer (first O).
        AttemptsOffered = "attempts_offered",
        /// Attempts with at least one miss (first M).
        AttemptsMissed = "attempts_missed",
        /// Attempts whose first reported offer ended in a connection (its B).
        FirstOfferBridged = "first_offer_bridged",
        /// Attempts with a second reported offer (second O).
        SecondOffers = "second_offers",
        /// Attempts whose second reported offer ended in a connection (its B).
        SecondOfferBridged = "second_offer_bridged",
        /// Attempts whose answering machine detection said human (last event).
        AmdHuman = "amd_human",
        /// Attempts whose answering machine detection said machine, however spelled (last event).
        AmdMachine = "amd_machine",
        /// Attempts with `cc_attempt_seq` above 1 (J, else the first event).
        Retries = "retries",
        /// Those of them that were connected (B).
        RetriesAnswered = "retries_answered",
        /// Attempts with at least one gap, whatever the queue is defined to send (last event).
        WithGap = "with_gap",
        /// Attempts with deliveries that contradict each other (last event).
        WithConflict = "with_conflict",
        /// Attempts with a delivery that came more than a day late (last event).
        Late = "late",
        /// Answered attempts whose joining is known and whose wait is not, because one of its ends has the
        /// time of its receipt (B).
        AnsweredUntimed = "answered_untimed",
        /// The same for abandoned attempts (L).
        AbandonedUntimed = "abandoned_untimed",
        /// Class dropped (L).
        Dropped = "dropped",
        /// Attempts in queues that dial members for agents (as their class).
        Dialled = "dialled",
        /// Those of them of which something besides a connection says whether the member answered (as their
        /// class).
        AnswerTold = "answer_told",
        /// Those whose member answered, also where a connection alone says so (as their class).
        LiveAnswers = "live_answers",
        /// Those of them of which something besides a connection says so: the metric `n_live_answers` (as
        /// their class).
        LiveTold = "live_told",
        /// Those of them of which it is known when the member answered (as their class).
        LiveTimed = "live_timed",
        /// Those of them that got no agent within two seconds (as their class).
        DroppedTwoSeconds = "dropped_two_seconds",
    }
}

named! {
    /// Something that is measured, in milliseconds. Under [`Attribution::Emit`](super::Attribution::Emit) it
    /// falls on the event that ends it.
    Measure {
        /// B − J of answered attempts.
        WaitAnswered = "wait_answered",
        /// L − J of abandoned attempts.
        WaitAbandoned = "wait_abandoned",
        /// L − J of attempts that left unanswered otherwise.
        WaitOther = "wait_other",
        /// min(A, B) − J: until an agent accepted.
        WaitAccepted = "wait_accepted",
        /// First O − J.
        WaitFirstOffer = "wait_first_offer",
        /// End of ringing − O, of every reported offer that ended.
        Ring = "ring",
        /// B − O of reported offers that ended in a connection.
        RingAnswered = "ring_answered",
        /// E − B: of the attempt in a queue's history, of the leg in an agent's.
        Talk = "talk",
        /// L − P, of the attempt or of the leg.
        Wrap = "wrap",
        /// L − B without what lies between talk and after-call work, of the attempt or of the leg.
        Handle = "handle",
    }
}
