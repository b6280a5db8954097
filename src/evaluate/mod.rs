//! One request against policies: the concrete evaluator. It knows one request and no sets, shares no code with the proof
//! engine, and judges every witness that the engine finds.

pub mod request;

pub use request::{Caller, CallerKind, ContextValue, Request};
