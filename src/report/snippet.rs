//! From labels with excerpts to sheets of source that can be drawn: excerpts of the same text are merged, lines are
//! escaped and cut to the width, and every span is carried along.

use super::escape::{Visible, terminal, visible};
use crate::finding::{Label, Location};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// Lines shown before and after a labelled line.
const CONTEXT: (usize, usize) = (2, 1);

/// A marked block of up to so many further lines is shown whole.
const SHORT_BLOCK: usize = 7;

/// Consecutive lines of one source with places marked in them, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Where the reader finds it: `file:line:col` of its first label.
    pub title: String,
    /// What is shown, when it is not the file's own text.
    pub subtitle: Option<String>,
    /// 1-based number of the first line.
    pub first_line: usize,
    /// Escaped lines, each ending in a line break.
    pub text: String,
    /// What is marked, by last line and then from right to left, so that no arrow crosses a message.
    pub marks: Vec<Mark>,
}

/// A marked place of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Bytes in the sheet's text; never empty.
    pub range: Range<usize>,
    /// Which label it is; `None` for a line that is shown for context.
    pub label: Option<usize>,
}

/// A byte of a line of an excerpt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    line: usize,
    byte: usize,
}

/// Raw lines that belong together, before escaping.
struct Draft<'a> {
    location: &'a Location,
    lines: BTreeMap<usize, &'a str>,
    labels: Vec<(usize, Point, Point)>,
}

/// Sheets for some labels; the first label is the primary one, and its sheet comes first.
pub fn sheets(labels: &[&Label], width: usize) -> Vec<Sheet> {
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        if is_repeated(labels, index) {
            continue;
        }
        let (lines, start, end) = raw_lines(&label.location);
        match drafts.iter_mut().find(|draft| draft.takes(&label.location, &lines)) {
            Some(draft) => {
                draft.lines.extend(lines);
                draft.labels.push((index, start, end));
            }
            None => drafts.push(Draft { location: &label.location, lines, labels: vec![(index, start, end)] }),
        }
    }
    drafts.into_iter().map(|draft| draft.finish(width)).collect()
}

/// True for a label that adds nothing: it has no message, and another one points from the same place.
fn is_repeated(labels: &[&Label], index: usize) -> bool {
    let Some(label) = labels.get(index).filter(|label| label.message.is_empty()) else { return false };
    let place = |label: &Label| (label.location.file.clone(), label.location.start, label.location.embedded.clone());
    let others = labels.iter().enumerate().filter(|(i, _)| *i != index);
    let mut same = others.filter(|(_, other)| place(other) == place(label));
    same.any(|(i, other)| i < index || !other.message.is_empty())
}

/// The numbered lines of an excerpt and its place in them; a span that is out of bounds is moved inside.
fn raw_lines(location: &Location) -> (BTreeMap<usize, &str>, Point, Point) {
    let excerpt = &location.excerpt;
    let mut lines = BTreeMap::new();
    let mut starts = Vec::new();
    let mut at = 0;
    for (i, line) in excerpt.text.split('\n').enumerate() {
        starts.push(at);
        at += line.len() + 1;
        lines.insert(excerpt.first_line.max(1) + i, line.strip_suffix('\r').unwrap_or(line));
    }
    let point = |offset: usize| {
        let offset = offset.min(excerpt.text.len());
        let row = starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = starts.get(row).copied().unwrap_or(0);
        Point { line: excerpt.first_line.max(1) + row, byte: offset - start }
    };
    let range = excerpt.span.range();
    let (start, end) = (point(range.start), point(range.end.max(range.start)));
    (lines, start, end)
}

impl<'a> Draft<'a> {
    /// True when these lines continue or repeat the ones already here.
    fn takes(&self, location: &Location, lines: &BTreeMap<usize, &str>) -> bool {
        let same_text = self.location.file == location.file
            && self.location.excerpt.decoded == location.excerpt.decoded
            && (!location.excerpt.decoded || outer(self.location) == outer(location));
        let first_and_last = |lines: &BTreeMap<usize, &str>| Some((*lines.first_key_value()?.0, *lines.last_key_value()?.0));
        let (Some(mine), Some(theirs)) = (first_and_last(&self.lines), first_and_last(lines)) else { return false };
        let touching = theirs.0 <= mine.1 + 1 && mine.0 <= theirs.1 + 1;
        same_text && touching && lines.iter().all(|(n, line)| self.lines.get(n).is_none_or(|known| known == line))
    }

    fn finish(self, width: usize) -> Sheet {
        let context = self.context();
        let labelled = self.labels.iter().flat_map(|(_, start, end)| [start.line, end.line]);
        let shown: Vec<usize> = labelled.chain(context.iter().copied()).collect();
        let first_line = shown.iter().copied().min().unwrap_or(1);
        let last_line = shown.iter().copied().max().unwrap_or(1);
        let multi = self.labels.iter().filter(|(_, start, end)| start.line != end.line).count();
        let bars = if multi > 0 { 2 * (multi + 1) } else { 0 };
        let room = width.saturating_sub(last_line.to_string().len() + 4 + bars).max(24);
        let mut text = String::new();
        let mut placed = BTreeMap::new();
        for (&number, raw) in self.lines.range(first_line..=last_line) {
            let line = CutLine::new(raw, &self.focus(number, raw.len()), room);
            let at = text.len();
            text.push_str(&line.text);
            text.push('\n');
            placed.insert(number, (at, line));
        }
        let marks = self.marks(&text, &placed, &context);
        let (title, subtitle) = titles(self.location);
        Sheet { title, subtitle, first_line, text, marks }
    }

    /// Lines worth showing although nothing is marked in them.
    fn context(&self) -> BTreeSet<usize> {
        let mut context = BTreeSet::new();
        for (_, start, end) in &self.labels {
            context.extend(start.line.saturating_sub(CONTEXT.0)..start.line);
            context.extend(end.line + 1..=end.line + CONTEXT.1);
            if end.line - start.line <= SHORT_BLOCK {
                context.extend(start.line..=end.line);
            }
        }
        for (_, start, end) in &self.labels {
            context.remove(&start.line);
            context.remove(&end.line);
        }
        context.retain(|n| self.lines.get(n).is_some_and(|line| !line.trim().is_empty()));
        context
    }

    /// The bytes of a line that must stay visible, the most important first.
    fn focus(&self, number: usize, len: usize) -> Vec<Range<usize>> {
        let mut wanted = Vec::new();
        for (_, start, end) in &self.labels {
            if start.line == number {
                wanted.push(start.byte..if end.line == number { end.byte } else { start.byte });
            } else if end.line == number {
                wanted.push(end.byte..end.byte);
            }
        }
        wanted.into_iter().map(|range| range.start.min(len)..range.end.min(len)).collect()
    }

    fn marks(&self, text: &str, placed: &BTreeMap<usize, (usize, CutLine)>, context: &BTreeSet<usize>) -> Vec<Mark> {
        let place = |point: &Point, side| placed.get(&point.line).map_or(0, |(at, line)| at + line.map(point.byte, side));
        let mut marks = Vec::new();
        for (index, start, end) in &self.labels {
            let range = place(start, Side::Start)..place(end, Side::End);
            marks.push((end.line, Mark { range: widened(text, range), label: Some(*index) }));
        }
        for number in context {
            if let Some((at, line)) = placed.get(number) {
                marks.push((*number, Mark { range: *at..at + line.text.len(), label: None }));
            }
        }
        marks.sort_by_key(|(line, mark)| (*line, std::cmp::Reverse(mark.range.start), mark.label));
        marks.into_iter().map(|(_, mark)| mark).collect()
    }
}

/// A range of at least one character, so that an insertion point can be seen.
fn widened(text: &str, range: Range<usize>) -> Range<usize> {
    let start = range.start.min(text.len().saturating_sub(1));
    let one = text.get(start..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    start..range.end.max(start + one)
}

/// Which end of a span is mapped.
#[derive(Clone, Copy)]
enum Side {
    Start,
    End,
}

/// An escaped line, cut to a width around what matters in it.
#[derive(Clone, Debug)]
struct CutLine {
    text: String,
    whole: Visible,
    /// The part of `whole` that was kept.
    kept: Range<usize>,
}

/// Stands where a part of a line was cut away.
const CUT: &str = "…";

impl CutLine {
    fn new(raw: &str, focus: &[Range<usize>], room: usize) -> Self {
        let whole = visible(raw.trim_end());
        let kept = if width(&whole.text) <= room { 0..whole.text.len() } else { window(&whole, focus, room) };
        let mut text = String::new();
        if kept.start > 0 {
            text.push_str(CUT);
        }
        text.push_str(whole.text.get(kept.clone()).unwrap_or_default());
        if kept.end < whole.text.len() {
            text.push_str(CUT);
        }
        Self { text, whole, kept }
    }

    /// Where a byte of the raw line stands in the cut one; what was cut away is at the ellipsis.
    fn map(&self, byte: usize, side: Side) -> usize {
        let at = self.whole.map(byte);
        let lead = if self.kept.start > 0 { CUT.len() } else { 0 };
        let inside = lead + at.clamp(self.kept.start, self.kept.end) - self.kept.start;
        match side {
            Side::Start if at < self.kept.start => 0,
            Side::End if at > self.kept.end => self.text.len(),
            Side::Start | Side::End => inside,
        }
    }
}

/// The bytes of a long line to keep: the focus in the middle, or its start when it is too long itself.
fn window(line: &Visible, focus: &[Range<usize>], room: usize) -> Range<usize> {
    let column = |byte: usize| width(line.text.get(..line.map(byte)).unwrap_or_default());
    let columns: Vec<Range<usize>> = focus.iter().map(|f| column(f.start)..column(f.end)).collect();
    let first = columns.first().cloned().unwrap_or(0..0);
    let all = columns.iter().fold(first.clone(), |a, b| a.start.min(b.start)..a.end.max(b.end));
    let room = room.saturating_sub(2);
    let target = if all.len() <= room { all } else { first };
    let left = if target.end <= room {
        0
    } else if target.len() <= room {
        target.start.saturating_sub((room - target.len()) / 2)
    } else {
        target.start.saturating_sub(room / 8)
    };
    let total = width(&line.text);
    let left = left.min(total.saturating_sub(room));
    byte_at(&line.text, left)..byte_at(&line.text, left + room)
}

/// The byte of the last character boundary at or before a column.
fn byte_at(text: &str, column: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(1);
        if used > column {
            return at;
        }
    }
    text.len()
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(1)).sum()
}

/// The pointer of the string a policy sits in, when it does.
fn outer(location: &Location) -> Option<&str> {
    location.embedded.as_ref().map(|_| location.pointer.as_str())
}

fn titles(location: &Location) -> (String, Option<String>) {
    let title = format!("{}:{}:{}", terminal(&location.file), location.start.line, location.start.column);
    let at = |pointer: &str| if pointer.is_empty() { "the top".to_owned() } else { terminal(pointer) };
    let subtitle = location.excerpt.decoded.then(|| match &location.embedded {
        Some(inner) => format!("string at {} shown decoded, at {}", at(&location.pointer), at(inner)),
        None => format!("shown pretty-printed, at {}", at(&location.pointer)),
    });
    (title, subtitle)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{CONSUMER, label, location, location_of};
    use super::*;

    fn marked(sheet: &Sheet) -> Vec<&str> {
        sheet.marks.iter().filter(|m| m.label.is_some()).map(|m| sheet.text.get(m.range.clone()).unwrap()).collect()
    }

    #[test]
    fn near_excerpts_share_a_sheet_and_far_ones_do_not() {
        let text = "line\n".repeat(40).replacen("line", "first", 1) + "last";
        let near = [location("f", CONSUMER, "Allow"), location("f", CONSUMER, "Detect\"")].map(|l| label("", l));
        assert_eq!(sheets(&near.iter().collect::<Vec<_>>(), 80).len(), 1);
        let far = [location("f", &text, "first"), location("f", &text, "last")].map(|l| label("", l));
        assert_eq!(sheets(&far.iter().collect::<Vec<_>>(), 80).len(), 2);
    }

    #[test]
    fn a_place_is_marked_once() {
        let place = location("f", CONSUMER, "Allow");
        let labels = [label("", place.clone()), label("m", place.clone()), label("", place)];
        let sheets = sheets(&labels.iter().collect::<Vec<_>>(), 80);
        assert_eq!(sheets[0].marks.iter().filter_map(|m| m.label).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let text = format!("{}\"here\"{}", "x".repeat(300), "y".repeat(300));
        let label = label("", location("f", &text, "\"here\""));
        let sheet = sheets(&[&label], 80).remove(0);
        assert_eq!(marked(&sheet), ["\"here\""]);
        assert!(width(sheet.text.trim_end()) <= 75, "{}", sheet.text);
        assert!(sheet.text.starts_with('…') && sheet.text.ends_with("…\n"));
    }

    #[test]
    fn a_mark_wider_than_the_page_is_cut_as_well() {
        let text = format!("ab{}", "漢".repeat(300));
        let label = label("", location_of("f", &text, 2, text.len()));
        let sheet = sheets(&[&label], 60).remove(0);
        assert!(width(sheet.text.trim_end()) <= 55);
        assert!(marked(&sheet)[0].starts_with('漢') && marked(&sheet)[0].ends_with('…'));
    }

    #[test]
    fn insertion_points_are_one_character_wide() {
        for at in [0, 2, 3, 6] {
            let label = label("", location_of("f", "ab\nüx", at.min(6), at.min(6)));
            let sheet = sheets(&[&label], 80).remove(0);
            assert_eq!(marked(&sheet)[0].chars().count(), 1);
        }
    }
}
