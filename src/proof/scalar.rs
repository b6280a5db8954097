//! Ordered values: addresses, numbers and moments, as intervals of whole numbers. Never floating point.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators": numeric, date and IP address operators.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// A set of values between two ends; a dense order where `open` ends make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Lower end; `None` for no bound.
    pub low: Option<(i128, bool)>,
    /// Upper end, and whether the end itself belongs to it.
    pub high: Option<(i128, bool)>,
}

impl Span {
    /// One value.
    pub fn point(value: i128) -> Self {
        Self { low: Some((value, true)), high: Some((value, true)) }
    }

    /// From here on, or up to here.
    pub fn bounded(value: i128, below: bool, itself: bool) -> Self {
        let end = Some((value, itself));
        if below { Self { low: None, high: end } } else { Self { low: end, high: None } }
    }

    /// Whether a value lies in it.
    pub fn holds(&self, value: i128) -> bool {
        self.low.is_none_or(|(end, itself)| value > end || (itself && value == end))
            && self.high.is_none_or(|(end, itself)| value < end || (itself && value == end))
    }
}

/// Values that are enough to try: the ends of all spans and one value in each gap between them.
pub fn points(spans: &[Span], unit: i128) -> Vec<i128> {
    let mut ends: Vec<i128> = spans.iter().flat_map(|s| [s.low, s.high]).flatten().map(|(end, _)| end).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut out = Vec::with_capacity(ends.len() * 2 + 2);
    let Some((first, last)) = ends.first().copied().zip(ends.last().copied()) else { return vec![unit] };
    out.push(last.saturating_add(unit));
    out.extend(&ends);
    for pair in ends.windows(2) {
        if let [a, b] = pair {
            // A whole number where there is one between.
            let whole = a.div_euclid(unit).saturating_add(1).saturating_mul(unit);
            out.push(if whole < *b { whole } else { a + (b - a) / 2 });
        }
    }
    out.push(first.saturating_sub(unit));
    out
}

/// Fraction digits that are kept of a number.
const PLACES: u32 = 12;
/// One, as a number is kept.
pub const ONE: i128 = 10i128.pow(PLACES);

/// A decimal number, exactly; `None` for what is no number or too large or too fine to be kept.
pub fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    if (whole.is_empty() && fraction.is_empty())
        || !all_digits(whole)
        || !all_digits(fraction)
        || fraction.len() > PLACES as usize
    {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let scale = 10i128.pow(PLACES - u32::try_from(fraction.len()).ok()?);
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    Some(sign * whole.checked_mul(ONE)?.checked_add(fraction * scale)?)
}

/// A number as text.
pub fn show_number(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    let one = ONE.unsigned_abs();
    let fraction = format!("{:012}", value % one);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{}", value / one) } else { format!("{sign}{}.{fraction}", value / one) }
}

/// A second, as moments are kept: in nanoseconds since 1970.
pub const SECOND: i128 = 1_000_000_000;

/// Whether an operator on addresses can read a text.
pub fn is_address_range(text: &str) -> bool {
    Net::parse(text).is_some()
}

/// Whether an operator on dates can read a text.
pub fn is_moment(text: &str) -> bool {
    moment(text).is_some()
}

/// A moment: ISO 8601, whole or in part, or seconds since 1970.
pub fn moment(text: &str) -> Option<i128> {
    if text.len() != 4 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<i128>().ok()?.checked_mul(SECOND);
    }
    let (date, clock) = text.split_once(['T', 't']).map_or((text, None), |(d, c)| (d, Some(c)));
    let mut parts = date.split('-');
    let part = |p: Option<&str>, length: usize| -> Option<Option<u16>> {
        match p {
            None => Some(None),
            Some(p) if p.len() == length && p.bytes().all(|b| b.is_ascii_digit()) => p.parse().ok().map(Some),
            Some(_) => None,
        }
    };
    let year = part(parts.next(), 4)??;
    let month = part(parts.next(), 2)?.unwrap_or(1);
    let day = part(parts.next(), 2)?.unwrap_or(1);
    if parts.next().is_some() {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
    let (time, offset) = match clock {
        None => (Time::MIDNIGHT, UtcOffset::UTC),
        Some(clock) => time_of_day(clock)?,
    };
    Some(PrimitiveDateTime::new(date, time).assume_offset(offset).unix_timestamp_nanos())
}

fn time_of_day(clock: &str) -> Option<(Time, UtcOffset)> {
    let zone = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(zone)?;
    let offset = match zone.strip_prefix(['+', '-']) {
        None => UtcOffset::UTC,
        Some(digits) => {
            let digits = digits.replace(':', "");
            let hours: i8 = digits.get(..2)?.parse().ok()?;
            let minutes: i8 = if digits.len() == 4 { digits.get(2..)?.parse().ok()? } else { 0 };
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()?
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':').map(|p| if p.len() == 2 { p.parse::<u8>().ok() } else { None });
    let mut next = || parts.next().unwrap_or(Some(0));
    let (hour, minute, second) = (next()?, next()?, next()?);
    let nanos: u32 = if fraction.is_empty() { 0 } else { format!("{fraction:0<9}").get(..9)?.parse().ok()? };
    Some((Time::from_hms_nano(hour, minute, second, nanos).ok()?, offset))
}

/// A moment as ISO 8601.
pub fn show_moment(value: i128) -> Option<String> {
    OffsetDateTime::from_unix_timestamp_nanos(value).ok()?.format(&Rfc3339).ok()
}

/// A range of addresses of one family, both ends within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Net {
    /// First address.
    pub low: u128,
    /// Last address.
    pub high: u128,
    /// IPv6.
    pub six: bool,
}

impl Net {
    /// A CIDR range or one address; host bits are masked.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let (value, six) = address_value(address)?;
        let widest: u32 = if six { 128 } else { 32 };
        let length: u32 = match length {
            None => widest,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
        };
        let host = u128::MAX.checked_shr(128 - widest.checked_sub(length)?).unwrap_or(0);
        Some(Self { low: value & !host, high: value | host, six })
    }

    /// Whether an address lies in it.
    pub fn holds(&self, (value, six): (u128, bool)) -> bool {
        self.six == six && self.low <= value && value <= self.high
    }

    /// How many addresses, but for one.
    pub fn width(&self) -> u128 {
        self.high - self.low
    }
}

/// An address as a number, and whether it is IPv6.
pub fn address_value(text: &str) -> Option<(u128, bool)> {
    Some(match text.parse().ok()? {
        IpAddr::V4(a) => (u32::from(a).into(), false),
        IpAddr::V6(a) => (a.into(), true),
    })
}

/// An address as text.
pub fn show_address((value, six): (u128, bool)) -> String {
    match u32::try_from(value) {
        Ok(four) if !six => Ipv4Addr::from(four).to_string(),
        _ => Ipv6Addr::from(value).to_string(),
    }
}

/// Addresses that are enough to try.
pub fn addresses(nets: &[Net]) -> Vec<(u128, bool)> {
    let mut out = Vec::new();
    for net in nets {
        out.push((net.low, net.six));
        out.extend(net.high.checked_add(1).map(|next| (next, net.six)));
    }
    // Addresses for documentation where nothing else decides.
    out.push((u32::from(Ipv4Addr::new(203, 0, 113, 7)).into(), false));
    out.push((0, false));
    out.push((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7).into(), true));
    out.push((0, true));
    out.retain(|(value, six)| *six || *value <= u32::MAX.into());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        for (text, back) in
            [("10", "10"), ("-1.50", "-1.5"), ("123456789012", "123456789012"), ("+0.000000000001", "0.000000000001")]
        {
            assert_eq!(show_number(number(text).unwrap()), back);
        }
        for text in ["", ".", "-", "1e3", "0x1", "1.0000000000001"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn moments_in_every_writing() {
        let new_year = moment("2026-01-01T00:00:00Z").unwrap();
        for text in [
            "2026-01-01",
            "2026-01",
            "2026",
            "1767225600",
            "2026-01-01T02:00:00+02:00",
            "2025-12-31T19:00-0500",
            "2026-01-01T00:00:00.000Z",
        ] {
            assert_eq!(moment(text), Some(new_year), "{text}");
        }
        assert_eq!(show_moment(new_year).unwrap(), "2026-01-01T00:00:00Z");
        for text in ["", "yesterday", "2026-13-01", "2026-1-1", "2026-01-01T25:00Z"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn networks() {
        let net = Net::parse("203.0.113.9/24").unwrap();
        assert_eq!(
            (show_address((net.low, false)), show_address((net.high, false))),
            ("203.0.113.0".into(), "203.0.113.255".into())
        );
        assert_eq!(Net::parse("::/0").unwrap().width(), u128::MAX);
        assert_eq!(Net::parse("0.0.0.0/0").unwrap().width(), u128::from(u32::MAX));
        for text in ["", "1.2.3.4/33", "1.2.3", "1.2.3.4/", "::1/129", "1.2.3.*"] {
            assert_eq!(Net::parse(text), None, "{text}");
        }
    }

    #[test]
    fn points_stand_in_every_gap() {
        let spans = [Span::point(ONE), Span::bounded(2 * ONE, true, false), Span::point(5 * ONE)];
        let shown: Vec<_> = points(&spans, ONE).into_iter().map(show_number).collect();
        assert_eq!(shown, ["6", "1", "2", "5", "1.5", "3", "0"]);
    }
}
