//! Why something could not be read or written, and the next step.

use super::git::GitMistake;
use std::io;
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

/// A file, directory or pattern that could not be used.
#[derive(Debug, Error)]
pub enum SourceError {
    /// Nothing has this name.
    #[error("`{name}` does not exist")]
    Missing {
        /// The name as given.
        name: Arc<str>,
        /// A neighbour with a similar name.
        nearest: Option<String>,
    },
    /// A pattern that matches no file.
    #[error("no file matches `{pattern}`")]
    NoMatch {
        /// The pattern as given.
        pattern: Arc<str>,
    },
    /// A pattern that cannot be understood.
    #[error("`{pattern}` is not a valid pattern: {reason}")]
    BadGlob {
        /// The pattern as given.
        pattern: Arc<str>,
        /// What is wrong with it.
        reason: String,
    },
    /// A symbolic link found on a walk whose target lies outside the place that was named.
    #[error("`{name}` is a symbolic link that leads elsewhere, and was not followed")]
    LeadsOut {
        /// The link.
        name: Arc<str>,
    },
    /// A symbolic link to nothing.
    #[error("`{name}` is a symbolic link to nothing")]
    DeadLink {
        /// The link.
        name: Arc<str>,
    },
    /// The operating system refused.
    #[error("cannot read `{name}`: {}", .reason.kind())]
    Read {
        /// The file or directory.
        name: Arc<str>,
        /// What it said.
        reason: io::Error,
    },
    /// The operating system refused.
    #[error("cannot write `{name}`: {}", .reason.kind())]
    Write {
        /// The file.
        name: Arc<str>,
        /// What it said.
        reason: io::Error,
    },
    /// Larger than the limit.
    #[error("`{name}` is larger than {limit} bytes{}", if *.unpacked { " when unpacked" } else { "" })]
    TooLarge {
        /// The file.
        name: Arc<str>,
        /// The limit.
        limit: u64,
        /// True when it is the unpacked text that is too large.
        unpacked: bool,
    },
    /// One item of a list is larger than the limit.
    #[error("an item of `{name}` is larger than {limit} bytes; it and those after it were not read")]
    ItemTooLarge {
        /// The file.
        name: Arc<str>,
        /// The limit.
        limit: u64,
    },
    /// Damaged gzip data.
    #[error("cannot unpack `{name}`: {reason}")]
    Gzip {
        /// The file.
        name: Arc<str>,
        /// What is wrong with it.
        reason: String,
    },
    /// Something that was to be read out of a repository.
    #[error("cannot read `{name}`: {mistake}")]
    Git {
        /// The argument, or a file of the commit.
        name: Arc<str>,
        /// What went wrong.
        mistake: GitMistake,
    },
    /// A file of our own (project file, rule, baseline) in another encoding.
    #[error("`{name}` is not UTF-8 text: {reason}")]
    NotUtf8 {
        /// The file.
        name: Arc<str>,
        /// What it holds instead.
        reason: String,
    },
}

impl SourceError {
    /// The file, directory or pattern.
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::Missing { name, .. }
            | Self::LeadsOut { name }
            | Self::DeadLink { name }
            | Self::Read { name, .. }
            | Self::Write { name, .. }
            | Self::TooLarge { name, .. }
            | Self::ItemTooLarge { name, .. }
            | Self::Gzip { name, .. }
            | Self::Git { name, .. }
            | Self::NotUtf8 { name, .. } => name,
            Self::NoMatch { pattern } | Self::BadGlob { pattern, .. } => pattern,
        }
    }

    /// True when the argument names nothing, rather than something that cannot be read.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Missing { .. } | Self::NoMatch { .. } | Self::BadGlob { .. } => true,
            Self::Git { mistake, .. } => !matches!(mistake, GitMistake::Answer | GitMistake::Link),
            Self::LeadsOut { .. }
            | Self::DeadLink { .. }
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::TooLarge { .. }
            | Self::ItemTooLarge { .. }
            | Self::Gzip { .. }
            | Self::NotUtf8 { .. } => false,
        }
    }

    /// The next step.
    pub fn help(&self) -> String {
        match self {
            Self::Missing { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::Missing { nearest: None, .. } => "check the path; it is taken from the current directory".to_owned(),
            Self::NoMatch { .. } => {
                "check the pattern; hidden and ignored files are left out, `--no-ignore` takes ignored ones in".to_owned()
            }
            Self::BadGlob { .. } => "`*` matches within a folder, `**` across folders, `[ab]` a set, `{a,b}` a choice".to_owned(),
            Self::LeadsOut { .. } => "name its target on the command line, or exclude the link".to_owned(),
            Self::DeadLink { .. } => "remove the link, or put back what it points to".to_owned(),
            Self::Read { reason, .. } => match reason.kind() {
                io::ErrorKind::PermissionDenied => "give yourself read permission, or exclude it".to_owned(),
                _ => "see that it can be opened, or exclude it".to_owned(),
            },
            Self::Write { .. } => "see that the folder exists and can be written to".to_owned(),
            Self::TooLarge { .. } | Self::ItemTooLarge { .. } => {
                "split the file, or raise the limit with `--max-size`".to_owned()
            }
            Self::Git { mistake, .. } => mistake.help().to_owned(),
            Self::Gzip { .. } => "pack it again; `gzip -t` shows whether the file is whole".to_owned(),
            Self::NotUtf8 { .. } => "save it as UTF-8".to_owned(),
        }
    }

    pub(super) fn read(path: &Path, reason: io::Error) -> Self {
        let name = super::walk::name_of(path);
        match reason.kind() {
            io::ErrorKind::NotFound => super::walk::missing(path),
            _ => Self::Read { name, reason },
        }
    }
}
