//! What was said of a policy's text, so that a text that stands in a thousand places is read and judged once. Kept is which
//! rules and checks have something to say; only those are asked again at each place.

use super::result::FileResult;
use crate::check::Codes;
use crate::extract::{Body, DocumentKind, Found};
use crate::policy::PolicyKind;
use crate::policy::arn::is_account_id;
use crate::rule::{Judgement, Reach};
use memchr::memmem;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
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

/// Hash a text with the owner's account id taken for the same in every account. Rules that tell accounts apart are asked
/// at each place, so that the verdict on one account's copy is that on all.
fn write_nameless(text: &str, account: Option<&str>, hasher: &mut impl Hasher) {
    let Some(account) = account else {
        hasher.write_u8(0);
        return text.hash(hasher);
    };
    hasher.write_u8(1);
    let mut from = 0;
    for at in memmem::find_iter(text.as_bytes(), account) {
        let piece = text.get(from..at).unwrap_or_default();
        piece.hash(hasher);
        from = at + account.len();
    }
    text.get(from..).unwrap_or_default().hash(hasher);
}

/// Digits beside a wildcard, which could be the start of one account id and not of another.
fn wild_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let before = |at: usize| at.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let after = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    memchr::memchr2_iter(b'*', b'?', bytes).any(|at| before(at) || after(at + 1))
        || memchr::memchr_iter(b'%', bytes).any(|at| {
            let code = bytes.get(at + 1..at + 3).unwrap_or_default();
            (code.eq_ignore_ascii_case(b"2a") || code.eq_ignore_ascii_case(b"3f")) && (before(at) || after(at + 3))
        })
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
        let account = found.context.account.as_deref().filter(|account| is_account_id(account) && !wild_digits(raw));
        let hash = |state: &RandomState| {
            let mut hasher = state.build_hasher();
            (encoding, kind, found.context.resource_type.as_deref()).hash(&mut hasher);
            write_nameless(raw, account, &mut hasher);
            hasher.finish()
        };
        Some(Key(hash(&self.states.0), hash(&self.states.1)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Origin, json};
    use crate::policy::Context;

    fn key_of(verdicts: &Verdicts, account: &str, policy: &str) -> Option<Key> {
        let text = serde_json::json!({ "p": policy }).to_string();
        let document = json::parse(text);
        let (embedding, _) = Origin::default().open(document.root()?.get("p")?)?;
        let context = Context { kind: Some(PolicyKind::IdentityPolicy), account: Some(account.to_owned()), ..Context::default() };
        verdicts.key(&Found { body: Body::Text("f".into(), embedding), context })
    }

    #[test]
    fn copies_in_two_accounts_are_one_text_and_nothing_else_is() {
        let verdicts = Verdicts::new();
        let (a, b) = ("111111111112", "222222222221");
        let key = |account: &str, policy: &str| key_of(&verdicts, account, policy).unwrap();
        let role = |account: &str, name: &str| format!("arn:aws:iam::{account}:role/{name}");
        assert!(key(a, &role(a, "x")) == key(b, &role(b, "x")));
        assert!(key(a, &role(a, "x")) != key(b, &role(a, "x")), "a foreign account stays what it is");
        assert!(key(a, &role(a, "x")) != key(a, &role(b, "x")));
        assert!(key(a, &role(a, "x")) != key(b, &role(b, "y")));
        let wild = |account: &str| format!("arn:aws:iam::1111*:role/x {account}");
        assert!(key(a, &wild(a)) != key(b, &wild(b)), "a wildcard among digits fits one account and not the other");
        let encoded = |account: &str| format!("%7B1111%2A {account}");
        assert!(key(a, &encoded(a)) != key(b, &encoded(b)));
        // Where the pieces end is part of the key.
        assert!(key(a, &format!("x{a}y{a}z")) != key(a, &format!("x{a}yz")));
    }
}
