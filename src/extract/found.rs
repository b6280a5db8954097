//! What was found in a document, holding on to its text: policies, resources without one, records and settings. Sites
//! borrow from it when it is judged.

use super::facts::Fact;
use crate::document::path;
use crate::document::{Document, Embedding, Kind, Node, Origin, embed, json};
use crate::policy::parse::is_intrinsic;
use crate::policy::{Context, PolicyKind};
use std::sync::{Arc, Mutex, PoisonError};

/// A document, and where its text stands.
#[derive(Debug)]
pub struct Base {
    /// The file's name.
    pub file: Arc<str>,
    /// Its tree.
    pub document: Document,
    /// From its text to the file.
    pub origin: Origin,
    /// Texts with mistakes that were read inside of it, at any depth.
    broken: Arc<Mutex<Vec<Arc<Embedding>>>>,
}

impl Base {
    /// A document that was read from a file.
    pub fn new(file: Arc<str>, document: Document, origin: Origin) -> Self {
        Self { file, document, origin, broken: Arc::default() }
    }

    /// Texts in strings of it that were read and have mistakes; policies are not among them, whoever judges one tells
    /// what is wrong with it.
    pub fn broken(&self) -> Vec<Arc<Embedding>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_broken(&self, embedding: &Arc<Embedding>) {
        let pointers = |e: &Arc<Embedding>| Origin::Embedded(e.clone()).pointers(String::new());
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        let here = pointers(embedding);
        if broken.iter().all(|other| pointers(other) != here) {
            broken.push(embedding.clone());
        }
    }
}

/// A node that keeps its document.
#[derive(Clone, Debug)]
pub struct Place {
    base: Arc<Base>,
    id: u32,
}

/// What there is to look at.
#[derive(Clone, Debug)]
pub enum Body {
    /// A policy as an object of a document.
    Tree(Place),
    /// A policy in a string.
    Text(Arc<str>, Arc<Embedding>),
    /// A resource that has no policy, and the place that tells so.
    Missing(Place),
    /// A policy that is known only when a template is deployed.
    Unknown(Place),
    /// A configuration item as a record.
    Record(Place),
    /// What is set on a resource, and the place of the resource itself.
    Settings(Place, Vec<Fact>),
}

/// One thing that rules can be about.
#[derive(Clone, Debug)]
pub struct Found {
    /// What there is to look at.
    pub body: Body,
    /// Whose it is; its `kind` is set where the layout tells it.
    pub context: Context,
}

impl Place {
    /// The root of a document.
    pub fn root(base: Arc<Base>) -> Option<Self> {
        base.document.root()?;
        Some(Self { base, id: 0 })
    }

    /// The document.
    pub fn base(&self) -> &Arc<Base> {
        &self.base
    }

    /// The node.
    pub fn node(&self) -> Node<'_> {
        self.base.document.node_or_null(self.id)
    }

    /// The place of another node of this document.
    pub fn at(&self, node: Node<'_>) -> Self {
        Self { base: self.base.clone(), id: node.id() }
    }

    /// The same place in a document of its own, when its document is an item of a longer file: what must wait for others
    /// then holds on to a name and not to the item.
    pub fn alone(&self) -> Self {
        let (document, node) = (&self.base.document, self.node());
        let Origin::Part(part) = &self.base.origin else { return self.clone() };
        let span = node.span().range();
        let Some(text) = document.text().get(span.clone()).filter(|_| !part.pointer.is_empty()) else { return self.clone() };
        let start = self.base.origin.position(document.text(), document.lines(), span.start);
        let steps = document.root().map(|root| path::steps(root, node).0).unwrap_or_default();
        let pointer = self.base.origin.pointers(path::pointer(&steps)).pop().unwrap_or_default();
        let base = Base::new(self.base.file.clone(), json::parse(text.to_owned()), Origin::part(start, pointer));
        Self::root(Arc::new(base)).unwrap_or_else(|| self.clone())
    }

    /// The value of a member.
    pub fn get(&self, key: &str) -> Option<Self> {
        self.node().get(key).map(|node| self.at(node))
    }

    /// The value of the first of some members that is there and not null.
    pub fn any(&self, keys: &[&str]) -> Option<Self> {
        keys.iter().filter_map(|key| self.get(key)).find(|place| place.node().kind() != Kind::Null)
    }

    /// The text of the first of some members that is a string, or another scalar.
    pub fn text(&self, keys: &[&str]) -> Option<String> {
        self.any(keys).filter(|p| p.node().is_scalar()).map(|p| p.node().scalar().to_owned())
    }

    /// The elements of a list.
    pub fn elements(&self) -> impl Iterator<Item = Self> {
        self.node().elements().map(|node| self.at(node))
    }

    /// The elements of a member that is a list.
    pub fn list(&self, keys: &[&str]) -> Vec<Self> {
        self.any(keys).map(|list| list.opened().elements().collect()).unwrap_or_default()
    }

    /// The document inside, when this is a string that holds one; else the place itself.
    pub fn opened(&self) -> Self {
        self.unfolded(false)
    }

    /// The same for a string that must hold a document: mistakes in it are told.
    pub fn read(&self) -> Self {
        self.unfolded(true)
    }

    fn unfolded(&self, telling: bool) -> Self {
        let mut here = self.clone();
        // AWS encodes twice at most; a text that goes on like that is not ours to unfold.
        for _ in 0..4 {
            if !embed::holds_json(here.node()) {
                break;
            }
            let Some((embedding, _)) = here.base.origin.open(here.node()) else { break };
            let document = json::parse(embedding.text());
            if telling && !document.problems().is_empty() {
                here.base.note_broken(&embedding);
            }
            let (file, broken) = (here.base.file.clone(), here.base.broken.clone());
            let base = Base { file, document, origin: Origin::Embedded(embedding), broken };
            match Self::root(Arc::new(base)) {
                Some(inner) => here = inner,
                None => break,
            }
        }
        here
    }

    /// A policy that stands here: an object, or a string that holds one. `None` for nothing at all.
    pub fn policy(&self, kind: Option<PolicyKind>, context: Context) -> Option<Found> {
        let context = Context { kind: context.kind.or(kind), ..context };
        let node = self.node();
        let body = match node.kind() {
            Kind::Object if is_intrinsic(node) => Body::Unknown(self.clone()),
            Kind::Object | Kind::Array => Body::Tree(self.clone()),
            // Encoded once more than usual: the string of a string.
            Kind::String if node.scalar().trim_start().starts_with('"') => Body::Tree(self.read()),
            Kind::String if node.scalar().trim().is_empty() => return None,
            Kind::String => self.base.origin.open(node).map(|(embedding, _)| Body::Text(self.base.file.clone(), embedding))?,
            Kind::Null | Kind::True | Kind::False | Kind::Number => return None,
        };
        Some(Found { body, context })
    }
}

impl Found {
    /// The file it was found in.
    pub fn file(&self) -> &Arc<str> {
        match &self.body {
            Body::Text(file, _) => file,
            Body::Tree(place) | Body::Missing(place) | Body::Unknown(place) | Body::Record(place) | Body::Settings(place, _) => {
                &place.base.file
            }
        }
    }

    /// The same in other surroundings.
    pub fn with(&self, context: Context) -> Self {
        Self { body: self.body.clone(), context }
    }
}
