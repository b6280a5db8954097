//! Rule files below a path.

use super::error::SourceError;
use super::walk::{WalkOptions, expand};
use ignore::WalkBuilder;
use std::path::{Path, PathBuf};

/// The rule files at `path`: itself, or every YAML and JSON file below it but `pack.yaml`, sorted.
///
/// # Errors
/// When the path does not exist.
pub fn rule_files(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    if !path.exists() {
        // The walk words its errors with a near miss; here the error alone is wanted.
        let mut found = expand(&[path.to_path_buf()], &WalkOptions::default());
        if let Some(error) = found.errors.pop() {
            return Err(error);
        }
    }
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let walk = WalkBuilder::new(path).require_git(false).build();
    let files = walk.filter_map(Result::ok).map(ignore::DirEntry::into_path).filter(|p| is_rule(p));
    let mut files: Vec<_> = files.collect();
    files.sort();
    Ok(files)
}

fn is_rule(path: &Path) -> bool {
    let known = path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
    known && path.is_file() && path.file_name().is_some_and(|n| n != "pack.yaml")
}
