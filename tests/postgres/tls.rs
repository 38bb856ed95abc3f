//! A server that speaks TLS alone: its certificate is checked, and a password is sent to nobody else.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::postgres::Cluster;
use crate::support::program::{run, run_with};

/// A certificate for `localhost` that it has signed itself, and its key.
fn certificate(directory: &Path) -> (PathBuf, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (directory.join("server.crt"), directory.join("server.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

/// What `rebuild` says over a read store, trusting the authorities of a file.
fn rebuild(data: &Path, read_store: &str, authorities: &Path) -> Output {
    let authorities = authorities.to_str().unwrap();
    let variables = [("ATTEMPT_LEDGER_READ_STORE", read_store), ("SSL_CERT_FILE", authorities)];
    run_with(&variables, &[OsStr::new("rebuild"), OsStr::new("--data"), data.as_os_str()])
}

#[test]
fn a_server_is_asked_over_tls_and_its_certificate_is_checked() {
    let (directory, strangers) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ours, key) = certificate(directory.path());
    let (theirs, _) = certificate(strangers.path());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cluster = Cluster::over_tls(port, &ours, &key);
    let database = cluster.database();
    let data = directory.path().join("data");
    let empty = [OsStr::new("ingest"), OsStr::new("/dev/null"), OsStr::new("--data"), data.as_os_str()];
    assert!(run(&empty).status.success());
    let url =
        |host: &str, mode: &str| format!("postgres://ledger:s3cret@{host}:{port}/{}{mode}", database.name());
    let secured = rebuild(&data, &url("localhost", "?sslmode=require"), &ours);
    assert!(secured.status.success(), "{}", String::from_utf8_lossy(&secured.stderr));
    let refused = [
        (url("localhost", "?sslmode=require"), &theirs, "certificate"),
        (url("127.0.0.1", "?sslmode=require"), &ours, "certificate"),
        (url("localhost", ""), &ours, "no encryption"),
        (url("localhost", "?sslmode=prefer"), &ours, "no encryption"),
    ];
    for (url, authorities, reason) in refused {
        let output = rebuild(&data, &url, authorities);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains(reason), "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}
