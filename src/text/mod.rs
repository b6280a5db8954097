//! Work on plain text that knows nothing of policies: wildcards, near misses, parameter values.

pub mod glob;
pub mod pattern;
pub mod percent;
pub mod suggest;
pub mod value;
pub mod words;
