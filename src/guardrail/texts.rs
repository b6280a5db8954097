//! The texts of an organization's control policies, opened: each with its document, so that its statements can be read and
//! pointed at.

use crate::document::{Document, Node, Origin, Problem, json};
use crate::extract::{Base, Body, Found, Hints, policy_site};
use crate::finding::place::Placer;
use crate::organization::{Organization, tree};
use crate::policy::{Context, Policy, PolicyKind, parse};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A text with its document.
#[derive(Debug)]
struct Opened {
    base: Arc<Base>,
    root: u32,
    context: Context,
    problems: Vec<Problem>,
}

/// The texts of an organization.
#[derive(Debug, Default)]
pub struct Texts {
    opened: BTreeMap<String, Opened>,
    /// What allows everything, as AWS attaches it.
    full: BTreeMap<bool, Document>,
}

/// What is known of a control policy's text.
#[derive(Clone, Debug)]
pub enum Text<'d> {
    /// It was read.
    Read(Policy<'d>),
    /// It is one that AWS keeps: it allows everything.
    Full(Policy<'d>),
    /// It is not there.
    Absent,
    /// It is no policy, or has mistakes.
    Broken,
}

/// A control policy of the organization.
#[derive(Clone, Debug)]
pub struct Control<'d> {
    /// `p-…`; of a policy in a folder, the name of its file.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Of service or of resources.
    pub kind: PolicyKind,
    /// What is known of its text.
    pub text: Text<'d>,
    /// Characters of its text as it is stored, white space included.
    pub characters: usize,
}

impl Control<'_> {
    /// True for a policy that AWS keeps and nobody can change.
    pub fn is_of_aws(&self) -> bool {
        tree::is_full_access(&self.id)
    }
}

/// What allows everything: `FullAWSAccess` and `RCPFullAWSAccess`.
fn full_access(of_resources: bool) -> Document {
    let principal = if of_resources { r#""Principal":"*","# } else { "" };
    json::parse(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{principal}"Action":"*","Resource":"*"}}]}}"#
    ))
}

impl Texts {
    /// Open the texts that an organization was loaded with.
    pub fn of(found: &BTreeMap<String, Found>) -> Self {
        let full = [false, true].map(|of_resources| (of_resources, full_access(of_resources))).into();
        Self { opened: found.iter().filter_map(|(id, found)| Some((id.clone(), open(found)?))).collect(), full }
    }

    /// The control policies of the organization, sorted by their ids; those that are attached and not listed too, which may
    /// be of either kind and stand twice. Of the last two nothing is attached: they allow everything.
    pub fn controls<'t>(&'t self, organization: &Organization) -> Vec<Control<'t>> {
        let mut out = Vec::new();
        for (id, policy) in &organization.policies {
            let Some(kind) = kind_of(&policy.kind) else { continue };
            let (text, characters) = self.text(id, kind);
            out.push(Control { id: id.clone(), name: policy.name.clone(), kind, text, characters });
        }
        let attached: std::collections::BTreeSet<&String> = organization.attached.values().flatten().collect();
        for id in attached.into_iter().filter(|id| !organization.policies.contains_key(*id)) {
            for kind in KINDS {
                let (text, characters) = self.text(id, kind);
                out.push(Control { id: id.clone(), name: id.clone(), kind, text, characters });
            }
        }
        for kind in KINDS {
            let text = self.full(kind).map_or(Text::Absent, Text::Full);
            let name = "what allows everything".to_owned();
            out.push(Control { id: String::new(), name, kind, text, characters: 0 });
        }
        out
    }

    fn text(&self, id: &str, kind: PolicyKind) -> (Text<'_>, usize) {
        match self.opened.get(id) {
            Some(opened) if opened.problems.is_empty() => {
                let node = opened.node();
                let text = node.document().text().get(node.span().range()).unwrap_or_default();
                (Text::Read(parse(node).0), text.chars().count())
            }
            Some(_) => (Text::Broken, 0),
            None if tree::is_full_access(id) => (self.full(kind).map_or(Text::Absent, Text::Full), 0),
            None => (Text::Absent, 0),
        }
    }

    fn full(&self, kind: PolicyKind) -> Option<Policy<'_>> {
        let document = self.full.get(&(kind == PolicyKind::ResourceControlPolicy))?;
        document.root().map(|root| parse(root).0)
    }

    /// Places the nodes of a policy's document; `None` for one whose text is not there.
    pub fn placer(&self, id: &str) -> Option<Placer<'_>> {
        self.opened.get(id).map(|o| Placer::within(&o.base.document, o.base.file.clone(), o.base.origin.clone()))
    }

    /// Texts with mistakes, by the ids of their policies.
    pub fn broken(&self) -> impl Iterator<Item = (&str, &[Problem])> {
        let with = self.opened.iter().filter(|(_, opened)| !opened.problems.is_empty());
        with.map(|(id, opened)| (id.as_str(), opened.problems.as_slice()))
    }
}

/// The kinds that Organizations has.
pub(super) const KINDS: [PolicyKind; 2] = [PolicyKind::ServiceControlPolicy, PolicyKind::ResourceControlPolicy];

fn kind_of(written: &str) -> Option<PolicyKind> {
    KINDS.into_iter().find(|kind| tree::type_of(*kind) == written)
}

impl Opened {
    fn node(&self) -> Node<'_> {
        self.base.document.node_or_null(self.root)
    }
}

/// The document of a text; `None` for what is no text.
fn open(found: &Found) -> Option<Opened> {
    let (base, root) = match &found.body {
        Body::Tree(place) => (place.base().clone(), place.node().id()),
        Body::Text(name, embedding) => {
            let document = json::parse(embedding.text());
            (Arc::new(Base::new(name.clone(), document, Origin::Embedded(embedding.clone()))), 0)
        }
        Body::Unknown(_) | Body::Missing(_) | Body::Record(_) | Body::Settings(..) => return None,
    };
    let mut opened = Opened { base, root, context: found.context.clone(), problems: Vec::new() };
    if root == 0 {
        opened.problems.extend(opened.base.document.problems().iter().cloned());
    }
    if opened.base.document.root().is_some() {
        let hints = Hints { file: opened.base.file.clone(), context: opened.context.clone() };
        let problems = policy_site(opened.node(), hints).1;
        opened.problems.extend(problems);
    }
    Some(opened)
}
