//! `Condition`: operators, keys, and whether the two go together.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context keys".

use super::code::Code;
use super::label::{Labels, about};
use super::subject::{Keyed, Subject, has_any_key, texts};
use super::{condition_value, ip_address, service_principal, wildcard};
use crate::catalog::{Catalog, ConditionKey, KeyType, Service};
use crate::document::{Kind, Node};
use crate::policy::arn::has_dollar_brace;
use crate::policy::condition::{Comparison, Operator, Quantifier, operator_names};
use crate::policy::intrinsic::is_intrinsic;
use crate::policy::{Condition, PolicyKind, Statement};
use crate::text::suggest::{did_you_mean, nearest};

/// Every condition of a statement.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    let Some(node) = statement.condition_node.filter(|node| !is_intrinsic(*node)) else { return };
    operators(node, out);
    for condition in statement.conditions.iter().filter(|c| !c.key.is_empty()) {
        let keyed = Keyed { statement, condition, key: subject.catalog.key(condition.key) };
        key(subject, keyed, out);
        key_and_operator(subject.catalog, keyed, out);
        empty_values(condition, out);
        condition_value::check(subject, keyed, out);
        ip_address::check(keyed, out);
        wildcard::check(subject.catalog, keyed, out);
        service_principal::check(subject.catalog, keyed, out);
    }
    // `aws:VpcSourceIp` is an address of a private network, and there are many of those.
    for condition in statement.conditions.iter().filter(|c| c.is_about("aws:VpcSourceIp")) {
        if !has_any_key(statement, &["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"]) {
            about(out.add(Code::MissingPairedConditionKeys, condition.key_node), condition).other("aws:SourceVpc");
        }
    }
}

fn operators<'d>(node: Node<'d>, out: &mut Labels<'d>) {
    for (operator, keys) in node.members() {
        let Operator { comparison, if_exists, quantifier, .. } = Operator::parse(operator.scalar());
        match comparison {
            Comparison::Unknown => {
                out.add(Code::InvalidConditionOperator, operator).hint(operator_hint(operator.scalar()));
            }
            Comparison::Null if if_exists => {
                out.add(Code::NullWithIfExists, operator);
            }
            Comparison::Null if quantifier != Quantifier::None => {
                out.add(Code::NullWithQualifier, operator);
            }
            _ => {}
        }
        if keys.kind() == Kind::Object {
            same_key_twice(keys, out);
            for (key, _) in keys.members().filter(|(key, _)| key.scalar().is_empty()) {
                out.add(Code::InvalidConditionKeyFormat, key).key = Some("");
            }
        }
    }
}

/// The nearest operator, with prefix and suffix kept.
fn operator_hint(text: &str) -> Option<String> {
    let (set, rest) = text.split_once(':').map_or(("", text), |(set, rest)| (set, rest));
    let (name, suffix) = rest.strip_suffix("IfExists").map_or((rest, ""), |name| (name, "IfExists"));
    let near = nearest(name, operator_names()).unwrap_or(name);
    let set = match nearest(set, ["ForAllValues", "ForAnyValue"]) {
        Some(set) => format!("{set}:"),
        None => String::new(),
    };
    let whole = format!("{set}{near}{suffix}");
    (Operator::parse(&whole).comparison != Comparison::Unknown).then(|| format!("did you mean `{whole}`?"))
}

fn same_key_twice<'d>(keys: Node<'d>, out: &mut Labels<'d>) {
    if keys.members().nth(1).is_none() || !out.wants(&[Code::DuplicateKeysWithDifferentCase]) {
        return;
    }
    let all: Vec<Node<'d>> = keys.members().map(|(key, _)| key).collect();
    let mut seen: std::collections::HashMap<String, Node<'d>> = std::collections::HashMap::new();
    for key in all {
        let text = key.scalar();
        match seen.get(&text.to_ascii_lowercase()) {
            Some(before) if before.scalar() != text => {
                let label = out.add(Code::DuplicateKeysWithDifferentCase, key);
                label.key = Some(text);
                label.other(before.scalar()).related(*before, "the same key");
            }
            Some(_) => {}
            None => {
                seen.insert(text.to_ascii_lowercase(), key);
            }
        }
    }
}

/// What is known, or not, of a condition key.
fn key<'d>(subject: Subject<'_, 'd>, keyed: Keyed<'_, 'd>, out: &mut Labels<'d>) {
    let Keyed { condition, key, .. } = keyed;
    let (text, node, catalog) = (condition.key, condition.key_node, subject.catalog);
    if has_dollar_brace(text) {
        out.add(Code::VariableUnsupportedInElement, node).other("a condition key").key = Some(text);
        return;
    }
    if key.is_some() {
        return;
    }
    let Some((prefix, name)) = text.split_once(':').filter(|(prefix, name)| !prefix.is_empty() && !name.is_empty()) else {
        if tag_template(catalog, text).is_none() {
            out.add(Code::InvalidConditionKeyFormat, node).key = Some(text);
        }
        return;
    };
    if text.eq_ignore_ascii_case("aws:ARN") {
        let identity = subject.is_identity() || subject.kind == PolicyKind::ServiceControlPolicy;
        let code = if identity { Code::DeprecatedGlobalConditionKey } else { Code::UnsupportedGlobalConditionKey };
        out.add(code, node).other("aws:PrincipalArn").key = Some(text);
    } else if let Some(template) = tag_template(catalog, text) {
        out.add(Code::MissingTagKeyInCondition, node).other(template).key = Some(text);
    } else if prefix.eq_ignore_ascii_case("aws") {
        let known = catalog.keys().filter(|k| k.name().starts_with("aws:")).map(ConditionKey::name);
        let hint = out.wants(&[Code::InvalidGlobalConditionKey]).then(|| did_you_mean(text, known)).flatten();
        out.add(Code::InvalidGlobalConditionKey, node).hint(hint).key = Some(text);
    } else if !prefix.contains('.') {
        // A host name is that of an identity provider, whose claims nobody can list.
        service_key(catalog, condition, (prefix, name), out);
    }
}

fn service_key<'d>(
    catalog: &'static Catalog,
    condition: &Condition<'d>,
    (prefix, name): (&'d str, &'d str),
    out: &mut Labels<'d>,
) {
    let (text, node) = (condition.key, condition.key_node);
    let has_keys = catalog.has_key_prefix(prefix);
    if catalog.table("retired-services").has(prefix) {
        return;
    }
    if catalog.service(prefix).is_some() || has_keys {
        if !out.wants(&[Code::InvalidServiceConditionKey]) || catalog.table("condition-keys").has(text) {
            return;
        }
        let own = catalog.keys().map(ConditionKey::name);
        let own = own.filter(|k| k.split_once(':').is_some_and(|(p, _)| p.eq_ignore_ascii_case(prefix)));
        let hint = did_you_mean(text, own);
        let label = out.add(Code::InvalidServiceConditionKey, node);
        label.other(prefix).hint(hint).key = Some(text);
        // The reference lists no key at all for this service: more likely a gap of the reference.
        label.doubtful = !has_keys;
    } else if out.wants(&[Code::InvalidService]) {
        let near = nearest(prefix, catalog.services().map(Service::prefix).chain(["aws"]));
        let hint = near.map(|near| format!("did you mean `{near}:{name}`?"));
        out.add(Code::InvalidService, node).other(prefix).hint(hint).key = Some(text);
    }
}

/// The key that is meant when a tag key is missing: `aws:RequestTag` or `aws:RequestTag/`.
fn tag_template(catalog: &'static Catalog, text: &str) -> Option<&'static str> {
    let bare = text.strip_suffix('/').unwrap_or(text);
    if bare.len() < 3 || !bare.get(bare.len() - 3..)?.eq_ignore_ascii_case("tag") {
        return None;
    }
    catalog.key(&format!("{bare}/x")).filter(|key| key.is_template()).map(ConditionKey::name)
}

fn key_and_operator<'d>(catalog: &'static Catalog, keyed: Keyed<'_, 'd>, out: &mut Labels<'d>) {
    let (Some(key), condition) = (keyed.key, keyed.condition) else { return };
    let Operator { comparison, quantifier, .. } = condition.operator;
    if matches!(comparison, Comparison::Null | Comparison::Unknown) {
        return;
    }
    match quantifier {
        Quantifier::None if key.is_list() && !catalog.table("either-keys").has(condition.key) => {
            about(out.add(Code::MissingQualifier, condition.key_node), condition);
        }
        Quantifier::All
            if !key.is_list()
                && keyed.allows()
                && !must_be_there(keyed.statement, condition)
                && !catalog.table("either-keys").has(condition.key) =>
        {
            about(out.add(Code::ForallvaluesWithSingleValuedKey, condition.key_node), condition);
        }
        Quantifier::None | Quantifier::All | Quantifier::Any => {}
    }
    let only_variables = || texts(condition).all(|(text, _)| has_dollar_brace(text)) && !condition.values.is_empty();
    if !(suits(key.kind(), condition) || keyed.is_text() && only_variables()) {
        about(out.add(Code::TypeMismatch, condition.key_node), condition).other(operators_of(key.kind()));
    }
    if key.kind() == KeyType::Arn && comparison == Comparison::Glob {
        about(out.add(Code::StringLikeOperatorWithArnConditionKeys, condition.key_node), condition);
    }
    if comparison == Comparison::Bool && condition.value_node.elements().nth(1).is_some() {
        let count = condition.value_node.elements().count();
        about(out.add(Code::InvalidConditionMultipleBoolean, condition.key_node), condition).count(count);
    }
}

/// The statement asks besides that the key is in the request.
fn must_be_there(statement: &Statement<'_>, condition: &Condition<'_>) -> bool {
    statement.conditions.iter().any(|other| {
        other.operator.comparison == Comparison::Null
            && other.is_about(condition.key)
            && texts(other).all(|(text, _)| text.eq_ignore_ascii_case("false"))
    })
}

/// The operators that suit a key of this type.
fn operators_of(kind: KeyType) -> &'static str {
    match kind {
        KeyType::String => "String",
        KeyType::Arn => "Arn",
        KeyType::Bool => "Bool",
        KeyType::Numeric => "Numeric",
        KeyType::Date => "Date",
        KeyType::IpAddress => "IpAddress",
        KeyType::Binary => "Binary",
    }
}

/// Whether operators of this family compare keys of this type. Text that is compared with an ARN is let pass, as Access
/// Analyzer does, and so is whatever is compared with a key whose type the reference may have wrong.
fn suits(kind: KeyType, condition: &Condition<'_>) -> bool {
    let text = matches!(condition.operator.comparison, Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob);
    match condition.operator.comparison {
        Comparison::Null | Comparison::Unknown => true,
        Comparison::Text | Comparison::TextIgnoringCase | Comparison::Glob | Comparison::Arn => {
            matches!(kind, KeyType::String | KeyType::Arn | KeyType::Binary) && (text || kind != KeyType::Binary)
        }
        Comparison::Ip => kind == KeyType::IpAddress,
        Comparison::Bool => kind == KeyType::Bool,
        Comparison::Binary => matches!(kind, KeyType::Binary | KeyType::String),
        Comparison::Number | Comparison::NumberOrder => kind == KeyType::Numeric || condition.is_about("aws:EpochTime"),
        Comparison::Date | Comparison::DateOrder => kind == KeyType::Date || condition.is_about("aws:EpochTime"),
    }
}

/// What a comparison with no value comes to.
fn effect_of_empty(Operator { quantifier, if_exists, negated, .. }: Operator) -> &'static str {
    match (quantifier, negated) {
        (Quantifier::Any, false) => "is never true",
        (Quantifier::Any, true) => "is true whenever the key has a value",
        (Quantifier::All, false) => "is true only when the key is missing",
        (Quantifier::None, false) if if_exists => "is true only when the key is missing",
        (Quantifier::None, false) => "is never true",
        (Quantifier::All | Quantifier::None, true) => "is always true",
    }
}

fn empty_values<'d>(condition: &Condition<'d>, out: &mut Labels<'d>) {
    let node = condition.value_node;
    if node.kind() != Kind::Array || node.elements().next().is_some() {
        return;
    }
    let code = match condition.operator.quantifier {
        Quantifier::All => Code::EmptyArrayConditionForallvalues,
        Quantifier::Any => Code::EmptyArrayConditionForanyvalue,
        Quantifier::None if condition.operator.if_exists => Code::EmptyArrayConditionIfexists,
        Quantifier::None => Code::EmptyArrayCondition,
    };
    about(out.add(code, node), condition).text(condition.key).other(effect_of_empty(condition.operator));
}
