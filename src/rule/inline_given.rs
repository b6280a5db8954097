//! Control policies that a case gives: `given: { scps: [[root level], [next level], …], rcps: [[…]] }`, each policy as a
//! mapping or as text.

use super::inline_test::Seen;
use super::layers::{Around, Layers, Level};
use super::meta::Rule;
use super::target;
use crate::document::{Document, Kind, Node, json, path};
use crate::extract::{Hints, Site, policy_site};
use crate::finding::Standing;
use crate::policy::{Context, Effect, PolicyKind};
use std::sync::Arc;

/// A policy of a level.
enum Written<'r> {
    Node(Node<'r>),
    Text(Document),
}

/// The levels of both kinds, as far as a case gives them.
pub(super) struct Given<'r> {
    scps: Option<Vec<Vec<Written<'r>>>>,
    rcps: Option<Vec<Vec<Written<'r>>>>,
}

/// The same as layers.
pub(super) struct Bound<'g> {
    scps: Option<Layers<'g>>,
    rcps: Option<Layers<'g>>,
}

impl<'r> Given<'r> {
    /// Read them.
    pub(super) fn read(given: Option<Node<'r>>) -> Self {
        let of = |key: &str| given.and_then(|given| given.get(key)).map(|node| node.elements().map(level).collect());
        Self { scps: of("scps"), rcps: of("rcps") }
    }

    /// True for a case that gives levels.
    pub(super) fn is_some(&self) -> bool {
        self.scps.is_some() || self.rcps.is_some()
    }

    /// Ready to be asked.
    pub(super) fn bound(&self) -> Bound<'_> {
        Bound {
            scps: self.scps.as_deref().map(|levels| layers(levels, PolicyKind::ServiceControlPolicy)),
            rcps: self.rcps.as_deref().map(|levels| layers(levels, PolicyKind::ResourceControlPolicy)),
        }
    }
}

fn level(node: Node<'_>) -> Vec<Written<'_>> {
    node.elements()
        .map(|policy| match policy.kind() {
            Kind::Object => Written::Node(policy),
            _ => Written::Text(json::parse(policy.scalar().to_owned())),
        })
        .collect()
}

fn layers<'g>(levels: &'g [Vec<Written<'_>>], kind: PolicyKind) -> Layers<'g> {
    let one = |written: &'g Written<'_>| {
        let node = match written {
            Written::Node(node) => *node,
            Written::Text(document) => document.root()?,
        };
        let context = Context { kind: Some(kind), ..Context::default() };
        let (site, _) = policy_site(node, Hints { file: "given".into(), context });
        Some(Arc::new(site))
    };
    let level = |policies: &'g Vec<Written<'_>>| {
        let sites: Vec<Arc<Site<'g>>> = policies.iter().filter_map(one).collect();
        let allows =
            sites.iter().filter_map(|site| site.policy.as_ref()).flat_map(|p| &p.statements).any(|s| s.is(Effect::Allow));
        // A level that only denies stands beside `FullAWSAccess`, which no case needs to write out.
        Level { sites, open: !allows }
    };
    Layers { kind, levels: levels.iter().map(level).collect(), absent: false, account: None }
}

impl<'g> Bound<'g> {
    /// What the policies of a case are bound by.
    pub(super) fn around<'a>(&'a self) -> Around<'a, 'g> {
        Around { scps: self.scps.as_ref(), rcps: self.rcps.as_ref() }
    }

    /// What comes out of a rule about targets; `owner` is the target.
    pub(super) fn target(&self, rule: &Rule, owner: &Site<'g>) -> Result<Seen, String> {
        let (key, layers) = match (&self.scps, &self.rcps) {
            (Some(scps), None) => ("scps", scps),
            (None, Some(rcps)) => ("rcps", rcps),
            _ => return Err("give `scps` or `rcps`, a rule about targets is asked of one of them".to_owned()),
        };
        let answer = target::ask(rule, owner, layers);
        let verdict = match answer.standing {
            Standing::Held | Standing::Unbound => "pass",
            Standing::NotApplicable => "not_applicable",
            Standing::Open => "fail",
            Standing::Undecided => "unknown",
        };
        if !answer.is_reported {
            return Ok(Seen::of(verdict));
        }
        let related = answer.nearest.iter().filter_map(|(node, _)| pointer(layers, key, *node));
        Ok(Seen::told(verdict, related.collect(), answer.raised(rule, owner, layers).message))
    }
}

/// The place of a node among the levels: `/scps/1/0/Statement/0/Condition`.
fn pointer(layers: &Layers<'_>, key: &str, node: Node<'_>) -> Option<String> {
    for (level, policies) in layers.levels.iter().enumerate() {
        for (policy, root) in policies.sites.iter().enumerate().filter_map(|(number, site)| Some((number, site.root?))) {
            let same = std::ptr::eq(root.document(), node.document());
            if same && root.id() <= node.id() && node.id() < root.subtree_end() {
                return Some(format!("/{key}/{level}/{policy}{}", path::pointer(&path::steps(root, node).0)));
            }
        }
    }
    None
}
