//! The dimensions of a mix.

use crate::table::kept_as_name;

/// A field whose stated values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// `cc_result`.
    Result,
    /// `call_cause`.
    CallCause,
    /// `call_sip_code`.
    CallSipCode,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 3] = [Self::Result, Self::CallCause, Self::CallSipCode];

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::CallCause => "call_cause",
            Self::CallSipCode => "call_sip_code",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.name() == text)
    }
}

kept_as_name! {
    Dimension, Dimension::name;
}
