//! A small runtime that can be dropped anywhere, also inside another one: its tasks end soon after, unwaited
//! for.

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};

/// One thread for tasks that nobody waits for at the end.
#[derive(Debug)]
pub struct Background(Option<Runtime>);

impl Background {
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(thread_name: &str) -> std::io::Result<Self> {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name(thread_name).enable_all().build()?;
        Ok(Self(Some(runtime)))
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("the runtime is there until it is dropped")
    }

    /// Spawns tasks on the thread.
    pub fn handle(&self) -> &Handle {
        self.runtime().handle()
    }

    /// Until the guard is dropped, what is spawned is spawned here.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.runtime().enter()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
