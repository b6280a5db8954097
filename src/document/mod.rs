//! Text to tree: a document is never refused. Parsing returns a tree with a span on every node, keys included, and the
//! list of mistakes it had to mend on the way.

pub mod embed;
pub mod json;
mod json_recover;
mod json_string;
pub mod node;
pub mod path;
pub mod pretty;
pub mod problem;
pub mod write;
pub mod yaml;

pub use embed::{Embedding, Encoding, Origin};
pub use node::{Document, Kind, Node};
pub use problem::{Problem, ProblemCode};
