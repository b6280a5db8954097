//! Runs into a history and out again.
