//! The Deny that comes nearest: of all Denies of the organization the one that stops most of what is asked, and why it
//! misses.

use super::judge::Pool;
use super::model::Spot;
use super::words;
use crate::policy::{Effect, PolicyKind, Statement};
use crate::proof::{self, Aimed, Engine, Tried};
use std::collections::{BTreeMap, BTreeSet};

/// A Deny that comes near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Where it says what misses.
    pub spot: Spot,
    /// Its policy is attached above the accounts.
    pub is_above: bool,
    /// It would stop all of what is asked, were it attached above the accounts.
    pub stops_all: bool,
    /// Why it misses, each in words; what is missing first.
    pub why: Vec<String>,
    /// Ids of the units and accounts its policy is attached to, sorted.
    pub attached: Vec<String>,
}

/// How close a Deny comes to what is asked, by the actions it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Close {
    /// It is about anything.
    Anything,
    /// It names actions of the same service.
    Service,
    /// It stops some of it, and names the service.
    Some,
    /// It stops all of it.
    All,
}

/// A Deny of the organization, looked at.
pub(super) struct Seen {
    pub spot: Spot,
    pub aimed: Aimed,
    close: Close,
    /// Letters that its closest action has in common with one that is asked for.
    common: usize,
}

impl Seen {
    /// It is about the services that are asked about.
    pub fn is_near(&self) -> bool {
        self.close > Close::Anything
    }
}

/// Look at every Deny. Of those that are about other services only whether they touch what is asked is kept.
pub(super) fn look(engine: &mut Engine, pool: &Pool<'_, '_>, actions: &[String]) -> Vec<Seen> {
    // The last world has the most actions: what stops all of them stops all in any.
    engine.world = pool.worlds.last().copied().unwrap_or_default();
    let mut by_service: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for action in actions {
        let service = action.split(':').next().unwrap_or_default();
        by_service.entry(service.to_ascii_lowercase()).or_default().push(action);
    }
    let of_callers = pool.home.known(PolicyKind::ServiceControlPolicy, None);
    let of_resources = pool.home.known(PolicyKind::ResourceControlPolicy, None);
    let mut tried = Tried::default();
    let mut out = Vec::new();
    for (control, (single, compiled)) in pool.singles.iter().zip(&pool.compiled).enumerate() {
        let kind = pool.controls.get(control).map_or(PolicyKind::ServiceControlPolicy, |c| c.kind);
        let known = if kind == PolicyKind::ResourceControlPolicy { &of_resources } else { &of_callers };
        for boxed in &compiled.deny {
            let Some(statement) = single.first().and_then(|policy| policy.statements.get(boxed.statement)) else { continue };
            let common = in_common(statement, &by_service);
            let apart = common == 0 && is_about_others(statement, actions);
            let aimed = match apart {
                true => Aimed::default(),
                false => proof::aimed(engine, boxed, &pool.target, (kind, known), &mut tried),
            };
            let close = match (aimed.stops_all, aimed.touches, common > 0) {
                (true, ..) => Close::All,
                (false, true, true) => Close::Some,
                (false, false, true) => Close::Service,
                (false, _, false) => Close::Anything,
            };
            let node = aimed.leaving.first().copied().unwrap_or(boxed.node);
            out.push(Seen { spot: Spot { control, statement: boxed.statement, node }, aimed, close, common });
        }
    }
    out
}

/// Letters in common of the closest pair of actions, those of the service included; none when no service is named.
fn in_common(statement: &Statement<'_>, by_service: &BTreeMap<String, Vec<&str>>) -> usize {
    let Some(element) = &statement.actions else { return 0 };
    let letters = |a: &str, b: &str| a.chars().zip(b.chars()).take_while(|(x, y)| x.eq_ignore_ascii_case(y)).count();
    let closest = |item: &str| {
        let (service, _) = item.split_once(':')?;
        by_service.get(&service.to_ascii_lowercase())?.iter().map(|action| letters(item, action)).max()
    };
    element.items.iter().filter_map(|item| closest(item.text)).max().unwrap_or(0)
}

/// True when a statement names only actions of services that nobody asked about.
fn is_about_others(statement: &Statement<'_>, actions: &[String]) -> bool {
    let wanted = actions.iter().map(|action| crate::policy::model::Services::of(action.split(':').next().unwrap_or_default()));
    let wanted = wanted.fold(crate::policy::model::Services::default(), crate::policy::model::Services::with);
    !actions.is_empty()
        && statement.is(Effect::Deny)
        && statement.actions.as_ref().is_some_and(|element| {
            !element.negated && element.items.iter().all(|i| !crate::policy::model::Services::of(i.service()).may_meet(wanted))
        })
}

/// The nearest of those above some accounts, and the nearest elsewhere when it would do, or when nothing above comes near.
pub(super) fn nearest(
    pool: &Pool<'_, '_>,
    seen: &[Seen],
    above: &BTreeSet<usize>,
    attached: &dyn Fn(usize) -> Vec<String>,
) -> Vec<Nearest> {
    let of_services = |s: &&Seen| pool.controls.get(s.spot.control).is_some_and(|c| c.kind == PolicyKind::ServiceControlPolicy);
    let rank = |s: &&Seen| {
        let few = usize::MAX - s.aimed.leaving.len();
        let lives = !attached(s.spot.control).is_empty();
        // Of two that are alike one that is attached somewhere, and then the first of the organization.
        (s.close, lives, s.common, few, std::cmp::Reverse((s.spot.control, s.spot.statement)))
    };
    let near = |is_above: bool| {
        let all = seen.iter().filter(of_services).filter(|s| above.contains(&s.spot.control) == is_above);
        all.filter(|s| s.close > Close::Anything || (is_above && s.aimed.touches)).max_by_key(rank)
    };
    let tell = |s: &Seen, is_above: bool| Nearest {
        spot: s.spot,
        is_above,
        stops_all: s.close == Close::All,
        why: words::why(pool, s),
        attached: attached(s.spot.control),
    };
    let own = near(true);
    let other = near(false).filter(|s| s.close == Close::All || own.is_none_or(|own| own.close < s.close));
    let own_told = own.map(|s| tell(s, true));
    own_told.into_iter().chain(other.map(|s| tell(s, false))).collect()
}
