//! The engine: literals and what was found out about them. It lives across questions, so that what two policies have in
//! common is decided once.

use super::actions::World;
use super::callers::Linked;
use super::compile::{Compiled, compile, conditions_on};
use super::formats::Formats;
use super::hash::Map;
use super::keys::{self, Arrives, Domain, WantedTest};
use super::known::Known;
use super::literal::{Field, KeyId, LiteralId, Meaning, Sense, Table};
use super::pattern::Pattern;
use super::search::NODES;
use super::strings::{self, Side, Solved};
use crate::catalog::{self, Catalog, KeyType};
use crate::evaluate::ContextValue;
use crate::policy::{Policy, Statement};

/// What two literals of one field have to do with each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// All of the second lies in the first.
    pub first_contains: bool,
    /// All of the first lies in the second.
    pub second_contains: bool,
    /// They have nothing in common.
    pub apart: bool,
}

/// Pairs of patterns up to which lists are compared.
const PAIRS: usize = 1024;

/// Questions and what their answers have in common.
#[derive(Debug)]
pub struct Engine {
    /// Literals, keys and variables.
    pub table: Table,
    /// The catalogue.
    pub catalog: &'static Catalog,
    /// Which actions exist.
    pub world: World,
    /// Actions that the policies of the question name outright and the catalogue does not have.
    pub spelled: Vec<String>,
    /// Write down what shows a PASS.
    pub certify: bool,
    /// Branches after which a search gives up.
    pub budget: usize,
    /// Only requests in which these keys have these values are looked at.
    pub assume: Vec<(String, String)>,
    /// A resource has the form that the catalogue gives for the action. AWS's own checks compare texts, and so do proofs
    /// unless this is set; the form is always preferred for what is shown.
    pub typed: bool,
    /// A request carries no key of a service that the catalogue does not list for its action.
    pub closed_keys: bool,
    relations: Map<(LiteralId, LiteralId), Relation>,
    resources: Map<(Vec<Sense>, Option<usize>, Side), Solved<String>>,
    keys: Map<(KeyId, Vec<Sense>, Side), Solved<Option<ContextValue>>>,
    facts: Map<KeyId, Facts>,
    /// The forms of ARNs by type of resource.
    pub formats: Formats,
}

/// What is known of a condition key.
#[derive(Clone, Copy, Debug)]
struct Facts {
    arrives: Arrives,
    always: bool,
    kind: Option<KeyType>,
    usual: &'static str,
}

impl Engine {
    /// With the catalogue in force.
    pub fn new(world: World) -> Self {
        Self {
            table: Table::default(),
            catalog: catalog::current(),
            world,
            spelled: Vec::new(),
            certify: false,
            budget: NODES,
            assume: Vec::new(),
            typed: false,
            closed_keys: false,
            relations: Map::default(),
            resources: Map::default(),
            keys: Map::default(),
            facts: Map::default(),
            formats: Formats::default(),
        }
    }

    /// The same, with resources of the forms that the catalogue gives for actions, and no others.
    pub fn typed(world: World) -> Self {
        Self { typed: true, ..Self::new(world) }
    }

    /// Compile policies for several questions.
    pub fn compile(&mut self, policies: &[&Policy<'_>]) -> Compiled {
        self.compile_knowing(policies, &[])
    }

    /// The same for questions in which the values of some condition keys are known.
    pub fn compile_knowing(&mut self, policies: &[&Policy<'_>], known: &[Known]) -> Compiled {
        self.table.choose_nothing();
        self.table.know(known);
        compile(&mut self.table, policies)
    }

    /// Of some patterns of one or several keys, whether a request that fulfils all conditions of a statement on a key can be
    /// without the key, or have a value that no pattern matches. `None` when that is not decided.
    pub fn leaves(&mut self, statement: &Statement<'_>, name: &str, inside: &[String]) -> Option<bool> {
        self.table.choose_nothing();
        let key = self.table.key(name);
        let mut senses = conditions_on(&mut self.table, statement, name);
        senses.push(self.table.outside(key, inside));
        match self.solve_key(key, &senses, Side::Over) {
            Solved::Some(_) => Some(true),
            Solved::None => Some(false),
            Solved::Unknown(_) => None,
        }
    }

    fn facts(&mut self, key: KeyId) -> Facts {
        if let Some(facts) = self.facts.get(&key) {
            return *facts;
        }
        let name = self.table.key_name(key);
        let known = self.catalog.key(name);
        let arrives = match known {
            Some(known) if known.is_list() => Arrives::List,
            Some(_) => Arrives::One,
            None => Arrives::Either,
        };
        let kind = known.map(catalog::ConditionKey::kind);
        let usual = match kind {
            Some(KeyType::Arn) => "arn:aws:iam::111122223333:role/x",
            Some(KeyType::Bool) => "true",
            Some(KeyType::Numeric) => "1",
            Some(KeyType::Date) => "2026-01-01T00:00:00Z",
            Some(KeyType::IpAddress) => "203.0.113.7",
            Some(KeyType::Binary) => "cGFsaXNhZGU=",
            Some(KeyType::String) | None => "x",
        };
        // AWS global condition context keys: these are in every request.
        let always = ["aws:securetransport", "aws:currenttime", "aws:epochtime"].contains(&name);
        let facts = Facts { arrives, always, kind, usual };
        self.facts.insert(key, facts);
        facts
    }

    /// Whether every request carries a key.
    pub fn is_always_there(&mut self, key: KeyId) -> bool {
        self.facts(key).always
    }

    /// A value of a key.
    pub fn solve_key(&mut self, key: KeyId, senses: &[Sense], side: Side) -> Solved<Option<ContextValue>> {
        let mut sorted = senses.to_vec();
        sorted.sort_unstable();
        let memo = (key, sorted, side);
        if let Some(known) = self.keys.get(&memo) {
            return known.clone();
        }
        let solved = self.solve_key_of(key, senses, &Linked::Free, side);
        self.keys.insert(memo, solved.clone());
        solved
    }

    /// A value of a key that the caller has a say in.
    pub fn solve_key_of(&mut self, key: KeyId, senses: &[Sense], linked: &Linked, side: Side) -> Solved<Option<ContextValue>> {
        let facts = self.facts(key);
        let mut wanted = Vec::with_capacity(senses.len());
        for (id, want) in senses {
            let Some(literal) = self.table.get(*id) else { continue };
            if let Meaning::Key(test) = &literal.meaning {
                wanted.push(WantedTest { test, want: *want, doubtful: literal.doubtful });
            }
        }
        let domain = Domain { arrives: facts.arrives, linked, always: facts.always, kind: facts.kind, usual: facts.usual };
        keys::solve(&wanted, &domain, side)
    }

    /// A resource that fulfils everything; with a type, one of that type.
    pub fn solve_resource(&mut self, senses: &[Sense], of_type: Option<usize>, side: Side) -> Solved<String> {
        let mut sorted = senses.to_vec();
        sorted.sort_unstable();
        let memo = (sorted, of_type, side);
        if let Some(known) = self.resources.get(&memo) {
            return known.clone();
        }
        let format = of_type.map(|index| self.formats.of(index));
        let mut within: Vec<&[Pattern]> = Vec::new();
        let mut without: Vec<&[Pattern]> = Vec::new();
        if let Some(format) = &format {
            within.push(std::slice::from_ref(&format.within));
            without.extend(format.without.as_ref().map(std::slice::from_ref));
        }
        for (id, want) in senses {
            let Some(literal) = self.table.get(*id) else { continue };
            let Meaning::Resources(patterns, negated) = &literal.meaning else { continue };
            if literal.doubtful && !want && side == Side::Over {
                // The statement may be void: it can always be escaped from.
                continue;
            }
            if want == negated { without.push(patterns) } else { within.push(patterns) }
        }
        let solved = strings::solve(&within, &without, side);
        self.resources.insert(memo, solved.clone());
        solved
    }

    /// How two literals about resources relate, by their patterns; negation is the caller's business.
    pub fn relation(&mut self, a: LiteralId, b: LiteralId) -> Relation {
        if let Some(known) = self.relations.get(&(a, b)) {
            return *known;
        }
        let mut out = Relation::default();
        if let (Some(x), Some(y)) = (self.table.get(a), self.table.get(b))
            && let (Meaning::Resources(x, _), Meaning::Resources(y, _)) = (&x.meaning, &y.meaning)
            && x.len().saturating_mul(y.len()) <= PAIRS
        {
            out.first_contains = y.iter().all(|q| x.iter().any(|p| p.contains(q)));
            out.second_contains = x.iter().all(|q| y.iter().any(|p| p.contains(q)));
            out.apart = x.iter().all(|p| y.iter().all(|q| !p.may_meet(q)));
        }
        self.relations.insert((a, b), out);
        out
    }

    /// Whether a literal is about a condition key, by its name in lower case.
    pub fn is_on_key(&self, id: LiteralId, name: &str) -> bool {
        matches!(self.field(id), Field::Key(key) if self.table.key_name(key) == name)
    }

    /// The field of a literal.
    pub fn field(&self, id: LiteralId) -> Field {
        self.table.get(id).map_or(Field::Action, |literal| literal.field)
    }
}
