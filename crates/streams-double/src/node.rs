//! One node's listener, on a runtime of its own so that it can die at once with everything it is doing.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use tokio::runtime::{Builder, Runtime};
use tonic::Request;
use tonic::service::InterceptorLayer;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::services::Services;
use crate::wire::gossip::gossip_server::GossipServer;
use crate::wire::server_features::server_features_server::ServerFeaturesServer;
use crate::wire::streams::streams_server::StreamsServer;

/// The largest message the official server takes.
const MESSAGE_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// How long a node may take to die; it takes milliseconds.
const DEATH_LIMIT: Duration = Duration::from_secs(10);

/// A node that serves until it is killed or dropped.
pub(crate) struct Node {
    /// None once it is dead.
    runtime: Option<Runtime>,
}

impl Node {
    /// Takes an address; port 0 means a free one, which the listener then reports.
    pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    pub fn serve(listener: TcpListener, services: Services) -> io::Result<Self> {
        let name = format!("streams-double-{}", services.node);
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build()?;
        let streams = StreamsServer::new(services.clone()).max_decoding_message_size(MESSAGE_LIMIT_BYTES);
        let cluster = Arc::clone(&services.cluster);
        let certificates = cluster.options.certificates.clone();
        let identify = move |mut request: Request<()>| {
            let caller = cluster.identify(request.metadata())?;
            request.extensions_mut().insert(caller);
            Ok(request)
        };
        let server = Server::builder()
            .layer(InterceptorLayer::new(identify))
            .add_service(streams)
            .add_service(GossipServer::new(services.clone()))
            .add_service(ServerFeaturesServer::new(services));
        let _context = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        match certificates {
            None => {
                let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
                runtime.spawn(async move { told(server.serve_with_incoming(incoming).await) });
            }
            Some(certificates) => {
                let mut secured = certificates.accept(listener)?;
                let incoming =
                    stream! { while let Some(connection) = secured.recv().await { yield connection } };
                runtime.spawn(async move { told(server.serve_with_incoming(incoming).await) });
            }
        }
        Ok(Self { runtime: Some(runtime) })
    }

    /// Closes its port and its connections, and returns when that is done. A thread of its own waits, because
    /// a runtime must not be ended where another one is polling.
    pub fn kill(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let death = std::thread::spawn(move || runtime.shutdown_timeout(DEATH_LIMIT));
        death.join().expect("ending a runtime does not panic");
    }
}

fn told(ended: Result<(), tonic::transport::Error>) {
    if let Err(error) = ended {
        eprintln!("streams-double: a node stopped serving: {error}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}
