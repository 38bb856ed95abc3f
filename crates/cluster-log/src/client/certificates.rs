//! Whether the certificates that a connection string asks for can be used. The client finds out too late, and
//! panics then in a task of its own; so the same steps are taken before it gets them.

use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::driver::ClientSettings;

const NO_AUTHORITY: &str = "this machine trusts no certificate authority; hint: install ca-certificates, or \
                            name a file of certificates in tlsCAFile";

/// # Errors
/// What cannot be used, and what to do.
pub(crate) fn check(settings: &ClientSettings) -> Result<(), String> {
    let roots = match settings.tls_ca_file() {
        Some(file) => trusted(certificates_in(file)?, file)?,
        None => of_this_machine()?,
    };
    let verifies = settings.is_secure_mode_enabled() && settings.is_tls_certificate_verification_enabled();
    if verifies && roots.is_empty() {
        return Err(NO_AUTHORITY.to_owned());
    }
    let Some((certificates, key)) = settings.user_certificate() else { return Ok(()) };
    let own = certificates_in(certificates)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error.to_string()))?;
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_root_certificates(roots).with_client_auth_cert(own, private))
        .map_err(|error| unusable(certificates, &error.to_string()))?;
    Ok(())
}

fn of_this_machine() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    if let Some(error) = found.errors.first() {
        return Err(format!(
            "the certificate authorities that this machine trusts cannot be read: {error}; hint: install \
             ca-certificates, or name a file of certificates in SSL_CERT_FILE"
        ));
    }
    trusted(found.certs, "the store of this machine")
}

fn certificates_in(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| unusable(file, &error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable(file, "there is none in it"));
    }
    Ok(certificates)
}

fn trusted(certificates: Vec<CertificateDer<'static>>, place: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| unusable(place, &error.to_string()))?;
    }
    Ok(roots)
}

fn unusable(place: &str, reason: &str) -> String {
    format!("the certificate or key in {place} cannot be used: {reason}; hint: it must be readable, and PEM")
}
