//! Intervals in any time zone: `PT15M` to `P1D`, half-open, with days of 23 and 25 hours.
