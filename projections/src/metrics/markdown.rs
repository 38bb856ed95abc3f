//! The catalogue for people.

use std::fmt::Write as _;

use super::catalogue::catalogue;
use super::unit::{HistoryKind, Unit};

const HEAD: &str = "# Metrics

Every metric, as `GET /v1/metrics` returns it. The letters of the formulas:

| letter | means |
| --- | --- |
| J | the subscriber joined: by event, else as most later events carry it (`joined_at`) |
| O | an offer to an agent; its leg ends with a connection, a miss, or a withdrawal |
| A | an agent answered (Answered or Active) |
| B | agent and subscriber were connected: by event, else as Processing or Leaving carry it (`bridged_at`) |
| M | the agent missed the offer. A miss whose payload states why the subscriber's leg was hung up \
is the caller's |
| P | after-call work began |
| L | the subscriber left the queue |
| E | the end of the talk: a Missed after it of the agent who talks, or of nobody, else P, else L |

Where the event of J or B states no time, what is carried counts, too.

Durations are milliseconds, intervals half-open. Percentiles are by nearest rank: the ⌈p/100 · n⌉-th smallest
value. A ratio over nothing is `null`, and so is a rate with more above than below, or with less than nothing
on a side (`cohorts_differ`): attributed by the event, its sides may be about different attempts. Waits are
measured only where J is known, and so are the numerators of rates over offered attempts: an attempt without J
has a class, but no cohort.

**Attribution** decides which interval a value falls into: `start` (all values of an attempt at J, else at its
first event), `emit` (each value at the event that produces it), `end` (all values at L). The identity

    offered = answered + abandoned + flowed out + cancelled + not reached + dropped + other + open −
    those without J

holds by cohort, so it is computed for `start` only.

A queue whose definition says that it does not send what a metric **needs** has no value of it: null, with
`hook_not_sent` as the reason, never 0. A sum over queues holds those that send it, and says how many they are
of those with anything in the interval (`queues`). J is known without Joined, and B without Bridged, where
other events carry it. What needs **no B**, such as an abandon or an open attempt, is not known without
Bridged, whatever other attempts carry: so intervals add up to their sum. In chats M needs Bridged, too: it
may end a talk.

**Service level.** `threshold_ms` is the wait within which an answer is in time, `operator` says whether a
wait of just so long is (`lte`) or not (`lt`), and `policy` what is divided by what. Every policy's ratio
stands beside the value, in `parts`. Offered are attempts with J; those whose wait is not known are on neither
side.

| policy | above | below | who does so |
| --- | --- | --- | --- |
| `abandons_negative` (default) | answered in time | offered | Cisco: abandons count against |
| `abandons_ignored` | answered in time | offered − abandoned in time | Cisco: abandons ignored |
| `abandons_positive` | answered in time + abandoned in time | offered | Cisco: abandons count for |
| `removed_in_x` | answered in time + abandoned in time | offered | Amazon Connect: removed from queue; \
callbacks are no events here, so it equals `abandons_positive` |
| `genesys` | answered in time | answered + abandoned | Genesys Cloud with its switches off |
| `answered_only` | answered in time | answered | Wazo, VICIDIAL |
| `webitel` | answered in less than the threshold, whatever the operator | offered + those without J \
| Webitel |

**Dropped calls.** A member whom a dialler called, who answered, and who left without an agent is of the
class `dropped`. 16 CFR 310.4 calls a call abandoned where the person who answers it has no representative
within two seconds of the completed greeting (b)(1)(iv), and spares who abandons no more than three percent of
the calls answered by a person, over a campaign of less than 30 days or over each successive 30 days (b)(4).
Annex 3 of Ofcom's statement of 20 December 2016 calculates an abandoned call rate for the United Kingdom;
its corrections for machines are not made here. Rates divide sums, so a range of any length has its own;
`total` is that of the whole range. Thirty days of a queue by day:

```console
$ curl \"$ATTEMPT_LEDGER_URL/v1/queues/75/history?from=now-30d&to=now&interval=P1D\\
&metrics=n_dropped,n_live_answers,dropped_rate,dropped_rate_two_seconds\"
```

`/v1/queues/history?…&group_by=queue` answers the same for each queue. The numbers are null with their reason
where hooks cannot tell them: `not_dialled` where no attempt is of a preview, progressive or predictive queue,
`answer_not_told` where nothing but a connection says that a member answered (the hooks list neither
`amd_result` nor `call_voice_sec`, and there is no `wait_agent`), and `answer_not_timed`, for the rule of two
seconds, unless every live answer states when it was. Without answering machine detection a machine that
answers counts as a person. No hook reports the end of the member's greeting: the rule of two seconds is
measured from the first `wait_agent`.

| key | name | formula | needs | unit | histories | who defines it so |
| --- | --- | --- | --- | --- | --- | --- |
";

/// The page `docs/metrics.md`.
#[must_use]
pub fn to_markdown() -> String {
    let mut page = HEAD.to_owned();
    for definition in catalogue() {
        let formula = definition
            .unknowable()
            .map_or_else(|| definition.formula.to_owned(), |why| format!("not known: {why}"));
        let unit = match definition.unit {
            Unit::Count => "count",
            Unit::Milliseconds => "ms",
            Unit::Rate => "rate",
            Unit::Ratio => "ratio",
        };
        let histories: Vec<&str> = definition
            .histories
            .iter()
            .map(|history| match history {
                HistoryKind::Queue => "queue",
                HistoryKind::Agent => "agent",
            })
            .collect();
        let needs: Vec<&str> = definition.needs().collect();
        let needs = needs.join(", ");
        let (key, name, source) = (definition.key, definition.name, definition.source);
        writeln!(
            page,
            "| `{key}` | {name} | {formula} | {needs} | {unit} | {} | {source} |",
            histories.join(", ")
        )
        .expect("a string takes everything");
    }
    page
}
