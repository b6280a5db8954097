//! Policies as boxes: each statement a list of literals.

use super::actions::ActionSet;
use super::literal::{Field, Literal, LiteralId, Meaning, Named, Sense, Table, Test};
use super::pattern::{Pattern, Reading, Symbol, Variables, variable_text};
use super::scalar::{self, Net, Span};
use super::value::Atom;
use crate::policy::arn::{fields, has_dollar_brace};
use crate::policy::condition::{Comparison, Quantifier};
use crate::policy::principal::{PrincipalForm, PrincipalType};
use crate::policy::{ArnPattern, Condition, Effect, Element, Policy, Principal, Statement};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A statement as a box.
#[derive(Clone, Debug)]
pub struct Boxed {
    /// Allow or Deny.
    pub effect: Effect,
    /// Its policy, counted in the list that was compiled.
    pub policy: usize,
    /// Its number in the policy.
    pub statement: usize,
    /// The node of the statement.
    pub node: u32,
    /// What must hold, and the node that says so.
    pub parts: Vec<(LiteralId, u32)>,
}

/// Policies as one list of statements: what any of them allows is allowed, what any denies is denied.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// Statements that allow.
    pub allow: Vec<Boxed>,
    /// Statements that deny.
    pub deny: Vec<Boxed>,
    /// Keys of the variables that occur, in lower case.
    pub variables: BTreeSet<String>,
    /// Keys of those that were read as the value they are known to have.
    pub read: BTreeSet<String>,
}

/// Policies, compiled once where they are asked about more than once.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a, 'd> {
    /// The policies, read as one list of statements.
    pub policies: &'a [&'a Policy<'d>],
    /// The same with variables as symbols.
    pub compiled: Option<&'a Compiled>,
}

impl<'a, 'd> Input<'a, 'd> {
    /// Not compiled yet.
    pub fn new(policies: &'a [&'a Policy<'d>]) -> Self {
        Self { policies, compiled: None }
    }

    /// As boxes, with the values that the table has chosen for variables.
    pub fn boxes(&self, table: &mut Table) -> Cow<'a, Compiled> {
        match self.compiled {
            Some(compiled) if (table.chosen.is_empty() && table.there.is_empty()) || compiled.variables.is_empty() => {
                Cow::Borrowed(compiled)
            }
            Some(_) | None => Cow::Owned(compile(table, self.policies)),
        }
    }
}

/// Compile policies.
pub fn compile(table: &mut Table, policies: &[&Policy<'_>]) -> Compiled {
    let mut out = Compiled::default();
    for (index, policy) in policies.iter().enumerate() {
        let knows_variables = policy.version == Some("2012-10-17");
        for (number, statement) in policy.statements.iter().enumerate() {
            let Some((effect, _)) = statement.effect else { continue };
            let mut reader = Reader { table, knows_variables, variables: &mut out.variables, read: &mut out.read };
            let mut parts = Vec::with_capacity(2 + statement.conditions.len());
            if let Some(element) = &statement.actions {
                let set = ActionSet::new(element.items.iter().map(|a| a.text));
                let literal = plain(Field::Action, Meaning::Actions(set, element.negated));
                parts.push((reader.table.literal(literal), element.value.id()));
            }
            if let Some(element) = &statement.principals {
                parts.push((reader.principals(element, effect), element.value.id()));
            }
            if let Some(element) = &statement.resources {
                parts.push((reader.resources(element), element.value.id()));
            }
            for condition in &statement.conditions {
                parts.push((reader.condition(condition), condition.value_node.id()));
            }
            let boxed = Boxed { effect, policy: index, statement: number, node: statement.node.id(), parts };
            match effect {
                Effect::Allow => out.allow.push(boxed),
                Effect::Deny => out.deny.push(boxed),
            }
        }
    }
    out
}

/// The conditions of a statement on one key, its variables read as text.
pub fn conditions_on(table: &mut Table, statement: &Statement<'_>, key: &str) -> Vec<Sense> {
    let (mut variables, mut read) = (BTreeSet::new(), BTreeSet::new());
    let mut reader = Reader { table, knows_variables: false, variables: &mut variables, read: &mut read };
    statement.conditions.iter().filter(|c| c.is_about(key)).map(|c| (reader.condition(c), true)).collect()
}

/// A literal about which there is no doubt.
pub fn plain(field: Field, meaning: Meaning) -> Literal {
    Literal { field, meaning, doubtful: false }
}

/// Variables where they may have no meaning: what looks like one may be text.
struct Early<'t>(&'t mut Table);

impl Variables for Early<'_> {
    fn value(&self, _: &str) -> Option<Option<String>> {
        None
    }

    fn number(&mut self, key: &str, default: Option<&str>) -> u32 {
        self.0.number_of(&variable_text(key, default), true)
    }
}

struct Reader<'t> {
    table: &'t mut Table,
    knows_variables: bool,
    variables: &'t mut BTreeSet<String>,
    read: &'t mut BTreeSet<String>,
}

impl Reader<'_> {
    fn pattern(&mut self, text: &str, reading: Reading, fold: bool) -> Option<Pattern> {
        let variables: Option<&mut dyn Variables> = if self.knows_variables { Some(self.table) } else { None };
        Pattern::read(text, reading, fold, variables)
    }

    /// Remember the variables of a text; true when one of them has no default.
    fn note_variables(&mut self, text: &str) -> bool {
        let mut open = false;
        let mut rest = if self.knows_variables { text } else { "" };
        while let Some((_, tail)) = rest.split_once("${") {
            let Some((inside, after)) = tail.split_once('}') else { break };
            if !matches!(inside, "*" | "?" | "$") {
                let (key, default) = super::pattern::variable_parts(inside);
                let key = key.to_lowercase();
                let is_known = self.table.known.contains_key(&key);
                open |= default.is_none() && !is_known && !self.table.there.contains(&key);
                let list = if is_known { &mut *self.read } else { &mut *self.variables };
                list.insert(key);
            }
            rest = after;
        }
        open
    }

    fn resources(&mut self, element: &Element<'_, ArnPattern<'_>>) -> LiteralId {
        let mut doubtful = false;
        let mut patterns = Vec::with_capacity(element.items.len());
        for item in &element.items {
            let open = has_dollar_brace(item.text) && self.note_variables(item.text);
            doubtful |= element.negated && open;
            patterns.extend(self.resource(item.text));
        }
        patterns.sort_unstable();
        patterns.dedup();
        self.table.literal(Literal { field: Field::Resource, meaning: Meaning::Resources(patterns, element.negated), doubtful })
    }

    /// Variables have no meaning before the fifth colon (IAM User Guide, "IAM policy elements: Variables and tags"). A
    /// proof must hold in both readings, so that one in front is not the same as one behind; a witness in that of the
    /// documentation.
    fn resource(&mut self, text: &str) -> Option<Pattern> {
        if !self.knows_variables || !has_dollar_brace(text) {
            return self.pattern(text, Reading::Glob, false);
        }
        let start = fields(text).map_or(text.len(), |[.., last]| text.len() - last.len());
        let (head, tail) = text.split_at_checked(start)?;
        let concrete = self.table.concrete;
        let mut early = Early(self.table);
        let variables: Option<&mut dyn Variables> = if concrete { None } else { Some(&mut early) };
        let mut symbols: Vec<Symbol> = Pattern::read(head, Reading::Glob, false, variables)?.symbols.to_vec();
        symbols.extend(self.pattern(tail, Reading::Glob, false)?.symbols.iter());
        Some(Pattern::new(symbols, false))
    }

    fn principals(&mut self, element: &Element<'_, Principal<'_>>, effect: Effect) -> LiteralId {
        let mut list: Vec<Named> = element.items.iter().map(named).collect();
        list.sort_unstable();
        list.dedup();
        let meaning = match effect {
            Effect::Deny if element.negated => Meaning::DenyPrincipals(list, true),
            _ => Meaning::Principals(list, element.negated),
        };
        self.table.literal(plain(Field::Principal, meaning))
    }

    fn condition(&mut self, condition: &Condition<'_>) -> LiteralId {
        let operator = condition.operator;
        let field = Field::Key(self.table.key(condition.key));
        let mut doubtful = false;
        let atom = if operator.comparison == Comparison::Null {
            return self.presence(field, condition);
        } else if operator.comparison == Comparison::Unknown || condition.values.iter().any(|v| !v.is_scalar()) {
            opaque(condition)
        } else {
            let texts: Vec<&str> = condition.values.iter().map(|v| v.scalar()).collect();
            let open = texts.iter().any(|t| has_dollar_brace(t) && self.note_variables(t));
            doubtful = open && operator.negated;
            self.atom(condition, &texts)
        };
        let test =
            Test { quantifier: operator.quantifier, negated: operator.negated, at_absent: operator.holds_when_absent(), atom };
        self.table.literal(Literal { field, meaning: Meaning::Key(test), doubtful })
    }

    /// `Null`: `true` wants the key absent, `false` present, both at once nothing.
    fn presence(&mut self, field: Field, condition: &Condition<'_>) -> LiteralId {
        let says = |word: &str| condition.values.iter().any(|v| v.is_scalar() && v.scalar().eq_ignore_ascii_case(word));
        let known = condition.values.iter().all(|v| v.is_scalar()) && !condition.operator.if_exists;
        let atom = match (known, says("false")) {
            (false, _) => opaque(condition),
            (true, true) => Atom::Anything,
            (true, false) => Atom::Nothing,
        };
        // The key as a whole is meant, however many values it has.
        let test = Test { quantifier: Quantifier::Any, negated: false, at_absent: says("true"), atom };
        self.table.literal(plain(field, Meaning::Key(test)))
    }

    fn atom(&mut self, condition: &Condition<'_>, texts: &[&str]) -> Atom {
        let below = condition.operator.base.contains("Less");
        let itself = condition.operator.base.ends_with("Equals");
        let spans = |read: &dyn Fn(&str) -> Option<i128>, order: bool| -> Option<Vec<Span>> {
            let mut out = Vec::new();
            for text in texts {
                match read(text) {
                    Some(value) if order => out.push(Span::bounded(value, below, itself)),
                    Some(value) => out.push(Span::point(value)),
                    // A number or a variable that cannot be kept is not the same as no number.
                    None if text.parse::<f64>().is_ok() || has_dollar_brace(text) => return None,
                    None => {}
                }
            }
            Some(out)
        };
        let comparison = condition.operator.comparison;
        let known = match comparison {
            Comparison::Text => Some(self.texts(texts, Reading::Literal, false)),
            Comparison::TextIgnoringCase => Some(self.texts(texts, Reading::Literal, true)),
            Comparison::Glob => Some(self.texts(texts, Reading::Glob, false)),
            Comparison::Arn => Some(self.texts(texts, Reading::Arn, false)),
            Comparison::Ip => Some(Atom::Address(texts.iter().filter_map(|t| Net::parse(t)).collect())),
            Comparison::Bool if texts.iter().any(|t| has_dollar_brace(t)) => None,
            Comparison::Bool => {
                let says = |word: &str| texts.iter().any(|t| t.eq_ignore_ascii_case(word));
                Some(Atom::Bool([true, false].into_iter().filter(|b| says(if *b { "true" } else { "false" })).collect()))
            }
            Comparison::Binary => Some(Atom::Binary(texts.iter().map(|t| (*t).to_owned()).collect())),
            Comparison::Number | Comparison::NumberOrder => {
                spans(&scalar::number, comparison == Comparison::NumberOrder).map(Atom::Number)
            }
            Comparison::Date | Comparison::DateOrder => {
                spans(&scalar::moment, comparison == Comparison::DateOrder).map(Atom::Moment)
            }
            Comparison::Null | Comparison::Unknown => None,
        };
        known.unwrap_or_else(|| opaque(condition))
    }

    fn texts(&mut self, texts: &[&str], reading: Reading, fold: bool) -> Atom {
        let all = texts.iter().filter_map(|t| self.pattern(t, reading, fold));
        let mut patterns: Vec<Pattern> = if reading == Reading::Arn { all.filter_map(of_arns).collect() } else { all.collect() };
        patterns.sort_unstable();
        patterns.dedup();
        Atom::Text(patterns)
    }
}

/// What an ARN operator matches: nothing but ARNs, whose first field is `arn`.
fn of_arns(pattern: Pattern) -> Option<Pattern> {
    let end = pattern.symbols.iter().position(|s| matches!(s, Symbol::Char(':') | Symbol::Variable(_)))?;
    let (first, rest) = pattern.symbols.split_at_checked(end)?;
    let arn = "arn".chars().map(Symbol::Char);
    if first.iter().copied().eq(arn.clone()) || matches!(rest.first(), Some(Symbol::Variable(_))) {
        return Some(pattern);
    }
    let fits = Pattern::new(first.to_vec(), false).matches("arn");
    fits.then(|| Pattern::new(arn.chain(rest.iter().copied()).collect(), pattern.fold))
}

/// What a condition is by its text, where its meaning is not known.
fn opaque(condition: &Condition<'_>) -> Atom {
    let text = |node: crate::document::Node<'_>| {
        node.document().text().get(node.span().range()).unwrap_or_default().split_whitespace().collect::<String>()
    };
    Atom::Opaque(format!("{} {} {}", condition.operator_node.scalar(), condition.key, text(condition.value_node)))
}

fn named(principal: &Principal<'_>) -> Named {
    let text = principal.text.to_owned();
    if has_dollar_brace(principal.text) {
        return Named::Unknown(text);
    }
    match (principal.kind, principal.form) {
        (PrincipalType::Anyone, _) => Named::Everyone,
        (PrincipalType::Service, _) => Named::Service(text),
        (PrincipalType::Federated, _) => Named::Provider(text),
        (PrincipalType::Canonical, _) => Named::Canonical(text),
        (PrincipalType::Aws, PrincipalForm::AccountRoot) => match principal.account() {
            Some(account) => Named::Account(account.to_owned()),
            None => Named::Nobody(text),
        },
        (PrincipalType::Aws, PrincipalForm::Role | PrincipalForm::User | PrincipalForm::Session) => Named::Arn(text),
        (PrincipalType::Aws, PrincipalForm::Wildcard) => Named::Everyone,
        (PrincipalType::Aws, PrincipalForm::UniqueId | PrincipalForm::Empty | PrincipalForm::Other) => Named::Nobody(text),
    }
}
