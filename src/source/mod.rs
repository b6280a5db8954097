//! Where text comes from: files, directories, gzip, stdin, commits of git. The only folder that opens anything.

pub mod decode;
pub mod disk;
pub mod error;
pub mod file;
pub mod folder;
pub mod git;
#[cfg(feature = "aws")]
pub mod lock;
pub mod parts;
pub mod project;
pub mod rule_files;
pub mod snapshot;
mod split;
pub mod spool;
pub mod stdin;
pub mod stream;
pub mod walk;

pub use decode::decode;
pub use disk::{make_folder, read_bytes, read_text, write_atomic};
pub use error::SourceError;
pub use file::SourceFile;
pub use project::{discover, now, today};
pub use rule_files::rule_files;
pub use walk::{Entry, Expanded, WalkOptions, expand};
