//! Finishing what ariadne has drawn: line numbers of the file instead of the sheet, titles, messages wrapped beside
//! their arrow, no trailing blanks. Works on cells, a character with its color, so that colored and plain output agree.

use super::snippet::Sheet;
use super::wrap::wrap;
use std::iter::repeat_n;

/// Encloses the number of a sheet in a title drawn by ariadne.
pub const TITLE: char = '\u{1}';
/// Encloses the number of a label in a message drawn by ariadne.
pub const MESSAGE: char = '\u{2}';

/// Columns a message gets at least, even where the page ends sooner.
const NARROWEST: usize = 24;

/// A character and the escape sequence that colors it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell<'a> {
    c: char,
    style: &'a str,
}

const BLANK: Cell<'static> = Cell { c: ' ', style: "" };

type Row<'a> = Vec<Cell<'a>>;

/// What is put into the frame.
pub struct Content<'a> {
    /// The sheets, in the order of their numbers.
    pub sheets: &'a [Sheet],
    /// Escaped messages of the labels.
    pub messages: &'a [String],
    /// Columns of the page.
    pub width: usize,
}

/// Finish a drawing.
pub fn finish(drawn: &str, content: &Content<'_>) -> String {
    let rows: Vec<Row<'_>> = drawn.lines().map(cells).collect();
    let drawn_gutter = rows.iter().find_map(|row| gutter_width(row)).unwrap_or(0);
    let last = content.sheets.iter().map(|s| s.first_line + s.text.lines().count().saturating_sub(1)).max().unwrap_or(1);
    let digits = last.to_string().len().max(drawn_gutter);
    let grow = digits - drawn_gutter;
    let mut done: Vec<Row<'_>> = Vec::new();
    let mut offset = 0;
    for row in rows {
        if let Some((number, at)) = marker(&row, TITLE) {
            let Some(sheet) = content.sheets.get(number) else { continue };
            offset = sheet.first_line - 1;
            title(&mut done, &gutter(row, 0, digits, grow), at + grow, sheet, content.width);
            continue;
        }
        let row = gutter(row, offset, digits, grow);
        match marker(&row, MESSAGE) {
            Some((number, at)) => {
                let text = content.messages.get(number).map_or("", String::as_str);
                message(&mut done, &row, at, text, content.width);
            }
            None => done.push(row),
        }
    }
    done.iter().map(|row| text(row)).collect()
}

/// Split a line of ariadne's output into cells.
fn cells(line: &str) -> Row<'_> {
    let mut row = Vec::new();
    let mut style = "";
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if c == '\x1b' {
            let end = rest.find('m').map_or(rest.len(), |at| at + 1);
            let (sequence, tail) = rest.split_at(end);
            // Plain source text keeps the color of the terminal, which is readable on any background.
            style = if matches!(sequence, "\x1b[0m" | "\x1b[38;5;249m") { "" } else { sequence };
            rest = tail;
        } else {
            row.push(Cell { c, style });
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    row
}

/// Cells back to text, trailing blanks removed.
fn text(row: &[Cell<'_>]) -> String {
    let end = row.iter().rposition(|cell| cell.c != ' ').map_or(0, |at| at + 1);
    let mut out = String::new();
    let mut style = "";
    for cell in row.iter().take(end) {
        // A blank looks the same in every color.
        if cell.style != style && cell.c != ' ' {
            if !style.is_empty() {
                out.push_str("\x1b[0m");
            }
            out.push_str(cell.style);
            style = cell.style;
        }
        out.push(cell.c);
    }
    if !style.is_empty() {
        out.push_str("\x1b[0m");
    }
    out.push('\n');
    out
}

/// Digits ariadne left room for, read from a title row: it starts two columns after them.
fn gutter_width(row: &[Cell<'_>]) -> Option<usize> {
    marker(row, TITLE)?;
    row.iter().position(|cell| cell.c != ' ').map(|at| at.saturating_sub(2))
}

/// The number between two `sentinel`s and the column of the first.
fn marker(row: &[Cell<'_>], sentinel: char) -> Option<(usize, usize)> {
    let at = row.iter().position(|cell| cell.c == sentinel)?;
    let digits: String = row.iter().skip(at + 1).map(|cell| cell.c).take_while(char::is_ascii_digit).collect();
    Some((digits.parse().ok()?, at))
}

/// Make the gutter wider, or write the file's line number into it in place of the sheet's.
fn gutter(row: Row<'_>, offset: usize, digits: usize, grow: usize) -> Row<'_> {
    let number: String = row.iter().map(|cell| cell.c).skip_while(|c| *c == ' ').take_while(char::is_ascii_digit).collect();
    let at = row.iter().position(|cell| cell.c.is_ascii_digit());
    if let (Ok(line), Some(at)) = (number.parse::<usize>(), at) {
        let style = row.get(at).map_or("", |cell| cell.style);
        let shown = format!(" {:>digits$}", line + offset);
        let rest = row.into_iter().skip(at + number.len());
        return shown.chars().map(|c| Cell { c, style }).chain(rest).collect();
    }
    // The closing row is a rule and grows as one.
    let fill = match row.first() {
        Some(cell) if cell.c == '─' => *cell,
        Some(_) | None => BLANK,
    };
    repeat_n(fill, grow).chain(row).collect()
}

/// Add a title row: the place in place of the number, and more rows for what is shown when it does not fit.
fn title<'a>(done: &mut Vec<Row<'a>>, row: &[Cell<'a>], at: usize, sheet: &Sheet, width: usize) {
    let mut head: Row<'a> = row.iter().take(at).copied().chain(plain(&sheet.title)).collect();
    let subtitle = sheet.subtitle.as_deref().unwrap_or_default();
    let fits = at + columns(&sheet.title) + columns(subtitle) + 5 <= width;
    if fits && !subtitle.is_empty() {
        head.extend(plain(&format!(" ({subtitle})")));
    }
    // What ariadne wrote after the sentinel: its line and column, a blank and the closing bracket.
    head.extend(row.iter().rev().take(2).rev().copied());
    done.push(head);
    if fits || subtitle.is_empty() {
        return;
    }
    let bar = row.iter().position(|cell| matches!(cell.c, '╭' | '├')).unwrap_or(0);
    let style = row.get(bar).map_or("", |cell| cell.style);
    for line in wrap(subtitle, width.saturating_sub(bar + 3)) {
        done.push(repeat_n(BLANK, bar).chain([Cell { c: '│', style }]).chain(plain(&format!("  {line}"))).collect());
    }
}

/// Add a message row: a short arrow, then the message, wrapped under itself.
fn message<'a>(done: &mut Vec<Row<'a>>, row: &[Cell<'a>], at: usize, text: &str, width: usize) {
    let Some(corner) = row.iter().take(at).rposition(|cell| matches!(cell.c, '╰' | '┴')) else { return };
    let style = row.get(corner).map_or("", |cell| cell.style);
    if text.is_empty() && row.get(corner).is_some_and(|cell| cell.c == '╰') && drop_arrow(done, corner) {
        return;
    }
    let free = width.saturating_sub(corner + 4);
    let bar = row.iter().position(|cell| cell.c == '│').unwrap_or(0);
    let alone = row.iter().take(corner).skip(bar + 1).all(|cell| cell.c == ' ');
    if free < NARROWEST && columns(text) > free && alone && corner > bar + NARROWEST + 6 {
        return message_before(done, row, (bar, corner), text);
    }
    let mut head: Row<'a> = row.iter().take(corner + 1).copied().collect();
    head.extend([Cell { c: '─', style }; 2]);
    let hanging = |cell: &Cell<'a>| if matches!(cell.c, '│' | '┆') { *cell } else { BLANK };
    let hang: Row<'a> = head.iter().take(corner).map(hanging).chain([BLANK; 3]).collect();
    for (i, line) in wrap(text, free.max(NARROWEST)).iter().enumerate() {
        let start = if i == 0 { &head } else { &hang };
        done.push(start.iter().copied().chain(plain(&format!(" {line}"))).collect());
    }
    if text.is_empty() {
        done.push(head);
    }
}

/// The same at the right edge of the page: the message stands before its arrow.
fn message_before<'a>(done: &mut Vec<Row<'a>>, row: &[Cell<'a>], (bar, corner): (usize, usize), text: &str) {
    let style = row.get(corner).map_or("", |cell| cell.style);
    let lines = wrap(text, corner - bar - 6);
    let widest = lines.iter().map(|line| columns(line)).max().unwrap_or(0);
    let start = corner.saturating_sub(widest + 3);
    for (i, line) in lines.iter().enumerate() {
        let blanks = row.iter().take(bar + 1).copied().chain(repeat_n(BLANK, start.saturating_sub(bar + 1)));
        let mut out: Row<'a> = blanks.chain(plain(line)).collect();
        if i == 0 {
            out.extend(repeat_n(BLANK, widest - columns(line) + 1));
            out.extend(['─', '─', '╯'].map(|c| Cell { c, style }));
        }
        done.push(out);
    }
}

/// A place without a message needs no arrow, only its underline. False when the arrow could not be traced.
fn drop_arrow(done: &mut Vec<Row<'_>>, corner: usize) -> bool {
    let mut traced = false;
    for row in done.iter_mut().rev() {
        let alone = row.get(corner + 1).is_none_or(|next| next.c != '─');
        match row.get_mut(corner) {
            Some(cell) if cell.c == '│' => cell.c = ' ',
            Some(cell) if cell.c == '┬' => {
                cell.c = if alone { '▲' } else { '─' };
                traced = true;
                break;
            }
            Some(_) | None => break,
        }
    }
    // The row that only carried the arrow down.
    if done.last().is_some_and(|row| row.iter().filter(|cell| cell.c != ' ').count() == 1) {
        done.pop();
    }
    traced
}

fn plain<'a>(text: &str) -> Row<'a> {
    text.chars().map(|c| Cell { c, style: "" }).collect()
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
