//! Policies before and after a change, put side by side.

use super::Usage;
use super::policies::{Input, Loaded};
use crate::policy::PolicyKind;
use std::collections::BTreeMap;

/// A policy before and after; one of them may be missing.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// Before.
    pub old: Option<&'a Input>,
    /// After.
    pub new: Option<&'a Input>,
}

impl<'a> Pair<'a> {
    /// The one after, or the one that is gone.
    pub fn either(&self) -> Option<&'a Input> {
        self.new.or(self.old)
    }

    /// The kind of both; a guess gives way to what is known.
    ///
    /// # Errors
    /// When they are of two kinds.
    pub fn kind(&self) -> Result<PolicyKind, Usage> {
        match (self.old, self.new) {
            (Some(old), Some(new)) if old.kind() == new.kind() || old.is_assumed() => Ok(new.kind()),
            (Some(old), Some(new)) if new.is_assumed() => Ok(old.kind()),
            (Some(old), Some(new)) => {
                let message = format!("`{}` is read as {} and `{}` as {}", old.name(), old.kind(), new.name(), new.kind());
                Err(Usage::new(message, "compare policies of one kind, or say the kind with `--kind`"))
            }
            (Some(one), None) | (None, Some(one)) => Ok(one.kind()),
            (None, None) => Ok(PolicyKind::IdentityPolicy),
        }
    }
}

/// Pair two policies, or those of two folders or documents: by their files' names below the folders, and by what they are
/// in their files. Those of the new side come first, in its order, then what is gone.
///
/// # Errors
/// When a folder stands beside a file.
pub fn pairs<'a>(old: &'a Loaded, new: &'a Loaded) -> Result<Vec<Pair<'a>>, Usage> {
    if let ([one], [other], false) = (old.policies.as_slice(), new.policies.as_slice(), old.folder && new.folder) {
        return Ok(vec![Pair { old: Some(one), new: Some(other) }]);
    }
    if old.folder != new.folder {
        let [folder, file] = if old.folder { [old, new] } else { [new, old] }.map(|side| &side.argument);
        let message = format!("`{folder}` is a folder and `{file}` is a file");
        return Err(Usage::new(message, "compare two files or two folders, or take all policies of each with `--together`"));
    }
    let mut before: BTreeMap<_, _> = old.policies.iter().map(|input| (old.key(input), input)).collect();
    let mut out: Vec<Pair<'a>> =
        new.policies.iter().map(|input| Pair { old: before.remove(&new.key(input)), new: Some(input) }).collect();
    out.extend(before.into_values().map(|input| Pair { old: Some(input), new: None }));
    Ok(out)
}
