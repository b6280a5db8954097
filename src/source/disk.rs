//! Reading and writing single files.

use super::error::SourceError;
use super::file::{self, SourceFile};
use super::stream::{self, Content};
use super::walk::{Entry, WalkOptions, name_of};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest file of our own: project file, rule, baseline.
const OWN_LIMIT: u64 = 64 << 20;

/// Open one entry of [`super::walk::expand`]. `progress` is told how many bytes were read.
///
/// # Errors
/// When it cannot be read, or is too large to be read whole.
pub fn open(entry: &Entry, options: &WalkOptions, progress: &(dyn Fn(u64) + Sync)) -> Result<Content, SourceError> {
    let failed = |reason| SourceError::read(&entry.path, reason);
    let handle = File::open(&entry.path).map_err(failed)?;
    let size = handle.metadata().map_err(failed)?.len();
    let content = stream::open(&entry.name, Box::new(handle), size, options.max_bytes);
    if matches!(content, Ok(Content::Whole(_)) | Err(_)) {
        progress(size);
    }
    content
}

/// Read a file of our own. A byte order mark is let pass; any other encoding than UTF-8 is an error.
pub fn read_text(path: &Path) -> Result<String, SourceError> {
    use crate::document::ProblemCode;
    let file = load(path, &name_of(path), OWN_LIMIT)?;
    match file.problems.into_iter().find(|p| p.code != ProblemCode::ByteOrderMark) {
        Some(problem) => Err(SourceError::NotUtf8 { name: file.name, reason: problem.message }),
        None => Ok(file.text),
    }
}

/// Read the bytes of a file of our own, unpacked when it is packed.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, SourceError> {
    let failed = |reason| SourceError::read(path, reason);
    let handle = File::open(path).map_err(failed)?;
    let size = handle.metadata().map_err(failed)?.len();
    file::load_bytes(&name_of(path), handle, size, OWN_LIMIT)
}

fn load(path: &Path, name: &Arc<str>, limit: u64) -> Result<SourceFile, SourceError> {
    let failed = |reason| SourceError::read(path, reason);
    let handle = File::open(path).map_err(failed)?;
    let size = handle.metadata().map_err(failed)?.len();
    file::load(name, handle, size, limit)
}

/// Make a folder and those above it; nothing happens when it is there.
///
/// # Errors
/// When the operating system refuses.
pub fn make_folder(path: &Path) -> Result<(), SourceError> {
    let name = || path.to_string_lossy().replace('\\', "/").into();
    fs::create_dir_all(path).map_err(|reason| SourceError::Write { name: name(), reason })
}

/// Write a file so that a reader sees the old content or the new one, never half of it. A link is written through.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), SourceError> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    // A pipe or a device is written into; renaming over it would take its place.
    if fs::metadata(&target).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        return fs::write(&target, bytes).map_err(|reason| SourceError::Write { name: name_of(path), reason });
    }
    let scratch = scratch_name(&target);
    let result = replace(&target, &scratch, bytes);
    if result.is_err() {
        // Nothing more can be done about a scratch file that will not go away either.
        let _ = fs::remove_file(&scratch);
    }
    result.map_err(|reason| SourceError::Write { name: name_of(path), reason })
}

/// Move a file out of the way, with `word` behind its name, and a number when that name is taken. What SQLite keeps beside
/// a database goes with it.
///
/// # Errors
/// When the operating system refuses.
pub fn set_aside(path: &Path, word: &str) -> Result<PathBuf, SourceError> {
    let with = |tail: &str| {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(tail);
        path.with_file_name(name)
    };
    let names = std::iter::once(format!(".{word}")).chain((2..).map(|n| format!(".{word}-{n}")));
    let free = |name: &String| fs::symlink_metadata(with(name)).is_err();
    let name = names.into_iter().find(free).unwrap_or_default();
    let target = with(&name);
    fs::rename(path, &target).map_err(|reason| SourceError::Write { name: name_of(path), reason })?;
    for beside in ["-journal", "-wal", "-shm"] {
        // Most often there is none.
        let _ = fs::rename(with(beside), with(&format!("{name}{beside}")));
    }
    Ok(target)
}

/// A hidden neighbour: renaming is atomic only within one file system.
fn scratch_name(target: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    target.with_file_name(name)
}

fn replace(target: &Path, scratch: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(scratch)?;
    file.write_all(bytes)?;
    if let Ok(metadata) = fs::metadata(target) {
        fs::set_permissions(scratch, metadata.permissions())?;
    }
    file.sync_all()?;
    fs::rename(scratch, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_replaces_the_whole_file_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.json");
        write_atomic(&path, b"a longer text").unwrap();
        write_atomic(&path, b"short").unwrap();
        assert_eq!(read_text(&path).unwrap(), "short");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let error = write_atomic(&dir.path().join("no/b.json"), b"").unwrap_err();
        assert!(error.to_string().ends_with("b.json`: entity not found"), "{error}");
    }

    #[test]
    fn own_files_must_be_utf_8() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("palisade.yaml");
        fs::write(&path, b"\xEF\xBB\xBFa: 1").unwrap();
        assert_eq!(read_text(&path).unwrap(), "a: 1");
        fs::write(&path, b"a: \xFF").unwrap();
        assert!(matches!(read_text(&path), Err(SourceError::NotUtf8 { .. })));
        let error = read_text(&dir.path().join("palisade.yml")).unwrap_err();
        assert!(error.help().ends_with("palisade.yaml`?"), "{}", error.help());
    }
}
