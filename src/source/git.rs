//! `git:REV:PATH`: a file or a folder as a commit has it, read by the `git` program. Nothing is checked out, and nothing is
//! fetched: an object that is not on this disk is an error.

use super::error::SourceError;
use super::stream::{self, Content};
use super::walk::{WalkOptions, is_policy_name};
use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

/// What an argument starts with.
const PREFIX: &str = "git:";

/// Why something could not be read out of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitMistake {
    /// The argument is not `git:REV:PATH`.
    Form,
    /// `REV` cannot be the name of a revision.
    Name,
    /// The program could not be started.
    Program(String),
    /// The current folder is in no repository.
    Repository,
    /// There is no such commit.
    Revision,
    /// The commit has nothing of this name.
    Path,
    /// A folder without a file that could hold a policy.
    Empty,
    /// The commit has a symbolic link or another repository there.
    Link,
    /// The program gave something else than was asked for.
    Answer,
}

impl fmt::Display for GitMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("it is not written `git:REV:PATH`"),
            Self::Name => f.write_str("this cannot be the name of a revision"),
            Self::Program(reason) => write!(f, "the program `git` does not start: {reason}"),
            Self::Repository => f.write_str("the current folder is in no git repository"),
            Self::Revision => f.write_str("the repository has no such commit"),
            Self::Path => f.write_str("the commit has no such file or folder"),
            Self::Empty => f.write_str("the commit has no JSON or YAML file there"),
            Self::Link => f.write_str("it is a symbolic link or a submodule, which is not followed"),
            Self::Answer => f.write_str("`git` gave no usable answer"),
        }
    }
}

impl GitMistake {
    /// The next step.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Form => "write for example `git:main:policies/role.json`, or `git:HEAD~1:policies` for a folder",
            Self::Name => "name a branch, a tag or a commit, such as `git:origin/main:policies`",
            Self::Program(_) => "install git, or check the revision out and name its files",
            Self::Repository => "run palisade in the repository, or name files",
            Self::Revision => {
                "see `git branch --all` and `git log`; in CI fetch the history first, such as with `fetch-depth: 0`"
            }
            Self::Path => "paths count from the top of the repository, or with `./` from the current folder; letter case counts",
            Self::Empty => "name the folder that holds the policies",
            Self::Link => "name what it leads to",
            Self::Answer => "see what `git fsck` says; a partial clone lacks objects until `git fetch` brings them",
        }
    }
}

/// One file of a commit, opened.
pub struct GitFile {
    /// Its name for people: `git:REV:PATH`.
    pub name: Arc<str>,
    /// Its path in the repository, or below the folder that was named when that is all that is known.
    pub path: Arc<str>,
    /// What it holds.
    pub content: Result<Content, SourceError>,
    /// True when it was named itself rather than found.
    pub explicit: bool,
}

/// `REV` and `PATH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted<'a> {
    argument: &'a str,
    revision: &'a str,
    path: &'a str,
}

/// True for an argument that means a commit's file.
pub fn is_git(argument: &Path) -> bool {
    argument.to_str().is_some_and(|text| text.starts_with(PREFIX))
}

/// Open what an argument names, as seen from `here`: one file, or every policy file of a folder, sorted by name.
///
/// # Errors
/// When `git` does not start, or has no such repository, revision or path.
pub fn open(argument: &str, here: &Path, options: &WalkOptions) -> Result<Vec<GitFile>, SourceError> {
    let wanted = wanted(argument)?;
    let git = Git { here, argument };
    git.ask(&["rev-parse", "--git-dir"])?.ok_or_else(|| git.mistake(GitMistake::Repository))?;
    let commit =
        git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{}^{{commit}}", wanted.revision)])?;
    let commit = commit.map(|out| String::from_utf8_lossy(&out).trim().to_owned()).filter(|id| is_object(id));
    let commit = commit.ok_or_else(|| git.mistake(GitMistake::Revision))?;
    // Git takes a path from the current folder only when it starts like one.
    let path = match wanted.path {
        "." => "./",
        ".." => "../",
        path => path,
    };
    // It starts with the name of an object and so can be no option.
    let object = format!("{commit}:{path}");
    let kind = git.ask(&["cat-file", "-t", &object])?.ok_or_else(|| git.mistake(GitMistake::Path))?;
    let mut found = match kind.trim_ascii() {
        b"tree" => git.folder(&object, &wanted)?,
        b"blob" => vec![Listed { object, path: wanted.path.to_owned(), link: git.is_link(&commit, path)? }],
        b"commit" => return Err(git.mistake(GitMistake::Link)),
        _ => return Err(git.mistake(GitMistake::Answer)),
    };
    found.sort_by(|a, b| a.path.cmp(&b.path));
    git.read(&found, &wanted, options, kind.trim_ascii() == b"blob")
}

/// Take an argument apart, so that neither part can be read as an option.
fn wanted(argument: &str) -> Result<Wanted<'_>, SourceError> {
    let mistake = |mistake| SourceError::Git { name: argument.into(), mistake };
    let rest = argument.strip_prefix(PREFIX).ok_or_else(|| mistake(GitMistake::Form))?;
    let (revision, path) = rest.split_once(':').ok_or_else(|| mistake(GitMistake::Form))?;
    // Letters that git forbids in names of revisions, and those that make it an option or a range.
    let hostile = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '?' | '[' | '*');
    if revision.is_empty() || revision.starts_with(['-', '^', ':']) || revision.contains("..") || revision.contains(hostile) {
        return Err(mistake(GitMistake::Name));
    }
    if path.contains(char::is_control) {
        return Err(mistake(GitMistake::Path));
    }
    Ok(Wanted { argument, revision, path: path.trim_end_matches('/') })
}

fn is_object(id: &str) -> bool {
    id.len() >= 40 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A file of a commit.
struct Listed {
    object: String,
    path: String,
    link: bool,
}

struct Git<'a> {
    here: &'a Path,
    argument: &'a str,
}

impl Git<'_> {
    fn mistake(&self, mistake: GitMistake) -> SourceError {
        SourceError::Git { name: self.argument.into(), mistake }
    }

    /// The program, without a shell, with no way to the network or to a terminal.
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(self.here)
            .args(["--no-pager", "--literal-pathspecs", "-c", "protocol.allow=never"])
            .envs([("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_OPTIONAL_LOCKS", "0"), ("LC_ALL", "C")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    fn start(&self, command: &mut Command) -> Result<Child, SourceError> {
        command.spawn().map_err(|e| self.mistake(GitMistake::Program(e.kind().to_string())))
    }

    /// What it writes; `None` when it says no.
    fn ask(&self, arguments: &[&str]) -> Result<Option<Vec<u8>>, SourceError> {
        let child = self.start(self.command().args(arguments))?;
        let output = child.wait_with_output().map_err(|_| self.mistake(GitMistake::Answer))?;
        Ok(output.status.success().then_some(output.stdout))
    }

    /// Whether a path of a commit is a symbolic link.
    fn is_link(&self, commit: &str, path: &str) -> Result<bool, SourceError> {
        let from_here = path.starts_with("./") || path.starts_with("../");
        let scope: &[&str] = if from_here { &[] } else { &["--full-tree"] };
        let listed = self.ask(&[&["ls-tree", "-z"], scope, &[commit, "--", path]].concat())?.unwrap_or_default();
        Ok(listed.starts_with(b"120000 ") || listed.starts_with(b"160000 "))
    }

    /// The files below a folder that could hold policies.
    fn folder(&self, object: &str, wanted: &Wanted<'_>) -> Result<Vec<Listed>, SourceError> {
        let listed = self.ask(&["ls-tree", "-r", "-z", "--full-tree", object])?;
        let listed = listed.ok_or_else(|| self.mistake(GitMistake::Answer))?;
        let folder = wanted.path.trim_start_matches("./").trim_end_matches('.');
        let mut found = Vec::new();
        for entry in listed.split(|b| *b == 0).filter(|entry| !entry.is_empty()) {
            let entry = String::from_utf8_lossy(entry);
            // `<mode> <type> <object>\t<path>`
            let (head, path) = entry.split_once('\t').ok_or_else(|| self.mistake(GitMistake::Answer))?;
            let mut head = head.split(' ');
            let (mode, object) = (head.next().unwrap_or_default(), head.nth(1).unwrap_or_default());
            if !is_object(object) {
                return Err(self.mistake(GitMistake::Answer));
            }
            if is_policy_name(Path::new(path)) {
                let path = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
                found.push(Listed { object: object.to_owned(), path, link: matches!(mode, "120000" | "160000") });
            }
        }
        if found.is_empty() { Err(self.mistake(GitMistake::Empty)) } else { Ok(found) }
    }

    /// The contents, by one run of the program.
    fn read(
        &self,
        found: &[Listed],
        wanted: &Wanted<'_>,
        options: &WalkOptions,
        explicit: bool,
    ) -> Result<Vec<GitFile>, SourceError> {
        let mut child = self.start(self.command().args(["cat-file", "--batch"]).stdin(Stdio::piped()))?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(self.mistake(GitMistake::Answer));
        };
        let mut batch = Batch { questions, answers: BufReader::new(answers) };
        let mut files = Vec::with_capacity(found.len());
        for listed in found {
            let name: Arc<str> = match explicit {
                true => wanted.argument.into(),
                false => format!("{PREFIX}{}:{}", wanted.revision, listed.path).into(),
            };
            let content = if listed.link {
                Err(SourceError::Git { name: name.clone(), mistake: GitMistake::Link })
            } else {
                batch.file(&listed.object, &name, options.max_bytes)
            };
            let path = listed.path.trim_start_matches("./").into();
            files.push(GitFile { name, path, content, explicit });
        }
        drop(batch);
        // It ends when its input does; how does not matter, every answer was looked at.
        let _ = child.wait();
        Ok(files)
    }
}

/// `git cat-file --batch`: an object's name in, its size and its bytes out.
struct Batch {
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Batch {
    fn file(&mut self, object: &str, name: &Arc<str>, limit: u64) -> Result<Content, SourceError> {
        let failed = |reason| SourceError::Read { name: name.clone(), reason };
        let bytes = self.blob(object, limit).map_err(failed)?;
        match bytes {
            None => Err(SourceError::Git { name: name.clone(), mistake: GitMistake::Answer }),
            Some(Err(())) => Err(SourceError::TooLarge { name: name.clone(), limit, unpacked: false }),
            Some(Ok(bytes)) => {
                let size = bytes.len() as u64;
                stream::open(name, Box::new(Cursor::new(bytes)), size, limit)
            }
        }
    }

    /// The bytes; an inner error when there are too many, `None` when it is no file.
    #[allow(clippy::type_complexity, reason = "three outcomes, each told apart once")]
    fn blob(&mut self, object: &str, limit: u64) -> io::Result<Option<Result<Vec<u8>, ()>>> {
        writeln!(self.questions, "{object}")?;
        self.questions.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        // `<object> blob <size>`
        let mut words = head.split_whitespace().skip(1);
        let (Some("blob"), Some(Ok(size))) = (words.next(), words.next().map(str::parse::<u64>)) else { return Ok(None) };
        if size > limit {
            io::copy(&mut self.answers.by_ref().take(size + 1), &mut io::sink())?;
            return Ok(Some(Err(())));
        }
        let mut bytes = Vec::new();
        self.answers.by_ref().take(size).read_to_end(&mut bytes)?;
        // The line break after it.
        io::copy(&mut self.answers.by_ref().take(1), &mut io::sink())?;
        let whole = bytes.len() as u64 == size;
        Ok(whole.then_some(Ok(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_an_argument_can_be_an_option() {
        for bad in ["git:-x:a", "git:--upload-pack=x:a", "git::a", "git:a..b:c", "git:a b:c", "git:a\nb:c", "git:^a:b", "git:*:b"]
        {
            assert!(matches!(wanted(bad), Err(SourceError::Git { mistake: GitMistake::Name, .. })), "{bad}");
        }
        assert!(matches!(wanted("git:main"), Err(SourceError::Git { mistake: GitMistake::Form, .. })));
        assert!(matches!(wanted("git:main:a\0b"), Err(SourceError::Git { mistake: GitMistake::Path, .. })));
        for (good, revision, path) in [
            ("git:main:a/b.json", "main", "a/b.json"),
            ("git:HEAD~1:", "HEAD~1", ""),
            ("git:origin/main:a:b/", "origin/main", "a:b"),
            ("git:v1^{commit}:.", "v1^{commit}", "."),
            ("git:main@{1}:--x", "main@{1}", "--x"),
        ] {
            assert_eq!(wanted(good).unwrap(), Wanted { argument: good, revision, path });
        }
    }
}
