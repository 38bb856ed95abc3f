//! The server dies between the append and the answer: the retry is answered, and one event is stored.

use super::acks::AckLog;
use super::client::post;
use super::hooks::hooks;
use super::oracle::check;
use super::server::{start, start_behind};
use super::tools::fast_directory;
use crate::support::http::Connection;
use crate::support::processes::need;

#[test]
fn duplicates_after_a_lost_answer() {
    need("strace");
    let folder = fast_directory();
    let data = folder.path().join("data");
    let mut acks = AckLog::default();
    let all = hooks(8, 8);
    for (at, hook) in all.iter().take(12).enumerate() {
        let trace = folder.path().join("trace");
        // The first thing that is sent to the client is the answer, its head and body in one call, and its
        // sender does not survive that. With `sendto` the service tries out how it hears signals.
        let sends = "writev,sendmsg";
        let words = format!(
            "strace -f -qq -y -o {} -e trace={sends} -e inject={sends}:signal=KILL:when=1",
            trace.display()
        );
        let before: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let server = start_behind(&before, &data).unwrap();
        acks.will_send(hook);
        let lost = post(&mut Connection::open(server.address), hook);
        assert!(lost.is_err(), "the answer was lost: {lost:?}");
        let _ = server.wait();
        assert_eq!(check(&data, &acks).recorded, at as u64 + 1, "the event is there, though nobody knows");
        let server = start(&data);
        let mut client = Connection::open(server.address);
        for _ in 0..2 {
            let answer = post(&mut client, hook).unwrap();
            assert_eq!(answer.status, 200, "a retry is recognised: {answer:?}");
            assert_eq!(answer.json()["outcome"], "duplicate");
            assert!(acks.note(hook, &answer));
        }
        drop(client);
        assert!(server.stop().status.success());
        assert_eq!(check(&data, &acks).recorded, at as u64 + 1, "exactly one event is stored");
    }
}
