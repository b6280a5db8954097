//! Work on its way: parts that are written whole or not at all, each a gzip file with one head and any number of lines, in
//! one folder for each unit of work. Whoever is killed in between finds all that was finished.

use super::disk::{make_folder, write_atomic};
use super::error::SourceError;
use super::walk::name_of;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// A folder of units.
#[derive(Clone, Debug)]
pub struct Parts {
    root: PathBuf,
}

impl Parts {
    /// In this folder, which is made when the first part is written.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn folder(&self, unit: &str) -> PathBuf {
        self.root.join(file_name(unit))
    }

    fn file(&self, unit: &str, number: u32) -> PathBuf {
        self.folder(unit).join(format!("{number:08}.gz"))
    }

    /// Write one part.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn write(&self, unit: &str, number: u32, head: &str, lines: &[String]) -> Result<(), SourceError> {
        make_folder(&self.folder(unit))?;
        let path = self.file(unit, number);
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        let packed = packer.write_all(head.as_bytes()).and_then(|()| {
            for line in lines {
                packer.write_all(b"\n")?;
                packer.write_all(line.as_bytes())?;
            }
            packer.write_all(b"\n")
        });
        let packed = packed.and_then(|()| packer.finish());
        let bytes = packed.map_err(|reason| SourceError::Write { name: name_of(&path), reason })?;
        write_atomic(&path, &bytes)
    }

    /// Numbers of the parts of a unit, in order; none when nothing was written.
    pub fn numbers(&self, unit: &str) -> Vec<u32> {
        let entries = fs::read_dir(self.folder(unit)).into_iter().flatten().flatten();
        let number = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".gz")?.parse().ok();
        let mut all: Vec<u32> = entries.filter_map(number).collect();
        all.sort_unstable();
        all
    }

    /// The head of a part; `None` when it is not there or damaged.
    pub fn head(&self, unit: &str, number: u32) -> Option<String> {
        let mut line = String::new();
        self.reader(unit, number).ok()?.read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned()).filter(|l| !l.is_empty())
    }

    /// Hand out the lines of a part, without its head.
    ///
    /// # Errors
    /// When it cannot be read, or what takes the lines has an error.
    pub fn each(
        &self,
        unit: &str,
        number: u32,
        take: &mut dyn FnMut(&str) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let path = self.file(unit, number);
        let failed = |reason| SourceError::read(&path, reason);
        let mut reader = self.reader(unit, number).map_err(failed)?;
        let mut line = String::new();
        let mut first = true;
        loop {
            line.clear();
            if reader.read_line(&mut line).map_err(failed)? == 0 {
                return Ok(());
            }
            if !first {
                take(line.trim_end_matches('\n'))?;
            }
            first = false;
        }
    }

    fn reader(&self, unit: &str, number: u32) -> io::Result<impl BufRead + use<>> {
        Ok(BufReader::new(MultiGzDecoder::new(BufReader::new(File::open(self.file(unit, number))?))))
    }

    /// Units that start with this, sorted.
    pub fn units(&self, start: &str) -> Vec<String> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let name = |entry: fs::DirEntry| entry.file_name().to_str().and_then(unit_name);
        let mut all: Vec<String> = entries.filter_map(name).filter(|unit| unit.starts_with(start)).collect();
        all.sort();
        all
    }

    /// Forget a unit.
    pub fn forget(&self, unit: &str) {
        // What cannot be removed is written over.
        let _ = fs::remove_dir_all(self.folder(unit));
    }
}

/// A unit's name as that of one folder, on every file system.
fn file_name(unit: &str) -> String {
    let mut out = String::new();
    for byte in unit.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02x}");
            }
        }
    }
    out
}

fn unit_name(file: &str) -> Option<String> {
    let unit = crate::text::percent::decode(file);
    (file_name(&unit) == file).then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_and_what_is_damaged_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let parts = Parts::new(dir.path().join("parts"));
        assert!(parts.numbers("a/AWS::IAM::Role").is_empty() && parts.units("").is_empty());
        parts.write("a/AWS::IAM::Role", 2, "{\"next\":null}", &["{\"x\":\"ü\"}".to_owned(), "2".to_owned()]).unwrap();
        parts.write("a/AWS::IAM::Role", 1, "{}", &[]).unwrap();
        assert_eq!(parts.numbers("a/AWS::IAM::Role"), [1, 2]);
        assert_eq!(parts.units("a/"), ["a/AWS::IAM::Role"]);
        assert_eq!(parts.head("a/AWS::IAM::Role", 2).as_deref(), Some("{\"next\":null}"));
        let mut lines = Vec::new();
        parts
            .each("a/AWS::IAM::Role", 2, &mut |line| {
                lines.push(line.to_owned());
                Ok(())
            })
            .unwrap();
        assert_eq!(lines, ["{\"x\":\"ü\"}", "2"]);
        fs::write(parts.file("a/AWS::IAM::Role", 2), b"\x1f\x8b no gzip").unwrap();
        assert_eq!(parts.head("a/AWS::IAM::Role", 2), None);
        assert!(parts.each("a/AWS::IAM::Role", 2, &mut |_| Ok(())).is_err());
        parts.forget("a/AWS::IAM::Role");
        assert!(parts.units("").is_empty());
    }

    #[test]
    fn names_of_units_stay_in_their_folder() {
        for unit in ["../../etc", "a.b", "ü/é", "CON:"] {
            let name = file_name(unit);
            assert!(!name.contains(['/', '.', ':', '\\']), "{name}");
            assert_eq!(unit_name(&name).as_deref(), Some(unit));
        }
        assert_eq!(unit_name(".x.gz.12.tmp"), None);
    }
}
