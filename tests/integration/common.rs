//! Running the built program in a scrubbed environment, and comparing with files that can be rewritten.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Panics with everything that was written unless the run ended like this.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Panics unless standard output holds the text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no `{text}` in stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Panics if standard output holds the text.
    #[track_caller]
    pub fn does_not_say(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text), "`{text}` in stdout:\n{}", self.stdout);
        self
    }

    /// Panics unless standard error holds the text.
    #[track_caller]
    pub fn complains(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in stderr:\n{}\nstdout:\n{}", self.stderr, self.stdout);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e} in:\n{}\nstderr:\n{}", self.stdout, self.stderr))
    }
}

/// The folder of the package.
pub fn repo() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program with nothing of the caller's environment.
pub fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
    command.current_dir(dir).env_clear().env("NO_COLOR", "1").stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// Run the program in a folder.
pub fn run<A: AsRef<OsStr>>(dir: &Path, args: &[A]) -> Run {
    let output = command(dir).args(args).output().expect("the program starts");
    cleaned(dir, &output)
}

/// The same with something on standard input.
pub fn run_with_stdin(dir: &Path, args: &[&str], bytes: &[u8]) -> Run {
    let mut child = command(dir)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The program may end without reading it all.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(bytes));
    cleaned(dir, &child.wait_with_output().expect("the program ends"))
}

fn cleaned(dir: &Path, output: &std::process::Output) -> Run {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
        let real = fs::canonicalize(dir).expect("the folder exists");
        let text = text.replace(&*real.to_string_lossy(), "[DIR]").replace(&*dir.to_string_lossy(), "[DIR]");
        text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
    };
    let code = output.status.code().unwrap_or_else(|| panic!("killed: {}", output.status));
    Run { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// A scratch folder.
pub struct Sandbox(tempfile::TempDir);

impl Sandbox {
    /// With these files in it.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let sandbox = Self(tempfile::tempdir().expect("a scratch folder"));
        // The search for a project file ends here.
        fs::create_dir(sandbox.path().join(".git")).expect("a folder");
        for (name, text) in files {
            sandbox.write(name, text);
        }
        sandbox
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Write one more file.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Read a file.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Run the program in it.
    pub fn run(&self, args: &[&str]) -> Run {
        run(self.path(), args)
    }
}

/// Every file below a folder, sorted, as paths from the package's folder with `/`.
pub fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![repo().join(folder)];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(repo()).expect("below the package").to_string_lossy().replace('\\', "/");
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

/// The text of a file of the package.
#[track_caller]
pub fn read(name: &str) -> String {
    fs::read_to_string(repo().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// A file of the package must hold this text; with `PALISADE_UPDATE=1` it is written. The message is `None` when it does.
pub fn differs(name: &str, wanted: &str) -> Option<String> {
    let path = repo().join(name);
    // A checkout may have converted line endings.
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if found == wanted {
        return None;
    }
    if std::env::var_os("PALISADE_UPDATE").is_some() {
        fs::write(&path, wanted).expect("the file can be written");
        return None;
    }
    let line = found.lines().zip(wanted.lines()).take_while(|(a, b)| a == b).count();
    let of = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
    Some(format!("{name}:{}:\n  is     {}\n  wanted {}", line + 1, of(&found), of(wanted)))
}

/// Panics with all messages and the way to rewrite.
#[track_caller]
pub fn none_differ(messages: &[String]) {
    assert!(messages.is_empty(), "{}\nlook at the difference, then run the tests with PALISADE_UPDATE=1", messages.join("\n"));
}

/// A policy that lets its holder pass every role: one high finding, `pass-role-with-star-in-resource`.
pub const PASS_ROLE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Pass", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*" }
  ]
}
"#;

/// A policy without findings.
pub const GOOD: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*" }
  ]
}
"#;
