//! The larger matchers: action sets, shapes, bounds, questions and counts.

use super::compiler::Compiler;
use super::expr::{ActionSpec, Count, Matcher, Part, QuestionSpec, ResourceSpec, WhoSpec};
use super::matcher::{Scope, compile, one};
use crate::algebra::bound::Inside;
use crate::algebra::{ActionSet, ArnShape, Bound, When, WhenTest};
use crate::catalog::{self, AccessLevel};
use crate::document::{Kind, Node};
use crate::policy::PolicyKind;
use crate::text::suggest::did_you_mean;

/// `inherited: { kind: rcp | scp, …}`: what stands beside `kind` is asked of those policies together.
pub(super) fn inherited<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Matcher {
    const KINDS: [(&str, PolicyKind); 4] = [
        ("rcp", PolicyKind::ResourceControlPolicy),
        ("scp", PolicyKind::ServiceControlPolicy),
        ("resource-control-policy", PolicyKind::ResourceControlPolicy),
        ("service-control-policy", PolicyKind::ServiceControlPolicy),
    ];
    if !c.object(node, "`inherited`") {
        return Matcher::Constant(false);
    }
    let Some(kind) = node.get("kind") else {
        c.problem(node, "`inherited` without `kind`", "write `kind: rcp` or `kind: scp`");
        return Matcher::Constant(false);
    };
    let kind = c.word(kind, kind.scalar(), &KINDS, "a kind of inherited policies");
    let mut all = Vec::new();
    for (key, value) in node.members().filter(|(key, _)| key.scalar() != "kind") {
        all.push(one(c, node, key, value, Scope::Document));
    }
    if all.is_empty() {
        c.problem(node, "`inherited` asks nothing", "add `denies`, `use` or another matcher of documents");
    }
    let inner = if all.len() == 1 { all.swap_remove(0) } else { Matcher::All(all) };
    kind.map_or(Matcher::Constant(false), |kind| Matcher::Inherited(kind, Box::new(inner)))
}

/// Globs, or `{service, access_level, resource_type}` out of the catalogue.
pub(super) fn action_set<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> ActionSet {
    let mut globs = Vec::new();
    let mut levels = Vec::new();
    for item in node.one_or_many() {
        if item.kind() == Kind::Object && item.get("param").is_none() {
            from_catalog(c, item, &mut globs);
        } else {
            for text in c.strings(item) {
                match text.strip_prefix('@') {
                    Some(name) => named_set(c, item, name, &mut globs, &mut levels),
                    None => globs.push(text),
                }
            }
        }
    }
    ActionSet::with_levels(globs, levels)
}

/// `@write` and its like stand for an access level, `@credentials-exposure` for a table of the catalogue.
fn named_set<'d>(c: &mut Compiler<'d>, node: Node<'d>, name: &str, globs: &mut Vec<String>, levels: &mut Vec<AccessLevel>) {
    if let Ok(level) = name.parse() {
        levels.push(level);
        return;
    }
    let before = globs.len();
    globs.extend(catalog::current().table(&format!("set-{name}")).iter().map(str::to_owned));
    if globs.len() == before {
        let known: Vec<String> = catalog::action_sets().collect();
        let help = did_you_mean(&format!("@{name}"), known.iter().map(String::as_str));
        let help = help.unwrap_or_else(|| format!("there are {}", known.join(", ")));
        c.problem(node, format!("no action set `@{name}`"), help);
    }
}

fn from_catalog<'d>(c: &mut Compiler<'d>, node: Node<'d>, globs: &mut Vec<String>) {
    c.known_keys(node, &["service", "access_level", "resource_type"], "an action set");
    let service = node.get("service").map(|n| c.string(n)).unwrap_or_default();
    let types = node.get("resource_type").map(|n| c.strings(n)).unwrap_or_default();
    let mut levels: Vec<AccessLevel> = Vec::new();
    if let Some(value) = node.get("access_level") {
        for text in c.strings(value) {
            match text.parse() {
                Ok(level) => levels.push(level),
                Err(()) => c.problem(
                    value,
                    format!("`{text}` is not an access level"),
                    "use List, Read, Tagging, Write or Permissions management",
                ),
            }
        }
    }
    let Some(actions) = catalog::actions(&service) else {
        let help = did_you_mean(&service, catalog::services());
        let help = help.unwrap_or_else(|| "name a service prefix such as `s3`".to_owned());
        return c.problem(node, format!("no service `{service}` in the catalogue"), help);
    };
    let before = globs.len();
    let wanted = actions.filter(|a| levels.is_empty() || levels.contains(&a.level()));
    let wanted = wanted.filter(|a| types.is_empty() || types.iter().any(|t| a.has_resource_type(t)));
    globs.extend(wanted.map(|a| format!("{service}:{}", a.name())));
    if globs.len() == before {
        c.problem(node, "no action of the catalogue is in this set", "check the service, access levels and resource types");
    }
}

/// `arn_shape` with the `no_wildcard_in` beside it.
pub(super) fn shape<'d>(c: &mut Compiler<'d>, parent: Node<'d>, value: Node<'d>) -> Option<ArnShape> {
    let concrete = parent.get("no_wildcard_in").map(|n| c.strings(n)).unwrap_or_default();
    match ArnShape::parse(&c.string(value), concrete) {
        Ok(shape) => Some(shape),
        Err(message) => {
            c.problem(value, message, "write for example `arn:{partition}:s3:::{bucket}/**`");
            None
        }
    }
}

/// `bounded_by`.
pub(super) fn bound<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Matcher {
    let known = ["key", "within", "literal", "within_orgs", "arn_shape", "no_wildcard_in", "matching", "network"];
    c.known_keys(node, &known, "`bounded_by`");
    let Some(key) = node.get("key") else {
        c.problem(node, "`bounded_by` without `key`", "name the condition key");
        return Matcher::Constant(false);
    };
    let keys = c.strings(key);
    let mut inside = Inside::Something;
    for (name, value) in node.members() {
        match name.scalar() {
            "within" => inside = Inside::Globs(c.strings(value)),
            "literal" if c.bool(value) => inside = Inside::Literal,
            "within_orgs" => inside = Inside::Organizations(c.strings(value)),
            "arn_shape" => inside = shape(c, node, value).map_or(Inside::Globs(Vec::new()), Inside::Shape),
            "matching" => inside = c.regexes(value).into_iter().next().map_or(Inside::Globs(Vec::new()), Inside::Regex),
            "network" => {
                let length =
                    |c: &mut Compiler<'d>, key: &str| value.get(key).and_then(|n| c.number(n)).and_then(|n| u8::try_from(n).ok());
                inside = Inside::Network(length(c, "ipv4").unwrap_or(0), length(c, "ipv6").unwrap_or(0));
            }
            _ => {}
        }
    }
    Matcher::BoundedBy(Bound { keys, inside })
}

/// `param_is: {name: value}`, decided now.
pub(super) fn param_is<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Matcher {
    let mut all = true;
    for (name, value) in node.members() {
        match c.params.get(name.scalar()) {
            Some(param) => {
                all &= param.to_string() == value.scalar()
                    || (value.kind() == Kind::Array && param.as_list().is_some_and(<[_]>::is_empty))
            }
            None if c.unset.iter().any(|n| n == name.scalar()) => all = false,
            None => {
                all = false;
                c.problem(name, format!("no parameter `{}`", name.scalar()), "declare it under `params`");
            }
        }
    }
    Matcher::Constant(all)
}

/// `grants` and `denies`.
pub(super) fn question<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Option<QuestionSpec> {
    if !c.object(node, "a question") {
        return None;
    }
    c.known_keys(node, &["actions", "resources", "principals", "when", "except_principals", "explicit"], "a question");
    let subject = |n: Node<'d>| n.get("same_as").is_some_and(|v| v.scalar() == "it");
    let actions = match node.get("actions") {
        Some(n) if subject(n) => ActionSpec::OfSubject,
        Some(n) => ActionSpec::Globs(action_set(c, n).globs()),
        None => ActionSpec::Globs(vec!["*".to_owned()]),
    };
    let resources = match node.get("resources") {
        Some(n) if n.scalar() == "self" => ResourceSpec::Attachment,
        Some(n) => ResourceSpec::Globs(c.strings(n)),
        None => ResourceSpec::Globs(vec!["*".to_owned()]),
    };
    let who = match node.get("principals") {
        Some(n) if subject(n) => WhoSpec::OfSubject,
        Some(n) if n.scalar() == "anyone" => WhoSpec::Anyone,
        Some(n) => WhoSpec::Listed(c.strings(n)),
        None => WhoSpec::Anyone,
    };
    let when: Vec<Node<'d>> = node.get("when").map(|n| n.one_or_many().collect()).unwrap_or_default();
    Some(QuestionSpec {
        actions,
        resources,
        who,
        when: when.into_iter().filter_map(|n| when_entry(c, n)).collect(),
        except: node.get("except_principals").map(|n| c.strings(n)).unwrap_or_default(),
        explicit: node.get("explicit").is_some_and(|n| c.bool(n)),
    })
}

fn when_entry<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Option<When> {
    c.known_keys(node, &["key", "equals", "within", "not_within", "not_literal", "or_absent", "absent"], "`when`");
    let Some(key) = node.get("key").map(|n| c.string(n)) else {
        c.problem(node, "`when` without `key`", "name the condition key");
        return None;
    };
    let or_absent = node.get("or_absent").is_some_and(|n| c.bool(n));
    let test = if let Some(n) = node.get("equals") {
        WhenTest::Equals(c.string(n))
    } else if let Some(n) = node.get("within") {
        WhenTest::Within(c.strings(n))
    } else if let Some(n) = node.get("not_within") {
        WhenTest::NotWithin { set: c.strings(n), or_absent }
    } else if node.get("not_literal").is_some_and(|n| c.bool(n)) {
        WhenTest::NotLiteral { or_absent }
    } else if node.get("absent").is_some_and(|n| c.bool(n)) {
        WhenTest::Absent
    } else {
        c.problem(node, "`when` says nothing about its key", "add `equals`, `within`, `not_within`, `not_literal` or `absent`");
        return None;
    };
    Some(When { key, test })
}

/// `count`.
pub(super) fn count<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Matcher {
    c.known_keys(node, &["of", "where", "min", "max", "arn_shape", "no_wildcard_in", "per", "distinct"], "`count`");
    let parts = [
        ("statement", None),
        ("action", Some(Part::Action)),
        ("resource", Some(Part::Resource)),
        ("principal", Some(Part::Principal)),
        ("condition", Some(Part::Condition)),
    ];
    let of = node.get("of").and_then(|n| c.word(n, n.scalar(), &parts, "countable")).flatten();
    let scope = of.map_or(Scope::Statement, Scope::Part);
    let filter = node.get("where").map(|n| compile(c, n, scope));
    let names = node.get("per").map(|n| c.strings(n)).zip(node.get("distinct").map(|n| c.string(n)));
    let shape = node.get("arn_shape").and_then(|n| shape(c, node, n));
    let by_shape = shape.zip(names).map(|(shape, (per, distinct))| (shape, per, distinct));
    let min = node.get("min").and_then(|n| c.number(n));
    let max = node.get("max").and_then(|n| c.number(n));
    if min.is_none() && max.is_none() {
        c.problem(node, "`count` without `min` or `max`", "say how many there may be");
    }
    Matcher::Count(Box::new(Count { of, filter, by_shape, min, max }))
}
