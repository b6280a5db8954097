//! What a search has assumed so far, field by field, and whether that leaves room.

use super::actions::{self, Bits, WantedSet, World};
use super::callers::{Class, Meant};
use super::engine::Engine;
use super::literal::{Field, KeyId, LiteralId, Meaning, Sense};
use super::strings::{Side, Solved};

/// What an assumption makes of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It holds already.
    Implied,
    /// It cannot hold.
    Excluded,
    /// Both can be.
    Open,
}

/// What was assumed.
#[derive(Clone, Debug)]
pub struct State {
    /// Actions of the catalogue that are left.
    pub bits: Bits,
    /// What was assumed of the action.
    pub action: Vec<Sense>,
    /// What was assumed of the resource.
    pub resource: Vec<Sense>,
    /// Classes of callers that are left.
    pub classes: Vec<bool>,
    /// What was assumed of the caller.
    pub principal: Vec<Sense>,
    /// What was assumed of each condition key.
    pub keys: Vec<(KeyId, Vec<Sense>)>,
}

/// What does not change while a question is searched.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'q> {
    /// All classes of callers.
    pub classes: &'q [Class],
    /// Which side to err on.
    pub side: Side,
}

impl State {
    /// Nothing assumed.
    pub fn new(engine: &Engine, classes: usize) -> Self {
        Self {
            bits: Bits::filled(engine.catalog, true),
            action: Vec::new(),
            resource: Vec::new(),
            classes: vec![true; classes],
            principal: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// What was assumed of one key.
    pub fn key(&self, key: KeyId) -> &[Sense] {
        self.keys.iter().find(|(own, _)| *own == key).map_or(&[], |(_, senses)| senses.as_slice())
    }

    fn senses(&self, field: Field) -> &[Sense] {
        match field {
            Field::Action => &self.action,
            Field::Resource => &self.resource,
            Field::Principal => &self.principal,
            Field::Key(key) => self.key(key),
        }
    }

    /// Assume one thing more.
    pub fn assume(&mut self, engine: &Engine, frame: Frame<'_>, (id, want): Sense) {
        let Some(literal) = engine.table.get(id) else { return };
        if self.senses(literal.field).contains(&(id, want)) {
            return;
        }
        match &literal.meaning {
            Meaning::Actions(set, negated) => {
                self.bits.keep(&set.bits, want != *negated);
                self.action.push((id, want));
            }
            Meaning::Resources(..) => self.resource.push((id, want)),
            Meaning::Principals(..) | Meaning::DenyPrincipals(..) => {
                for (class, left) in frame.classes.iter().zip(&mut self.classes) {
                    *left &= may_be(meant(&literal.meaning, class), want, frame.side);
                }
                self.principal.push((id, want));
            }
            Meaning::Key(_) => {
                let Field::Key(key) = literal.field else { return };
                match self.keys.iter_mut().find(|(own, _)| *own == key) {
                    Some((_, senses)) => senses.push((id, want)),
                    None => self.keys.push((key, vec![(id, want)])),
                }
            }
        }
    }

    /// False when nothing of a field is left.
    pub fn has_room(&self, engine: &mut Engine, field: Field, side: Side) -> bool {
        let contradicts = |senses: &[Sense]| senses.len() > 1 && senses.iter().any(|(id, want)| senses.contains(&(*id, !want)));
        match field {
            Field::Action => !self.bits.is_empty() || self.others(engine).next().is_some(),
            Field::Resource => {
                // A question of thousands is not searched for the same literal twice.
                (self.resource.len() > 64 || !contradicts(&self.resource))
                    && engine.solve_resource(&self.resource, None, side) != Solved::None
            }
            Field::Principal => self.classes.contains(&true) && !contradicts(&self.principal),
            Field::Key(key) => !contradicts(self.key(key)) && engine.solve_key(key, self.key(key), side) != Solved::None,
        }
    }

    /// What was assumed of the action, as sets.
    fn wanted<'e>(&self, engine: &'e Engine) -> Vec<WantedSet<'e>> {
        let literal = |(id, want): &Sense| match &engine.table.get(*id)?.meaning {
            Meaning::Actions(set, negated) => Some((set, want != negated)),
            _ => None,
        };
        self.action.iter().filter_map(literal).collect()
    }

    /// Actions outside of the catalogue that are left.
    pub fn others(&self, engine: &Engine) -> std::vec::IntoIter<Solved<String>> {
        actions::others(&self.wanted(engine), &engine.spelled, engine.world).into_iter()
    }

    /// What the assumptions make of a literal. `Open` is always a right answer.
    pub fn status(&self, engine: &mut Engine, frame: Frame<'_>, (id, want): Sense) -> Status {
        let Some(literal) = engine.table.get(id) else { return Status::Open };
        let (field, doubtful) = (literal.field, literal.doubtful);
        let senses = self.senses(field);
        if senses.contains(&(id, want)) {
            return Status::Implied;
        }
        if senses.contains(&(id, !want)) {
            return Status::Excluded;
        }
        if doubtful {
            return Status::Open;
        }
        match field {
            Field::Action => self.action_status(engine, id, want),
            Field::Resource => self.resource_status(engine, id, want),
            Field::Principal => self.principal_status(engine, frame, id, want),
            Field::Key(key) => {
                let mut with = |sense: Sense| {
                    let senses: Vec<Sense> = self.key(key).iter().copied().chain([sense]).collect();
                    engine.solve_key(key, &senses, frame.side) == Solved::None
                };
                if with((id, want)) {
                    Status::Excluded
                } else if with((id, !want)) {
                    Status::Implied
                } else {
                    Status::Open
                }
            }
        }
    }

    fn action_status(&self, engine: &Engine, id: LiteralId, want: bool) -> Status {
        let Some(literal) = engine.table.get(id) else { return Status::Open };
        let Meaning::Actions(set, negated) = &literal.meaning else { return Status::Open };
        let inside = want != *negated;
        let implied = self.bits.lies(&set.bits, inside);
        let excluded = self.bits.lies(&set.bits, !inside);
        if !implied && !excluded {
            return Status::Open;
        }
        let wanted = self.wanted(engine);
        let bare = |s: &actions::ActionSet| s.regions.is_empty();
        let known = engine.spelled.is_empty() && bare(set) && wanted.iter().all(|(s, _)| bare(s));
        if engine.world == World::Open || !known {
            // Actions that the catalogue does not have may differ: they are asked one by one.
            let with = |sense: bool| {
                let all: Vec<_> = wanted.iter().copied().chain([(set, sense)]).collect();
                actions::others(&all, &engine.spelled, engine.world).is_empty()
            };
            return match (implied && with(!inside), excluded && with(inside)) {
                (true, _) => Status::Implied,
                (_, true) => Status::Excluded,
                _ => Status::Open,
            };
        }
        if implied { Status::Implied } else { Status::Excluded }
    }

    fn resource_status(&self, engine: &mut Engine, id: LiteralId, want: bool) -> Status {
        let negated = |engine: &Engine, id| match engine.table.get(id).map(|l| &l.meaning) {
            Some(Meaning::Resources(_, negated)) => *negated,
            _ => false,
        };
        let inside = want != negated(engine, id);
        for (other, sense) in self.resource.iter().take(64).copied() {
            if engine.table.get(other).is_none_or(|l| l.doubtful) {
                continue;
            }
            let within = sense != negated(engine, other);
            let relation = engine.relation(other, id);
            let status = match (within, inside) {
                (true, true) if relation.second_contains => Status::Implied,
                (true, true) if relation.apart => Status::Excluded,
                (true, false) if relation.apart => Status::Implied,
                (true, false) if relation.second_contains => Status::Excluded,
                (false, true) if relation.first_contains => Status::Excluded,
                (false, false) if relation.first_contains => Status::Implied,
                _ => continue,
            };
            return status;
        }
        Status::Open
    }

    fn principal_status(&self, engine: &Engine, frame: Frame<'_>, id: LiteralId, want: bool) -> Status {
        let Some(literal) = engine.table.get(id) else { return Status::Open };
        let left = || frame.classes.iter().zip(&self.classes).filter(|(_, left)| **left);
        let can = |sense: bool| left().any(|(class, _)| may_be(meant(&literal.meaning, class), sense, frame.side));
        match (can(want), can(!want)) {
            (false, _) => Status::Excluded,
            (true, false) => Status::Implied,
            (true, true) => Status::Open,
        }
    }
}

/// Whether a literal about principals means a class.
pub fn meant(meaning: &Meaning, class: &Class) -> Meant {
    match meaning {
        Meaning::Principals(list, negated) => class.meant_by(list, *negated),
        Meaning::DenyPrincipals(list, _) => class.denied_unless(list),
        Meaning::Actions(..) | Meaning::Resources(..) | Meaning::Key(_) => Meant::Yes,
    }
}

fn may_be(meant: Meant, want: bool, side: Side) -> bool {
    match (meant, side) {
        (Meant::Yes, _) => want,
        (Meant::No, _) => !want,
        (Meant::Maybe, Side::Over) => true,
        (Meant::Maybe, Side::Under) => false,
    }
}
