//! SIGKILL at random moments: while appending, and while opening.

use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use super::hooks::hooks;
use super::load::Load;
use super::oracle::check;
use super::server::{over, start};
use super::tools::slow_directory;
use crate::support::seed::seed;

const DIRECTORIES: u64 = 10;
const KILLS_IN_EACH: usize = 10;

/// Waits for so many acknowledgements, then for a moment within the life of a group.
fn wait(heard: &Receiver<()>, acknowledgements: usize, moment: Duration) {
    assert_eq!(heard.iter().take(acknowledgements).count(), acknowledgements, "the server answers");
    thread::sleep(moment);
}

/// Kills under load; the number of acknowledgements before it is random, and so is the moment. Returns how
/// long the server took to open what the kill before had left.
fn kill_under_load(data: &TempDir, load: &Load, random: &mut ChaCha8Rng) -> Duration {
    let began = Instant::now();
    let server = start(&data.path().join("data"));
    let opening = began.elapsed();
    let (acks, micros) = (random.random_range(0..40), random.random_range(0..4_000));
    load.run(server.address, |heard| {
        wait(heard, acks, Duration::from_micros(micros));
        server.kill();
    });
    opening
}

#[test]
fn acked_events_survive_a_hundred_kills_during_concurrent_appends() {
    let seed = seed();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut kills, mut acknowledged, mut events) = (0, 0, 0);
    for round in 0..DIRECTORIES {
        let data = slow_directory();
        let load = Load::new(hooks(seed.wrapping_add(round), 160));
        for _ in 0..KILLS_IN_EACH {
            let _ = kill_under_load(&data, &load, &mut random);
            kills += 1;
            check(&data.path().join("data"), &load.acks.lock().unwrap());
        }
        assert!(load.waiting() > 0, "there were hooks to send until the last kill");
        // What got no answer is sent again; then every event that was sent is there exactly once.
        let server = start(&data.path().join("data"));
        load.run(server.address, |heard| wait(heard, 20, Duration::ZERO));
        assert!(server.stop().status.success());
        let acks = load.acks.lock().unwrap();
        let checked = check(&data.path().join("data"), &acks);
        assert_eq!(checked.recorded + acks.refusals.len() as u64, acks.sent.len() as u64);
        acknowledged += acks.acks.len();
        events += checked.recorded;
    }
    eprintln!("{kills} kills, {acknowledged} acknowledgements, {events} events, 0 lost");
    assert!(kills >= 100 && acknowledged > 1_000);
}

#[test]
fn a_kill_during_recovery_loses_nothing() {
    let seed = seed();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let load = Load::new(hooks(seed, 1_000));
    let data = slow_directory();
    let path = data.path().join("data");
    let mut nested = 0;
    while nested < 30 {
        let opening = kill_under_load(&data, &load, &mut random);
        let opening_us = u64::try_from(opening.as_micros()).unwrap();
        for _ in 0..random.random_range(1..=5) {
            let starting = over(&path).begin(None);
            thread::sleep(Duration::from_micros(random.random_range(0..opening_us)));
            drop(starting);
            nested += 1;
        }
        check(&path, &load.acks.lock().unwrap());
    }
    eprintln!("{nested} kills during recovery, {} acknowledgements", load.acks.lock().unwrap().acks.len());
}
