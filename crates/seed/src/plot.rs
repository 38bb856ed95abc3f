//! The run loops of the dialer, one file for each kind, written as stories.

mod agent_first;
mod agentless;
mod dialers;
mod ending;
mod offers;
mod waiting;

use super::pen::Pen;
use super::queue::Plot;

/// Writes the whole attempt.
pub(super) fn write(pen: &mut Pen<'_>) {
    match pen.story.queue.plot {
        Plot::Inbound => waiting::inbound(pen),
        Plot::Chat | Plot::Message => waiting::conversation(pen),
        Plot::Voice => agentless::voice(pen),
        Plot::OutboundTask => agentless::task(pen),
        Plot::Preview => agent_first::preview(pen),
        Plot::Offline => agent_first::offline(pen),
        Plot::AgentTask => agent_first::task(pen),
        Plot::Progressive => dialers::progressive(pen),
        Plot::Predictive => dialers::predictive(pen),
    }
}
