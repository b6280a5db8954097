//! Matchers from YAML: which keys exist in which scope, and what they compile to.

use super::applies;
use super::compiler::Compiler;
use super::expr::{AccountRef, Many, Matcher, Part, TextTest};
use super::matcher_more as more;
use super::matcher_value as value;
use crate::algebra::{ActionSet, Relation};
use crate::document::{Kind, Node};
use crate::policy::Effect;
use crate::policy::condition::Quantifier;
use crate::policy::principal::{PrincipalForm, PrincipalType};
use crate::text::words::Words;

/// What a matcher is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A document or a set of documents.
    Document,
    /// A statement.
    Statement,
    /// A part of a statement.
    Part(Part),
    /// A JSON value.
    Json,
}

/// Expansions of `use` in one rule, those within others counted.
const MAX_USES: usize = 1000;

const LOGIC: [&str; 10] = ["all_of", "any_of", "none_of", "not", "use", "param_is", "attached_to", "statement", "it", "document"];
const DOCUMENT: [&str; 9] =
    ["some_statement", "every_statement", "no_statement", "count", "grants", "denies", "inherited", "path", "fact"];
const STATEMENT: [&str; 19] = [
    "effect",
    "sid",
    "has",
    "actions",
    "resources",
    "bounded_by",
    "some_action",
    "every_action",
    "no_action",
    "some_resource",
    "every_resource",
    "no_resource",
    "some_principal",
    "every_principal",
    "no_principal",
    "some_condition",
    "every_condition",
    "no_condition",
    "path",
];
const ELEMENT: [&str; 7] = ["touches", "covers", "within", "arn_shape", "no_wildcard_in", "text", "negated"];
const PRINCIPAL: [&str; 5] = ["type", "form", "account", "text", "negated"];
const CONDITION: [&str; 6] = ["key", "operator", "known_operator", "if_exists", "quantifier", "values"];
/// Keys of a `path` test; they stand beside `path` in the same mapping.
pub(super) const PATH: [&str; 13] =
    ["path", "exists", "equals", "in", "glob", "regex", "has_wildcard", "lt", "gt", "arn", "count", "some", "every"];

/// Keys of a `fact` test; they stand beside `fact` in the same mapping.
pub(super) const FACT: [&str; 9] = ["fact", "known", "exists", "equals", "in", "glob", "regex", "lt", "gt"];

impl Scope {
    fn keys(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::Document => &DOCUMENT,
            Self::Statement => &STATEMENT,
            Self::Part(Part::Action | Part::Resource) => &ELEMENT,
            Self::Part(Part::Principal) => &PRINCIPAL,
            Self::Part(Part::Condition) => &CONDITION,
            Self::Json => &["path"],
        };
        LOGIC.iter().chain(own).copied().collect()
    }
}

const EFFECTS: [(&str, Effect); 2] = [("Allow", Effect::Allow), ("Deny", Effect::Deny)];
const TYPES: [(&str, PrincipalType); 5] = [
    ("aws", PrincipalType::Aws),
    ("service", PrincipalType::Service),
    ("federated", PrincipalType::Federated),
    ("canonical", PrincipalType::Canonical),
    ("anyone", PrincipalType::Anyone),
];
const FORMS: [(&str, PrincipalForm); 8] = [
    ("account-root", PrincipalForm::AccountRoot),
    ("role", PrincipalForm::Role),
    ("user", PrincipalForm::User),
    ("session", PrincipalForm::Session),
    ("unique-id", PrincipalForm::UniqueId),
    ("wildcard", PrincipalForm::Wildcard),
    ("empty", PrincipalForm::Empty),
    ("other", PrincipalForm::Other),
];
const QUANTIFIERS: [(&str, Quantifier); 3] = [("none", Quantifier::None), ("any", Quantifier::Any), ("all", Quantifier::All)];

/// Compile a mapping of matchers: all of them must hold.
pub fn compile<'d>(c: &mut Compiler<'d>, node: Node<'d>, scope: Scope) -> Matcher {
    if !c.object(node, "a matcher") {
        return Matcher::Constant(false);
    }
    if node.members().any(|(key, _)| key.scalar() == "path") {
        return value::path(c, node);
    }
    if node.members().any(|(key, _)| key.scalar() == "fact") {
        return value::fact(c, node);
    }
    let mut all = Vec::new();
    for (key, value) in node.members() {
        // Reads `arn_shape`'s companion together with it.
        if key.scalar() != "no_wildcard_in" {
            all.push(one(c, node, key, value, scope));
        }
    }
    if all.len() == 1 { all.swap_remove(0) } else { Matcher::All(all) }
}

fn list<'d>(c: &mut Compiler<'d>, node: Node<'d>, scope: Scope) -> Vec<Matcher> {
    if node.kind() != Kind::Array {
        c.problem(node, "not a list of matchers", "write one matcher a line, each after `- `");
    }
    node.elements().map(|item| compile(c, item, scope)).collect()
}

pub(super) fn one<'d>(c: &mut Compiler<'d>, parent: Node<'d>, key: Node<'d>, value: Node<'d>, scope: Scope) -> Matcher {
    let name = key.scalar();
    if !scope.keys().contains(&name) {
        c.unknown_key(key, &scope.keys(), scope_name(scope));
        return Matcher::Constant(false);
    }
    match (name, scope) {
        ("all_of", _) => Matcher::All(list(c, value, scope)),
        ("any_of", _) => Matcher::Any(list(c, value, scope)),
        ("none_of", _) => Matcher::Not(Box::new(Matcher::Any(list(c, value, scope)))),
        ("not", _) => Matcher::Not(Box::new(compile(c, value, scope))),
        ("statement", _) => Matcher::Statement(Box::new(compile(c, value, Scope::Statement))),
        ("it", _) => Matcher::It(Box::new(compile(c, value, scope))),
        ("document", _) => Matcher::Document(Box::new(compile(c, value, Scope::Document))),
        ("use", _) => named(c, value, scope),
        ("param_is", _) => more::param_is(c, value),
        ("attached_to", _) => Matcher::AttachedTo(Box::new(applies::attached(c, value))),
        ("inherited", _) => more::inherited(c, value),
        ("grants", _) => more::question(c, value).map_or(Matcher::Constant(false), |q| Matcher::Grants(Box::new(q))),
        ("denies", _) => more::question(c, value).map_or(Matcher::Constant(false), |q| Matcher::Denies(Box::new(q))),
        ("count", _) => more::count(c, value),
        ("some_statement" | "every_statement" | "no_statement", _) => {
            Matcher::Statements(many(name), Box::new(compile(c, value, Scope::Statement)))
        }
        (_, Scope::Statement) => statement(c, key, value),
        (_, Scope::Part(Part::Principal)) => principal(c, name, value),
        (_, Scope::Part(Part::Condition)) => condition(c, name, value),
        (_, Scope::Part(part)) => element(c, parent, name, value, part),
        (_, Scope::Document | Scope::Json) => Matcher::Constant(false),
    }
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Document => "a document matcher",
        Scope::Statement => "a statement matcher",
        Scope::Part(Part::Action) => "an action matcher",
        Scope::Part(Part::Resource) => "a resource matcher",
        Scope::Part(Part::Principal) => "a principal matcher",
        Scope::Part(Part::Condition) => "a condition matcher",
        Scope::Json => "a JSON matcher",
    }
}

fn many(name: &str) -> Many {
    match name.split('_').next() {
        Some("every") => Many::Every,
        Some("no") => Many::No,
        Some(_) | None => Many::Some,
    }
}

fn named<'d>(c: &mut Compiler<'d>, value: Node<'d>, scope: Scope) -> Matcher {
    let name = value.scalar();
    let Some(body) = c.defines.get(name).copied() else {
        let known: Vec<_> = c.defines.keys().copied().collect();
        c.problem(value, format!("no matcher `{name}` under `define`"), format!("defined are: {}", known.join(", ")));
        return Matcher::Constant(false);
    };
    if c.expanding.contains(&name) {
        c.problem(value, format!("`{name}` uses itself"), "break the ring");
        return Matcher::Constant(false);
    }
    c.uses += 1;
    if c.uses > MAX_USES {
        if c.uses == MAX_USES + 1 {
            c.problem(
                value,
                format!("more than {MAX_USES} uses of named matchers"),
                "write the matcher without nesting names in names",
            );
        }
        return Matcher::Constant(false);
    }
    c.expanding.push(name);
    let matcher = compile(c, body, scope);
    c.expanding.pop();
    matcher
}

fn statement<'d>(c: &mut Compiler<'d>, key: Node<'d>, value: Node<'d>) -> Matcher {
    match key.scalar() {
        "effect" => c.word(value, value.scalar(), &EFFECTS, "an effect").map_or(Matcher::Constant(false), Matcher::Effect),
        "sid" => Matcher::Sid(c.strings(value)),
        "has" => Matcher::Has(c.strings(value)),
        "actions" => relations(c, value, "actions", |c, node| more::action_set(c, node), Matcher::Actions),
        "resources" => relations(c, value, "resources", |c, node| c.strings(node), Matcher::Resources),
        "bounded_by" => more::bound(c, value),
        quantified => {
            let part = match quantified.rsplit('_').next() {
                Some("action") => Part::Action,
                Some("resource") => Part::Resource,
                Some("principal") => Part::Principal,
                Some(_) | None => Part::Condition,
            };
            Matcher::Parts(many(quantified), part, Box::new(compile(c, value, Scope::Part(part))))
        }
    }
}

const RELATIONS: [(&str, Relation); 3] =
    [("touches", Relation::Touches), ("covers", Relation::Covers), ("within", Relation::Within)];

fn relations<'d, S>(
    c: &mut Compiler<'d>,
    node: Node<'d>,
    what: &str,
    read: impl Fn(&mut Compiler<'d>, Node<'d>) -> S,
    make: impl Fn(Relation, S) -> Matcher,
) -> Matcher {
    if !c.object(node, what) {
        return Matcher::Constant(false);
    }
    let mut all = Vec::new();
    for (key, value) in node.members() {
        if let Some(relation) = c.word(key, key.scalar(), &RELATIONS, "a relation of sets") {
            all.push(make(relation, read(c, value)));
        }
    }
    if all.len() == 1 { all.swap_remove(0) } else { Matcher::All(all) }
}

fn element<'d>(c: &mut Compiler<'d>, parent: Node<'d>, name: &str, value: Node<'d>, part: Part) -> Matcher {
    let relation = RELATIONS.iter().find(|(n, _)| *n == name).map(|(_, r)| *r);
    match (name, relation, part) {
        (_, Some(relation), Part::Action) => {
            let set: ActionSet = more::action_set(c, value);
            Matcher::Actions(relation, set)
        }
        (_, Some(relation), _) => Matcher::Resources(relation, c.strings(value)),
        ("arn_shape", ..) => more::shape(c, parent, value).map_or(Matcher::Constant(false), Matcher::Shape),
        ("negated", ..) => Matcher::Negated(c.bool(value)),
        _ => Matcher::Text(text_test(c, value)),
    }
}

fn principal<'d>(c: &mut Compiler<'d>, name: &str, value: Node<'d>) -> Matcher {
    match name {
        "type" => Matcher::PrincipalType(c.words(value, &TYPES, "a type of principal")),
        "form" => Matcher::PrincipalForm(c.words(value, &FORMS, "a form of principal")),
        "account" => account(c, value),
        "negated" => Matcher::Negated(c.bool(value)),
        _ => Matcher::Text(text_test(c, value)),
    }
}

fn account<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Matcher {
    c.known_keys(node, &["within", "outside"], "`account`");
    let mut all = Vec::new();
    for (key, value) in node.members() {
        all.push(Matcher::PrincipalAccount(key.scalar() == "within", accounts(c, value)));
    }
    if all.len() == 1 { all.swap_remove(0) } else { Matcher::All(all) }
}

/// Accounts: `self`, `management`, ids, parameters.
pub(super) fn accounts<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Vec<AccountRef> {
    let read = |text: String| match text.as_str() {
        "self" => AccountRef::Own,
        "management" => AccountRef::Management,
        _ => AccountRef::Id(text),
    };
    c.strings(node).into_iter().map(read).collect()
}

fn condition<'d>(c: &mut Compiler<'d>, name: &str, value: Node<'d>) -> Matcher {
    match name {
        "key" => Matcher::Key(c.strings(value)),
        "operator" => Matcher::Operator(c.strings(value)),
        "known_operator" => Matcher::KnownOperator(c.bool(value)),
        "if_exists" => Matcher::IfExists(c.bool(value)),
        "quantifier" => {
            c.word(value, value.scalar(), &QUANTIFIERS, "a set operator").map_or(Matcher::Constant(false), Matcher::Quantifier)
        }
        _ => {
            c.known_keys(value, &["every", "some"], "`values`");
            let mut all = Vec::new();
            for (key, test) in value.members() {
                all.push(Matcher::Values(key.scalar() == "every", text_test(c, test)));
            }
            Matcher::All(all)
        }
    }
}

/// `text: {equals, glob, regex, has_wildcard}`.
pub(super) fn text_test<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> TextTest {
    c.known_keys(node, &["equals", "glob", "contains", "regex", "has_wildcard"], "`text`");
    let mut test = TextTest::default();
    for (key, value) in node.members() {
        match key.scalar() {
            "equals" => test.equals = Some(c.strings(value)),
            "glob" => test.glob = Some(c.strings(value)),
            "contains" => test.contains = Some(Words::new(c.strings(value))),
            "regex" => test.regex = Some(c.regexes(value)),
            _ => test.has_wildcard = Some(c.bool(value)),
        }
    }
    test
}
