//! Nodes of the double: gRPC over HTTP/2 without TLS, all over one store.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::stream::{BoxStream, StreamExt as _, unfold};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::body::BoxBody;
use tonic::codec::{ProstCodec, Streaming};
use tonic::metadata::MetadataMap;
use tonic::server::Grpc;
use tonic::{Code, Request, Response, Status};
use tower::service_fn as tower_fn;

use super::messages::{
    Address, BatchAnswer, BatchRequest, Confirmation, Content, ErrorStatus, HowMany, Member, Members, Method,
    Methods, NotFound, Nothing, Outcome, ReadAnswer, ReadEvent, ReadOptions, ReadRequest, ReadWhat, Recorded,
    StreamName, Success, UuidMessage,
};
use super::store::{Store, Written};

const LEADER: i32 = 8;
const FOLLOWER: i32 = 6;
const PAGE: usize = 64;

type Answers<T> = BoxStream<'static, Result<T, Status>>;

/// A cluster.
#[derive(Default)]
pub struct Double {
    store: Arc<Store>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// What gossip says the nodes' addresses are, and which of them live.
    members: Mutex<Vec<(SocketAddr, bool)>>,
    leader: AtomicUsize,
    /// Whether nodes that do not lead turn writes away.
    is_strict: AtomicBool,
    /// Every change ends all subscriptions with OK.
    kindly: watch::Sender<u64>,
}

/// One node.
pub struct DoubleNode {
    pub address: SocketAddr,
    is_down: watch::Sender<bool>,
    number: usize,
    shared: Arc<Shared>,
}

impl Double {
    pub async fn start_node(&self) -> DoubleNode {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let number = {
            let mut members = self.shared.members.lock().expect("nobody panics");
            members.push((address, true));
            members.len() - 1
        };
        let node = DoubleNode {
            address,
            is_down: watch::Sender::new(false),
            number,
            shared: Arc::clone(&self.shared),
        };
        let serving =
            Arc::new(Serving { store: Arc::clone(&self.store), shared: Arc::clone(&self.shared), number });
        let mut is_down = node.is_down.subscribe();
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    _ = is_down.wait_for(|down| *down) => return,
                };
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let (serving, mut is_down) = (Arc::clone(&serving), is_down.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| Arc::clone(&serving).answer(request));
                    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    builder.timer(TokioTimer::new());
                    let connection = builder.serve_connection(TokioIo::new(stream), service);
                    tokio::select! {
                        _ = connection => {}
                        _ = is_down.wait_for(|down| *down) => {}
                    }
                });
            }
        });
        node
    }

    /// Names the node that leads from now on, and has the others turn writes away.
    pub fn lead(&self, node: &DoubleNode) {
        self.shared.is_strict.store(true, Ordering::SeqCst);
        self.shared.leader.store(node.number, Ordering::SeqCst);
    }

    pub fn end_subscriptions_kindly(&self) {
        self.shared.kindly.send_modify(|count| *count += 1);
    }
}

impl DoubleNode {
    /// Ends the node for good.
    pub fn die(&self) {
        self.shared.members.lock().expect("nobody panics")[self.number].1 = false;
        self.is_down.send_replace(true);
    }
}

struct Serving {
    store: Arc<Store>,
    shared: Arc<Shared>,
    number: usize,
}

impl Serving {
    async fn answer(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<BoxBody>, Infallible> {
        let path = request.uri().path().to_owned();
        Ok(match path.as_str() {
            "/event_store.client.server_features.ServerFeatures/GetSupportedMethods" => {
                let call = |_: Request<Nothing>| async { Ok::<_, Status>(Response::new(methods())) };
                Grpc::new(ProstCodec::default()).unary(tower_fn(call), request).await
            }
            "/event_store.client.gossip.Gossip/Read" => {
                let members = self.members();
                let call = move |_: Request<Nothing>| {
                    let members = members.clone();
                    async { Ok::<_, Status>(Response::new(members)) }
                };
                Grpc::new(ProstCodec::default()).unary(tower_fn(call), request).await
            }
            "/event_store.client.streams.Streams/Read" => {
                let call = move |request: Request<ReadRequest>| {
                    let answers = self.read(request.into_inner().options.expect("options"));
                    async { Ok::<_, Status>(Response::new(answers)) }
                };
                Grpc::new(ProstCodec::default()).server_streaming(tower_fn(call), request).await
            }
            "/event_store.client.streams.Streams/BatchAppend" => {
                let call = move |request: Request<Streaming<BatchRequest>>| {
                    let answers = Arc::clone(&self).batch(request.into_inner());
                    async { Ok::<_, Status>(Response::new(answers)) }
                };
                Grpc::new(ProstCodec::default()).streaming(tower_fn(call), request).await
            }
            other => Status::unimplemented(format!("the double has no {other}")).into_http(),
        })
    }

    fn members(&self) -> Members {
        let members = self.shared.members.lock().expect("nobody panics");
        let leader = self.shared.leader.load(Ordering::SeqCst);
        let member = |(number, (address, is_alive)): (usize, &(SocketAddr, bool))| Member {
            id: Some(UuidMessage::of(uuid::Uuid::from_u128(number as u128 + 1))),
            state: if number == leader { LEADER } else { FOLLOWER },
            is_alive: *is_alive,
            address: Some(Address { host: address.ip().to_string(), port: address.port().into() }),
        };
        Members { members: members.iter().enumerate().map(member).collect() }
    }

    fn batch(self: Arc<Self>, requests: Streaming<BatchRequest>) -> Answers<BatchAnswer> {
        let answer = move |request: Result<BatchRequest, Status>| {
            let request = request?;
            let leader = self.shared.leader.load(Ordering::SeqCst);
            if self.shared.is_strict.load(Ordering::SeqCst) && leader != self.number {
                return Err(self.not_leader(leader));
            }
            let options = request.options.expect("options");
            let stream = options.stream.expect("a stream");
            let name = String::from_utf8(stream.name.clone()).expect("a name");
            let outcome = match self.store.append(&name, options.expected.expect("expected"), request.events)
            {
                Written::Done(last, place) => {
                    Outcome::Success(Success { last: Some(last), place: Some(place) })
                }
                Written::Conflict => {
                    Outcome::Error(ErrorStatus { code: 6, message: "WrongExpectedVersion".to_owned() })
                }
            };
            Ok(BatchAnswer { correlation: request.correlation, outcome: Some(outcome), stream: Some(stream) })
        };
        requests.map(answer).boxed()
    }

    fn not_leader(&self, leader: usize) -> Status {
        let address = self.shared.members.lock().expect("nobody panics")[leader].0;
        let mut metadata = MetadataMap::new();
        metadata.insert("exception", "not-leader".parse().expect("ascii"));
        metadata.insert("leader-endpoint-host", address.ip().to_string().parse().expect("ascii"));
        metadata.insert("leader-endpoint-port", address.port().to_string().parse().expect("ascii"));
        Status::with_metadata(Code::NotFound, "Leader info available", metadata)
    }

    fn read(&self, options: ReadOptions) -> Answers<ReadAnswer> {
        let content = |content| Ok(ReadAnswer { content: Some(content) });
        match (options.what.expect("what"), options.how_many.expect("how many")) {
            (ReadWhat::Stream(stream), HowMany::Count(_)) => {
                assert_eq!(options.direction, 1, "the ledger reads streams backwards only");
                let name: StreamName = stream.stream.expect("a stream");
                let text = String::from_utf8(name.name.clone()).expect("a name");
                let answer = match self.store.last_of(&text) {
                    Some(event) => content(event_content(event)),
                    None => content(Content::NotFound(NotFound { stream: Some(name) })),
                };
                futures_util::stream::iter([answer]).boxed()
            }
            (ReadWhat::All(all), HowMany::Subscription(_)) => {
                let from = all.after.map_or(0, |place| self.store.after(place));
                let filter = options.filter.and_then(|filter| filter.stream);
                let prefixes = filter.expect("a filter by stream").prefixes;
                let confirmed = content(Content::Confirmed(Confirmation { id: "1".to_owned() }));
                let live =
                    subscription(Arc::clone(&self.store), prefixes, from, self.shared.kindly.subscribe());
                futures_util::stream::iter([confirmed]).chain(live).boxed()
            }
            other => panic!("the double does not read {other:?}"),
        }
    }
}

fn event_content(event: Recorded) -> Content {
    let commit = Some(event.commit);
    Content::Event(ReadEvent { event: Some(event), commit })
}

fn subscription(
    store: Arc<Store>,
    prefixes: Vec<String>,
    from: usize,
    mut kindly: watch::Receiver<u64>,
) -> Answers<ReadAnswer> {
    kindly.mark_unchanged();
    let count = store.count.subscribe();
    let state = (store, prefixes, from, kindly, count, false);
    let pages = unfold(state, |(store, prefixes, from, mut kindly, mut count, mut is_live)| async move {
        loop {
            if kindly.has_changed().unwrap_or(true) {
                return None;
            }
            count.mark_unchanged();
            let (events, next) = store.from(from, PAGE);
            if events.is_empty() && is_live {
                tokio::select! {
                    _ = count.changed() => {}
                    _ = kindly.changed() => return None,
                }
                continue;
            }
            let is_ours = |event: &Recorded| {
                let name = &event.stream.as_ref().expect("a stream").name;
                prefixes.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
            };
            let mut page: Vec<Content> = events.into_iter().filter(is_ours).map(event_content).collect();
            if !is_live && next == from {
                is_live = true;
                page.push(Content::CaughtUp(Nothing {}));
            }
            let page = page.into_iter().map(|content| Ok(ReadAnswer { content: Some(content) }));
            let page: Vec<Result<ReadAnswer, Status>> = page.collect();
            return Some((futures_util::stream::iter(page), (store, prefixes, next, kindly, count, is_live)));
        }
    });
    pages.flatten().boxed()
}

fn methods() -> Methods {
    let batch =
        Method { name: "batchappend".to_owned(), service: "event_store.client.streams.streams".to_owned() };
    Methods { methods: vec![batch], version: "23.10.0".to_owned() }
}
