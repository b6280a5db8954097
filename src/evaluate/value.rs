//! Values that have an order or a form: numbers, dates, addresses, base64. What cannot be read is no value, and matches
//! nothing.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators".

use std::cmp::Ordering;
use std::net::IpAddr;

/// A decimal number, exact whatever its length: account ids are numbers too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Digits without zeros at either end; none for zero.
    digits: Vec<u8>,
    /// Where the point stands, counted from before the first digit.
    point: i64,
}

impl Decimal {
    /// Read digits with an optional sign, fraction and exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let numeric = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !numeric(whole) || !numeric(fraction) {
            return None;
        }
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = digits.iter().take_while(|d| **d == b'0').count();
        digits.drain(..leading);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let size = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let point = if digits.is_empty() { 0 } else { size(whole.len()) - size(leading) + i64::from(exponent) };
        Some(Self { negative: mantissa.starts_with('-') && !digits.is_empty(), digits, point })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Seconds since 1970 in UTC, with their fraction: ISO 8601 (a date, or date and time), or epoch seconds.
pub(super) fn moment(text: &str) -> Option<(i64, Decimal)> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !digits.is_empty() {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        // A moment before 1970 with a fraction is of no use to anybody.
        return Some((whole.parse().ok()?, Decimal::parse(&format!("0.{fraction}"))?));
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = number(parts.next()?, 2)?;
    let day = parts.next().map_or(Some(1), |day| number(day, 2))?;
    if parts.next().is_some() {
        return None;
    }
    let small = |n: i64| u8::try_from(n).ok();
    let month = time::Month::try_from(small(month)?).ok()?;
    let date = time::Date::from_calendar_date(i32::try_from(year).ok()?, month, small(day)?).ok()?;
    const EPOCH: i64 = 2_440_588;
    let midnight = (i64::from(date.to_julian_day()) - EPOCH) * 86_400;
    let (seconds, fraction) = time.map_or(Some((0, "")), clock)?;
    Some((midnight + seconds, Decimal::parse(&format!("0.{fraction}"))?))
}

/// Seconds since midnight in UTC and the digits of the fraction, of `hh:mm[:ss[.f]][Z|±hh:mm]`.
fn clock(text: &str) -> Option<(i64, &str)> {
    let (local, offset) = match text.strip_suffix(['Z', 'z']) {
        Some(local) => (local, 0),
        None => match text.rfind(['+', '-']) {
            Some(at) => (text.get(..at)?, zone(text.get(at..)?)?),
            None => (text, 0),
        },
    };
    let (local, fraction) = local.split_once('.').unwrap_or((local, ""));
    let mut parts = local.split(':');
    let hour = number(parts.next()?, 2).filter(|h| *h < 24)?;
    let minute = number(parts.next()?, 2).filter(|m| *m < 60)?;
    let second = parts.next().map_or(Some(0), |s| number(s, 2)).filter(|s| *s < 60)?;
    let whole = parts.next().is_none() && fraction.bytes().all(|b| b.is_ascii_digit());
    whole.then_some((hour * 3600 + minute * 60 + second - offset, fraction))
}

/// Seconds east of Greenwich, of `±hh`, `±hhmm` or `±hh:mm`.
fn zone(text: &str) -> Option<i64> {
    let west = text.starts_with('-');
    let digits: String = text.get(1..)?.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes, 2).filter(|m| *m < 60)? };
    let seconds = number(hours, 2).filter(|h| *h < 24)? * 3600 + minutes * 60;
    Some(if west { -seconds } else { seconds })
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Whether an address lies in a range; a range without a length is one address, and bits behind the length do not count.
pub(super) fn in_range(range: &str, address: &str) -> bool {
    let (base, length) = match range.trim().split_once('/') {
        Some((base, length)) => (base, Some(length)),
        None => (range.trim(), None),
    };
    let (Ok(base), Ok(address)) = (base.parse::<IpAddr>(), address.trim().parse::<IpAddr>()) else { return false };
    let (base, address, width) = match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => (u128::from(u32::from(base)), u128::from(u32::from(address)), 32u32),
        (IpAddr::V6(base), IpAddr::V6(address)) => (u128::from(base), u128::from(address), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    let length = match length {
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<u32>().ok(),
        Some(_) => None,
        None => Some(width),
    };
    let Some(host) = length.and_then(|length| width.checked_sub(length)) else { return false };
    // A range of length 0 shifts everything out.
    base.checked_shr(host).unwrap_or(0) == address.checked_shr(host).unwrap_or(0)
}

/// A boolean, letter case ignored.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        t if t.eq_ignore_ascii_case("true") => Some(true),
        t if t.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The bytes of base64 with its padding.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let padding = text.len() - text.trim_end_matches('=').len();
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let (mut out, mut bits, mut held) = (Vec::with_capacity(digits.len() * 3 / 4), 0u32, 0u32);
    for byte in digits.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        let of = |text: &str| Decimal::parse(text).unwrap();
        let ascending = ["-10", "-9.5", "-0.1", "0", "0.009", "0.01", "1", "9", "9.5", "10", "123456789012345678901", "1e30"];
        for pair in ascending.windows(2) {
            assert!(of(pair[0]) < of(pair[1]), "{pair:?}");
        }
        for (a, b) in [("1", "1.0"), ("-0", "0"), ("001", "1"), ("1e3", "1000"), (".5", "0.50"), ("+7", "7"), ("150e-1", "15")] {
            assert_eq!(of(a), of(b));
        }
        for text in ["", "x", "1x", ".", "1.2.3", "--1", "1e", "0x10", "1,5", "NaN"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert!(of("123456789012345678") != of("123456789012345679"));
    }

    #[test]
    fn moments_in_every_spelling() {
        let same = [
            "2023-11-14T22:13:20Z",
            "1700000000",
            "1700000000.0",
            "2023-11-14T23:13:20+01:00",
            "2023-11-14T17:13:20-0500",
            "2023-11-14t22:13:20",
            "2023-11-14T22:13:20.000Z",
        ];
        for text in same {
            assert_eq!(moment(text), moment("1700000000"), "{text}");
        }
        assert_eq!(moment("2024-02-29"), moment("2024-02-29T00:00Z"));
        assert_eq!(moment("2024-03"), moment("2024-03-01"));
        assert!(moment("2023-11-14T22:13:20.25Z") > moment("2023-11-14T22:13:20.2Z"));
        for text in ["", "-", "2023-02-30", "2023-13-01", "2023-1-1", "2023-01-01T24:00Z", "2023-01-01T10", "soon", "2023-01-01T"]
        {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn addresses() {
        for (range, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "8.8.8.8", false),
            ("203.0.113.5", "203.0.113.5", true),
            ("203.0.113.5", "203.0.113.6", false),
            ("2001:DB8::/32", "2001:db8:1::7", true),
            ("::/0", "2001:db8::", true),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.0.0.0/", "10.0.0.0", false),
            ("10.0.0.0/+8", "10.0.0.0", false),
            ("10.0.0.0/8", "somewhere", false),
        ] {
            assert_eq!(in_range(range, address), inside, "{range} {address}");
        }
    }

    #[test]
    fn bytes() {
        assert_eq!(base64("QmluYXJ5").unwrap(), b"Binary");
        assert_eq!(base64("YQ==").unwrap(), b"a");
        assert_eq!(base64(""), Some(vec![]));
        assert_eq!((base64("YQ="), base64("Y!=="), base64("====")), (None, None, None));
    }
}
