//! Policies of some files, read and not judged: each keeps its document, so that statements can be pointed at later.

use super::file::{identity_of, tell_inside, unreadable};
use super::inventory::{Inventory, Member};
use super::items::{BATCH, parse_item, unread};
use super::judge::{incomplete, tell};
use super::result::{FileResult, Rank};
use super::whole::{Understood, understand, worth_reporting};
use crate::document::{Node, Origin, json, path};
use crate::extract::{Base, Body, DocumentKind, Entity, Found, Hints, Site, policy_site};
use crate::finding::Incomplete;
use crate::finding::place::Placer;
use crate::policy::{Context, Policy, PolicyKind};
use crate::source::stream::{Content, Stream};
use crate::source::{SourceError, SourceFile};
use std::collections::HashMap;
use std::sync::Arc;

/// A policy with its document.
#[derive(Clone, Debug)]
pub struct Input {
    base: Arc<Base>,
    root: u32,
    /// The file as patterns of names see it.
    path: Arc<str>,
    context: Context,
    kind: PolicyKind,
    assumed: bool,
    /// What it is within its file; empty when the file is the policy.
    identity: String,
}

impl Input {
    /// The file, by the name it has in reports.
    pub fn file(&self) -> &Arc<str> {
        &self.base.file
    }

    /// The file as patterns of names see it: without the revision it was read from.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// What tells it from the others of its file; empty when the file is the policy.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Its kind.
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// True when nothing told the kind and it is a guess.
    pub fn is_assumed(&self) -> bool {
        self.assumed
    }

    /// Whose it is.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The best name for it: the file, and for one of several what it is there.
    pub fn name(&self) -> String {
        if self.identity.is_empty() {
            return self.file().to_string();
        }
        let attached = self.context.attached_to.as_ref().map(|a| a.name.as_str()).filter(|name| !name.is_empty());
        match (self.context.name.as_deref(), attached) {
            (Some(own), Some(principal)) if own != principal => format!("{own} of {principal} in {}", self.file()),
            (Some(one), _) | (None, Some(one)) => format!("{} {one} in {}", self.kind, self.file()),
            (None, None) => format!("{} in {}", self.identity, self.file()),
        }
    }

    /// The object of the policy.
    pub fn root(&self) -> Node<'_> {
        self.base.document.node_or_null(self.root)
    }

    /// The policy in its place.
    pub fn site(&self) -> Site<'_> {
        policy_site(self.root(), self.hints()).0
    }

    /// The policy. It is read from the tree each time: ask once.
    pub fn policy(&self) -> Policy<'_> {
        let nothing = Policy { node: self.root(), version: None, statements: Vec::new() };
        self.site().policy.unwrap_or(nothing)
    }

    /// Places nodes of its document.
    pub fn placer(&self) -> Placer<'_> {
        Placer::within(&self.base.document, self.base.file.clone(), self.base.origin.clone())
    }

    fn hints(&self) -> Hints {
        Hints { file: self.path.clone(), context: self.context.clone() }
    }
}

/// A record of a thing that may come more than once: its key, and how new it is.
type Record = Option<(Arc<str>, Rank)>;

/// What was read.
#[derive(Debug, Default)]
pub struct Gathered {
    /// In the order of the files and of their texts.
    pub policies: Vec<Input>,
    /// What could not be read or understood, sorted.
    pub incomplete: Vec<Incomplete>,
    /// Files that hold nothing we know; those that were named themselves are marked.
    pub unrecognised: Vec<(Arc<str>, bool)>,
    /// Who has which of the policies.
    pub inventory: Inventory,
}

/// Reads them.
pub struct Gatherer<'a> {
    context_of: &'a dyn Fn(&str) -> Context,
    found: Vec<(Record, Input)>,
    newest: HashMap<Arc<str>, Rank>,
    members: Vec<(Record, Member)>,
    out: Gathered,
}

/// A file that is being read.
struct File<'a> {
    name: &'a Arc<str>,
    path: &'a Arc<str>,
}

impl<'a> Gatherer<'a> {
    /// `context_of` tells what was said of a file from outside, by its path.
    pub fn new(context_of: &'a dyn Fn(&str) -> Context) -> Self {
        Self { context_of, found: Vec::new(), newest: HashMap::new(), members: Vec::new(), out: Gathered::default() }
    }

    /// Take in a file. `path` is its name as patterns see it, `explicit` tells that the user named this very file.
    pub fn content(&mut self, content: Content, name: &Arc<str>, path: &Arc<str>, explicit: bool) {
        let file = File { name, path };
        match content {
            Content::Whole(source) => self.whole(source, &file, explicit),
            Content::Items(stream) => self.items(*stream, &file, explicit),
        }
    }

    /// Take note of a file that could not be read.
    pub fn failed(&mut self, error: &SourceError) {
        self.out.incomplete.push(unreadable(error));
    }

    /// What all of them gave; of several records of one thing the newest.
    pub fn finish(mut self) -> Gathered {
        let newest = &self.newest;
        let current = |record: &Record| record.as_ref().is_none_or(|(key, rank)| newest.get(key).is_none_or(|best| best == rank));
        let mut places = Vec::with_capacity(self.found.len());
        for (record, input) in self.found {
            places.push(current(&record).then_some(self.out.policies.len()));
            if current(&record) {
                self.out.policies.push(input);
            }
        }
        let members: Vec<Member> = self.members.into_iter().filter(|(record, _)| current(record)).map(|(_, m)| m).collect();
        self.out.inventory = Inventory::join(&members, &places);
        number(&mut self.out.policies);
        self.out.incomplete.sort_by(|a, b| {
            let key = |i: &Incomplete| (i.file.clone(), i.location.as_ref().map(|l| l.start), i.reason.clone());
            key(a).cmp(&key(b))
        });
        self.out
    }

    fn whole(&mut self, source: SourceFile, file: &File<'_>, explicit: bool) {
        let Understood { base, layout, entities, mistakes, yaml } = understand(source, &(self.context_of)(file.path));
        if layout.is_none() && !worth_reporting(&base.document, &mistakes, explicit, yaml) {
            self.out.unrecognised.push((file.name.clone(), explicit));
            return;
        }
        let placer = Placer::new(&base.document, file.name.clone());
        let mut told = FileResult::default();
        tell(mistakes.iter(), &placer, &mut told);
        if layout.is_some() {
            tell_inside(&base, &mut told);
        }
        self.out.incomplete.extend(told.incomplete);
        self.entities(entities, file, 0);
    }

    fn items(&mut self, mut stream: Stream, file: &File<'_>, explicit: bool) {
        let context = (self.context_of)(file.path);
        let mut known = false;
        loop {
            let batch = stream.batch(BATCH);
            let Some(first) = batch.first() else { break };
            let lines = first.pointer.is_empty();
            for item in batch {
                let parsed = parse_item(item, file.name, &context, lines);
                known |= parsed.layout.is_some();
                self.out.incomplete.extend(parsed.incomplete);
                self.entities(parsed.entities, file, parsed.offset);
            }
        }
        self.out.incomplete.extend(unread(&mut stream, file.name));
        if !known {
            self.out.unrecognised.push((file.name.clone(), explicit));
        }
    }

    fn entities(&mut self, entities: Vec<Entity>, file: &File<'_>, offset: usize) {
        for entity in entities {
            let identity = identity_of(&entity);
            let rank = Rank::new(identity, file.name, offset);
            let record = identity.key.clone().map(|key| (key, rank));
            if let Some((key, rank)) = &record {
                match self.newest.get_mut(key) {
                    Some(known) if *known >= *rank => {}
                    Some(known) => *known = rank.clone(),
                    None => drop(self.newest.insert(key.clone(), rank.clone())),
                }
            }
            let mut keep = |all: &[Found]| {
                let first = self.found.len();
                all.iter().for_each(|found| self.one(found.clone(), record.clone(), file));
                first..self.found.len()
            };
            let member = match entity {
                Entity::Resource(_, found) => {
                    keep(&found);
                    continue;
                }
                Entity::Principal(_, principal) => {
                    Member::Principal { own: keep(&principal.own), inline: keep(&principal.inline), principal }
                }
                Entity::Managed(_, managed) => Member::Managed { default: keep(managed.default.as_slice()), managed },
            };
            self.members.push((record, member));
        }
    }

    fn one(&mut self, found: Found, record: Record, file: &File<'_>) {
        let (base, root) = match found.body {
            Body::Tree(place) => (place.base().clone(), place.node().id()),
            Body::Text(name, embedding) => {
                let document = json::parse(embedding.text());
                let base = Arc::new(Base::new(name, document, Origin::Embedded(embedding)));
                let placer = Placer::within(&base.document, base.file.clone(), base.origin.clone());
                let mistakes: Vec<_> = base.document.problems().iter().map(|p| incomplete(p, &placer)).collect();
                let empty = base.document.root().is_none();
                self.out.incomplete.extend(mistakes);
                if empty {
                    return;
                }
                (base, 0)
            }
            Body::Unknown(place) => {
                let base = place.base();
                let placer = Placer::within(&base.document, base.file.clone(), base.origin.clone());
                self.out.incomplete.push(Incomplete {
                    file: base.file.clone(),
                    code: None,
                    reason: "a policy that is known only when the template is deployed".to_owned(),
                    help: "name the deployed policy instead".to_owned(),
                    location: Some(placer.node(Some(place.node()))),
                    related: Vec::new(),
                    resource: None,
                });
                return;
            }
            Body::Missing(_) | Body::Record(_) | Body::Settings(..) => return,
        };
        let input = Input {
            base,
            root,
            path: file.path.clone(),
            context: found.context,
            kind: PolicyKind::IdentityPolicy,
            assumed: false,
            identity: String::new(),
        };
        let mistakes = self.finished(input, record);
        self.out.incomplete.extend(mistakes);
    }

    /// Keep a policy, its kind settled; what does not fit the grammar of a policy comes back.
    fn finished(&mut self, mut input: Input, record: Record) -> Vec<Incomplete> {
        let (site, problems) = policy_site(input.root(), input.hints());
        let placer = input.placer();
        let mistakes = problems.iter().map(|problem| incomplete(problem, &placer)).collect();
        let identity = identity(&input);
        let DocumentKind::Policy(kind) = site.kind else { return mistakes };
        let (assumed, context) = (site.assumed, site.context);
        drop(site.policy);
        (input.kind, input.assumed, input.context, input.identity) = (kind, assumed, context, identity);
        self.found.push((record, input));
        mistakes
    }
}

/// What tells a policy from others of its file, the same after edits elsewhere: its owner and its name, else its place.
fn identity(input: &Input) -> String {
    if input.root == 0 && matches!(input.base.origin.pointers(String::new()).as_slice(), [only] if only.is_empty()) {
        return String::new();
    }
    let context = &input.context;
    let attached = context.attached_to.as_ref().map(|a| a.name.as_str()).filter(|name| !name.is_empty());
    let kind = context.kind.map(PolicyKind::as_str);
    let words: Vec<&str> = [kind, context.resource.as_deref(), attached, context.name.as_deref()].into_iter().flatten().collect();
    if words.len() > usize::from(kind.is_some()) {
        return words.join(" ");
    }
    let steps = input.base.document.root().map(|root| path::steps(root, input.root()).0).unwrap_or_default();
    input.base.origin.pointers(path::pointer(&steps)).join(" ")
}

/// Tell apart what has one identity within a file, in the order of the text.
fn number(policies: &mut [Input]) {
    let mut seen: HashMap<(Arc<str>, String), usize> = HashMap::new();
    for input in policies {
        let count = seen.entry((input.file().clone(), input.identity.clone())).or_default();
        *count += 1;
        if *count > 1 {
            input.identity = format!("{} #{count}", input.identity);
        }
    }
}
