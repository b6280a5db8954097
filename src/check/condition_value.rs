//! Condition values: what the operator and the key make of them.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators"; "AWS global condition context keys".

use super::code::Code;
use super::label::{Labels, about};
use super::subject::{Keyed, Subject, texts};
use crate::catalog::{Catalog, KeyType};
use crate::document::{Kind, Node};
use crate::policy::Condition;
use crate::policy::arn::{Arn, has_dollar_brace, is_account_id};
use crate::policy::condition::Comparison;
use crate::text::glob::has_wildcard;
use crate::text::suggest::did_you_mean;

/// The values of one condition.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, keyed: Keyed<'_, 'd>, out: &mut Labels<'d>) {
    let condition = keyed.condition;
    mixed(condition, out);
    for (text, node) in texts(condition) {
        // What a variable gives is known only when a request is made.
        if has_dollar_brace(text) {
            continue;
        }
        by_operator(condition, text, node, out);
        by_key(subject.catalog, keyed, text, node, out);
    }
    several_numbers(condition, out);
}

/// Strings, numbers and booleans in one list, or under an operator that does not compare them.
fn mixed<'d>(condition: &Condition<'d>, out: &mut Labels<'d>) {
    let sort = |node: &Node<'d>| match node.kind() {
        Kind::String => 1,
        Kind::Number => 2,
        Kind::True | Kind::False => 3,
        Kind::Null | Kind::Array | Kind::Object => 0,
    };
    // Numbers and booleans in JSON stand for themselves, and only some operators compare them.
    let unsuited = |node: &Node<'d>| match (node.kind(), condition.operator.comparison) {
        (Kind::Number, c) => {
            matches!(c, Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob | Comparison::Arn | Comparison::Ip)
        }
        (Kind::True | Kind::False, c) => !matches!(c, Comparison::Bool | Comparison::Null | Comparison::Unknown),
        _ => false,
    };
    let mut sorts = condition.values.iter().map(sort).filter(|s| *s > 0);
    let first = sorts.next();
    if sorts.any(|s| Some(s) != first) || condition.values.iter().any(unsuited) {
        about(out.add(Code::InvalidConditionDataType, condition.key_node), condition);
    }
}

fn by_operator<'d>(condition: &Condition<'d>, text: &'d str, node: Node<'d>, out: &mut Labels<'d>) {
    let code = match condition.operator.comparison {
        // Said of the list as a whole.
        Comparison::Date | Comparison::DateOrder | Comparison::Number | Comparison::NumberOrder if node.as_bool().is_some() => {
            None
        }
        Comparison::Bool | Comparison::Null => {
            (!text.eq_ignore_ascii_case("true") && !text.eq_ignore_ascii_case("false")).then_some(Code::TypeMismatchBoolean)
        }
        Comparison::Date | Comparison::DateOrder if is_epoch(text) => Some(Code::InvalidDateValue),
        Comparison::Date | Comparison::DateOrder => (!is_date(text)).then_some(Code::TypeMismatchDate),
        Comparison::Number | Comparison::NumberOrder => number(text).is_none().then_some(Code::TypeMismatchNumber),
        Comparison::Binary => (!is_base64(text)).then_some(Code::TypeMismatchString),
        Comparison::Text
        | Comparison::TextIgnoringCase
        | Comparison::Glob
        | Comparison::Arn
        | Comparison::Ip
        | Comparison::Unknown => None,
    };
    if let Some(code) = code {
        about(out.add(code, node), condition);
    }
}

fn number(text: &str) -> Option<f64> {
    let shape = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    text.parse().ok().filter(|_| shape)
}

fn is_epoch(text: &str) -> bool {
    !text.is_empty() && text.len() != 4 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A date of ISO 8601 as IAM takes it: `2026-01-31`, with a time, with a zone. IAM User Guide, "Date condition operators".
fn is_date(text: &str) -> bool {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-');
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let in_range = |part: &str, low: u8, high: u8| digits(part, 2) && part.parse::<u8>().is_ok_and(|n| (low..=high).contains(&n));
    let date_ok = parts.next().is_some_and(|year| digits(year, 4))
        && parts.next().is_none_or(|month| in_range(month, 1, 12))
        && parts.next().is_none_or(|day| in_range(day, 1, 31) && day_exists(date))
        && parts.next().is_none();
    let Some(time) = time else { return date_ok };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone).unwrap_or((time, ""));
    let zone_ok = match zone.strip_prefix(['+', '-']) {
        Some(offset) => {
            let offset = offset.replace(':', "");
            digits(&offset, 4) || digits(&offset, 2)
        }
        None => zone.is_empty() || zone == "Z",
    };
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, fraction)| (clock, Some(fraction)));
    let fraction_ok = fraction.is_none_or(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()));
    let mut parts = clock.split(':');
    let clock_ok = parts.next().is_some_and(|hour| in_range(hour, 0, 24))
        && parts.next().is_none_or(|minute| in_range(minute, 0, 59))
        && parts.next().is_none_or(|second| in_range(second, 0, 60))
        && parts.next().is_none();
    date_ok && zone_ok && fraction_ok && clock_ok
}

/// For a date whose parts are numbers: its month has so many days. AWS lets 29 February stand in any year.
fn day_exists(date: &str) -> bool {
    !matches!(date.get(5..10), Some("02-30" | "02-31" | "04-31" | "06-31" | "09-31" | "11-31"))
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let letters = body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    !text.is_empty() && letters && padding <= 2 && text.len().is_multiple_of(4)
}

const REGION_KEYS: [&str; 4] = ["aws:RequestedRegion", "ec2:Region", "kms:ReplicaRegion", "kms:PrimaryRegion"];

fn by_key<'d>(catalog: &'static Catalog, keyed: Keyed<'_, 'd>, text: &'d str, node: Node<'d>, out: &mut Labels<'d>) {
    // A wildcard under an operator that knows none is another check's business.
    if has_wildcard(text) {
        return;
    }
    let condition = keyed.condition;
    let arn = keyed.kind() == Some(KeyType::Arn) && (keyed.is_text() || condition.operator.comparison == Comparison::Arn);
    if arn && catalog.table("kms-key-keys").has(condition.key) && !is_kms_key(text) {
        about(out.add(Code::InvalidKmsKeyValue, node), condition);
    }
    if !keyed.is_text() {
        return;
    }
    if REGION_KEYS.iter().any(|key| keyed.is(key)) {
        if catalog.partition_of(text).is_none() && !text.ends_with("-global") {
            let hint = did_you_mean(text, catalog.regions().map(|(_, region)| region));
            about(out.add(Code::InvalidRegion, node), condition).hint(hint);
        }
    } else if keyed.is("aws:SourceVpc") && !is_vpc_id(text, "vpc-") {
        about(out.add(Code::InvalidVpcFormat, node), condition);
    } else if keyed.is("aws:SourceVpce") && !is_vpc_id(text, "vpce-") {
        about(out.add(Code::InvalidVpceFormat, node), condition);
    }
}

/// 8 characters in ids of before 2018, 17 since.
fn is_vpc_id(text: &str, prefix: &str) -> bool {
    let id = text.strip_prefix(prefix).unwrap_or_default();
    matches!(id.len(), 8 | 17) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_kms_key(text: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| {
        arn.service == "kms"
            && is_account_id(arn.account)
            && !arn.region.is_empty()
            && arn.resource.strip_prefix("key/").is_some_and(|id| !id.is_empty())
    })
}

/// Of several bounds only one counts.
fn several_numbers<'d>(condition: &Condition<'d>, out: &mut Labels<'d>) {
    if condition.operator.comparison != Comparison::NumberOrder || condition.values.len() < 2 {
        return;
    }
    let mut numbers = Vec::new();
    for (text, _) in texts(condition) {
        let Some(value) = number(text) else { return };
        numbers.push((value, text));
    }
    let less = condition.operator.base.contains("Less");
    let Some(best) = numbers.iter().copied().reduce(|a, b| if (b.0 > a.0) == less { b } else { a }) else { return };
    let mut others =
        texts(condition).filter(|(text, _)| *text != best.1).chain(texts(condition).filter(|(text, _)| *text == best.1).skip(1));
    let Some((_, first)) = others.next() else { return };
    let label = about(out.add(Code::RedundantConditionValueNum, first), condition).count(condition.values.len()).other(best.1);
    for (text, node) in texts(condition).filter(|(_, node)| node.id() != first.id()) {
        label.related(node, if text == best.1 { "this one decides" } else { "redundant as well" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for text in [
            "2026-01-31",
            "2026-01-31T23:59:59Z",
            "2026-01",
            "2026",
            "2026-01-31T10:00:00+02:00",
            "2026-01-31T10:00:00.123Z",
            "2026-01-31T10:00Z",
            "2026-01-31T00:00:00-0800",
        ] {
            assert!(is_date(text), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "01/31/2026",
            "2026-01-32",
            "2026-01-31T25:00:00Z",
            "2026-01-31 10:00",
            "2026-1-1",
            "2026-02-30",
            "2026-11-31",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn base64() {
        for text in ["QmluYXJ5", "QQ==", "QUI="] {
            assert!(is_base64(text), "{text}");
        }
        for text in ["", "QQ=", "not base64!", "QQ===="] {
            assert!(!is_base64(text), "{text}");
        }
    }
}
