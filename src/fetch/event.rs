//! What a fetch tells while it runs.

use crate::source::snapshot::SourceState;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// So many more steps are known to be ahead.
    Ahead(u64),
    /// A step is done, and gave so many records.
    Step(u64),
    /// A source is read, or is not.
    Source(&'a SourceState),
    /// Something worth a word.
    Note(&'a str),
}
