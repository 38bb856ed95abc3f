//! SIGTERM under load.

use std::sync::mpsc::Receiver;

use super::hooks::hooks;
use super::load::Load;
use super::oracle::check;
use super::server::start;
use super::tools::slow_directory;

#[test]
fn a_graceful_stop_loses_nothing() {
    let folder = slow_directory();
    let data = folder.path().join("data");
    let load = Load::new(hooks(6, 1_000));
    for stop in 1..=5 {
        let server = start(&data);
        let mut status = None;
        load.run(server.address, |heard: &Receiver<()>| {
            assert_eq!(heard.iter().take(100).count(), 100, "the server answers");
            status = Some(server.stop());
        });
        assert_eq!(status.unwrap().status.code(), Some(0), "stop {stop}");
        check(&data, &load.acks.lock().unwrap());
    }
    assert!(load.waiting() > 0, "there was load until the end");
}
