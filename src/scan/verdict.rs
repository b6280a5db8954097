//! What was said of a policy's text, so that a text that stands in a thousand places is read and judged once. Kept is which
//! rules and checks have something to say; only those are asked again at each place.

use super::result::FileResult;
use crate::check::Codes;
use crate::document::Encoding;
use crate::extract::{Body, DocumentKind, Found};
use crate::policy::PolicyKind;
use crate::rule::{Judgement, Reach};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

/// A rule's number in the registry.
pub(super) type RuleIndex = u32;

/// What is known of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    /// What it is; `None` for a text that is no policy.
    pub kind: Option<DocumentKind>,
    /// The kind was a guess.
    pub assumed: bool,
    /// Statements in it.
    pub statements: usize,
    /// Mistakes in the text must be told at each place.
    pub broken: bool,
    /// Checks that have something to say.
    pub codes: Codes,
    /// Rules that fail, or that hang on whose policy it is.
    pub rules: Vec<RuleIndex>,
    /// The same, and rules that look at all policies of a principal together.
    pub whole: Vec<RuleIndex>,
    /// Rules that have nothing to look at.
    pub not_applicable: Vec<RuleIndex>,
    /// Rules that the text does not decide.
    pub undecided: Vec<RuleIndex>,
}

impl Verdict {
    /// Note what a rule made of the text; `concerned` tells that it has something to look at there.
    pub fn remember(&mut self, index: RuleIndex, reach: Reach, judgement: &Judgement<'_, '_>, concerned: bool) {
        let failed = matches!(judgement, Judgement::Fail(_));
        if failed || reach.owner {
            if failed || concerned {
                self.rules.push(index);
            }
        } else if matches!(judgement, Judgement::NotApplicable) {
            self.not_applicable.push(index);
        } else if matches!(judgement, Judgement::Undecided) {
            self.undecided.push(index);
        }
        if failed || (!reach.is_local() && concerned) {
            self.whole.push(index);
        }
    }

    /// Count what is the same wherever the text stands.
    pub fn count(&self, result: &mut FileResult) {
        let Some(kind) = self.kind else { return };
        result.policy(kind, self.assumed, self.statements);
        self.not_applicable.iter().for_each(|rule| result.not_applicable.add(*rule));
        self.undecided.iter().for_each(|rule| result.undecided.add(*rule));
    }
}

/// A text by its content. Two hashes with secret keys: nobody can write a policy that passes for another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(u64, u64);

const SHARDS: usize = 64;

/// The verdicts of a run.
pub(super) struct Verdicts {
    states: (RandomState, RandomState),
    shards: Vec<Mutex<HashMap<Key, Arc<Verdict>>>>,
}

impl Verdicts {
    pub fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { states: (RandomState::new(), RandomState::new()), shards }
    }

    /// The key of what was found: its text and what the answer hangs on besides. `None` for what is judged each time.
    pub fn key(&self, found: &Found) -> Option<Key> {
        let Body::Text(_, embedding) = &found.body else { return None };
        let kind = found.context.kind?;
        // The bucket of a policy is read off its text where nothing else tells it.
        if kind == PolicyKind::ResourcePolicy && (found.context.resource_type.is_none() || found.context.resource.is_none()) {
            return None;
        }
        let (raw, encoding) = embedding.written();
        let parts: (&str, Encoding, PolicyKind, Option<&str>) = (raw, encoding, kind, found.context.resource_type.as_deref());
        Some(Key(self.states.0.hash_one(parts), self.states.1.hash_one(parts)))
    }

    fn shard(&self, key: Key) -> Option<&Mutex<HashMap<Key, Arc<Verdict>>>> {
        self.shards.get(usize::try_from(key.0 % SHARDS as u64).unwrap_or(0))
    }

    pub fn get(&self, key: Key) -> Option<Arc<Verdict>> {
        self.shard(key)?.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    pub fn set(&self, key: Key, verdict: Arc<Verdict>) {
        if let Some(shard) = self.shard(key) {
            shard.lock().unwrap_or_else(PoisonError::into_inner).insert(key, verdict);
        }
    }
}
