//! The run loops of the dialer, one file for each kind, told as stories.

mod agent_first;
mod agentless;
mod dialers;
mod ending;
mod offers;
mod waiting;

use super::plan::Plan;
use super::queue::Plot;

/// Tells the whole attempt.
pub(super) fn tell(plan: &mut Plan<'_>) {
    match plan.story.queue.plot {
        Plot::Inbound => waiting::inbound(plan),
        Plot::Chat | Plot::Message => waiting::conversation(plan),
        Plot::Voice => agentless::voice(plan),
        Plot::OutboundTask => agentless::task(plan),
        Plot::Preview => agent_first::preview(plan),
        Plot::Offline => agent_first::offline(plan),
        Plot::AgentTask => agent_first::task(plan),
        Plot::Progressive => dialers::progressive(plan),
        Plot::Predictive => dialers::predictive(plan),
    }
}
