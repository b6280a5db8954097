//! Sorting what is larger than memory: lines are put aside on disk by a name, then each name's lines are written sorted
//! into a gzip file, the newest of those with the same key. Only keys are held in memory, and those of one name at a time.

use super::disk::make_folder;
use super::error::SourceError;
use super::walk::name_of;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes kept in memory before they are put aside.
const HELD: usize = 8 << 20;

/// Lines put aside by a name.
pub struct Spool {
    root: PathBuf,
    held: BTreeMap<String, Vec<u8>>,
    size: usize,
}

/// What stands around and between the lines of a file.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Before the first.
    pub open: &'a str,
    /// Between two.
    pub between: &'a str,
    /// After the last.
    pub close: &'a str,
}

/// One object a line.
pub const LINES: Frame<'static> = Frame { open: "", between: "\n", close: "\n" };

impl Spool {
    /// In this folder; what lies there of an earlier attempt is removed.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn new(root: PathBuf) -> Result<Self, SourceError> {
        // It may well not be there.
        let _ = fs::remove_dir_all(&root);
        make_folder(&root)?;
        Ok(Self { root, held: BTreeMap::new(), size: 0 })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.lines"))
    }

    /// Put a line aside. `key` and `age` are what it is sorted by, and which of two with the same key is kept.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn push(&mut self, name: &str, key: &str, age: &str, line: &str) -> Result<(), SourceError> {
        let held = self.held.entry(name.to_owned()).or_default();
        let before = held.len();
        for (text, end) in [(key, b'\t'), (age, b'\t'), (line, b'\n')] {
            held.extend(text.bytes().map(|b| if matches!(b, b'\t' | b'\n') { b' ' } else { b }));
            held.push(end);
        }
        self.size += held.len() - before;
        if self.size > HELD { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), SourceError> {
        for (name, bytes) in std::mem::take(&mut self.held) {
            let path = self.file(&name);
            let written = OpenOptions::new().create(true).append(true).open(&path).and_then(|mut f| f.write_all(&bytes));
            written.map_err(|reason| SourceError::Write { name: name_of(&path), reason })?;
        }
        self.size = 0;
        Ok(())
    }

    /// The names that something was put aside for, sorted.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn names(&mut self) -> Result<Vec<String>, SourceError> {
        self.flush()?;
        let entries = fs::read_dir(&self.root).map_err(|reason| SourceError::read(&self.root, reason))?.flatten();
        let mut all: Vec<String> =
            entries.filter_map(|e| e.file_name().to_str()?.strip_suffix(".lines").map(str::to_owned)).collect();
        all.sort();
        Ok(all)
    }

    /// Write the lines of one name, sorted, into a gzip file. Gives how many there are. The file is not there before it is
    /// whole.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn write(&mut self, name: &str, target: &Path, frame: Frame<'_>) -> Result<u64, SourceError> {
        self.flush()?;
        let path = self.file(name);
        let failed = |reason| SourceError::Write { name: name_of(target), reason };
        if let Some(folder) = target.parent() {
            make_folder(folder)?;
        }
        let mut rows = index(&path).map_err(failed)?;
        rows.sort();
        let scratch = self.root.join(format!("{name}.out"));
        let count = pack(&path, &rows, &scratch, frame).map_err(failed)?;
        fs::rename(&scratch, target).map_err(failed)?;
        // The next spool of this folder removes it if this does not.
        let _ = fs::remove_file(&path);
        Ok(count)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // Nothing more can be done about what will not go away.
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Key, age, hash of the line, so that the order in which equals came changes nothing, and the place of the line.
type Row = (Vec<u8>, Vec<u8>, u64, u64, usize);

fn index(path: &Path) -> io::Result<Vec<Row>> {
    let mut reader = BufReader::with_capacity(256 << 10, File::open(path)?);
    let mut rows = Vec::new();
    let mut at = 0u64;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(rows);
        }
        let mut fields = line.splitn(3, |b| *b == b'\t');
        let (key, age) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let start = key.len() + age.len() + 2;
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        rows.push((key.to_vec(), age.to_vec(), hasher.finish(), at + start as u64, read.saturating_sub(start + 1)));
        at += read as u64;
    }
}

fn pack(path: &Path, rows: &[Row], scratch: &Path, frame: Frame<'_>) -> io::Result<u64> {
    let source = File::open(path)?;
    let mut packer = GzEncoder::new(BufWriter::new(File::create(scratch)?), Compression::default());
    packer.write_all(frame.open.as_bytes())?;
    let mut count = 0;
    for (at, (key, _, _, start, length)) in rows.iter().enumerate() {
        // The last of those with the same key is the newest.
        if rows.get(at + 1).is_some_and(|next| next.0 == *key) {
            continue;
        }
        if count > 0 {
            packer.write_all(frame.between.as_bytes())?;
        }
        (&source).seek(SeekFrom::Start(*start))?;
        io::copy(&mut (&source).take(*length as u64), &mut packer)?;
        count += 1;
    }
    packer.write_all(frame.close.as_bytes())?;
    let file = packer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_sorted_and_once_whatever_the_order_they_came_in() {
        let dir = tempfile::tempdir().unwrap();
        let run = |order: &[usize]| {
            let mut spool = Spool::new(dir.path().join("spool")).unwrap();
            let rows = [("b", "1", "{\"b\":1}"), ("a", "1", "{\"a\":\"ü\\t\"}"), ("b", "2", "{\"b\":2}")];
            for at in order {
                let (key, age, line) = rows[*at];
                spool.push("1", key, age, line).unwrap();
                spool.flush().unwrap();
            }
            let target = dir.path().join("out/1.jsonl.gz");
            assert_eq!(spool.names().unwrap(), ["1"]);
            assert_eq!(spool.write("1", &target, LINES).unwrap(), 2);
            fs::read(target).unwrap()
        };
        let first = run(&[0, 1, 2]);
        assert_eq!(first, run(&[2, 1, 0]));
        let text = crate::source::read_text(&dir.path().join("out/1.jsonl.gz")).unwrap();
        assert_eq!(text, "{\"a\":\"ü\\t\"}\n{\"b\":2}\n");
        assert!(!dir.path().join("spool").exists());
    }
}
