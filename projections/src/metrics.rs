//! The metric catalogue: every published number, defined once, as data.
