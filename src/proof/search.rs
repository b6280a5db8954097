//! The search: a request in all of some boxes and outside of others.
//!
//! Each box to avoid is a clause: some literal of it must fail. Clauses with one literal that can fail are settled at once,
//! the rest by trying each in turn, so that tried literals hold in later branches and no branch is searched twice.

use super::callers::Class;
use super::engine::Engine;
use super::leaf::{self, Model};
use super::literal::{Field, Sense, Table};
use super::state::{Frame, State, Status};
use super::strings::Side;

/// Literals that must not all hold.
pub type Clause = Vec<Sense>;

/// Branches after which a search gives up, unless the engine is told otherwise.
pub const NODES: usize = 20_000;

/// What a search closes a branch with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing of this field fulfils all that was assumed of it.
    Field(Field),
    /// No action that is left works on a resource that is left.
    Formats,
    /// No caller that is left carries the keys that are asked of it.
    Callers,
}

/// A proof that there is no request: what was assumed in turn, and what closed each branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// Closed.
    Closed(Why),
    /// Some literal of this clause fails: each in turn, those before it holding.
    Split(usize, Vec<Self>),
}

/// What a search ends with.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A request.
    Found(Box<Model>),
    /// None.
    Closed(Tree),
    /// Not decided.
    Open(&'static str),
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// What must hold.
    pub within: &'q [Sense],
    /// What must not hold as a whole, each.
    pub avoid: &'q [Clause],
    /// Callers.
    pub classes: &'q [Class],
    /// Which side to err on.
    pub side: Side,
}

/// Search.
pub fn find(engine: &mut Engine, query: Query<'_>) -> Outcome {
    let frame = Frame { classes: query.classes, side: query.side };
    let mut state = State::new(engine, query.classes.len());
    for sense in query.within {
        state.assume(engine, frame, *sense);
    }
    let mut fields: Vec<Field> = query.within.iter().map(|(id, _)| engine.field(*id)).collect();
    fields.sort_unstable();
    fields.dedup();
    for field in fields {
        if !state.has_room(engine, field, query.side) {
            return Outcome::Closed(Tree::Closed(Why::Field(field)));
        }
    }
    let mut search = Search { engine, query, frame, nodes: 0 };
    let open: Vec<usize> = (0..query.avoid.len()).collect();
    search.go(state, open)
}

struct Search<'e, 'q> {
    engine: &'e mut Engine,
    query: Query<'q>,
    frame: Frame<'q>,
    nodes: usize,
}

/// A clause of which one literal can still fail.
struct Unit {
    clause: usize,
    /// Which.
    literal: usize,
}

impl Search<'_, '_> {
    fn clause(&self, number: usize) -> &[Sense] {
        self.query.avoid.get(number).map_or(&[], Vec::as_slice)
    }

    fn go(&mut self, mut state: State, mut open: Vec<usize>) -> Outcome {
        self.nodes += 1;
        if self.nodes > self.engine.budget {
            return Outcome::Open("more combinations of conditions than can be looked through");
        }
        let mut units: Vec<Unit> = Vec::new();
        let best = loop {
            let mut dirty: Vec<Field> = Vec::new();
            let mut left = Vec::with_capacity(open.len());
            let mut best: Option<(usize, Vec<usize>)> = None;
            for number in open {
                let Some(can_fail) = self.can_fail(&state, number) else { continue };
                match can_fail.as_slice() {
                    [] => {
                        let cases = self.clause(number).iter().map(|(id, _)| Tree::Closed(Why::Field(self.engine.field(*id))));
                        let tree = Tree::Split(number, cases.collect());
                        return Outcome::Closed(self.wrapped(units, tree));
                    }
                    [one] => {
                        let Some((id, want)) = self.clause(number).get(*one).copied() else { continue };
                        state.assume(self.engine, self.frame, (id, !want));
                        let field = self.engine.field(id);
                        if !dirty.contains(&field) {
                            dirty.push(field);
                        }
                        units.push(Unit { clause: number, literal: *one });
                    }
                    several => {
                        if best.as_ref().is_none_or(|(_, few)| several.len() < few.len()) {
                            best = Some((number, several.to_vec()));
                        }
                        left.push(number);
                    }
                }
            }
            open = left;
            for field in &dirty {
                if !state.has_room(self.engine, *field, self.query.side) {
                    return Outcome::Closed(self.wrapped(units, Tree::Closed(Why::Field(*field))));
                }
            }
            if dirty.is_empty() {
                break best;
            }
        };
        let outcome = match best {
            None => leaf::model(self.engine, self.frame, &state),
            Some((number, can_fail)) => self.branch(&state, &open, number, &can_fail),
        };
        match outcome {
            Outcome::Closed(tree) => Outcome::Closed(self.wrapped(units, tree)),
            other => other,
        }
    }

    /// Which literals of a clause can fail; `None` when one fails already.
    fn can_fail(&mut self, state: &State, number: usize) -> Option<Vec<usize>> {
        let mut out = Vec::new();
        let avoid = self.query.avoid;
        for (at, sense) in avoid.get(number)?.iter().enumerate() {
            match state.status(self.engine, self.frame, *sense) {
                Status::Implied => {}
                Status::Excluded => return None,
                Status::Open => out.push(at),
            }
        }
        Some(out)
    }

    fn branch(&mut self, state: &State, open: &[usize], number: usize, can_fail: &[usize]) -> Outcome {
        let clause: Clause = self.clause(number).to_vec();
        let rest: Vec<usize> = open.iter().copied().filter(|n| *n != number).collect();
        let mut held = state.clone();
        let mut cases = Vec::with_capacity(clause.len());
        let mut unknown = None;
        for (at, (id, want)) in clause.iter().copied().enumerate() {
            let field = self.engine.field(id);
            if !can_fail.contains(&at) {
                cases.push(Tree::Closed(Why::Field(field)));
                continue;
            }
            let mut next = held.clone();
            next.assume(self.engine, self.frame, (id, !want));
            let outcome = if next.has_room(self.engine, field, self.query.side) {
                self.go(next, rest.clone())
            } else {
                Outcome::Closed(Tree::Closed(Why::Field(field)))
            };
            match outcome {
                Outcome::Found(model) => return Outcome::Found(model),
                Outcome::Closed(tree) => cases.push(tree),
                Outcome::Open(why) => {
                    if self.nodes > self.engine.budget {
                        return Outcome::Open(why);
                    }
                    unknown = Some(why);
                }
            }
            held.assume(self.engine, self.frame, (id, want));
        }
        match unknown {
            Some(why) => Outcome::Open(why),
            None => Outcome::Closed(Tree::Split(number, cases)),
        }
    }

    /// A proof under the clauses that were settled on the way.
    fn wrapped(&self, units: Vec<Unit>, tree: Tree) -> Tree {
        units.into_iter().rev().fold(tree, |inner, unit| {
            let mut inner = Some(inner);
            let cases =
                self.clause(unit.clause).iter().enumerate().map(|(at, (id, _))| match inner.take_if(|_| at == unit.literal) {
                    Some(tree) => tree,
                    None => Tree::Closed(Why::Field(self.engine.field(*id))),
                });
            Tree::Split(unit.clause, cases.collect())
        })
    }
}

/// Keys that every request with one of some others has, and keys that exclude each other, as clauses.
///
/// AWS global condition context keys: `aws:SourceVpc` and `aws:SourceVpce` come together through an endpoint; `aws:SourceIp`
/// is not there when `aws:VpcSourceIp` is.
pub fn axioms(table: &mut Table) -> Vec<Clause> {
    let mut out = Vec::new();
    if table.known_key("aws:sourcevpc").is_some() {
        let (vpc, endpoint) = (table.key("aws:SourceVpc"), table.key("aws:SourceVpce"));
        let (vpc, (endpoint, there)) = (table.present(vpc), table.present(endpoint));
        out.push(vec![vpc, (endpoint, !there)]);
    }
    if table.known_key("aws:sourceip").is_some() && table.known_key("aws:vpcsourceip").is_some() {
        let (public, private) = (table.key("aws:SourceIp"), table.key("aws:VpcSourceIp"));
        out.push(vec![table.present(public), table.present(private)]);
    }
    out
}
