//! A thing that was found, opened for judging: its document is at hand, so that sites and places can be made of it.

use crate::document::Problem;
use crate::document::{Document, Node, Origin, json};
use crate::extract::{Body, DocumentKind, Fact, Found, Hints, Place, Site, policy_site};
use crate::finding::place::Placer;
use std::sync::Arc;

/// The document of something that was found.
pub(super) enum Opened<'f> {
    /// It stands in the document that was read.
    Placed(&'f Place),
    /// It was decoded from a string.
    Decoded { document: Box<Document>, file: Arc<str>, origin: Origin },
}

impl<'f> Opened<'f> {
    /// Open it; a string is decoded and read.
    pub fn new(found: &'f Found) -> Self {
        match &found.body {
            Body::Text(file, embedding) => Self::Decoded {
                document: Box::new(json::parse(embedding.text())),
                file: file.clone(),
                origin: Origin::Embedded(embedding.clone()),
            },
            Body::Tree(place) | Body::Missing(place) | Body::Unknown(place) | Body::Record(place) | Body::Settings(place, _) => {
                Self::Placed(place)
            }
        }
    }

    /// The root of what is to be judged, or the place that tells that there is nothing.
    pub fn node(&self) -> Option<Node<'_>> {
        match self {
            Self::Placed(place) => Some(place.node()),
            Self::Decoded { document, .. } => document.root(),
        }
    }

    /// Mistakes in a text that was decoded; those of the document that was read are told once, with it.
    pub fn mistakes(&self) -> &[Problem] {
        match self {
            Self::Placed(_) => &[],
            Self::Decoded { document, .. } => document.problems(),
        }
    }

    /// True when nothing is wrong with the document that it stands in.
    pub fn is_sound(&self) -> bool {
        let document = match self {
            Self::Placed(place) => &place.base().document,
            Self::Decoded { document, .. } => document,
        };
        document.problems().is_empty()
    }

    /// Places things of it; with the lines around them when they are `shown`.
    pub fn placer(&self, shown: bool) -> Placer<'_> {
        let placer = match self {
            Self::Placed(place) => {
                let base = place.base();
                Placer::within(&base.document, base.file.clone(), base.origin.clone())
            }
            Self::Decoded { document, file, origin } => Placer::within(document, file.clone(), origin.clone()),
        };
        placer.showing(shown)
    }

    /// The policy as a site, and what does not fit the grammar of a policy. `None` for a text that holds no object.
    pub fn policy(&self, found: &Found) -> Option<(Site<'_>, Vec<Problem>)> {
        let root = self.node()?;
        let hints = Hints { file: found.file().clone(), context: found.context.clone() };
        Some(policy_site(root, hints))
    }
}

/// A site of something that is no policy.
pub(super) fn other<'d>(found: &Found, kind: DocumentKind, root: Option<Node<'d>>, facts: &'d [Fact]) -> Site<'d> {
    Site { file: found.file().clone(), root, kind, assumed: false, policy: None, facts, context: found.context.clone() }
}
