//! What a call of Streams.Read asks for, of the many things it can.

use tonic::Status;

use crate::answer::IdsAsText;
use crate::failure;
use crate::filter::Filter;
use crate::read::{AllRead, StreamRead};
use crate::read_start::{AllStart, StreamStart};
use crate::subscription::{AllSubscription, StreamSubscription};
use crate::wire::stream_name;
use crate::wire::streams::ReadReq;
use crate::wire::streams::read_req::Options;
use crate::wire::streams::read_req::options::all_options::AllOption;
use crate::wire::streams::read_req::options::stream_options::RevisionOption;
use crate::wire::streams::read_req::options::uuid_option::Content;
use crate::wire::streams::read_req::options::{
    AllOptions, CountOption, FilterOption, ReadDirection, StreamOption, StreamOptions,
};

/// The four things that can be asked.
pub(crate) enum ReadRequest {
    Stream(StreamRead),
    All(AllRead),
    StreamSubscription(StreamSubscription),
    AllSubscription(AllSubscription),
}

impl StreamStart {
    fn parse(options: &StreamOptions) -> Result<Self, Status> {
        match options.revision_option.as_ref() {
            Some(RevisionOption::Start(_)) => Ok(Self::Start),
            Some(RevisionOption::End(_)) => Ok(Self::End),
            Some(RevisionOption::Revision(revision)) => Ok(Self::Revision(*revision)),
            None => Err(failure::thrown()),
        }
    }
}

impl AllStart {
    fn parse(options: &AllOptions) -> Result<Self, Status> {
        match options.all_option.as_ref() {
            Some(AllOption::Start(_)) => Ok(Self::Start),
            Some(AllOption::End(_)) => Ok(Self::End),
            Some(AllOption::Position(position)) => Ok(Self::Position(position.commit_position)),
            None => Err(failure::thrown()),
        }
    }
}

impl ReadRequest {
    /// What is to be read: a stream, or all of them.
    pub fn stream(&self) -> &str {
        match self {
            Self::Stream(StreamRead { stream, .. })
            | Self::StreamSubscription(StreamSubscription { stream, .. }) => stream,
            Self::All(_) | Self::AllSubscription(_) => "$all",
        }
    }

    pub fn parse(request: ReadReq) -> Result<Self, Status> {
        let options = request.options.ok_or_else(|| failure::missing("options"))?;
        let uuid_option = options.uuid_option.as_ref().ok_or_else(|| failure::missing("uuidOption"))?;
        let ids = IdsAsText(matches!(uuid_option.content, Some(Content::String(_))));
        let filter = match options.filter_option.as_ref() {
            Some(FilterOption::Filter(filter)) => Some(Filter::parse(filter)?),
            Some(FilterOption::NoFilter(_)) => None,
            None => return Err(invalid_combination()),
        };
        let is_backwards = options.read_direction() == ReadDirection::Backwards;
        match (options.stream_option.as_ref(), options.count_option.as_ref()) {
            (Some(StreamOption::Stream(stream)), Some(count)) if filter.is_none() => {
                Self::of_stream(&options, stream, count, is_backwards, ids)
            }
            (Some(StreamOption::All(all)), Some(count)) => {
                Self::of_all(all, count, is_backwards, ids, filter)
            }
            _ => Err(invalid_combination()),
        }
    }

    fn of_stream(
        options: &Options,
        asked: &StreamOptions,
        count: &CountOption,
        is_backwards: bool,
        ids: IdsAsText,
    ) -> Result<Self, Status> {
        let name = stream_name(asked.stream_identifier.as_ref());
        let stream = name.ok_or_else(|| failure::missing("streamIdentifier"))?;
        let start = StreamStart::parse(asked)?;
        match count {
            CountOption::Count(count) => {
                let compatibility =
                    options.control_option.as_ref().map_or(0, |control| control.compatibility);
                let tells_ends = compatibility >= 1;
                let count = *count;
                Ok(Self::Stream(StreamRead { stream, start, count, is_backwards, ids, tells_ends }))
            }
            CountOption::Subscription(_) if !is_backwards => {
                Ok(Self::StreamSubscription(StreamSubscription { stream, start, ids }))
            }
            CountOption::Subscription(_) => Err(invalid_combination()),
        }
    }

    fn of_all(
        asked: &AllOptions,
        count: &CountOption,
        is_backwards: bool,
        ids: IdsAsText,
        filter: Option<Filter>,
    ) -> Result<Self, Status> {
        let start = AllStart::parse(asked)?;
        match count {
            CountOption::Count(count) => {
                Ok(Self::All(AllRead { start, count: *count, is_backwards, ids, filter }))
            }
            CountOption::Subscription(_) if is_backwards => Err(invalid_combination()),
            CountOption::Subscription(_) => {
                if filter.as_ref().is_some_and(|filter| filter.checkpoint_interval == 0) {
                    return Err(failure::thrown());
                }
                Ok(Self::AllSubscription(AllSubscription { start, ids, filter }))
            }
        }
    }
}

fn invalid_combination() -> Status {
    Status::invalid_argument("The combination of stream, count, direction and filter is invalid.")
}
