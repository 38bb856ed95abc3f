//! How a connection is secured: with TLS where the address says `sslmode=require`, else not at all.

use std::sync::Arc;

use deadpool_postgres::{ClientWrapper, Manager, ManagerConfig};
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::NoTls;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::PostgresAddress;
use crate::store_error::StoreError;

/// What secures the connections to one address.
#[derive(Clone)]
pub(super) enum Security {
    /// The network is trusted, or it is a Unix socket.
    None,
    /// The server shows a certificate for the name in the address, from an authority that this machine
    /// trusts.
    Tls(MakeRustlsConnect),
}

impl Security {
    /// # Errors
    /// [`StoreError::Failed`] when this machine trusts no authority.
    pub(super) fn of(address: &PostgresAddress) -> Result<Self, StoreError> {
        if !address.wants_tls() {
            return Ok(Self::None);
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(failed(
                "this machine trusts no certificate authority; hint: install ca-certificates, or name a file \
                 of certificates in SSL_CERT_FILE",
            ));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error.to_string()))?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Ok(Self::Tls(MakeRustlsConnect::new(config)))
    }

    /// Makes connections for a pool.
    pub(super) fn manager(&self, address: &PostgresAddress, options: ManagerConfig) -> Manager {
        let config = address.config().clone();
        match self {
            Self::None => Manager::from_config(config, NoTls, options),
            Self::Tls(tls) => Manager::from_config(config, tls.clone(), options),
        }
    }

    /// Makes one connection. How it ends is reported to the next caller.
    pub(super) async fn connect(&self, address: &PostgresAddress) -> Result<ClientWrapper, StoreError> {
        match self {
            Self::None => {
                let (client, connection) = address.config().connect(NoTls).await?;
                Ok(ClientWrapper::new(client, tokio::spawn(async move { drop(connection.await) })))
            }
            Self::Tls(tls) => {
                let (client, connection) = address.config().connect(tls.clone()).await?;
                Ok(ClientWrapper::new(client, tokio::spawn(async move { drop(connection.await) })))
            }
        }
    }
}

fn failed(reason: &str) -> StoreError {
    StoreError::Failed { reason: reason.to_owned() }
}
