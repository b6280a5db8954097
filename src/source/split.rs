//! Where one item of a long file ends and the next begins, found without building a tree.

use memchr::{memchr, memchr2, memmem};

/// An item longer than this that holds what looks like the start of another one lacks a bracket. AWS Config refuses
/// items of a megabyte.
const LONG: usize = 4 << 20;

/// The same once an item was broken: in a file with a mistake in each item, each is looked at as far as this.
const LONG_WHEN_LOST: usize = 256 << 10;

/// How a file falls into items.
pub(super) enum Splitter {
    /// The elements of `configurationItems`.
    Items(Items),
    /// One value on each line.
    Lines(Lines),
}

/// The next item: how many bytes to step over, and how many belong to it. An empty one is the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub before: usize,
    pub len: usize,
    /// False when its end was not found, and something that looks like the next item was taken for it.
    pub whole: bool,
}

/// State of a list of items.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// The first member of the first item, `{"relatedEvents"`: what the start of an item looks like.
    mark: Vec<u8>,
    closed: bool,
    /// An item was broken, so that the place of the next one was a guess.
    lost: bool,
    scan: Scan,
}

/// How far an unfinished item was looked at, relative to the start of what [`Splitter::next`] is given.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    at: usize,
    depth: usize,
    in_string: bool,
    start: Option<usize>,
    /// The value ends here; blanks were seen up to `at`.
    stop: Option<usize>,
    /// The start of another item was looked for up to here.
    searched: usize,
}

/// State of JSON lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    looked: usize,
    closed: bool,
}

/// What a file is by its first bytes: the splitter, and how many bytes to step over. `None`: to be read whole.
pub(super) fn opening(head: &[u8], all: bool, lines_by_name: bool, one_by_name: bool) -> Option<(Splitter, usize)> {
    if let Some(skip) = items_start(head) {
        return Some((Splitter::Items(Items::default()), skip));
    }
    // Two policies in what is named as one document are a slip that AWS refuses.
    let first = head.split(|b| *b == b'\n').next().unwrap_or_default();
    let policies = one_by_name && memmem::find(first, b"\"Statement\"").is_some();
    let lines = lines_by_name || (!policies && is_lines(head, all));
    lines.then(|| (Splitter::Lines(Lines::default()), 0))
}

fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t')).count()
}

/// Length of the string that starts here, quotation marks included.
fn string_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        let found = at + memchr2(b'"', b'\\', bytes.get(at..)?)?;
        at = found + 1;
        if bytes.get(found) == Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// `{ …scalars…, "configurationItems": [`: the length of it.
fn items_start(head: &[u8]) -> Option<usize> {
    let mut at = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    at += blanks(head.get(at..)?);
    if head.get(at) != Some(&b'{') {
        return None;
    }
    at += 1;
    loop {
        at += blanks(head.get(at..)?);
        if head.get(at) != Some(&b'"') {
            return None;
        }
        let len = string_len(head.get(at..)?)?;
        let key = head.get(at..at + len)?;
        at += len;
        at += blanks(head.get(at..)?);
        if head.get(at) != Some(&b':') {
            return None;
        }
        at += 1;
        at += blanks(head.get(at..)?);
        match head.get(at)? {
            b'[' if key == b"\"configurationItems\"" => return Some(at + 1),
            b'[' | b'{' => return None,
            b'"' => at += string_len(head.get(at..)?)?,
            _ => at += head.get(at..)?.iter().position(|b| matches!(b, b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'))?,
        }
        at += blanks(head.get(at..)?);
        if head.get(at) != Some(&b',') {
            return None;
        }
        at += 1;
    }
}

/// True when the first line is a whole object and another one starts on the second.
fn is_lines(head: &[u8], all: bool) -> bool {
    let Some(end) = memchr(b'\n', head) else { return false };
    let (first, rest) = head.split_at(end);
    let object = first.first() == Some(&b'{') && first.trim_ascii_end().last() == Some(&b'}');
    let rest = rest.get(blanks(rest)..).unwrap_or_default();
    let another = rest.first() == Some(&b'{') || (rest.is_empty() && !all);
    object && another && value_len(first, &mut Scan::default()) == Some(first.trim_ascii_end().len())
}

/// Length of the value that starts at the scan's position; `None` while its end is not in sight.
fn value_len(bytes: &[u8], scan: &mut Scan) -> Option<usize> {
    loop {
        if scan.in_string {
            let Some(found) = memchr2(b'"', b'\\', bytes.get(scan.at..)?) else {
                scan.at = bytes.len();
                return None;
            };
            let found = scan.at + found;
            if bytes.get(found) == Some(&b'\\') {
                if found + 1 >= bytes.len() {
                    scan.at = found;
                    return None;
                }
                scan.at = found + 2;
                continue;
            }
            scan.in_string = false;
            scan.at = found + 1;
            if scan.depth == 0 {
                return Some(scan.at);
            }
            continue;
        }
        let rest = bytes.get(scan.at..)?;
        let Some(found) =
            rest.iter().position(|b| matches!(b, b'"' | b'{' | b'}' | b'[' | b']') || (scan.depth == 0 && matches!(b, b',')))
        else {
            scan.at = bytes.len();
            return None;
        };
        let at = scan.at + found;
        scan.at = at + 1;
        match bytes.get(at) {
            Some(b'"') => scan.in_string = true,
            Some(b'{' | b'[') => scan.depth += 1,
            Some(b',') => return Some(at),
            _ if scan.depth == 0 => return Some(at),
            _ => {
                scan.depth -= 1;
                if scan.depth == 0 {
                    return Some(at + 1);
                }
            }
        }
    }
}

impl Splitter {
    /// The next item in `rest`, which starts where the last one ended; `None` asks for more bytes. With `last` there
    /// are none.
    pub fn next(&mut self, rest: &[u8], last: bool) -> Option<Cut> {
        match self {
            Self::Items(items) => items.next(rest, last),
            Self::Lines(lines) => lines.next(rest, last),
        }
    }

    /// Bytes at the start that belong to no item and may be stepped over.
    pub fn idle(&self, rest: &[u8]) -> usize {
        match self {
            Self::Items(items) if items.scan.start.is_none() => blanks_and_commas(rest),
            Self::Items(_) | Self::Lines(_) => 0,
        }
    }

    /// True when the end of the list was seen.
    pub fn is_closed(&self) -> bool {
        match self {
            Self::Items(items) => items.closed,
            Self::Lines(lines) => lines.closed,
        }
    }

    /// Pointer of an item.
    pub fn pointer(&self, index: usize) -> String {
        match self {
            Self::Items(_) => format!("/configurationItems/{index}"),
            Self::Lines(_) => String::new(),
        }
    }
}

impl Items {
    fn next(&mut self, rest: &[u8], last: bool) -> Option<Cut> {
        let end = Some(Cut { before: 0, len: 0, whole: true });
        if self.closed {
            return end;
        }
        let start = match self.scan.start {
            Some(start) => start,
            None => {
                let start = blanks_and_commas(rest);
                match rest.get(start) {
                    None if last => return end,
                    None => return None,
                    Some(b']') => return self.close(rest, start, last),
                    Some(_) => {}
                }
                self.scan = Scan { at: start, start: Some(start), ..Scan::default() };
                start
            }
        };
        let known = self.scan.stop.map(|stop| (stop, self.scan.at));
        let Some((stop, after)) = known.or_else(|| value_len(rest, &mut self.scan).map(|stop| (stop, stop))) else {
            return if last || self.swallowed(rest, start) { self.broken(rest, start) } else { None };
        };
        // What follows an item tells whether it ended there.
        let after = after + blanks(rest.get(after..).unwrap_or_default());
        match rest.get(after) {
            Some(b',' | b']') => {}
            None if !last => {
                self.scan = Scan { at: after, stop: Some(stop), ..self.scan };
                return None;
            }
            Some(_) | None => return self.broken(rest, start),
        }
        let item = rest.get(start..stop).unwrap_or_default();
        if self.mark.is_empty() {
            self.mark = mark_of(item);
        } else if self.next_mark(item.get(1..).unwrap_or_default(), 0, true).is_some() && !is_json(item) {
            // A quotation mark is missing: texts and brackets changed places, and more than one item was taken for this.
            return self.broken(rest, start);
        }
        self.scan = Scan::default();
        Some(Cut { before: start, len: (stop - start).max(1), whole: true })
    }

    /// Whether an item without an end is long, and what looks like another one stands in it.
    fn swallowed(&mut self, rest: &[u8], start: usize) -> bool {
        let item = rest.get(start + 1..).unwrap_or_default();
        if item.len() <= if self.lost { LONG_WHEN_LOST } else { LONG } {
            return false;
        }
        // What was looked at before need not be looked at again, but for a mark that was cut in two.
        let from = self.scan.searched.saturating_sub(self.mark.len());
        self.scan.searched = item.len();
        self.next_mark(item, from, true).is_some()
    }

    /// A bracket that closes the list, unless reading went astray and it belongs to a broken item.
    fn close(&mut self, rest: &[u8], at: usize, last: bool) -> Option<Cut> {
        let after = rest.get(at + 1..).unwrap_or_default();
        match after.get(blanks(after)) {
            None if !last => return None,
            Some(b'}' | b',') | None => {}
            Some(_) => self.lost = true,
        }
        match self.next_mark(rest, 0, true).filter(|_| self.lost) {
            Some(at) => {
                let cut = self.next(rest.get(at..)?, last).map(|cut| Cut { before: at + cut.before, ..cut });
                // What was looked at is counted from another place than the next call will count from.
                self.scan = Scan::default();
                cut
            }
            None => {
                self.closed = true;
                Some(Cut { before: 0, len: 0, whole: true })
            }
        }
    }

    /// The end of the item was not found: it ends before what looks like the next one.
    fn broken(&mut self, rest: &[u8], start: usize) -> Option<Cut> {
        self.scan = Scan::default();
        self.lost = true;
        let item = rest.get(start..).unwrap_or_default();
        let len = self.next_mark(item.get(1..).unwrap_or_default(), 0, false).map_or(item.len(), |at| at + 1);
        let text = item.get(..len).unwrap_or_default();
        let kept = text.iter().rposition(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t' | b',')).map_or(len, |at| at + 1);
        Some(Cut { before: start, len: kept.max(1), whole: false })
    }

    /// Where the next item seems to start, looked for from some byte on: behind a comma, with the member that the first
    /// item started with. `close` asks for one right behind the end of an object, as items follow each other.
    fn next_mark(&self, text: &[u8], from: usize, close: bool) -> Option<usize> {
        if self.mark.is_empty() {
            return None;
        }
        memmem::find_iter(text.get(from..).unwrap_or_default(), &self.mark).map(|at| from + at).find(|&at| {
            let before = text.get(..at).unwrap_or_default().trim_ascii_end();
            let Some(b',') = before.last() else { return false };
            let before = before.get(..before.len() - 1).unwrap_or_default().trim_ascii_end();
            !close || before.last() == Some(&b'}')
        })
    }
}

/// `{"relatedEvents"` with its blanks: the first bracket and the first key of an item.
fn mark_of(item: &[u8]) -> Vec<u8> {
    let key = 1 + blanks(item.get(1..).unwrap_or_default());
    let len = item.get(key..).filter(|k| k.first() == Some(&b'"')).and_then(string_len).unwrap_or(0);
    if item.first() == Some(&b'{') && len > 2 { item.get(..key + len).unwrap_or_default().to_vec() } else { Vec::new() }
}

fn is_json(item: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(item).is_ok()
}

fn blanks_and_commas(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t' | b',')).count()
}

impl Lines {
    fn next(&mut self, rest: &[u8], last: bool) -> Option<Cut> {
        let before = blanks(rest);
        let line = rest.get(before..).unwrap_or_default();
        if line.is_empty() {
            self.closed |= last;
            return last.then_some(Cut { before, len: 0, whole: true });
        }
        let from = self.looked.min(line.len());
        let end = line.get(from..).and_then(|l| memchr(b'\n', l)).map(|at| from + at);
        if end.is_none() && !last {
            self.looked = line.len();
            return None;
        }
        self.looked = 0;
        let len = line.get(..end.unwrap_or(line.len())).unwrap_or_default().trim_ascii_end().len();
        Some(Cut { before, len, whole: true })
    }
}
