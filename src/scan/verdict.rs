//! What was said of a policy's text, so that a text that stands in a thousand places is read and judged once. Kept is which
//! rules and checks have something to say; only those are asked again at each place.

use super::result::FileResult;
use crate::check::Codes;
use crate::extract::{Body, DocumentKind, Found};
use crate::policy::PolicyKind;
use crate::policy::arn::is_account_id;
use crate::rule::{Digits, Judgement, Reach, Registry};
use memchr::memmem;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

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
        if failed || (reach.owner && concerned) {
            self.rules.push(index);
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

/// A name by two hashes with secret keys.
pub(super) type NameKey = (u64, u64);

/// The verdicts of a run.
pub(super) struct Verdicts {
    states: (RandomState, RandomState),
    shards: Vec<Mutex<HashMap<Key, Arc<Verdict>>>>,
    digits: OnceLock<Digits>,
    blind: Mutex<HashMap<String, bool>>,
}

/// Hash a text with the owner's account id taken for the same in every account. Rules that tell accounts apart are asked
/// at each place, so that the verdict on one account's copy is that on all.
fn write_nameless(text: &str, account: &str, hasher: &mut impl Hasher) {
    let mut from = 0;
    for at in memmem::find_iter(text.as_bytes(), account) {
        let piece = text.get(from..at).unwrap_or_default();
        piece.hash(hasher);
        from = at + account.len();
    }
    text.get(from..).unwrap_or_default().hash(hasher);
}

/// Whether digits beside a wildcard may fit this account's id where it stands in the text, and not another's there.
fn is_picked_out(text: &str, account: &str) -> bool {
    let bytes = text.as_bytes();
    let written = ["*", "?", "%2A", "%2a", "%3F", "%3f"];
    let wilds = written.iter().flat_map(|wild| memmem::find_iter(bytes, wild)).filter_map(|at| wildcard(bytes, at));
    let mut runs = wilds.filter_map(|(at, len)| digits_beside(bytes, at, len)).peekable();
    if runs.peek().is_none() {
        return false;
    }
    let places: Vec<usize> = memmem::find_iter(bytes, account).collect();
    runs.any(|(start, end, first)| {
        let run = text.get(start..end).unwrap_or_default();
        let around = |at: &usize| match first {
            true => account.starts_with(run) && before(bytes, *at) == before(bytes, start),
            false => account.ends_with(run) && bytes.get(at + account.len()) == bytes.get(end),
        };
        let both = beside_two(bytes, start, end) && account.contains(run);
        both || places.iter().any(around)
    }) || places.iter().any(|at| is_digit(before(bytes, *at)) || bytes.get(at + account.len()).is_some_and(u8::is_ascii_digit))
}

/// A wildcard at a place, and how many bytes spell it.
fn wildcard(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    match bytes.get(at)? {
        b'%' => matches!(bytes.get(at + 1..at + 3)?, b"2a" | b"2A" | b"3f" | b"3F").then_some((at, 3)),
        _ => Some((at, 1)),
    }
}

/// The character before a place: one byte, or the three of an escape.
fn before(bytes: &[u8], at: usize) -> &[u8] {
    let escape = at.checked_sub(3).filter(|start| bytes.get(*start) == Some(&b'%'));
    bytes.get(escape.or(at.checked_sub(1)).unwrap_or(at)..at).unwrap_or_default()
}

fn is_digit(character: &[u8]) -> bool {
    match character {
        [single] => single.is_ascii_digit(),
        [b'%', b'3', low] => low.is_ascii_digit(),
        _ => false,
    }
}

/// The run of digits before a wildcard, or the one behind it: its ends, and whether it goes first.
fn digits_beside(bytes: &[u8], at: usize, len: usize) -> Option<(usize, usize, bool)> {
    let mut start = at;
    while start > 0 && is_digit(before(bytes, start)) {
        start -= before(bytes, start).len();
    }
    if start < at {
        return Some((start, at, true));
    }
    let behind = bytes.get(at + len..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    (behind > 0).then_some((at + len, at + len + behind, false))
}

fn beside_two(bytes: &[u8], start: usize, end: usize) -> bool {
    let ends = matches!(before(bytes, start), b"*" | b"?" | b"%2a" | b"%2A" | b"%3f" | b"%3F");
    ends && wildcard(bytes, end).is_some_and(|(at, _)| matches!(bytes.get(at), Some(b'*' | b'?' | b'%')))
}

impl Verdicts {
    pub fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { states: (RandomState::new(), RandomState::new()), shards, digits: OnceLock::new(), blind: Mutex::default() }
    }

    /// A short key for the name of a thing.
    pub fn name(&self, name: &str) -> NameKey {
        (self.states.0.hash_one(name), self.states.1.hash_one(name))
    }

    /// Whether the rules treat an account as any other.
    fn are_blind_to(&self, account: &str) -> bool {
        let mut known = self.blind.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(blind) = known.get(account) {
            return *blind;
        }
        let blind = self.digits.get().is_some_and(|digits| digits.are_blind_to(account));
        known.insert(account.to_owned(), blind);
        blind
    }

    /// The key of what was found: its text and what the answer hangs on besides. `None` for what is judged each time.
    pub fn key(&self, found: &Found, registry: &Registry) -> Option<Key> {
        let Body::Text(_, embedding) = &found.body else { return None };
        let kind = found.context.kind?;
        // The bucket of a policy is read off its text where nothing else tells it.
        if kind == PolicyKind::ResourcePolicy && (found.context.resource_type.is_none() || found.context.resource.is_none()) {
            return None;
        }
        let (raw, encoding) = embedding.written();
        self.digits.get_or_init(|| registry.digits());
        let owner = found.context.account.as_deref();
        let like_any = |account: &&str| is_account_id(account) && self.are_blind_to(account) && !is_picked_out(raw, account);
        let account = owner.filter(like_any);
        let hash = |state: &RandomState| {
            let mut hasher = state.build_hasher();
            (encoding, kind, found.context.resource_type.as_deref()).hash(&mut hasher);
            match account {
                Some(account) => write_nameless(raw, account, &mut hasher),
                None => (owner, &**raw).hash(&mut hasher),
            }
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
        verdicts.key(&Found { body: Body::Text("f".into(), embedding), context }, &Registry::default())
    }

    #[test]
    fn copies_in_two_accounts_are_one_text_and_nothing_else_is() {
        let verdicts = Verdicts::new();
        let (a, b) = ("111111111112", "222222222221");
        let key = |account: &str, policy: &str| key_of(&verdicts, account, policy).unwrap();
        let role = |account: &str, name: &str| format!("arn:aws:iam::{account}:role/{name}");
        assert!(key(a, &role(a, "x")) == key(b, &role(b, "x")));
        assert!(key(a, "no id") == key(b, "no id"));
        assert!(key(a, &role(a, "x")) != key(b, &role(a, "x")), "a foreign account stays what it is");
        assert!(key(a, &role(a, "x")) != key(a, &role(b, "x")));
        assert!(key(a, &role(a, "x")) != key(b, &role(b, "y")));
        let wild = |account: &str| format!("arn:aws:iam::1111*:role/x arn:aws:iam::{account}:root");
        assert!(key(a, &wild(a)) != key(b, &wild(b)), "a wildcard among digits fits one account and not the other");
        let elsewhere = |account: &str| format!("arn:aws:s3:::logs-1111* arn:aws:iam::{account}:root");
        assert!(key(a, &elsewhere(a)) == key(b, &elsewhere(b)));
        let behind = |account: &str| format!("arn:aws:iam::*112:root arn:aws:iam::{account}:root");
        assert!(key(a, &behind(a)) != key(b, &behind(b)));
        let inside = |account: &str| format!("*111* {account}");
        assert!(key(a, &inside(a)) != key(b, &inside(b)));
        let grown = |account: &str| format!("x*1 7{account}");
        assert!(key(a, &grown(a)) != key(b, &grown(b)));
        let quoted = |account: &str| format!("%22Resource%22%3A%22%2A%22 {account}");
        assert!(key(a, &quoted(a)) == key(b, &quoted(b)), "the digits of an escape are none");
        let encoded = |account: &str| format!("%3A1111%2A %3A{account}");
        assert!(key(a, &encoded(a)) != key(b, &encoded(b)));
        // Where the pieces end is part of the key.
        assert!(key(a, &format!("x{a}y{a}z")) != key(a, &format!("x{a}yz")));
    }
}
