//! Service principals: their shape, in `Principal.Service` and in the condition keys that hold them.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal", AWS service principals.

use super::code::Code;
use super::label::Labels;
use super::subject::{Keyed, texts};
use crate::catalog::Catalog;
use crate::policy::arn::has_dollar_brace;
use crate::text::glob::has_wildcard;
use crate::text::suggest::nearest;

const SUFFIXES: [&str; 6] =
    [".amazonaws.com", ".amazon.com", ".amazonaws.com.cn", ".amazonaws.eu", ".c2s.ic.gov", ".sc2s.sgov.gov"];
const KEYS: [&str; 7] = [
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "iam:PassedToService",
    "iam:AWSServiceName",
];

/// `name.amazonaws.com`, or `name.region.amazonaws.com`. A name within a service, such as
/// `malware-protection.guardduty.amazonaws.com`, is one too.
pub(super) fn is_service_principal(text: &str) -> bool {
    let Some(name) = SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix)) else { return false };
    let part = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    name.split('.').all(part)
}

/// The nearest service principal that exists.
pub(super) fn hint(catalog: &'static Catalog, text: &str) -> Option<String> {
    let table = catalog.table("service-principals");
    let whole = format!("{}.amazonaws.com", text.trim_end_matches('.'));
    if table.has(&whole) {
        return Some(format!("did you mean `{whole}`?"));
    }
    // Names are compared without what all of them end in.
    let name = |text: &'static str| text.strip_suffix(".amazonaws.com").unwrap_or(text);
    let wanted = SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix)).unwrap_or(text);
    nearest(wanted, table.iter().map(name)).map(|near| format!("did you mean `{near}.amazonaws.com`?"))
}

/// Values of keys that hold service principals.
pub(super) fn check<'d>(catalog: &'static Catalog, keyed: Keyed<'_, 'd>, out: &mut Labels<'d>) {
    if !keyed.is_text() {
        return;
    }
    let via = keyed.is("kms:ViaService");
    if !via && !KEYS.iter().any(|key| keyed.is(key)) {
        return;
    }
    for (text, node) in texts(keyed.condition) {
        if (keyed.is_like() && has_wildcard(text)) || has_dollar_brace(text) {
            continue;
        }
        let known = match (via, keyed.condition.key.get(..13)) {
            // The service and its region.
            (true, _) => names_a_region(text),
            // Access Analyzer takes one name here, `application-signals.cloudwatch.amazonaws.com` it reports.
            (false, Some(head)) if head.eq_ignore_ascii_case("aws:CalledVia") => is_service_principal(text) && one_name(text),
            (false, _) => is_service_principal(text),
        };
        if !known {
            let label = out.add(Code::InvalidServicePrincipalFormat, node);
            label.key = Some(keyed.condition.key);
            let form = if via { "service.region.amazonaws.com" } else { "service.amazonaws.com" };
            label.other(form).hint(hint(catalog, text));
        }
    }
}

fn one_name(text: &str) -> bool {
    SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix)).is_some_and(|name| !name.contains('.'))
}

fn names_a_region(text: &str) -> bool {
    let name = SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix));
    is_service_principal(text)
        && name.is_some_and(|name| name.split_once('.').is_some_and(|(_, region)| crate::catalog::is_region(region)))
}
