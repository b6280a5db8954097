//! Whole folders: what is in one, and putting a new one in the place of an old one.

use super::error::SourceError;
use super::walk::name_of;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// Names of what is in a folder; none when it is not there.
///
/// # Errors
/// When it cannot be read.
pub fn names(folder: &Path) -> Result<BTreeSet<String>, SourceError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(SourceError::read(folder, error)),
    };
    Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

/// Remove a file or folder with all that is in it; nothing happens when it is not there.
///
/// # Errors
/// When the operating system refuses.
pub fn remove(path: &Path) -> Result<(), SourceError> {
    let result =
        if fs::symlink_metadata(path).is_ok_and(|m| m.is_dir()) { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match result {
        Err(reason) if reason.kind() != io::ErrorKind::NotFound => Err(SourceError::Write { name: name_of(path), reason }),
        _ => Ok(()),
    }
}

/// Put a file or folder where another one was. The other one is removed first.
///
/// # Errors
/// When the operating system refuses.
pub fn replace(new: &Path, old: &Path) -> Result<(), SourceError> {
    remove(old)?;
    fs::rename(new, old).map_err(|reason| SourceError::Write { name: name_of(old), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{make_folder, write_atomic};

    #[test]
    fn a_folder_takes_the_place_of_another() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        assert!(names(&old).unwrap().is_empty());
        for (folder, file) in [(&old, "a"), (&new, "b")] {
            make_folder(folder).unwrap();
            write_atomic(&folder.join(file), b"x").unwrap();
        }
        replace(&new, &old).unwrap();
        assert_eq!(names(&old).unwrap(), ["b".to_owned()].into());
        remove(&old).unwrap();
        remove(&old).unwrap();
        assert!(names(dir.path()).unwrap().is_empty());
    }
}
