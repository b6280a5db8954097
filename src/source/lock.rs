//! A file that one process holds while it works in a folder. Whoever is killed lets go of it: the operating system sees to
//! that, and the file may stay.

#![allow(clippy::incompatible_msrv, reason = "only builds with the feature `aws` have it, and those need a newer Rust")]

use super::disk::make_folder;
use super::error::SourceError;
use super::walk::name_of;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// How often a file is opened anew that somebody removed in between.
const TRIES: usize = 8;

/// Held until it is dropped. Then the file is gone, and so are folders that were made for it and hold nothing else.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    /// Folders that were not there, the innermost first.
    made: Vec<PathBuf>,
    /// The file was not there, and its folder was.
    first: bool,
    /// What the last one wrote into it, who did not come to remove it.
    before: Option<String>,
}

/// What came of asking for it.
#[derive(Debug)]
pub enum Locked {
    /// It is held now.
    Taken(Lock),
    /// Somebody else holds it: what they wrote into it, where it can be read.
    Held(Option<String>),
}

impl Lock {
    /// Take a file's lock, if nobody has it; `who` is written into it, for those who ask next. Folders that are not there
    /// are made.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn take(path: &Path, who: &str) -> Result<Locked, SourceError> {
        let refused = |reason: io::Error| SourceError::Write { name: name_of(path), reason };
        let Some(folder) = path.parent() else { return Err(refused(ErrorKind::InvalidInput.into())) };
        for _ in 0..TRIES {
            let above = folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists());
            let made: Vec<PathBuf> = above.map(Path::to_path_buf).collect();
            make_folder(folder)?;
            let (file, is_new) = match open(path) {
                Ok(opened) => opened,
                // Who held it removed it, with its folder.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(refused(error)),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Locked::Held(said(path))),
                // A file system without locks keeps nobody from working.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(refused(error)),
            }
            let first = is_new && made.is_empty();
            let before = if is_new { None } else { said(path) };
            let mut lock = Self { file, path: path.to_owned(), made, first, before };
            // One that was removed before it was locked keeps nobody out.
            if lock.is_there() {
                lock.write(who).map_err(refused)?;
                return Ok(Locked::Taken(lock));
            }
        }
        Ok(Locked::Held(None))
    }

    /// Its folder was there, and had no such file: whoever made the folder did not take it.
    pub fn is_first(&self) -> bool {
        self.first
    }

    /// What somebody wrote into it who was killed while holding it.
    pub fn before(&self) -> Option<&str> {
        self.before.as_deref()
    }

    fn write(&mut self, who: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all(who.as_bytes())
    }

    /// Whether the path still leads to the file that is held.
    #[cfg(unix)]
    fn is_there(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let of = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let (held, there) = (self.file.metadata().map(of), fs::symlink_metadata(&self.path).map(of));
        matches!((held, there), (Ok(held), Ok(there)) if held == there)
    }

    /// Here nobody can remove a file that is open.
    #[cfg(not(unix))]
    fn is_there(&self) -> bool {
        self.path.exists()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Somebody else may have the folder by now.
        if self.is_there() {
            fs::remove_file(&self.path).ok();
        }
        // Only those go that are empty.
        for folder in self.path.parent().into_iter().chain(self.made.iter().map(PathBuf::as_path)) {
            fs::remove_dir(folder).ok();
        }
    }
}

/// Open a file to read and write, and whether it was made for that.
fn open(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok((options.open(path)?, false)),
        made => Ok((made?, true)),
    }
}

/// The first words of what is written in a file.
fn said(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(200).read_to_string(&mut text).ok()?;
    Some(text.lines().next()?.trim().to_owned()).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(path: &Path, who: &str) -> Option<Lock> {
        match Lock::take(path, who).unwrap() {
            Locked::Taken(lock) => Some(lock),
            Locked::Held(_) => None,
        }
    }

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/lock");
        let lock = taken(&path, "the first\n").unwrap();
        assert!(!lock.is_first());
        for _ in 0..2 {
            let Locked::Held(who) = Lock::take(&path, "the second\n").unwrap() else { panic!("taken twice") };
            assert_eq!(who.as_deref(), Some("the first"));
        }
        drop(lock);
        assert!(!dir.path().join("a").exists(), "what was made for it is gone");
        assert!(taken(&path, "the third\n").is_some());
    }

    #[test]
    fn what_else_is_in_the_folders_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/lock");
        let lock = taken(&path, "x").unwrap();
        fs::write(dir.path().join("a/work"), "x").unwrap();
        drop(lock);
        assert!(dir.path().join("a/work").exists() && !path.exists());
        // The folder is of somebody who did not take it; a file that was left behind is taken over.
        assert!(taken(&path, "y").unwrap().is_first());
        fs::write(&path, "of one that was killed\n").unwrap();
        let lock = taken(&path, "z").unwrap();
        assert_eq!((lock.is_first(), lock.before()), (false, Some("of one that was killed")));
    }

    /// The folder is removed by who holds it, and somebody else begins there before the first has let go.
    #[test]
    fn the_file_of_a_successor_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/lock");
        let first = taken(&path, "first").unwrap();
        fs::remove_dir_all(dir.path().join("a")).unwrap();
        let second = taken(&path, "second").unwrap();
        drop(first);
        assert!(path.exists());
        assert!(taken(&path, "third").is_none());
        drop(second);
        assert!(!path.exists());
    }
}
