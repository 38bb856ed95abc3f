//! Appends that a test holds back: before they are applied, or after, when only the answer is missing.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Where an append can be held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing was written yet.
    BeforeApplied,
    /// It was written, and subscriptions see it, but the client was not told.
    AfterApplied,
}

#[derive(Debug)]
struct Held {
    moment: Moment,
    stream_prefix: String,
    waiting: watch::Sender<usize>,
    is_released: watch::Sender<bool>,
}

/// Everything that is held back now.
#[derive(Default)]
pub(crate) struct Holds {
    all: Arc<Mutex<Vec<Arc<Held>>>>,
}

/// Holds appends back for as long as it lives.
#[derive(Debug)]
pub struct Hold {
    held: Arc<Held>,
    all: Arc<Mutex<Vec<Arc<Held>>>>,
}

impl Holds {
    pub fn add(&self, moment: Moment, stream_prefix: &str) -> Hold {
        let held = Arc::new(Held {
            moment,
            stream_prefix: stream_prefix.to_owned(),
            waiting: watch::Sender::new(0),
            is_released: watch::Sender::new(false),
        });
        self.all.lock().expect("nobody panics with it").push(Arc::clone(&held));
        Hold { held, all: Arc::clone(&self.all) }
    }

    /// Waits until nobody holds an append to this stream back.
    pub async fn pass(&self, moment: Moment, stream: &str) {
        let concerns =
            |held: &&Arc<Held>| held.moment == moment && stream.starts_with(held.stream_prefix.as_str());
        let all: Vec<_> =
            self.all.lock().expect("nobody panics with it").iter().filter(concerns).cloned().collect();
        for held in all {
            held.waiting.send_modify(|waiting| *waiting += 1);
            // It fails when the hold is gone, which is a release too.
            let _ = held.is_released.subscribe().wait_for(|is_released| *is_released).await;
        }
    }
}

impl Hold {
    /// Waits until this many appends have come this far.
    pub async fn reached(&self, appends: usize) {
        let mut waiting = self.held.waiting.subscribe();
        waiting.wait_for(|waiting| *waiting >= appends).await.expect("this hold owns the sender");
    }

    /// Lets them go on. Dropping it does the same.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        // The list is whole whichever thread panicked with it, and a hold that stayed in it would hold for
        // ever.
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|held| !Arc::ptr_eq(held, &self.held));
        drop(all);
        self.held.is_released.send_replace(true);
    }
}
