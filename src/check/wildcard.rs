//! Condition values with wildcards and variables: where they do not work, where they open too much, and where they make
//! the test say nothing.
//!
//! IAM User Guide, "String condition operators", "ARN condition operators".

use super::code::Code;
use super::label::{Labels, about};
use super::subject::{Keyed, texts};
use crate::catalog::Catalog;
use crate::document::Node;
use crate::policy::arn::has_dollar_brace;
use crate::policy::condition::{Comparison, Quantifier};
use crate::text::glob::has_wildcard;

/// Characters that must stand before the first wildcard of a path of organizational units.
const FIXED: usize = 6;
const PATH_KEYS: [&str; 4] = ["aws:PrincipalOrgPaths", "aws:ResourceOrgPaths", "aws:SourceOrgPaths", "aws:VpceOrgPaths"];

/// The values of one condition.
pub(super) fn check<'d>(catalog: &'static Catalog, keyed: Keyed<'_, 'd>, out: &mut Labels<'d>) {
    let condition = keyed.condition;
    for (text, node) in texts(condition) {
        if matches!(condition.operator.comparison, Comparison::Text | Comparison::TextIgnoringCase) {
            if has_wildcard(&without_variables(text)) {
                about(out.add(Code::WildcardWithoutLikeOperator, node), condition);
            }
        } else if keyed.is_like() {
            too_permissive(catalog, keyed, text, node, out);
        }
    }
    empty_of_meaning(keyed, out);
}

/// The text with every `${…}` cut out: `${*}` is a star, not a wildcard, and a default value is no pattern.
fn without_variables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("${") {
        out.push_str(head);
        rest = tail.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

fn too_permissive<'d>(catalog: &'static Catalog, keyed: Keyed<'_, 'd>, text: &'d str, node: Node<'d>, out: &mut Labels<'d>) {
    let wild = has_wildcard(&without_variables(text));
    let variable = crate::policy::arn::has_variable(text);
    if !wild && !variable {
        return;
    }
    let first = |marks: &[&str]| marks.iter().filter_map(|m| text.find(m)).min().unwrap_or(text.len());
    let (wildcard_at, variable_at) = (first(&["*", "?"]), first(&["${"]));
    let condition = keyed.condition;
    let (wildcard_open, variable_open) = if catalog.table("sensitive-keys").has(condition.key) {
        (wild, variable)
    } else if PATH_KEYS.iter().any(|key| keyed.is(key)) {
        (wild && wildcard_at < FIXED, variable && variable_at < FIXED)
    } else if keyed.is("aws:userid") {
        // `*:session` and `AIDA…:*` name one side; a pattern within the id, or without a colon, names neither.
        let id = text.split_once(':').map_or(text, |(id, _)| id);
        let lone = id == "*" && text.contains(':');
        (wild && has_wildcard(&without_variables(id)) && !lone, variable && has_dollar_brace(id))
    } else {
        (false, false)
    };
    if wildcard_open {
        about(out.add(Code::WildcardUsageTooPermissive, node), condition);
    }
    if variable_open {
        about(out.add(Code::VariableUsageTooPermissive, node), condition);
    }
}

/// `*` matches every value that is there: what is left of the test is whether the key is there.
fn empty_of_meaning<'d>(keyed: Keyed<'_, 'd>, out: &mut Labels<'d>) {
    let condition = keyed.condition;
    let operator = condition.operator;
    let patterns = matches!(operator.comparison, Comparison::Glob | Comparison::Arn);
    let star = condition.values.first().is_some_and(|v| v.as_str() == Some("*")) && condition.values.len() == 1;
    if !patterns || !star {
        return;
    }
    let code = match (operator.negated, operator.quantifier, operator.if_exists) {
        (false, Quantifier::All, _) | (false, Quantifier::None | Quantifier::Any, true) => {
            Code::RedundantKeyDueToWildcardInCondition
        }
        (false, Quantifier::None | Quantifier::Any, false) => Code::EquivalentToNullFalse,
        (true, Quantifier::Any, false) => Code::RedundantStatementDueToWildcardInCondition,
        (true, ..) => Code::EquivalentToNullTrue,
    };
    let place = condition.values.first().copied().unwrap_or(condition.key_node);
    about(out.add(code, place), condition);
}
