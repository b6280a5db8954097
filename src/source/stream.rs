//! Files too large for memory: the items of a Config snapshot, or JSON lines, one by one. What a file is shows in its
//! first bytes; a file that is neither is read whole, within the limit on size.

use super::decode::decode;
use super::error::SourceError;
use super::file::{SourceFile, gzip_reason, is_gzip};
use super::split::{Lines, Splitter, opening};
use crate::document::{Problem, ProblemCode, json};
use crate::span::{Position, Span};
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes read before it is decided what a file is.
const HEAD: usize = 64 << 10;

/// Bytes asked for at a time.
const CHUNK: usize = 256 << 10;

/// A streamed file may be so many times as large as the largest file read whole: what is left of a gzip bomb.
const STREAM_FACTOR: u64 = 16;

/// A file that was opened.
pub enum Content {
    /// Its whole text.
    Whole(SourceFile),
    /// Its items, to be read one by one.
    Items(Box<Stream>),
}

/// One item of a file.
#[derive(Debug)]
pub struct Item {
    /// Its text, as UTF-8.
    pub text: String,
    /// Its first character in the file.
    pub start: Position,
    /// RFC 6901 pointer in the file's document; empty for JSON lines.
    pub pointer: String,
    /// What is wrong with its encoding or its place.
    pub problems: Vec<Problem>,
}

/// The items of a file.
pub struct Stream {
    name: Arc<str>,
    reader: Box<dyn Read + Send>,
    /// Bytes read since somebody asked, as they are on disk.
    taken: Arc<AtomicU64>,
    packed: bool,
    buffer: Vec<u8>,
    /// Start of what was not handed out yet.
    from: usize,
    splitter: Splitter,
    here: Position,
    index: usize,
    limit: u64,
    total: u64,
    ended: bool,
    /// Why reading stopped before the end.
    failure: Option<SourceError>,
}

/// True for what starts like UTF-8, perhaps cut within a character, or has the mark of UTF-16.
fn is_text(first: &[u8]) -> bool {
    let marked = first.starts_with(b"\xFF\xFE") || first.starts_with(b"\xFE\xFF");
    marked || std::str::from_utf8(first).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Counts what is read through it.
struct Counted<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(out)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Open a file that comes out of `reader`; `size` is about what it has, 0 when nobody knows.
///
/// # Errors
/// When it cannot be read or unpacked, or is larger than `limit` and cannot be read in parts.
pub fn open(name: &Arc<str>, mut reader: Box<dyn Read + Send>, size: u64, limit: u64) -> Result<Content, SourceError> {
    let failed = |reason| SourceError::Read { name: name.clone(), reason };
    // A small file is read by one call of the system, and another that finds its end.
    let mut first = Vec::with_capacity(usize::try_from(size).unwrap_or(HEAD).min(HEAD) + 1);
    reader.by_ref().take(HEAD as u64).read_to_end(&mut first).map_err(failed)?;
    let packed = is_gzip(&first);
    if !packed && name.ends_with(".gz") && !is_text(&first) {
        // One word on it, and not one on each of its bytes.
        return Err(SourceError::Gzip { name: name.clone(), reason: "it is no gzip data, and no text either".to_owned() });
    }
    let taken = Arc::new(AtomicU64::new(first.len() as u64));
    let rest = Counted(reader, taken.clone());
    let (reader, buffer): (Box<dyn Read + Send>, _) = if packed {
        let joined = io::Cursor::new(first).chain(io::BufReader::with_capacity(64 << 10, rest));
        (Box::new(MultiGzDecoder::new(joined)), Vec::new())
    } else {
        (Box::new(rest), first)
    };
    // Spans are 32 bits wide.
    let limit = limit.min(u64::from(u32::MAX) - 1);
    let mut stream = Stream {
        name: name.clone(),
        reader,
        taken,
        packed,
        total: buffer.len() as u64,
        ended: !packed && buffer.len() < HEAD,
        buffer,
        from: 0,
        splitter: Splitter::Lines(Lines::default()),
        here: Position { offset: 0, line: 1, column: 1 },
        index: 0,
        limit,
        failure: None,
    };
    while stream.buffer.len() < HEAD && !stream.ended {
        if let Err(error) = stream.fill(HEAD) {
            stream.failure = Some(error);
        }
    }
    let lines_by_name = [".jsonl", ".ndjson"].iter().any(|e| name.trim_end_matches(".gz").to_ascii_lowercase().ends_with(e));
    let one_by_name = name.trim_end_matches(".gz").to_ascii_lowercase().ends_with(".json");
    match opening(&stream.buffer, stream.ended, lines_by_name, one_by_name) {
        Some((splitter, skip)) => {
            stream.splitter = splitter;
            // Places are counted without a byte order mark, as in files that are read whole.
            let mark = if stream.buffer.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
            stream.buffer.drain(..mark);
            stream.advance(skip.saturating_sub(mark));
            Ok(Content::Items(Box::new(stream)))
        }
        // The items that came out before a failure are read; half of anything else is not.
        None => match stream.failure.take() {
            Some(error) => Err(error),
            None => stream.whole().map(Content::Whole),
        },
    }
}

impl Stream {
    /// Read on; an end of the data that comes too early is an error.
    fn fill(&mut self, amount: usize) -> Result<(), SourceError> {
        let before = self.buffer.len();
        let read = self.reader.by_ref().take(amount as u64).read_to_end(&mut self.buffer);
        let added = self.buffer.len() - before;
        self.total += added as u64;
        match read {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(reason) => {
                self.ended = true;
                return Err(match self.packed {
                    true => SourceError::Gzip { name: self.name.clone(), reason: gzip_reason(&reason).to_owned() },
                    false => SourceError::Read { name: self.name.clone(), reason },
                });
            }
        }
        Ok(())
    }

    fn too_large(&self, limit: u64) -> SourceError {
        SourceError::TooLarge { name: self.name.clone(), limit, unpacked: self.packed }
    }

    fn whole(mut self) -> Result<SourceFile, SourceError> {
        while !self.ended {
            self.fill(CHUNK.max(self.buffer.len() / 2))?;
            if self.buffer.len() as u64 > self.limit {
                return Err(self.too_large(self.limit));
            }
        }
        if self.buffer.len() as u64 > self.limit {
            return Err(self.too_large(self.limit));
        }
        let (text, problems) = decode(self.buffer);
        Ok(SourceFile { name: self.name, text, problems })
    }

    /// Items with about `bytes` of text together; empty at the end.
    pub fn batch(&mut self, bytes: usize) -> Vec<Item> {
        let mut items = Vec::new();
        let mut size = 0;
        while size < bytes {
            let Some(item) = self.next_item() else { break };
            size += item.text.len();
            items.push(item);
        }
        items
    }

    /// Bytes of the file, as it is on disk, that were read since the last call.
    pub fn taken(&self) -> u64 {
        self.taken.swap(0, Ordering::Relaxed)
    }

    /// Why reading stopped before the end of the file, once all items were handed out.
    pub fn failure(&mut self) -> Option<SourceError> {
        self.failure.take()
    }

    /// The place where reading ended, when the data ended before the list of items did.
    pub fn cut_off(&self) -> Option<Position> {
        (self.failure.is_none() && !self.splitter.is_closed()).then_some(self.here)
    }

    /// The place where something follows the list that was not looked at: another list, or another document.
    pub fn leftover(&mut self) -> Option<Position> {
        if !matches!(self.splitter, Splitter::Items(_)) || !self.splitter.is_closed() {
            return None;
        }
        while self.buffer.len() - self.from < HEAD && !self.ended {
            self.failure = self.fill(HEAD).err();
        }
        let rest = self.buffer.get(self.from..).unwrap_or_default();
        self.advance(rest.iter().position(|b| *b == b']').unwrap_or(0));
        let rest = self.buffer.get(self.from..).unwrap_or_default();
        let opened = "{\"configurationItems\":[";
        let document = json::parse(format!("{opened}{}", String::from_utf8_lossy(rest)));
        // What is longer than that is no end of a list.
        let mistake = document.problems().iter().map(|p| p.span.start as usize).min();
        let mistake = mistake.or_else(|| (!self.ended).then_some(0))?;
        self.advance(mistake.saturating_sub(opened.len()).min(self.buffer.len() - self.from));
        Some(self.here)
    }

    fn next_item(&mut self) -> Option<Item> {
        loop {
            if matches!(self.failure, Some(SourceError::ItemTooLarge { .. })) {
                return None;
            }
            let rest = self.buffer.get(self.from..).unwrap_or_default();
            let too_long = rest.len() as u64 > self.limit;
            if let Some(cut) = self.splitter.next(rest, self.ended) {
                self.advance(cut.before);
                if cut.len == 0 {
                    return None;
                }
                return Some(self.take(cut.len, cut.whole));
            }
            if self.ended {
                return None;
            }
            if too_long {
                self.failure = Some(SourceError::ItemTooLarge { name: self.name.clone(), limit: self.limit });
                self.ended = true;
                continue;
            }
            let idle = self.splitter.idle(self.buffer.get(self.from..).unwrap_or_default());
            self.advance(idle);
            self.drop_used();
            if self.total > self.limit.saturating_mul(STREAM_FACTOR) {
                self.failure = Some(self.too_large(self.limit.saturating_mul(STREAM_FACTOR)));
                self.ended = true;
            } else if let Err(error) = self.fill(CHUNK) {
                self.failure = Some(error);
            }
        }
    }

    fn take(&mut self, len: usize, whole: bool) -> Item {
        let start = self.here;
        let bytes = self.buffer.get(self.from..self.from + len).unwrap_or_default().to_vec();
        let (text, mut problems) = match String::from_utf8(bytes) {
            Ok(text) => (text, Vec::new()),
            Err(error) => decode(error.into_bytes()),
        };
        self.advance(len);
        let pointer = self.splitter.pointer(self.index);
        self.index += 1;
        if !whole && self.failure.is_none() {
            let message = "this item is broken: what follows cannot be told from it";
            let help = "restore the file; the items after it are read on from where the next one seems to start";
            problems.push(Problem::new(ProblemCode::UnclosedBrace, Span::new(0, 1), message, help));
        }
        Item { text, start, pointer, problems }
    }

    /// Step over some bytes of the buffer, counting lines and columns.
    fn advance(&mut self, len: usize) {
        let bytes = self.buffer.get(self.from..self.from + len).unwrap_or_default();
        let characters = |bytes: &[u8]| bytes.iter().filter(|&&b| (b & 0xC0) != 0x80).count();
        match memchr::memrchr(b'\n', bytes) {
            None => self.here.column += characters(bytes),
            Some(last) => {
                self.here.line += memchr::memchr_iter(b'\n', bytes).count();
                self.here.column = 1 + characters(bytes.get(last + 1..).unwrap_or_default());
            }
        }
        self.here.offset += len;
        self.from += len;
    }

    fn drop_used(&mut self) {
        if self.from > 0 {
            self.buffer.drain(..self.from);
            self.from = 0;
        }
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
