//! Invented subscribers and the variables that integrations attach to them.

use super::chance::Chance;
use super::queue::{Plot, SeedQueue};
use super::story::{Destination, MemberName, SeedMember, Variable, VariableValue};

/// Digits of +380 00, an area code that does not exist.
const PHONE_RANGE: u64 = 380_000_000_000;

const TASKS: [&str; 5] =
    ["Refund request", "Зміна тарифу", "Reklamacja \"paczka 2/2\"", "Document check", "Повторна доставка"];

impl SeedMember {
    /// A subscriber as `queue` knows them.
    pub(super) fn draw(queue: &SeedQueue, chance: &mut Chance) -> Self {
        let listed = queue.has_members();
        let destination = match queue.plot {
            Plot::Chat | Plot::Message => Destination::Account(400_000_000 + chance.below(99_999_999)),
            Plot::AgentTask | Plot::OutboundTask => Destination::Ticket(1_000 + chance.below(89_999)),
            _ => Destination::Phone(PHONE_RANGE + chance.below(10_000_000)),
        };
        let name = match queue.plot {
            Plot::Chat => MemberName::Conversation,
            Plot::AgentTask | Plot::OutboundTask => MemberName::Text(chance.pick(&TASKS)),
            Plot::Inbound if chance.happens(7_000) => MemberName::Destination,
            _ => MemberName::Person(chance.below(1_200)),
        };
        let dialled = listed && matches!(destination, Destination::Phone(_));
        Self {
            id: listed.then(|| 9_100_000 + chance.below(800_000)),
            name,
            destination,
            mobile: dialled && chance.happens(4_000),
            attempt_number: if listed { 1 + chance.below(8) / 4 + chance.below(9) / 8 } else { 1 },
            bucket_id: (dialled && chance.happens(3_000)).then(|| 1 + chance.below(9)),
            resource_id: if dialled { 14 + chance.below(2) } else { 0 },
        }
    }
}

/// The variables that are known from the beginning.
pub(super) fn variables(queue: &SeedQueue, chance: &mut Chance) -> Vec<Variable> {
    let mut variables = Vec::with_capacity(8);
    let mut add = |name, value| {
        variables.push(Variable { name, value, known_from: i64::MIN });
    };
    match queue.plot {
        Plot::Inbound => {
            add("crm", VariableValue::Text(chance.pick(&["creatio", "bitrix", "hubspot"])));
            add("ivr_choice", VariableValue::Number(1 + chance.below(5)));
            add("lang", VariableValue::Text(chance.pick(&["uk", "uk", "uk", "en", "pl"])));
            add("wbt_grantee_id", VariableValue::Number(92));
        }
        Plot::Voice => {
            add("campaign", VariableValue::Text("nps"));
            add("client_no", VariableValue::Number(1_000 + chance.below(9_000)));
        }
        Plot::Preview | Plot::Offline => {
            add(
                "campaign",
                VariableValue::Text(chance.pick(&["soft-collect", "м'яке стягнення", "raty-30"])),
            );
            add("contract", VariableValue::Code("A-", 10_000 + chance.below(89_999)));
            add("debt", VariableValue::Money(5_000 + chance.below(2_500_000)));
        }
        Plot::Progressive | Plot::Predictive => {
            add(
                "Lead Source",
                VariableValue::Text(chance.pick(&["web", "expo", "рекомендація", "ad <b>50%</b>"])),
            );
            add("campaign", VariableValue::Text(chance.pick(&["sales-q3", "win-back"])));
            add("lead", VariableValue::Code("L-", chance.below(999_999)));
            if chance.happens(400) {
                add("cc_retry_count", VariableValue::Number(1 + chance.below(2)));
            }
        }
        Plot::Chat | Plot::Message => {
            add("source", VariableValue::Text(chance.pick(&["telegram", "viber", "webchat", "facebook"])));
            add(
                "utm",
                VariableValue::Text(chance.pick(&["promo<1>&x", "brand", "осінь-2026", "C:\\landing"])),
            );
        }
        Plot::AgentTask | Plot::OutboundTask => {
            add("priority", VariableValue::Number(1 + chance.below(3)));
            add("ticket", VariableValue::Number(1_000 + chance.below(89_999)));
        }
    }
    variables
}
