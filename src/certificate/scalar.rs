//! Ordered values as whole numbers: decimals, moments, addresses. What cannot be kept exactly is not read.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators".

use std::net::IpAddr;

/// From one value to another; an end that is `None` is open. Each end tells whether it belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// Lower end.
    pub low: Option<(i128, bool)>,
    /// Upper end.
    pub high: Option<(i128, bool)>,
}

impl Interval {
    /// Values are handed in doubled, so that odd ones stand for what lies between.
    pub fn holds(&self, doubled: i128) -> bool {
        let above = |(end, itself): (i128, bool)| doubled > end * 2 || (itself && doubled == end * 2);
        let below = |(end, itself): (i128, bool)| doubled < end * 2 || (itself && doubled == end * 2);
        self.low.is_none_or(above) && self.high.is_none_or(below)
    }
}

/// Every end, and what lies next to it on both sides, doubled: of all values no others are told apart.
pub fn points<'i>(intervals: impl Iterator<Item = &'i Interval>) -> Vec<i128> {
    let ends = intervals.flat_map(|i| [i.low, i.high]).flatten();
    let mut out: Vec<i128> = ends.flat_map(|(end, _)| [end * 2 - 1, end * 2, end * 2 + 1]).collect();
    out.push(0);
    out
}

/// A decimal number times 10^12.
pub fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || whole.len() > 18 || fraction.len() > 12 {
        return None;
    }
    format!("{whole}{fraction:0<12}").parse::<i128>().ok().map(|value| sign * value)
}

/// A moment in nanoseconds since 1970: `YYYY-MM-DD`, with `Thh:mm:ss`, a fraction and a zone, or seconds since 1970.
pub fn moment(text: &str) -> Option<i128> {
    let digits = |t: &str, length: usize| -> Option<i128> {
        (t.len() == length && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok())?
    };
    // Four digits could be a year.
    if text.len() > 4 && text.len() < 13 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<i128>().ok().map(|seconds| seconds * 1_000_000_000);
    }
    let (date, clock) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let mut parts = date.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let clock = clock.strip_suffix('Z').map(|c| format!("{c}+00:00")).unwrap_or_else(|| clock.to_owned());
    let (clock, zone) = clock.split_at_checked(clock.find(['+', '-']).unwrap_or(clock.len()))?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let of_day = |t: &str| -> Option<i128> {
        let mut parts = t.split(':');
        let (hours, minutes) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
        let seconds = parts.next().map_or(Some(0), |s| digits(s, 2))?;
        (hours < 24 && minutes < 60 && seconds < 60 && parts.next().is_none()).then_some((hours * 60 + minutes) * 60 + seconds)
    };
    let offset = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(east), _) => of_day(east)?,
        (_, Some(west)) => -of_day(west)?,
        _ => 0,
    };
    if parts.next().is_some() || fraction.len() > 9 {
        return None;
    }
    let nanos: i128 = digits(&format!("{fraction:0<9}"), 9)?;
    Some((days(year, month, day)? * 86_400 + of_day(clock)? - offset) * 1_000_000_000 + nanos)
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(year: i128, month: i128, day: i128) -> Option<i128> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month - 1).ok()?;
    let before: i128 = lengths.get(..index)?.iter().sum();
    if !(1..=*lengths.get(index)?).contains(&day) || year < 1 {
        return None;
    }
    let years = year - 1;
    let since_one = years * 365 + years / 4 - years / 100 + years / 400;
    Some(since_one - 719_162 + before + day - 1)
}

/// A range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// First address.
    pub low: u128,
    /// Last address.
    pub high: u128,
    /// IPv6.
    pub six: bool,
}

/// An address, and whether it is one of IPv6.
pub fn address(text: &str) -> Option<(u128, bool)> {
    Some(match text.parse().ok()? {
        IpAddr::V4(four) => (u128::from(u32::from(four)), false),
        IpAddr::V6(six) => (u128::from(six), true),
    })
}

/// `ADDRESS/LENGTH`; without a length it is one address.
pub fn range(text: &str) -> Option<Range> {
    let (base, length) = text.split_once('/').map_or((text, None), |(base, length)| (base, Some(length)));
    let (value, six) = address(base)?;
    let bits: u32 = if six { 128 } else { 32 };
    let length: u32 = match length {
        Some(length) if !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()) => length.parse().ok()?,
        Some(_) => return None,
        None => bits,
    };
    let free = bits.checked_sub(length)?;
    let host = if free == 128 { u128::MAX } else { (1u128 << free) - 1 };
    Some(Range { low: value & !host, high: value | host, six })
}

/// The ends of all ranges, what lies next to them, and one address of each family.
pub fn addresses<'r>(ranges: impl Iterator<Item = &'r Range>) -> Vec<(u128, bool)> {
    let mut out = vec![(0, false), (0, true)];
    for range in ranges {
        let around = [range.low.checked_sub(1), Some(range.low), Some(range.high), range.high.checked_add(1)];
        out.extend(around.into_iter().flatten().map(|value| (value, range.six)));
    }
    out.retain(|(value, six)| *six || *value <= u128::from(u32::MAX));
    out
}
