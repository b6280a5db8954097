//! Sets of actions that a rule names, against the `Action` or `NotAction` of a statement.
//!
//! Wildcards are compared as sets; where both sides have one, the catalogue decides whether any real action lies in the
//! overlap, so that `rekognition:*Faces` does not touch `rekognition:*Project*`.

use super::truth::Relation;
use crate::catalog::{self, AccessLevel};
use crate::document::Node;
use crate::policy::model::Services;
use crate::policy::{ActionPattern, Element};
use crate::text::glob::{Case, contains, has_wildcard, matches, overlaps};

/// Actions by glob, by name, by access level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionSet {
    /// Everything given as text, in its order.
    globs: Vec<String>,
    /// Those without wildcards, in lower case, sorted.
    exact: Vec<String>,
    /// Those with wildcards, by index.
    wild: Vec<usize>,
    /// Every action of these levels besides.
    levels: Vec<AccessLevel>,
    services: Services,
}

impl ActionSet {
    /// A set of `service:Name` globs; `*` stands for every action.
    pub fn new(globs: Vec<String>) -> Self {
        Self::with_levels(globs, Vec::new())
    }

    /// The same, with every action of some access levels.
    pub fn with_levels(globs: Vec<String>, levels: Vec<AccessLevel>) -> Self {
        let of = |glob: &String| Services::of(glob.split(':').next().unwrap_or_default());
        let start = if levels.is_empty() { Services::default() } else { Services::ALL };
        let services = globs.iter().fold(start, |all, glob| all.with(of(glob)));
        let wild = globs.iter().enumerate().filter(|(_, g)| has_wildcard(g)).map(|(i, _)| i).collect();
        let mut exact: Vec<String> = globs.iter().filter(|g| !has_wildcard(g)).map(|g| g.to_ascii_lowercase()).collect();
        exact.sort_unstable();
        exact.dedup();
        Self { globs, exact, wild, levels, services }
    }

    /// All of it as globs: access levels as the actions that the catalogue has of them.
    pub fn globs(&self) -> Vec<String> {
        self.globs.iter().cloned().chain(self.of_levels().map(catalog::Action::full_name)).collect()
    }

    /// Services it may touch.
    pub fn services(&self) -> Services {
        self.services
    }

    fn of_levels(&self) -> impl Iterator<Item = catalog::Action> {
        let all = catalog::current().services().filter(|_| !self.levels.is_empty()).flat_map(catalog::Service::actions);
        all.filter(|action| self.levels.contains(&action.level()))
    }

    /// Whether the statement's actions relate to this set, and which values show it.
    pub fn relate<'d>(&self, relation: Relation, element: &Element<'d, ActionPattern<'d>>, evidence: &mut Vec<Node<'d>>) -> bool {
        match (relation, element.negated) {
            (Relation::Touches, false) => {
                let before = evidence.len();
                evidence.extend(element.items.iter().filter(|a| self.touches_one(a.text)).map(|a| a.node));
                evidence.len() > before
            }
            (Relation::Covers, false) => {
                let pick = |test: &dyn Fn(&str, &str) -> bool| -> Vec<Node<'d>> {
                    element.items.iter().filter(|a| self.globs.iter().any(|g| test(a.text, g))).map(|a| a.node).collect()
                };
                // One entry that covers alone says more than all that take part.
                let alone = pick(&covers_one);
                evidence.extend(if alone.is_empty() { pick(&|a, g| overlaps(a, g, Case::Insensitive)) } else { alone });
                self.all_covered(element)
            }
            (Relation::Within, false) => {
                let out: Vec<_> = element.items.iter().filter(|a| !self.holds_one(a.text)).map(|a| a.node).collect();
                let all_inside = out.is_empty();
                evidence.extend(if all_inside { element.items.iter().map(|a| a.node).collect() } else { out });
                all_inside
            }
            (_, true) => {
                evidence.push(element.value);
                match relation {
                    Relation::Touches => {
                        self.globs.iter().any(|g| !exempted(g, element))
                            || self.of_levels().any(|action| !exempted(&action.full_name(), element))
                    }
                    Relation::Covers => self.all_covered(element),
                    Relation::Within => self.globs.iter().any(|g| is_everything(g)),
                }
            }
        }
    }

    fn all_covered(&self, element: &Element<'_, ActionPattern<'_>>) -> bool {
        self.globs.iter().all(|g| covered(g, element)) && self.of_levels().all(|action| covered(&action.full_name(), element))
    }

    /// Whether one written action lies in such a relation.
    pub fn relate_one(&self, relation: Relation, action: &str) -> bool {
        match relation {
            Relation::Touches => self.touches_one(action),
            Relation::Covers => {
                self.globs.iter().all(|g| covers_one(action, g))
                    && self.of_levels().all(|a| matches(action, &a.full_name(), Case::Insensitive))
            }
            Relation::Within => self.holds_one(action),
        }
    }

    /// A written action lies inside the set.
    fn holds_one(&self, action: &str) -> bool {
        self.globs.iter().any(|g| contains(g, action, Case::Insensitive))
            || (!self.levels.is_empty() && all_real(action, |name| self.has_level(name)))
    }

    fn has_level(&self, name: &str) -> bool {
        let found = name.split_once(':').and_then(|(service, name)| catalog::action(service, name));
        found.is_some_and(|action| self.levels.contains(&action.level()))
    }

    fn touches_one(&self, action: &str) -> bool {
        let mut wild = self.wild.iter().filter_map(|i| self.globs.get(*i));
        if !has_wildcard(action) {
            let order = |name: &String| name.bytes().cmp(action.bytes().map(|b| b.to_ascii_lowercase()));
            return self.exact.binary_search_by(order).is_ok()
                || wild.any(|g| matches(g, action, Case::Insensitive))
                || (!self.levels.is_empty() && self.has_level(action));
        }
        self.exact.iter().any(|name| matches(action, name, Case::Insensitive))
            || wild.any(|g| meet(action, g))
            || (!self.levels.is_empty() && real_actions(action).is_none_or(|mut real| real.any(|name| self.has_level(&name))))
    }
}

/// True when some action is matched by both; for two wildcards of a known service, some real action.
pub fn meet(a: &str, b: &str) -> bool {
    if !overlaps(a, b, Case::Insensitive) {
        return false;
    }
    if !has_wildcard(a) || !has_wildcard(b) || contains(a, b, Case::Insensitive) || contains(b, a, Case::Insensitive) {
        return true;
    }
    match real_actions(b).or_else(|| real_actions(a)) {
        Some(mut real) => real.any(|name| matches(a, &name, Case::Insensitive) && matches(b, &name, Case::Insensitive)),
        None => true,
    }
}

/// The actions of the catalogue that a glob with a literal service matches; `None` when the service is unknown or wild.
pub fn real_actions(glob: &str) -> Option<impl Iterator<Item = String>> {
    let (service, _) = glob.split_once(':')?;
    if has_wildcard(service) {
        return None;
    }
    let service = service.to_ascii_lowercase();
    let glob = glob.to_owned();
    let all = catalog::actions(&service)?;
    Some(
        all.map(move |action| format!("{service}:{}", action.name())).filter(move |name| matches(&glob, name, Case::Insensitive)),
    )
}

/// `*` and `*:*` are the same set, since every action has a colon.
fn is_everything(glob: &str) -> bool {
    glob.bytes().all(|b| b == b'*' || b == b':') && (glob == "*" || glob.matches(':').count() <= 1) && glob.ends_with('*')
}

/// True when a written action contains a whole glob.
fn contains_action(action: &str, glob: &str) -> bool {
    contains(action, glob, Case::Insensitive) || is_everything(action)
}

/// True when one written action contains `glob`, by text or by what really exists.
fn covers_one(action: &str, glob: &str) -> bool {
    if contains_action(action, glob) {
        return true;
    }
    has_wildcard(glob)
        && glob.contains(':')
        && overlaps(action, glob, Case::Insensitive)
        && all_real(glob, |name| matches(action, name, Case::Insensitive))
}

/// True when the glob names real actions and every one fulfils `test`.
fn all_real(glob: &str, test: impl Fn(&str) -> bool) -> bool {
    let Some(real) = real_actions(glob) else { return false };
    let mut some = false;
    for name in real {
        if !test(&name) {
            return false;
        }
        some = true;
    }
    some
}

/// True when a statement's actions contain all of `glob`: by one pattern, or every real action by some pattern.
///
/// The second reading is closed-world: it holds for the actions that the catalogue of today knows.
pub fn covered(glob: &str, element: &Element<'_, ActionPattern<'_>>) -> bool {
    let hit = |name: &str| element.items.iter().any(|a| matches(a.text, name, Case::Insensitive));
    if element.negated {
        let apart = element.items.iter().all(|a| !overlaps(a.text, glob, Case::Insensitive));
        return apart || (has_wildcard(glob) && all_real(glob, |name| !hit(name)));
    }
    let whole = |a: &ActionPattern<'_>| contains_action(a.text, glob);
    let near = || element.items.iter().any(|a| overlaps(a.text, glob, Case::Insensitive));
    element.items.iter().any(whole) || (has_wildcard(glob) && near() && all_real(glob, hit))
}

/// True when `NotAction` leaves nothing of `glob`.
fn exempted(glob: &str, element: &Element<'_, ActionPattern<'_>>) -> bool {
    let hit = |name: &str| element.items.iter().any(|a| matches(a.text, name, Case::Insensitive));
    element.items.iter().any(|a| contains(a.text, glob, Case::Insensitive)) || (has_wildcard(glob) && all_real(glob, hit))
}

/// True when a statement's actions reach some action of `glob`.
pub fn reaches(glob: &str, element: &Element<'_, ActionPattern<'_>>) -> bool {
    if element.negated { !exempted(glob, element) } else { element.items.iter().any(|a| meet(a.text, glob)) }
}
