//! `-`: the policy comes down a pipe, and may be given the name of the file it stands for.

use super::error::SourceError;
use super::stream::{self, Content};
use std::io;
use std::sync::Arc;

/// The name used when none was given.
pub const NAME: &str = "<stdin>";

/// Open standard input; gzip is unpacked and long lists are read item by item, as for files.
///
/// # Errors
/// When it cannot be read, or is too large to be read whole.
pub fn open(name: &Arc<str>, max_bytes: u64) -> Result<Content, SourceError> {
    stream::open(name, Box::new(io::stdin()), 0, max_bytes)
}
