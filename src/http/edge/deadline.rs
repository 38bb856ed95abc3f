//! A timer of a connection.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// A timer that costs nothing until it is first armed.
#[derive(Default)]
pub(super) struct Deadline {
    sleep: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl Deadline {
    pub(super) fn arm(&mut self, after: Duration) {
        self.armed = true;
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(Instant::now() + after),
            None => self.sleep = Some(Box::pin(sleep(after))),
        }
    }

    pub(super) fn arm_once(&mut self, after: Duration) {
        if !self.armed {
            self.arm(after);
        }
    }

    pub(super) fn is_armed(&self) -> bool {
        self.armed
    }

    pub(super) fn disarm(&mut self) {
        self.armed = false;
    }

    /// Whether the time is over; if not, the task is woken when it is.
    pub(super) fn is_expired(&mut self, context: &mut Context<'_>) -> bool {
        let Some(sleep) = self.sleep.as_mut().filter(|_| self.armed) else {
            return false;
        };
        sleep.as_mut().poll(context).is_ready()
    }
}
