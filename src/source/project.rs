//! What the surroundings say: where the project file is, which day it is.

use std::path::{Path, PathBuf};
use time::{Date, OffsetDateTime};

/// Names of the project file, the first one found wins.
pub const PROJECT_FILES: [&str; 2] = ["palisade.yaml", "palisade.yml"];

/// The project file that holds for `start`: in it or above it, up to the folder that holds `.git`.
pub fn discover(start: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(start).ok()?;
    for folder in start.ancestors() {
        let found = PROJECT_FILES.iter().map(|name| folder.join(name)).find(|path| path.is_file());
        if found.is_some() {
            return found;
        }
        // A file in worktrees and submodules, a folder otherwise.
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// Today, in UTC: suppressions expire on the same day everywhere.
pub fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

/// This moment, in UTC, to the second.
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_search_ends_at_the_repository() {
        let tree = tempfile::tempdir().unwrap();
        let inner = tree.path().join("repo/a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir(tree.path().join("repo/.git")).unwrap();
        fs::write(tree.path().join("palisade.yaml"), "").unwrap();
        assert_eq!(discover(&inner), None);
        for name in ["repo/palisade.yml", "repo/palisade.yaml", "repo/a/palisade.yml"] {
            fs::write(tree.path().join(name), "").unwrap();
            assert_eq!(discover(&inner), Some(tree.path().join(name)));
        }
    }
}
