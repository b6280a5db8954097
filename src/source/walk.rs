//! Paths, directories and patterns to the list of files to read: ignore files honoured, links watched, every file once,
//! sorted by name.

use super::error::SourceError;
use crate::text::suggest;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Default limit on the size of a file, unpacked.
pub const MAX_BYTES: u64 = 256 << 20;

/// How directories are walked and files read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkOptions {
    /// Patterns of files and folders to leave out of walks; one without `/` is matched against every part of a path.
    pub exclude: Vec<String>,
    /// Largest file, in bytes, packed or unpacked.
    pub max_bytes: u64,
    /// Take in what `.gitignore` and `.ignore` leave out.
    pub no_ignore: bool,
}

impl Default for WalkOptions {
    fn default() -> Self {
        Self { exclude: Vec::new(), max_bytes: MAX_BYTES, no_ignore: false }
    }
}

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// Its name for people: as given, `/` separated, without a leading `./`.
    pub name: Arc<str>,
    /// True when it was named itself rather than found.
    pub explicit: bool,
}

/// The files to read, and what could not be used.
#[derive(Debug, Default)]
pub struct Expanded {
    /// Sorted by name.
    pub entries: Vec<Entry>,
    /// In the order of the arguments.
    pub errors: Vec<SourceError>,
}

impl Expanded {
    /// Bytes of the files on disk together, as far as they can be told.
    pub fn bytes(&self) -> u64 {
        self.entries.iter().filter_map(|entry| fs::metadata(&entry.path).ok()).map(|m| m.len()).sum()
    }
}

/// The files behind some arguments: files as they are, directories walked for JSON and YAML files, patterns expanded.
pub fn expand(paths: &[PathBuf], options: &WalkOptions) -> Expanded {
    let mut walker = Walker { options, exclude: GlobSet::empty(), found: Expanded::default(), linked: BTreeSet::new() };
    match glob_set(&options.exclude) {
        Ok(set) => walker.exclude = set,
        Err(error) => walker.found.errors.push(error),
    }
    for path in paths {
        walker.argument(path);
    }
    let Walker { mut found, linked, .. } = walker;
    if paths.len() > 1 || !linked.is_empty() {
        once_each(&mut found.entries);
    }
    found.entries.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// A file that was named itself.
pub fn entry(path: &Path) -> Entry {
    Entry { path: path.to_path_buf(), name: name_of(path), explicit: true }
}

/// True for a folder, false for a file.
///
/// # Errors
/// When there is neither, or it cannot be looked at.
pub fn is_folder(path: &Path) -> Result<bool, SourceError> {
    fs::metadata(path).map(|metadata| metadata.is_dir()).map_err(|error| SourceError::read(path, error))
}

/// A path spelled like the files below it among some entries, so that both have the same names; as it is when there are
/// none of it.
pub fn spelled_like(path: &Path, entries: &[Entry]) -> PathBuf {
    let Ok(real) = fs::canonicalize(path) else { return path.to_path_buf() };
    let mut folders: BTreeMap<PathBuf, Option<PathBuf>> = BTreeMap::new();
    for entry in entries {
        let folder = entry.path.parent().unwrap_or(Path::new(""));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let known = folders.entry(folder.to_path_buf()).or_insert_with(|| fs::canonicalize(folder).ok());
        let Some(file) = known.as_ref().zip(entry.path.file_name()).map(|(folder, name)| folder.join(name)) else { continue };
        let Ok(below) = file.strip_prefix(&real) else { continue };
        let depth = below.components().count();
        return entry.path.ancestors().nth(depth).map_or_else(
            || path.to_path_buf(),
            |above| match above.as_os_str().is_empty() {
                true => PathBuf::from("."),
                false => above.to_path_buf(),
            },
        );
    }
    path.to_path_buf()
}

/// What the names of files below a folder start with: the folder and a `/`, nothing for the current one.
pub fn prefix(folder: &Path) -> String {
    let name = name_of(folder);
    let name = name.trim_end_matches('/');
    if name == "." { String::new() } else { format!("{name}/") }
}

/// The folders below a folder as paths from it, `/` separated and sorted. What walks leave out is left out here too, and
/// links are not followed.
///
/// # Errors
/// When one of them cannot be looked into.
pub fn folders(root: &Path, options: &WalkOptions) -> Result<Vec<String>, SourceError> {
    let exclude = glob_set(&options.exclude)?;
    let mut out = Vec::new();
    for entry in builder(root, options, exclude).build() {
        let entry = entry.map_err(|error| {
            let kind = error.io_error().map_or(std::io::ErrorKind::Other, std::io::Error::kind);
            SourceError::read(path_of(&error).unwrap_or(root), kind.into())
        })?;
        if entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir()) {
            let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
            out.push(below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"));
        }
    }
    out.sort();
    Ok(out)
}

/// What walks below a folder, ignore files honoured as the options say.
fn builder(root: &Path, options: &WalkOptions, exclude: GlobSet) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .require_git(false)
        .parents(!options.no_ignore)
        .ignore(!options.no_ignore)
        .git_ignore(!options.no_ignore)
        .git_global(!options.no_ignore)
        .git_exclude(!options.no_ignore)
        .filter_entry(move |entry| entry.depth() == 0 || !exclude.is_match(relative(entry.path())));
    builder
}

/// A path as people read it.
pub fn name_of(path: &Path) -> Arc<str> {
    let text = path.to_string_lossy();
    let text = if std::path::MAIN_SEPARATOR == '/' { text } else { text.replace(std::path::MAIN_SEPARATOR, "/").into() };
    let mut name = text.as_ref();
    while let Some(rest) = name.strip_prefix("./") {
        name = rest.trim_start_matches('/');
    }
    if name.is_empty() { ".".into() } else { name.into() }
}

/// The error for a path that does not exist, with the neighbour it may have been meant for.
pub(super) fn missing(path: &Path) -> SourceError {
    let name = name_of(path);
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let neighbours: Vec<String> = fs::read_dir(parent)
        .map(|entries| entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    let nearest = suggest::nearest(&wanted, neighbours.iter().map(String::as_str));
    let nearest = nearest.map(|near| name_of(&path.with_file_name(near)).to_string());
    SourceError::Missing { name, nearest }
}

/// Keep the first entry of each file, but remember when it was also named itself.
fn once_each(entries: &mut Vec<Entry>) {
    let mut seen = std::collections::HashMap::new();
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries.drain(..) {
        let real = fs::canonicalize(&entry.path).unwrap_or_else(|_| entry.path.clone());
        match seen.get(&real).and_then(|&i: &usize| kept.get_mut(i)) {
            Some(first) => first.explicit |= entry.explicit,
            None => {
                seen.insert(real, kept.len());
                kept.push(entry);
            }
        }
    }
    *entries = kept;
}

/// Exclude patterns compiled: a folder stands for all that is in it, a pattern without `/` for a name anywhere.
///
/// # Errors
/// When a pattern cannot be understood.
pub fn glob_set(patterns: &[String]) -> Result<GlobSet, SourceError> {
    let bad = |pattern: &str, error: &globset::Error| SourceError::BadGlob {
        pattern: pattern.into(),
        reason: error.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let plain = pattern.trim_start_matches("./").trim_end_matches('/');
        let anywhere = !plain.contains('/');
        let anchored = plain.trim_start_matches('/');
        // A folder stands for all that is in it.
        for text in [anchored.to_owned(), format!("{anchored}/**")] {
            let text = if anywhere { format!("**/{text}") } else { text };
            let glob = GlobBuilder::new(&text).literal_separator(true).build().map_err(|e| bad(pattern, &e))?;
            set.add(glob);
        }
    }
    set.build().map_err(|e| bad("", &e))
}

/// What a walk picks up, packed with gzip or not.
const EXTENSIONS: [&str; 6] = [".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".template"];

/// True for the names a walk picks up.
pub(super) fn is_policy_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    // The project file speaks of policies and holds none.
    let own = matches!(plain, "palisade.yaml" | "palisade.yml");
    !own && EXTENSIONS.iter().any(|extension| plain.ends_with(extension))
}

/// Which files of a walk are wanted.
enum Pick<'a> {
    /// By extension.
    Policies,
    /// By a pattern of the command line.
    Matching(&'a GlobSet),
}

struct Walker<'a> {
    options: &'a WalkOptions,
    exclude: GlobSet,
    found: Expanded,
    /// Targets of the links that were followed, so that a ring of links ends.
    linked: BTreeSet<PathBuf>,
}

impl Walker<'_> {
    fn argument(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.directory(path, path, &Pick::Policies),
            Ok(_) => self.found.entries.push(Entry { path: path.to_path_buf(), name: name_of(path), explicit: true }),
            Err(_) if is_pattern(path) => self.pattern(path),
            Err(error) => self.found.errors.push(SourceError::read(path, error)),
        }
    }

    /// A pattern that no shell expanded: walk from its last folder without a wildcard.
    fn pattern(&mut self, path: &Path) {
        let base: PathBuf = path.components().take_while(|part| !has_meta(part)).collect();
        let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
        let pattern = name_of(path);
        let glob = GlobBuilder::new(&pattern).literal_separator(true).build();
        let set = match glob.and_then(|glob| GlobSetBuilder::new().add(glob).build()) {
            Ok(set) => set,
            Err(error) => {
                let reason = error.kind().to_string();
                self.found.errors.push(SourceError::BadGlob { pattern, reason });
                return;
            }
        };
        let before = self.found.entries.len();
        let errors = self.found.errors.len();
        if base.is_dir() {
            self.directory(&base, &base, &Pick::Matching(&set));
        }
        if self.found.entries.len() == before && self.found.errors.len() == errors {
            self.found.errors.push(SourceError::NoMatch { pattern });
        }
    }

    /// Walk `root`; links may lead anywhere within the current directory, or within `top` when that lies elsewhere.
    fn directory(&mut self, root: &Path, top: &Path, pick: &Pick<'_>) {
        let mut links = Vec::new();
        for entry in builder(root, self.options, self.exclude.clone()).build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.walk_error(root, &error);
                    continue;
                }
            };
            let Some(kind) = entry.file_type() else { continue };
            if entry.depth() > 0 && kind.is_symlink() {
                links.push(entry.into_path());
            } else if kind.is_file() && wanted(entry.path(), pick) {
                self.add(entry.path());
            }
        }
        links.sort();
        for link in links {
            self.link(&link, top, pick);
        }
    }

    fn add(&mut self, path: &Path) {
        self.found.entries.push(Entry { path: path.to_path_buf(), name: name_of(path), explicit: false });
    }

    fn walk_error(&mut self, root: &Path, error: &ignore::Error) {
        let path = path_of(error).unwrap_or(root);
        let kind = error.io_error().map_or(std::io::ErrorKind::Other, std::io::Error::kind);
        self.found.errors.push(SourceError::read(path, kind.into()));
    }

    /// A link may lead out of what the user named, on a checkout of an untrusted branch even to a secret: such a one is
    /// reported and not read.
    fn link(&mut self, link: &Path, top: &Path, pick: &Pick<'_>) {
        let Ok(target) = fs::canonicalize(link) else {
            if wanted(link, pick) {
                self.found.errors.push(SourceError::DeadLink { name: name_of(link) });
            }
            return;
        };
        let is_dir = target.is_dir();
        if !is_dir && !wanted(link, pick) {
            return;
        }
        if !allowed(&target, top) {
            self.found.errors.push(SourceError::LeadsOut { name: name_of(link) });
        } else if self.linked.insert(target) || !is_dir {
            if is_dir { self.directory(link, top, pick) } else { self.add(link) }
        }
    }
}

fn allowed(target: &Path, top: &Path) -> bool {
    let here = fs::canonicalize(".").unwrap_or_default();
    let top = fs::canonicalize(top).unwrap_or_default();
    let within = |folder: &Path| !folder.as_os_str().is_empty() && target.starts_with(folder);
    if top.starts_with(&here) { within(&here) } else { within(&top) }
}

fn wanted(path: &Path, pick: &Pick<'_>) -> bool {
    match pick {
        Pick::Policies => is_policy_name(path),
        // `policies/**` means the policies below, `notes/*.txt` means just that.
        Pick::Matching(set) => set.is_match(name_of(path).as_ref()) && (is_policy_name(path) || has_extension(set, path)),
    }
}

/// True when the pattern itself asks for this extension, rather than for everything.
fn has_extension(set: &GlobSet, path: &Path) -> bool {
    path.extension().is_some() && !set.is_match(path.with_extension("palisade-no-such-extension"))
}

/// A path as exclude patterns see it: from the current directory.
fn relative(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok().filter(|_| path.is_absolute());
    let path = here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    path.strip_prefix(".").unwrap_or(path).to_path_buf()
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::Partial(_)
        | ignore::Error::Io(_)
        | ignore::Error::Glob { .. }
        | ignore::Error::UnrecognizedFileType(_)
        | ignore::Error::InvalidDefinition => None,
    }
}

fn is_pattern(path: &Path) -> bool {
    path.components().any(|part| has_meta(&part))
}

fn has_meta(part: &Component<'_>) -> bool {
    matches!(part, Component::Normal(text) if text.to_string_lossy().contains(['*', '?', '[', '{']))
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
