//! Whether somebody still waits for the work of this thread.
//!
//! A question that takes long looks here between its steps: the answer of one that was given up reaches
//! nobody. The token belongs to the thread and not to a parameter of each function, because every layer
//! between an answer and a block of the log would otherwise pass it on without a use of its own.

use std::cell::RefCell;
use std::ops::ControlFlow;

pub use tokio_util::sync::CancellationToken;

thread_local! {
    static CURRENT: RefCell<Option<CancellationToken>> = const { RefCell::new(None) };
}

/// Puts back what was in force before, also when the work panics.
struct Restored(Option<CancellationToken>);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Runs work that ends early once the token is cancelled.
pub fn scope<T>(token: &CancellationToken, work: impl FnOnce() -> T) -> T {
    let _restored = Restored(CURRENT.replace(Some(token.clone())));
    work()
}

/// The token of the work of this thread, for a thread that does a part of it; `None` outside of any.
#[must_use]
pub fn current() -> Option<CancellationToken> {
    CURRENT.with_borrow(Clone::clone)
}

/// Whether nobody waits for the work of this thread any more.
#[must_use]
pub fn is_cancelled() -> bool {
    CURRENT.with_borrow(|token| token.as_ref().is_some_and(CancellationToken::is_cancelled))
}

/// Whether work goes on that looks at a token between its steps.
pub fn flow(token: &CancellationToken) -> ControlFlow<()> {
    if token.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_work_inside_the_scope_is_cancelled() {
        let token = CancellationToken::new();
        token.cancel();
        assert!(!is_cancelled());
        assert!(scope(&token, is_cancelled));
        assert!(!is_cancelled());
    }

    #[test]
    fn an_inner_scope_hides_the_outer_one_and_ends_with_a_panic() {
        let (outer, inner) = (CancellationToken::new(), CancellationToken::new());
        outer.cancel();
        scope(&outer, || {
            let panicked = std::panic::catch_unwind(|| scope(&inner, || panic!("planted")));
            assert!(panicked.is_err());
            assert!(!scope(&inner, is_cancelled));
            assert!(is_cancelled());
        });
    }
}
