//! Which part of a document is a policy, and of which kind.

mod bare;
mod infer;
pub mod site;

pub use bare::{Extraction, Hints, recognise};
pub use site::{DocumentKind, Site};
