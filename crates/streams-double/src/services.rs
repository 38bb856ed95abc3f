//! The three services of one node, as tonic wants them.

use std::pin::Pin;
use std::sync::Arc;

use async_stream::stream;
use futures_util::Stream;
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

use crate::access::Caller;
use crate::append;
use crate::batch::Batches;
use crate::cluster::Cluster;
use crate::deletion;
use crate::hold::Moment;
use crate::read::Answers;
use crate::request::ReadRequest;
use crate::wire::gossip::ClusterInfo;
use crate::wire::gossip::gossip_server::Gossip;
use crate::wire::requires_leader;
use crate::wire::server_features::SupportedMethods;
use crate::wire::server_features::server_features_server::ServerFeatures;
use crate::wire::shared::Empty;
use crate::wire::streams::streams_server::Streams;
use crate::wire::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq, TombstoneReq,
    TombstoneResp,
};
use crate::{features, members};

/// One node: its number, and what it shares with the others.
#[derive(Clone)]
pub(crate) struct Services {
    pub cluster: Arc<Cluster>,
    pub node: usize,
}

impl Services {
    fn admit_write<T>(&self, request: &Request<T>) -> Result<(), Status> {
        Ok(self.cluster.admit_write(self.node, requires_leader(request.metadata()))?)
    }
}

#[tonic::async_trait]
impl Streams for Services {
    type ReadStream = Answers;
    type BatchAppendStream = Pin<Box<dyn Stream<Item = Result<BatchAppendResp, Status>> + Send>>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Answers>, Status> {
        let (caller, requires_leader) = (Caller::of(&request), requires_leader(request.metadata()));
        let cluster = Arc::clone(&self.cluster);
        let asked = ReadRequest::parse(request.into_inner())?;
        caller.admit(asked.stream())?;
        cluster.admit_read(self.node, requires_leader)?;
        Ok(Response::new(match asked {
            ReadRequest::Stream(read) => read.answers(cluster),
            ReadRequest::All(read) => read.answers(cluster),
            ReadRequest::StreamSubscription(subscription) => subscription.answers(cluster),
            ReadRequest::AllSubscription(subscription) => subscription.answers(cluster),
        }))
    }

    async fn append(&self, request: Request<Streaming<AppendReq>>) -> Result<Response<AppendResp>, Status> {
        self.admit_write(&request)?;
        let caller = Caller::of(&request);
        Ok(Response::new(append::append(&self.cluster, caller, request.into_inner()).await?))
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        let (answers, mut answered) = mpsc::unbounded_channel();
        let requires_leader = requires_leader(request.metadata());
        let cluster = Arc::clone(&self.cluster);
        let (node, caller) = (self.node, Caller::of(&request));
        let batches = Batches { cluster: Arc::clone(&cluster), node, caller, requires_leader, answers };
        tokio::spawn(batches.serve(request.into_inner()));
        Ok(Response::new(Box::pin(stream! {
            while let Some((stream, answer)) = answered.recv().await {
                cluster.holds.pass(Moment::AfterApplied, &stream).await;
                yield answer;
            }
        })))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        self.admit_write(&request)?;
        let caller = Caller::of(&request);
        Ok(Response::new(deletion::delete(&self.cluster, caller, request.into_inner())?))
    }

    async fn tombstone(&self, request: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        self.admit_write(&request)?;
        let caller = Caller::of(&request);
        Ok(Response::new(deletion::tombstone(&self.cluster, caller, request.into_inner())?))
    }
}

#[tonic::async_trait]
impl Gossip for Services {
    async fn read(&self, _request: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        Ok(Response::new(members::cluster_info(&self.cluster)))
    }
}

#[tonic::async_trait]
impl ServerFeatures for Services {
    async fn get_supported_methods(
        &self,
        _request: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        Ok(Response::new(features::supported_methods(&self.cluster.options.server_version)))
    }
}
