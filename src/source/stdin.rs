//! `-`: the policy comes down a pipe, and may be given the name of the file it stands for.

use super::error::SourceError;
use super::file::{self, SourceFile};
use std::io;
use std::sync::Arc;

/// The name used when none was given.
pub const NAME: &str = "<stdin>";

/// Read all of standard input; gzip is unpacked, as for files.
pub fn read(name: Option<&str>, max_bytes: u64) -> Result<SourceFile, SourceError> {
    let name: Arc<str> = name.unwrap_or(NAME).into();
    file::load(&name, io::stdin().lock(), 0, max_bytes)
}
