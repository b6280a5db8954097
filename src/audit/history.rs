//! The file that remembers: opening it, its layout, and what to do with a file that is none.
//!
//! It is a SQLite database with a rollback journal: a reader needs no right to write, and a run that is killed leaves the
//! last state behind.

use crate::source::{self, SourceError, disk};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Marks a database as ours: "PALS".
const APPLICATION: i32 = 0x5041_4c53;

/// The layout this version writes, and the newest it reads.
const LAYOUT: i32 = 2;

/// How long to wait for another run.
const PATIENCE: Duration = Duration::from_secs(5);

/// From layout 1 to 2.
const SECOND: &str = "ALTER TABLE finding ADD COLUMN online INTEGER NOT NULL DEFAULT 0;";

const TABLES: &str = "
CREATE TABLE subject (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE alias (name TEXT PRIMARY KEY, subject INTEGER NOT NULL REFERENCES subject) WITHOUT ROWID;
CREATE TABLE run (
    id INTEGER PRIMARY KEY, subject INTEGER NOT NULL REFERENCES subject, at TEXT NOT NULL,
    palisade TEXT NOT NULL, catalog TEXT NOT NULL, rules TEXT NOT NULL, complete INTEGER NOT NULL,
    accounts INTEGER, documents INTEGER NOT NULL, policies INTEGER NOT NULL, statements INTEGER NOT NULL,
    critical INTEGER NOT NULL, high INTEGER NOT NULL, medium INTEGER NOT NULL, low INTEGER NOT NULL, info INTEGER NOT NULL,
    accepted INTEGER NOT NULL, held INTEGER NOT NULL, decided INTEGER NOT NULL);
CREATE INDEX run_subject ON run (subject, id);
CREATE TABLE finding (
    id INTEGER PRIMARY KEY, subject INTEGER NOT NULL REFERENCES subject, fingerprint TEXT NOT NULL,
    rule TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, account TEXT, resource TEXT, resource_type TEXT,
    policy TEXT, file TEXT NOT NULL, pointer TEXT NOT NULL, embedded TEXT, accepted INTEGER NOT NULL, online INTEGER NOT NULL DEFAULT 0,
    first_run INTEGER NOT NULL REFERENCES run, last_run INTEGER NOT NULL REFERENCES run, resolved_run INTEGER REFERENCES run);
CREATE INDEX finding_subject ON finding (subject, fingerprint);
CREATE TABLE finding_change (
    finding INTEGER NOT NULL REFERENCES finding, run INTEGER NOT NULL REFERENCES run, what TEXT NOT NULL,
    severity TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE organization (subject INTEGER PRIMARY KEY REFERENCES subject, run INTEGER NOT NULL REFERENCES run, tree TEXT NOT NULL);
CREATE TABLE change (
    run INTEGER NOT NULL REFERENCES run, kind TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL, before TEXT, after TEXT);
CREATE TABLE cell (
    subject INTEGER NOT NULL REFERENCES subject, rule TEXT NOT NULL, target TEXT NOT NULL, standing TEXT NOT NULL,
    from_run INTEGER NOT NULL REFERENCES run, to_run INTEGER REFERENCES run);
CREATE INDEX cell_open ON cell (subject) WHERE to_run IS NULL;
";

/// Why the history cannot be used.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// A newer palisade wrote it.
    #[error("the history `{path}` has layout {found}, this palisade knows {LAYOUT}", path = .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i32,
    },
    /// A database of something else.
    #[error("`{path}` is the database of another program", path = .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another run holds it.
    #[error("the history `{path}` is in use by another run", path = .path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// It is damaged, or no database.
    #[error("the history `{path}` is damaged: {reason}", path = .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// It cannot be read or written.
    #[error("the history `{path}` cannot be used: {reason}", path = .path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// Its folder cannot be made, or a damaged file not be moved away.
    #[error(transparent)]
    Disk(#[from] SourceError),
}

impl HistoryError {
    /// The next step.
    pub fn help(&self) -> String {
        match self {
            Self::Newer { .. } => "update palisade, or name another file with `--history`; this one was not touched".to_owned(),
            Self::Foreign { .. } => "name another file with `--history`; this one was not touched".to_owned(),
            Self::Locked { .. } => "wait until the other run has ended, then run again".to_owned(),
            Self::Corrupt { .. } => "move it away and run again".to_owned(),
            Self::Failed { .. } => "see that its folder can be written to and has room, or pass `--no-history`".to_owned(),
            Self::Disk(error) => error.help(),
        }
    }

    /// What SQLite said about a file.
    pub(super) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, reason },
            _ => Self::Failed { path, reason },
        }
    }
}

/// An open history.
#[derive(Debug)]
pub struct History {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

/// A history, and where a damaged one was put.
#[derive(Debug)]
pub struct Opened {
    /// It can be used.
    pub history: History,
    /// What was there and was no history any more: kept under this name.
    pub aside: Option<PathBuf>,
}

impl History {
    /// Open a history, or begin one. `stamp`, such as `20260102T030405Z`, goes into the name of a damaged file, which is
    /// kept.
    ///
    /// # Errors
    /// When a newer version or another program wrote it, when another run holds it for more than some seconds, and when
    /// the operating system refuses.
    pub fn open(path: &Path, stamp: &str) -> Result<Opened, HistoryError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            source::make_folder(folder)?;
        }
        match Self::try_open(path) {
            Ok(history) => Ok(Opened { history, aside: None }),
            Err(HistoryError::Corrupt { .. }) => {
                let aside = disk::set_aside(path, &format!("corrupt-{stamp}"))?;
                Ok(Opened { history: Self::try_open(path)?, aside: Some(aside) })
            }
            Err(error) => Err(error),
        }
    }

    fn try_open(path: &Path) -> Result<Self, HistoryError> {
        let failed = |error: rusqlite::Error| HistoryError::of(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0)).map_err(failed);
        let (application, layout) = (number("application_id")?, number("user_version")?);
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
        if application != APPLICATION && tables > 0 {
            return Err(HistoryError::Foreign { path: path.to_owned() });
        }
        if layout > LAYOUT {
            return Err(HistoryError::Newer { path: path.to_owned(), found: layout });
        }
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
        if verdict != "ok" {
            return Err(HistoryError::Corrupt { path: path.to_owned(), reason: verdict });
        }
        if tables == 0 {
            Self::begin(&connection).map_err(failed)?;
        } else if layout < LAYOUT {
            Self::renew(&connection).map_err(failed)?;
        }
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Bring it to the layout of this version, all or nothing. Another run may have been faster.
    fn renew(connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let layout: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if layout < LAYOUT {
            connection.execute_batch(SECOND)?;
            connection.pragma_update(None, "user_version", LAYOUT)?;
        }
        connection.execute_batch("COMMIT")
    }

    /// Lay it out, all or nothing. Another run may have been faster.
    fn begin(connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 {
            connection.execute_batch(TABLES)?;
            connection.pragma_update(None, "application_id", APPLICATION)?;
            connection.pragma_update(None, "user_version", LAYOUT)?;
        }
        connection.execute_batch("COMMIT")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: &str = "20260102T030405Z";

    #[test]
    fn a_damaged_file_is_kept_and_a_new_history_begun() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/history.sqlite");
        drop(History::open(&path, STAMP).unwrap());
        assert!(History::open(&path, STAMP).unwrap().aside.is_none());
        for text in ["this was never a database, and it is long enough to look like something else", "SQLite format 3\0 cut"] {
            std::fs::write(&path, text).unwrap();
            let aside = History::open(&path, STAMP).unwrap().aside.unwrap();
            assert_eq!(std::fs::read_to_string(&aside).unwrap(), text);
        }
        let mut names: Vec<String> = std::fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let first = format!("history.sqlite.corrupt-{STAMP}");
        assert_eq!(names, ["history.sqlite".to_owned(), first.clone(), format!("{first}-2")]);
    }

    #[test]
    fn pages_that_were_overwritten_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("h.sqlite");
        drop(History::open(&path, STAMP).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[4096 + 8..].fill(0xAB);
        std::fs::write(&path, &bytes).unwrap();
        let aside = History::open(&path, STAMP).unwrap().aside.unwrap();
        assert_eq!(std::fs::read(aside).unwrap(), bytes);
    }

    #[test]
    fn the_first_layout_is_brought_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("h.sqlite");
        let first = TABLES.replace(" online INTEGER NOT NULL DEFAULT 0,", "");
        assert_ne!(first, TABLES);
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(&format!("{first} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 1;")).unwrap();
        let finding = "INSERT INTO subject VALUES (1, 's'); INSERT INTO run VALUES (1, 1, '', '', '', '', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
            INSERT INTO finding VALUES (1, 1, 'f', 'r', 'high', 'm', NULL, NULL, NULL, NULL, 'a', '', NULL, 0, 1, 1, NULL)";
        connection.execute_batch(finding).unwrap();
        drop(connection);
        for _ in 0..2 {
            let opened = History::open(&path, STAMP).unwrap();
            assert!(opened.aside.is_none());
            let kept = "SELECT fingerprint, online FROM finding";
            let kept =
                opened.history.connection.query_row(kept, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)));
            assert_eq!(kept.unwrap(), ("f".to_owned(), false));
        }
    }

    #[test]
    fn what_is_not_ours_is_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("h.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE books (title TEXT)").unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(History::open(&path, STAMP), Err(HistoryError::Foreign { .. })));
        connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 7")).unwrap();
        let after = std::fs::read(&path).unwrap();
        let error = History::open(&path, STAMP).unwrap_err();
        assert!(error.to_string().contains("has layout 7, this palisade knows 2"), "{error}");
        assert_eq!((before.len(), std::fs::read(&path).unwrap()), (after.len(), after));
    }
}
