//! Load: several clients that post hooks until the server is gone or the hooks are.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::acks::AckLog;
use super::client::post;
use super::hooks::Hook;
use crate::support::http::Connection;

pub const CLIENTS: usize = 8;

/// Hooks on their way, shared by all clients, and what became of them.
pub struct Load {
    waiting: Mutex<VecDeque<Hook>>,
    pub acks: Mutex<AckLog>,
}

impl Load {
    pub fn new(hooks: Vec<Hook>) -> Self {
        Self { waiting: Mutex::new(hooks.into()), acks: Mutex::default() }
    }

    pub fn waiting(&self) -> usize {
        self.waiting.lock().unwrap().len()
    }

    /// Eight clients post until the server is gone or the hooks are. `meanwhile` runs beside them and hears
    /// of each acknowledgement. What was sent and not acknowledged waits in front, as a dialer's retry would.
    pub fn run(&self, address: SocketAddr, meanwhile: impl FnOnce(&Receiver<()>)) {
        let (acknowledged, heard) = channel();
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let acknowledged = acknowledged.clone();
                scope.spawn(move || {
                    let Ok(mut client) = Connection::try_open(address) else { return };
                    while let Some(hook) = self.take() {
                        let Ok(answer) = post(&mut client, &hook) else { return self.put_back(hook) };
                        if !self.acks.lock().unwrap().note(&hook, &answer) {
                            return self.put_back(hook);
                        }
                        // Nobody may be listening any more.
                        let _ = acknowledged.send(());
                    }
                });
            }
            drop(acknowledged);
            meanwhile(&heard);
        });
    }

    fn take(&self) -> Option<Hook> {
        let hook = self.waiting.lock().unwrap().pop_front()?;
        self.acks.lock().unwrap().will_send(&hook);
        Some(hook)
    }

    fn put_back(&self, hook: Hook) {
        self.waiting.lock().unwrap().push_front(hook);
    }
}
