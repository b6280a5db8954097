//! Who can call: the callers that policies tell apart, each a class, and what the request context says of them.
//!
//! Principals are matched exactly, path included, so that those a policy names, one more of each account it names and one
//! of an account it does not name stand for all. IAM User Guide, "AWS JSON policy elements: Principal" and "…:
//! NotPrincipal"; "AWS global condition context keys", "Properties of the principal".

use super::literal::Named;
use super::pattern::{Pattern, Symbol};
use crate::evaluate::{Caller, CallerKind};
use crate::policy::arn::{Arn, is_account_id};
use std::collections::BTreeSet;

/// Which callers a question is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Users and sessions that have identity policies.
    Identity,
    /// The same and root users: whom organization policies bind.
    Principals,
    /// Principals of one account that an SCP binds: users, roles, the root user; no service-linked roles.
    Member(String),
    /// Everybody: anonymous callers, services and providers too.
    Everyone,
    /// Nobody that the policy names: anonymous callers and principals of an account that is not named.
    Stranger,
    /// Whom one entry of a `Principal` element names: a user, the sessions of a role, everybody of an account, a service.
    Just(Named),
    /// A user or a session of some role of an account: who has a policy of which only the text is known.
    Holder(String),
}

/// What the context says of a key that belongs to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linked {
    /// It is no key of the caller's.
    Free,
    /// The request does not carry it.
    Absent,
    /// It is carried; in one of the first, in none of the second where there are any.
    Within(Vec<Pattern>, Vec<Pattern>),
}

/// Whether a class of callers is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// All of it.
    Yes,
    /// None of it.
    No,
    /// The documentation, or the text, does not tell.
    Maybe,
}

/// A class of callers.
#[derive(Clone, Debug)]
pub struct Class {
    /// The sort.
    pub kind: CallerKind,
    /// The account; `None` for one that no policy names, or none at all.
    pub account: Option<String>,
    /// The user, role, service or provider, where the class is about one alone.
    pub name: Option<String>,
    /// Of a session that some policy names: its ARN and its name.
    pub session: Option<(String, String)>,
    /// What `aws:PrincipalArn` may be, and may not be.
    arn: (Vec<Pattern>, Vec<Pattern>),
    /// Accounts that others stand for.
    not_accounts: Vec<String>,
}

/// What policies name, taken together.
#[derive(Clone, Debug, Default)]
pub struct Mentions {
    accounts: BTreeSet<String>,
    arns: BTreeSet<String>,
    services: BTreeSet<String>,
    providers: BTreeSet<String>,
    canonical: BTreeSet<String>,
}

impl Mentions {
    /// One entry of a `Principal` element.
    pub fn add(&mut self, named: &Named) {
        match named {
            Named::Account(account) => self.account(account),
            Named::Arn(arn) => {
                self.account(Arn::parse(arn).map_or("", |a| a.account));
                self.arns.insert(arn.clone());
            }
            Named::Service(any) | Named::Provider(any) if any == "*" => {}
            Named::Service(name) => _ = self.services.insert(name.clone()),
            Named::Provider(name) => _ = self.providers.insert(name.clone()),
            Named::Canonical(id) => _ = self.canonical.insert(id.clone()),
            Named::Everyone | Named::Nobody(_) | Named::Unknown(_) => {}
        }
    }

    /// An account that a condition names.
    pub fn account(&mut self, account: &str) {
        if is_account_id(account) {
            self.accounts.insert(account.to_owned());
        }
    }

    /// What a condition on the caller's ARN or account compares with.
    pub fn value(&mut self, pattern: &Pattern) {
        let shown = pattern.show();
        self.account(Arn::parse(&shown).map_or(shown.as_str(), |arn| arn.account));
    }

    fn of_account<'m>(&'m self, account: Option<&'m str>, kind: &'m str) -> impl Iterator<Item = &'m String> {
        self.arns.iter().filter(move |arn| {
            Arn::parse(arn).is_some_and(|a| account.is_none_or(|own| a.account == own) && a.resource.starts_with(kind))
        })
    }

    /// The classes of a scope, plain ones first.
    pub fn classes(&self, scope: &Scope) -> Vec<Class> {
        let mut out = Vec::new();
        match scope {
            Scope::Identity | Scope::Principals => {
                for account in self.accounts.iter().map(Some).chain([None]).rev() {
                    self.iam(account.map(String::as_str), &mut out);
                }
                out.retain(|class| *scope == Scope::Principals || class.kind != CallerKind::Root);
                if *scope == Scope::Principals {
                    let linked = shape(None, "iam", "role/aws-service-role/");
                    out.iter_mut().for_each(|class| class.arn.1.push(linked.clone()));
                }
            }
            Scope::Member(account) => {
                self.iam(Some(account), &mut out);
                let linked = shape(Some(account), "iam", "role/aws-service-role/");
                out.iter_mut().for_each(|class| class.arn.1.push(linked.clone()));
            }
            Scope::Everyone => {
                self.iam(None, &mut out);
                for account in &self.accounts {
                    self.iam(Some(account), &mut out);
                }
                out.push(Class::bare(CallerKind::Anonymous, None));
                self.not_iam(&mut out);
            }
            Scope::Stranger => {
                out.push(Class::bare(CallerKind::Anonymous, None));
                self.iam(None, &mut out);
            }
            Scope::Just(named) => {
                let mut with = self.clone();
                with.add(named);
                for account in &with.accounts {
                    with.iam(Some(account), &mut out);
                }
                with.not_iam(&mut out);
                out.retain(|class| class.named_by(named) == Meant::Yes);
            }
            Scope::Holder(account) => {
                self.iam(Some(account), &mut out);
                out.retain(|class| matches!(class.kind, CallerKind::User | CallerKind::RoleSession));
            }
        }
        out
    }

    /// Sessions, users and the root user of one account, named ones and others.
    fn iam(&self, account: Option<&str>, out: &mut Vec<Class>) {
        let not_accounts: Vec<String> = if account.is_none() { self.accounts.iter().cloned().collect() } else { Vec::new() };
        let class = |kind, within: Vec<Pattern>, without: Vec<Pattern>| Class {
            kind,
            account: account.map(str::to_owned),
            name: None,
            session: None,
            arn: (within, without),
            not_accounts: not_accounts.clone(),
        };
        let exact = |arn: &String| Pattern::exact(arn, false);
        let elsewhere: Vec<Pattern> = not_accounts.iter().map(|a| shape(Some(a), "iam", "")).collect();
        let others =
            |kind: &str| -> Vec<Pattern> { self.of_account(account, kind).map(exact).chain(elsewhere.iter().cloned()).collect() };
        let roles = others("role/");
        out.push(class(CallerKind::RoleSession, vec![shape(account, "iam", "role/")], roles.clone()));
        if account.is_some() {
            for arn in self.of_account(account, "role/") {
                out.push(Class { name: Some(arn.clone()), ..class(CallerKind::RoleSession, vec![exact(arn)], Vec::new()) });
            }
            for arn in self.of_account(account, "assumed-role/") {
                let Some((role, session)) = session_parts(arn) else { continue };
                let session = Some((arn.clone(), session.to_owned()));
                let ends = [format!("role/{role}"), format!("role/*/{role}")];
                let within = ends.iter().map(|end| role_shape(account, end)).collect();
                out.push(Class { session: session.clone(), ..class(CallerKind::RoleSession, within, roles.clone()) });
                for named in self.of_account(account, "role/").filter(|r| r.rsplit('/').next() == Some(role)) {
                    let one = class(CallerKind::RoleSession, vec![exact(named)], Vec::new());
                    out.push(Class { name: Some(named.clone()), session: session.clone(), ..one });
                }
            }
        }
        out.push(class(CallerKind::User, vec![shape(account, "iam", "user/")], others("user/")));
        if account.is_some() {
            for arn in self.of_account(account, "user/") {
                out.push(Class { name: Some(arn.clone()), ..class(CallerKind::User, vec![exact(arn)], Vec::new()) });
            }
        }
        out.push(class(CallerKind::Root, vec![role_shape(account, "root")], elsewhere));
        let away = not_accounts.iter().map(|a| shape(Some(a), "sts", ""));
        let federated = self.of_account(account, "federated-user/").map(exact).chain(away).collect();
        out.push(class(CallerKind::FederatedUser, vec![shape(account, "sts", "federated-user/")], federated));
        if account.is_some() {
            for arn in self.of_account(account, "federated-user/") {
                out.push(Class { name: Some(arn.clone()), ..class(CallerKind::FederatedUser, vec![exact(arn)], Vec::new()) });
            }
        }
    }

    /// Services, providers and canonical users: each named one, and one more.
    fn not_iam(&self, out: &mut Vec<Class>) {
        for service in self.services.iter().map(String::as_str).chain(["unnamed.amazonaws.com"]) {
            out.push(Class::bare(CallerKind::Service, Some(service)));
        }
        for provider in self.providers.iter().map(String::as_str).chain(["unnamed.example.com"]) {
            let saml = provider.contains(":saml-provider/");
            out.push(Class::bare(if saml { CallerKind::Saml } else { CallerKind::WebIdentity }, Some(provider)));
        }
        for id in &self.canonical {
            out.push(Class { arn: (vec![Pattern::exact(id, false)], Vec::new()), ..Class::bare(CallerKind::User, Some(id)) });
        }
    }
}

/// `arn:PARTITION:SERVICE::ACCOUNT:START*`; an account that is not given is any.
fn shape(account: Option<&str>, service: &str, start: &str) -> Pattern {
    let mut symbols = head(account, service);
    symbols.extend(start.chars().map(Symbol::Char));
    if !start.is_empty() {
        symbols.push(Symbol::One);
    }
    symbols.push(Symbol::Run);
    Pattern::new(symbols, false)
}

/// The same with the whole of the resource; `*` in it stands for any run.
fn role_shape(account: Option<&str>, resource: &str) -> Pattern {
    let mut symbols = head(account, "iam");
    symbols.extend(resource.chars().map(|c| if c == '*' { Symbol::Run } else { Symbol::Char(c) }));
    Pattern::new(symbols, false)
}

fn head(account: Option<&str>, service: &str) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = "arn:".chars().map(Symbol::Char).collect();
    symbols.extend([Symbol::OneInField, Symbol::RunInField]);
    symbols.extend(format!(":{service}::").chars().map(Symbol::Char));
    match account {
        Some(account) => symbols.extend(account.chars().map(Symbol::Char)),
        None => symbols.extend([Symbol::Digit; 12]),
    }
    symbols.push(Symbol::Char(':'));
    symbols
}

/// Role and session of `arn:…:assumed-role/ROLE/SESSION`.
fn session_parts(arn: &str) -> Option<(&str, &str)> {
    Arn::parse(arn)?.resource.strip_prefix("assumed-role/")?.split_once('/')
}

impl Class {
    fn bare(kind: CallerKind, name: Option<&str>) -> Self {
        let name = name.map(str::to_owned);
        Self { kind, account: None, name, session: None, arn: (Vec::new(), Vec::new()), not_accounts: Vec::new() }
    }

    fn is_of_iam(&self) -> bool {
        match self.kind {
            CallerKind::User | CallerKind::RoleSession | CallerKind::Role | CallerKind::Root | CallerKind::FederatedUser => true,
            CallerKind::WebIdentity | CallerKind::Saml | CallerKind::Service | CallerKind::Anonymous => false,
        }
    }

    /// Whether a service or provider has this name; `*` is any of them.
    fn is_named(&self, name: &str) -> bool {
        name == "*" || self.name.as_deref() == Some(name)
    }

    /// Whether one entry of `Principal` names this class.
    fn named_by(&self, named: &Named) -> Meant {
        let yes = match named {
            Named::Everyone => true,
            Named::Account(account) => self.account.as_ref() == Some(account),
            Named::Arn(arn) => {
                self.is_of_iam() && (self.name.as_ref() == Some(arn) || self.session.as_ref().is_some_and(|(own, _)| own == arn))
            }
            Named::Service(name) => self.kind == CallerKind::Service && self.is_named(name),
            Named::Provider(name) => matches!(self.kind, CallerKind::WebIdentity | CallerKind::Saml) && self.is_named(name),
            Named::Canonical(id) => self.kind == CallerKind::User && self.name.as_ref() == Some(id),
            Named::Nobody(_) => false,
            Named::Unknown(_) => return Meant::Maybe,
        };
        if yes { Meant::Yes } else { Meant::No }
    }

    /// Whether a list of principals means this class.
    pub fn meant_by(&self, list: &[Named], negated: bool) -> Meant {
        let all: Vec<Meant> = list.iter().map(|named| self.named_by(named)).collect();
        let any = match (all.contains(&Meant::Yes), all.contains(&Meant::Maybe)) {
            (true, _) => Meant::Yes,
            (false, true) => Meant::Maybe,
            (false, false) => Meant::No,
        };
        match (any, negated) {
            (any, false) => any,
            (Meant::Yes, true) => Meant::No,
            (Meant::No, true) => Meant::Yes,
            (Meant::Maybe, true) => Meant::Maybe,
        }
    }

    /// Whether a Deny with `NotPrincipal` binds this class: not when everything it is by is listed, surely when nothing is.
    pub fn denied_unless(&self, list: &[Named]) -> Meant {
        let any = |named: &Named| matches!(named, Named::Service(any) | Named::Provider(any) if any == "*");
        if list.iter().any(|n| *n == Named::Everyone || (any(n) && self.named_by(n) == Meant::Yes)) {
            return Meant::No;
        }
        let mut aspects: Vec<Named> = Vec::new();
        let name = self.name.clone();
        match self.kind {
            CallerKind::Service => aspects.extend(name.map(Named::Service)),
            CallerKind::WebIdentity | CallerKind::Saml => aspects.extend(name.map(Named::Provider)),
            CallerKind::Anonymous => {}
            CallerKind::Root => aspects.extend(self.account.clone().map(Named::Account)),
            _ if self.account.is_none() && name.is_some() => aspects.extend(name.map(Named::Canonical)),
            CallerKind::User | CallerKind::FederatedUser | CallerKind::RoleSession | CallerKind::Role => {
                aspects.extend(self.account.clone().map(Named::Account));
                aspects.push(name.map_or(Named::Nobody("somebody".to_owned()), Named::Arn));
                if matches!(self.kind, CallerKind::RoleSession | CallerKind::Role) {
                    let session = self.session.clone().map(|(arn, _)| arn);
                    aspects.push(session.map_or(Named::Nobody("some session".to_owned()), Named::Arn));
                }
            }
        }
        let listed = aspects.iter().filter(|aspect| list.contains(aspect)).count();
        if list.iter().any(|named| matches!(named, Named::Unknown(_))) {
            return Meant::Maybe;
        }
        match listed {
            0 => Meant::Yes,
            n if n == aspects.len() => Meant::No,
            _ => Meant::Maybe,
        }
    }

    /// What the context says of a key, by its name in lower case.
    pub fn linked(&self, key: &str) -> Linked {
        let exactly = |text: &str| Linked::Within(vec![Pattern::exact(text, false)], Vec::new());
        let anything = || Linked::Within(vec![Pattern::new(vec![Symbol::Run], false)], Vec::new());
        let Some(rest) = key.strip_prefix("aws:") else { return Linked::Free };
        let iam = self.is_of_iam();
        // A canonical user is whoever its account lets be it.
        if self.kind == CallerKind::User && self.account.is_none() && self.name.is_some() {
            return Linked::Free;
        }
        match rest {
            "principalarn" if iam => Linked::Within(self.arn.0.clone(), self.arn.1.clone()),
            "principalaccount" if iam => match &self.account {
                Some(account) => exactly(account),
                None => {
                    let not = self.not_accounts.iter().map(|a| Pattern::exact(a, false)).collect();
                    Linked::Within(vec![Pattern::new(vec![Symbol::Digit; 12], false)], not)
                }
            },
            "principaltype" => match self.kind {
                CallerKind::User => exactly("User"),
                CallerKind::RoleSession | CallerKind::Role => exactly("AssumedRole"),
                CallerKind::Root => exactly("Account"),
                CallerKind::FederatedUser => exactly("FederatedUser"),
                CallerKind::Anonymous => exactly("Anonymous"),
                CallerKind::WebIdentity | CallerKind::Saml | CallerKind::Service => Linked::Absent,
            },
            // The name of a user is the end of its ARN.
            "username" => match (self.kind, self.name.as_deref().and_then(Arn::parse)) {
                (CallerKind::User, Some(arn)) => exactly(arn.resource.rsplit('/').next().unwrap_or_default()),
                (CallerKind::User, None) => anything(),
                _ => Linked::Absent,
            },
            "userid" if iam => match (&self.account, self.kind) {
                (Some(account), CallerKind::Root) => exactly(account),
                _ => anything(),
            },
            "principalisawsservice" => match self.kind {
                CallerKind::Anonymous | CallerKind::WebIdentity | CallerKind::Saml => Linked::Absent,
                CallerKind::Service => exactly("true"),
                _ => exactly("false"),
            },
            "principalservicename" => match (&self.name, self.kind) {
                (Some(name), CallerKind::Service) => exactly(name),
                _ => Linked::Absent,
            },
            "principalarn" | "principalaccount" | "userid" | "principalorgid" | "principalorgpaths" if !iam => Linked::Absent,
            _ if rest.starts_with("principaltag/") && !iam => Linked::Absent,
            _ => Linked::Free,
        }
    }

    /// The caller of a witness: with the ARN and account that were found for it.
    pub fn caller(&self, arn: Option<&str>, account: Option<&str>, user: Option<&str>) -> Caller {
        match self.kind {
            CallerKind::Anonymous => return Caller::anonymous(),
            CallerKind::Service | CallerKind::WebIdentity | CallerKind::Saml => {
                let arn = self.name.clone().unwrap_or_default();
                return Caller { kind: self.kind, arn, account: None, session_name: None };
            }
            CallerKind::User if self.account.is_none() && self.name.is_some() => {
                // A canonical user: nothing tells its account.
                let arn = self.name.clone().unwrap_or_default();
                return Caller { kind: self.kind, arn, account: None, session_name: None };
            }
            _ => {}
        }
        let of_arn = arn.and_then(Arn::parse).map(|a| a.account).filter(|a| is_account_id(a));
        let own = self.account.as_deref().or(of_arn).or(account);
        let digits = (0..10).map(|d| d.to_string().repeat(12));
        let documented = ["111122223333", "444455556666", "777788889999"].map(str::to_owned);
        let free = || documented.into_iter().chain(digits).find(|a| !self.not_accounts.contains(a));
        let account = own.map(str::to_owned).or_else(free).unwrap_or_default();
        let arn = self.name.clone().or_else(|| arn.map(str::to_owned)).unwrap_or_else(|| self.unnamed(&account, user));
        let session = self.session.as_ref().map_or("session", |(_, name)| name.as_str());
        let session_name = matches!(self.kind, CallerKind::RoleSession).then(|| session.to_owned());
        Caller { kind: self.kind, arn, account: Some(account), session_name }
    }

    /// The ARN of one that no policy names, when nothing was asked of it.
    fn unnamed(&self, account: &str, user: Option<&str>) -> String {
        let of_session = self.session.as_ref().and_then(|(arn, _)| session_parts(arn)).map(|(role, _)| role);
        let own = of_session.or_else(|| user.filter(|u| !u.is_empty()));
        let names = match own {
            Some(name) => vec![name.to_owned(), format!("path/{name}"), format!("other/{name}")],
            None => {
                ["x", "other", "another"].map(str::to_owned).into_iter().chain((0..20).map(|n| format!("other-{n}"))).collect()
            }
        };
        let arns = names.iter().map(|name| match self.kind {
            CallerKind::User => format!("arn:aws:iam::{account}:user/{name}"),
            CallerKind::Root => format!("arn:aws:iam::{account}:root"),
            CallerKind::FederatedUser => format!("arn:aws:sts::{account}:federated-user/{name}"),
            _ => format!("arn:aws:iam::{account}:role/{name}"),
        });
        let mut all = arns.collect::<Vec<_>>();
        let fits = |arn: &&String| !self.arn.1.iter().any(|p| p.matches(arn));
        let at = all.iter().position(|arn| fits(&arn)).unwrap_or(0);
        if at < all.len() { all.swap_remove(at) } else { String::new() }
    }
}
