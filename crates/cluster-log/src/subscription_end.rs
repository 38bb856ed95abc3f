//! Why a subscription is left.

pub(super) enum SubscriptionEnd {
    /// The log is closing.
    Closing,
    /// It has been silent for long; another one asks whether there really is nothing.
    Silent,
    /// It ended or was ended; another one follows.
    Lost(String),
    /// Nothing may follow.
    Stopped(String),
}
