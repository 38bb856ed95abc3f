//! TLS: an authority that was made for one double, its certificate for the nodes, and connections with it.

use std::fmt;
use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// Connections whose handshake is done and that nobody took yet.
const WAITING_MAX: usize = 64;

/// An authority and the certificate that it gave to 127.0.0.1 and localhost.
#[derive(Clone)]
pub struct Certificates {
    authority_pem: String,
    certificate_pem: String,
    key_pem: String,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Certificates")
    }
}

impl Certificates {
    /// Makes an authority that nobody trusts yet, and a certificate of it.
    ///
    /// # Panics
    /// When the system gives no random numbers.
    #[must_use]
    pub fn generate() -> Self {
        let key = || KeyPair::generate().expect("the system has random numbers");
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "streams-double authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, key()).expect("it is well-formed");
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let node_key = key();
        let mut node = CertificateParams::new(names).expect("they are names");
        // With the authority's name it would look as if it had signed itself.
        node.distinguished_name.push(DnType::CommonName, "streams-double node");
        let node = node.signed_by(&node_key, &authority).expect("it is well-formed");
        Self {
            authority_pem: authority.pem(),
            certificate_pem: node.pem(),
            key_pem: node_key.serialize_pem(),
        }
    }

    /// What a client must trust: the content of its `tlsCAFile`.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    fn acceptor(&self) -> io::Result<TlsAcceptor> {
        let certificate =
            CertificateDer::from_pem_slice(self.certificate_pem.as_bytes()).map_err(io::Error::other)?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(io::Error::other)?;
        // Not the process's default: the client under test installs that itself, and insists on being first.
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let config = config.with_no_client_auth().with_single_cert(vec![certificate], key);
        let mut config = config.map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Takes connections and lets each one shake hands by itself, for as long as somebody receives them. To
    /// be called in the runtime that serves them.
    pub(crate) fn accept(
        &self,
        listener: TcpListener,
    ) -> io::Result<mpsc::Receiver<io::Result<TlsStream<TcpStream>>>> {
        let acceptor = self.acceptor()?;
        let (ready, taken) = mpsc::channel(WAITING_MAX);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (acceptor, ready) = (acceptor.clone(), ready.clone());
                tokio::spawn(async move {
                    // A client that does not trust us hangs up, which is its answer.
                    if connection.set_nodelay(true).is_ok()
                        && let Ok(secured) = acceptor.accept(connection).await
                    {
                        // Nobody takes it once the node is dead.
                        let _ = ready.send(Ok(secured)).await;
                    }
                });
            }
        });
        Ok(taken)
    }
}
