//! What a rule says of a document, before it is placed in a file.

use crate::document::Node;
use crate::extract::Site;
use crate::finding::Confidence;
use crate::finding::model::Fix;
use crate::policy::Statement;

/// A broken rule before it is placed in a file.
#[derive(Debug)]
pub struct Raised<'a, 'd> {
    /// The document that holds the place.
    pub site: &'a Site<'d>,
    /// Where; `None` for a resource without a policy.
    pub node: Option<Node<'d>>,
    /// Places that explain it, with a word each.
    pub related: Vec<(Node<'d>, &'static str)>,
    /// The statement, for the fingerprint.
    pub statement: Option<&'a Statement<'d>>,
    /// One line.
    pub message: String,
    /// The near miss, as a sentence.
    pub help: Option<String>,
    /// A request that shows it, as a sentence without its stop.
    pub witness: Option<String>,
    /// The rule's, or low where something was unknown.
    pub confidence: Confidence,
    /// Advice with placeholders filled in.
    pub fixes: Vec<Fix>,
}

/// What a rule says of a document.
#[derive(Debug)]
pub enum Judgement<'a, 'd> {
    /// Nothing of this document is its business.
    NotApplicable,
    /// All is well.
    Pass,
    /// Something hangs on what the document does not tell, and the rule keeps quiet then.
    Undecided,
    /// It is broken here.
    Fail(Vec<Raised<'a, 'd>>),
}
