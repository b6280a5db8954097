//! Who may call: every caller that the policies can tell from others, and what the request context says of it.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal", "…: NotPrincipal" (a Deny spares whom it lists only when all that
//! they are known by is listed) and "AWS global condition context keys", "Properties of the principal".

use super::literal::{Field, Literal, Meaning, Named, Sense, Set};
use super::pattern::{Pattern, Symbol};
use super::value::Link;
use crate::policy::arn::{Arn, is_account_id};
use std::collections::BTreeSet;

/// The service or provider that no policy names; no policy can write it, for it would be a variable.
const ANOTHER: &str = "${another}";

/// Which callers a claim is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Users and sessions.
    Identity,
    /// The same and root users.
    Principals,
    /// Those of one account, but for service-linked roles.
    Member(String),
    /// Everybody.
    Everyone,
    /// Anonymous callers and principals of an account that no policy names.
    Stranger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Session,
    User,
    Root,
    Federated,
    Canonical,
    Anonymous,
    Service,
    Provider,
}

/// A caller, or many that nothing tells apart.
#[derive(Clone, Debug)]
pub struct Caller {
    kind: Kind,
    /// The account; `None` for one that is not named, or for none.
    account: Option<String>,
    /// What names this caller alone.
    name: Option<Named>,
    /// The ARN of the session.
    session: Option<Named>,
    /// What `aws:PrincipalArn` may be and not be.
    arn: (Vec<Pattern>, Vec<Pattern>),
    /// Accounts it is not of.
    elsewhere: Vec<String>,
}

/// Whom policies name.
#[derive(Default)]
struct Mentions {
    accounts: BTreeSet<String>,
    arns: BTreeSet<String>,
    others: BTreeSet<Named>,
}

impl Mentions {
    fn of(literals: &[&Literal]) -> Self {
        let mut out = Self::default();
        for literal in literals {
            match (&literal.meaning, &literal.field) {
                (Meaning::Principals(all, ..), _) => all.iter().for_each(|named| out.named(named)),
                (Meaning::Key(test), Field::Key(key)) if key == "aws:principalarn" || key == "aws:principalaccount" => {
                    let Set::Text(patterns) = &test.set else { continue };
                    for text in patterns.iter().map(shown) {
                        out.account(Arn::parse(&text).map_or(text.as_str(), |arn| arn.account));
                    }
                }
                _ => {}
            }
        }
        out
    }

    fn named(&mut self, named: &Named) {
        match named {
            Named::Account(account) => self.account(account),
            Named::Arn(arn) => {
                self.account(Arn::parse(arn).map_or("", |a| a.account));
                self.arns.insert(arn.clone());
            }
            Named::Service(any) | Named::Provider(any) if any == "*" => {}
            Named::Service(_) | Named::Provider(_) | Named::Canonical(_) => _ = self.others.insert(named.clone()),
            Named::Everyone | Named::Nobody | Named::Unknown(_) => {}
        }
    }

    fn account(&mut self, text: &str) {
        if is_account_id(text) {
            self.accounts.insert(text.to_owned());
        }
    }

    /// What follows `start` in the resource of each ARN that is named, with the ARN.
    fn arns<'m>(&'m self, account: Option<&'m str>, start: &'m str) -> impl Iterator<Item = (&'m str, &'m str)> {
        self.arns.iter().filter_map(move |arn| {
            let parts = Arn::parse(arn).filter(|a| Some(a.account) == account)?;
            parts.resource.strip_prefix(start).map(|rest| (rest, arn.as_str()))
        })
    }
}

/// A pattern as text; what is no character shows as `?`.
fn shown(pattern: &Pattern) -> String {
    pattern.symbols.iter().map(|s| if let Symbol::Char(c) = s { *c } else { '?' }).collect()
}

/// The callers of a scope.
pub fn callers(scope: &Scope, literals: &[&Literal]) -> Vec<Caller> {
    let mut mentions = Mentions::of(literals);
    if let Scope::Member(account) = scope {
        mentions.account(account);
    }
    let mut out = Vec::new();
    let accounts = || mentions.accounts.iter().map(|a| Some(a.as_str()));
    match scope {
        Scope::Identity | Scope::Principals => accounts().chain([None]).for_each(|a| of_account(&mentions, a, &mut out)),
        Scope::Member(account) => {
            of_account(&mentions, Some(account), &mut out);
            let linked = shape(Some(account), "iam", "role/aws-service-role/*");
            out.iter_mut().for_each(|caller| caller.arn.1.push(linked.clone()));
        }
        Scope::Everyone => {
            accounts().chain([None]).for_each(|a| of_account(&mentions, a, &mut out));
            out.push(bare(Kind::Anonymous, None));
            let unnamed = [Named::Service(ANOTHER.into()), Named::Provider(ANOTHER.into())];
            for named in mentions.others.iter().chain(&unnamed) {
                let kind = match named {
                    Named::Service(_) => Kind::Service,
                    Named::Provider(_) => Kind::Provider,
                    _ => Kind::Canonical,
                };
                out.push(bare(kind, Some(named.clone())));
            }
        }
        Scope::Stranger => {
            out.push(bare(Kind::Anonymous, None));
            of_account(&mentions, None, &mut out);
        }
    }
    out.retain(|caller| *scope != Scope::Identity || caller.kind != Kind::Root);
    out
}

fn bare(kind: Kind, name: Option<Named>) -> Caller {
    Caller { kind, account: None, name, session: None, arn: (Vec::new(), Vec::new()), elsewhere: Vec::new() }
}

/// Users, sessions and the root user of an account: those that are named, and others. Without an account, of any other.
fn of_account(mentions: &Mentions, account: Option<&str>, out: &mut Vec<Caller>) {
    let others: Vec<String> = if account.is_none() { mentions.accounts.iter().cloned().collect() } else { Vec::new() };
    let elsewhere = |service| others.iter().map(move |a| shape(Some(a), service, "*"));
    let one = |kind, name: Option<&str>, arn| Caller {
        kind,
        account: account.map(str::to_owned),
        name: name.map(|arn| Named::Arn(arn.to_owned())),
        session: None,
        arn,
        elsewhere: others.clone(),
    };
    for (kind, service, start) in
        [(Kind::Session, "iam", "role/"), (Kind::User, "iam", "user/"), (Kind::Federated, "sts", "federated-user/")]
    {
        let named: Vec<(&str, &str)> = mentions.arns(account, start).collect();
        let without: Vec<Pattern> = named.iter().map(|(_, arn)| Pattern::exact(arn)).chain(elsewhere(service)).collect();
        out.push(one(kind, None, (vec![shape(account, service, &format!("{start}?*"))], without.clone())));
        out.extend(named.iter().map(|(_, arn)| one(kind, Some(arn), (vec![Pattern::exact(arn)], Vec::new()))));
        if kind != Kind::Session {
            continue;
        }
        for (rest, arn) in mentions.arns(account, "assumed-role/") {
            let Some((role, _)) = rest.split_once('/') else { continue };
            let session = Some(Named::Arn(arn.to_owned()));
            let ends = [format!("role/{role}"), format!("role/*/{role}")].map(|end| shape(account, "iam", &end));
            out.push(Caller { session: session.clone(), ..one(kind, None, (ends.to_vec(), without.clone())) });
            for (_, arn) in named.iter().filter(|(path, _)| path.rsplit('/').next() == Some(role)) {
                let arns = (vec![Pattern::exact(arn)], Vec::new());
                out.push(Caller { session: session.clone(), ..one(kind, Some(arn), arns) });
            }
        }
    }
    out.push(one(Kind::Root, None, (vec![shape(account, "iam", "root")], elsewhere("iam").collect())));
}

/// `arn:PARTITION:SERVICE::ACCOUNT:RESOURCE`, the resource with wildcards.
fn shape(account: Option<&str>, service: &str, resource: &str) -> Pattern {
    let chars = |text: &str| text.chars().map(Symbol::Char).collect::<Vec<_>>();
    let glob = |c: char| match c {
        '*' => Symbol::Run(false),
        '?' => Symbol::One(false),
        c => Symbol::Char(c),
    };
    let mut symbols = chars("arn:");
    symbols.extend([Symbol::One(true), Symbol::Run(true)]);
    symbols.extend(chars(&format!(":{service}::")));
    symbols.extend(account.map_or(vec![Symbol::Digit; 12], chars));
    symbols.push(Symbol::Char(':'));
    symbols.extend(resource.chars().map(glob));
    Pattern::of(symbols, false)
}

impl Caller {
    fn is_of_iam(&self) -> bool {
        matches!(self.kind, Kind::Session | Kind::User | Kind::Root | Kind::Federated | Kind::Canonical)
    }

    /// Whether an entry of `Principal` means this caller, where that is known.
    fn is(&self, named: &Named) -> Option<bool> {
        match named {
            Named::Everyone => Some(true),
            Named::Nobody => Some(false),
            Named::Unknown(_) => None,
            Named::Account(account) => Some(self.account.as_ref() == Some(account)),
            Named::Service(any) if any == "*" => Some(self.kind == Kind::Service),
            Named::Provider(any) if any == "*" => Some(self.kind == Kind::Provider),
            Named::Arn(_) | Named::Service(_) | Named::Provider(_) | Named::Canonical(_) => {
                Some(self.name.as_ref() == Some(named) || self.session.as_ref() == Some(named))
            }
        }
    }

    /// Whether one of a list means it, where that is known.
    fn is_listed(&self, list: &[Named]) -> Option<bool> {
        let all: Vec<Option<bool>> = list.iter().map(|named| self.is(named)).collect();
        if all.contains(&Some(true)) { Some(true) } else { (!all.contains(&None)).then_some(false) }
    }

    /// Whether a Deny for all but those listed binds it: surely when nothing it is known by is listed, surely not when all is.
    fn is_bound_but_for(&self, list: &[Named]) -> Option<bool> {
        let any = |named: &Named| matches!(named, Named::Service(any) | Named::Provider(any) if any == "*");
        if list.iter().any(|n| *n == Named::Everyone || (any(n) && self.is(n) == Some(true))) {
            return Some(false);
        }
        let account = self.account.clone().map(Named::Account);
        let mut known_by: Vec<Option<Named>> = match self.kind {
            Kind::Anonymous => Vec::new(),
            Kind::Root => vec![account],
            Kind::Service | Kind::Provider | Kind::Canonical => vec![self.name.clone()],
            Kind::User | Kind::Federated => vec![account, self.name.clone()],
            Kind::Session => vec![account, self.name.clone(), self.session.clone()],
        };
        // An account, role or session that is not named is not listed either.
        let all = known_by.len();
        known_by.retain(|one| one.as_ref().is_some_and(|one| list.contains(one)));
        match known_by.len() {
            _ if list.iter().any(|named| matches!(named, Named::Unknown(_))) => None,
            0 => Some(true),
            listed if listed == all => Some(false),
            _ => None,
        }
    }

    /// Whether all that is said of the caller may be so.
    pub fn may_be(&self, path: &[Sense<'_>]) -> bool {
        path.iter().all(|(literal, want)| match &literal.meaning {
            Meaning::Principals(list, true, true) => self.is_bound_but_for(list) != Some(!want),
            Meaning::Principals(list, negated, _) => self.is_listed(list) != Some(want == negated),
            Meaning::Actions(..) | Meaning::Resources(..) | Meaning::Key(_) => true,
        })
    }

    /// What the context says of a key.
    pub fn link(&self, key: &str) -> Link {
        let exactly = |text: &str| Link::Within(vec![Pattern::exact(text)], Vec::new());
        let some = || Link::Within(vec![Pattern::everything()], Vec::new());
        let iam = self.is_of_iam();
        let Some(name) = key.strip_prefix("aws:") else { return Link::Free };
        let of_caller = name.starts_with("principaltag/")
            || matches!(name, "principalarn" | "principalaccount" | "userid" | "principalorgid" | "principalorgpaths");
        match name {
            _ if of_caller && !iam => Link::Absent,
            "principalarn" if self.kind != Kind::Canonical => Link::Within(self.arn.0.clone(), self.arn.1.clone()),
            "principalaccount" if self.kind != Kind::Canonical => match &self.account {
                Some(account) => exactly(account),
                None => {
                    let others = self.elsewhere.iter().map(|a| Pattern::exact(a)).collect();
                    Link::Within(vec![Pattern::of(vec![Symbol::Digit; 12], false)], others)
                }
            },
            "userid" => some(),
            // IAM identifiers: the name of a user is what stands behind the path of its ARN.
            "username" if self.kind == Kind::User => match &self.name {
                Some(Named::Arn(arn)) => exactly(arn.rsplit('/').next().unwrap_or_default()),
                _ => some(),
            },
            "username" if self.kind != Kind::Canonical => Link::Absent,
            "principaltype" => match self.kind {
                Kind::User => exactly("User"),
                Kind::Session => exactly("AssumedRole"),
                Kind::Root => exactly("Account"),
                Kind::Federated => exactly("FederatedUser"),
                Kind::Anonymous => exactly("Anonymous"),
                Kind::Service | Kind::Provider => Link::Absent,
                Kind::Canonical => Link::Free,
            },
            "principalisawsservice" => match self.kind {
                Kind::Service => exactly("true"),
                Kind::Anonymous | Kind::Provider => Link::Absent,
                _ => exactly("false"),
            },
            "principalservicename" => match &self.name {
                Some(Named::Service(service)) if service != ANOTHER => exactly(service),
                Some(Named::Service(_)) => some(),
                _ => Link::Absent,
            },
            _ => Link::Free,
        }
    }
}
