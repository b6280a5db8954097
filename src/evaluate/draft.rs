//! A request in parts: what a scenario says of it, and what the command line says in its stead.

use super::request::{Caller, CallerKind, ContextValue, Request};
use super::scenario::{account, members, problem, text, wrong};
use super::view::same_key;
use crate::document::{Kind, Node, Problem};
use crate::policy::arn::Arn;
use crate::text::suggest::did_you_mean;
use std::collections::BTreeMap;

/// What is known of a request so far.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Who calls.
    pub caller: Option<Caller>,
    /// `service:Name`.
    pub action: Option<String>,
    /// The ARN.
    pub resource: Option<String>,
    /// The account that owns it.
    pub resource_account: Option<String>,
    /// Condition keys.
    pub context: BTreeMap<String, ContextValue>,
}

const FIELDS: [&str; 5] = ["principal", "action", "resource", "resource_account", "context"];
const PRINCIPAL: [&str; 4] = ["arn", "type", "account", "session_name"];

impl Draft {
    /// Read the object of a request. What does not fit is reported and left out.
    pub fn read(node: Node<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut out = Self::default();
        for (key, value) in members(node, "a request", &FIELDS, problems) {
            match key {
                "principal" => out.caller = principal(value, problems),
                "action" => out.action = text(value, key, problems).filter(|text| is_action(value, text, problems)),
                "resource" => out.resource = text(value, key, problems),
                "resource_account" => out.resource_account = account(value, key, problems),
                _ => out.context = context(value, problems),
            }
        }
        out
    }

    /// This one, and where it is silent the other.
    pub fn over(self, other: Self) -> Self {
        let mut context = other.context;
        for (key, value) in self.context {
            context.retain(|known, _| !same_key(known, &key));
            context.insert(key, value);
        }
        Self {
            caller: self.caller.or(other.caller),
            action: self.action.or(other.action),
            // The account belongs to the resource: another resource has another one.
            resource_account: self.resource_account.or(if self.resource.is_none() { other.resource_account } else { None }),
            resource: self.resource.or(other.resource),
            context,
        }
    }

    /// The request.
    ///
    /// # Errors
    /// With the name of what is missing.
    pub fn finish(self) -> Result<Request, &'static str> {
        let request = Request {
            caller: self.caller.ok_or("principal")?,
            action: self.action.ok_or("action")?,
            resource: self.resource.unwrap_or_else(|| "*".to_owned()),
            resource_account: self.resource_account,
            context: self.context,
        };
        Ok(request.completed())
    }
}

/// True for the name of one action.
pub fn is_one_action(text: &str) -> bool {
    let named = text.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    named && !text.contains(['*', '?'])
}

fn is_action(node: Node<'_>, text: &str, problems: &mut Vec<Problem>) -> bool {
    let fits = is_one_action(text);
    if !fits {
        let help = "a request has one action: write `service:Name`, such as `s3:GetObject`";
        problem(node, format!("`{text}` is not an action"), help, problems);
    }
    fits
}

fn principal(node: Node<'_>, problems: &mut Vec<Problem>) -> Option<Caller> {
    if node.kind() == Kind::Null {
        return Some(Caller::anonymous());
    }
    let (mut arn, mut kind, mut own, mut session) = (None, None, None, None);
    for (key, value) in members(node, "a principal", &PRINCIPAL, problems) {
        match key {
            "arn" => arn = text(value, key, problems).filter(|text| !text.is_empty()).map(|text| (value, text)),
            "type" => kind = text(value, key, problems).and_then(|text| caller_kind(value, &text, problems)),
            "account" => own = account(value, key, problems),
            _ => session = text(value, key, problems),
        }
    }
    if node.kind() != Kind::Object {
        return None;
    }
    let place = arn.as_ref().map_or(node, |(place, _)| *place);
    match caller(kind, arn.as_ref().map(|(_, text)| text.as_str()), own, session) {
        Ok(caller) => Some(caller),
        Err(wrong) => {
            problem(place, wrong.message, wrong.help, problems);
            None
        }
    }
}

fn caller_kind(node: Node<'_>, text: &str, problems: &mut Vec<Problem>) -> Option<CallerKind> {
    let kind = text.parse().ok();
    if kind.is_none() {
        let (message, help) = no_kind(text);
        problem(node, message, help, problems);
    }
    kind
}

/// What to say of a word that is no type of principal.
pub fn no_kind(text: &str) -> (String, String) {
    let names = CallerKind::ALL.map(CallerKind::as_str);
    let help = did_you_mean(text, names).unwrap_or_else(|| format!("one of {}", names.join(", ")));
    (format!("`{text}` is not a type of principal"), help)
}

/// Why something is no caller, and how to mend it.
#[derive(Clone, Debug)]
pub struct NoCaller {
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub help: String,
}

/// A caller from what is said of it: the type follows from the ARN, and the account too, where they are not told.
///
/// # Errors
/// When the parts do not fit together, or too little is said.
pub fn caller(
    kind: Option<CallerKind>,
    arn: Option<&str>,
    account: Option<String>,
    session_name: Option<String>,
) -> Result<Caller, NoCaller> {
    let fail = |message: String, help: &str| Err(NoCaller { message, help: help.to_owned() });
    let named = arn.and_then(Caller::named);
    let (kind, arn) = match (kind, arn, &named) {
        (Some(CallerKind::Anonymous), _, _) => return Ok(Caller::anonymous()),
        (Some(CallerKind::Root), None, _) if account.is_some() => {
            (CallerKind::Root, format!("arn:aws:iam::{}:root", account.as_deref().unwrap_or_default()))
        }
        (Some(kind), Some(arn), _) => {
            (kind, named.as_ref().filter(|n| n.kind == CallerKind::Root).map_or(arn, |n| &n.arn).to_owned())
        }
        (None, Some(_), Some(named)) => (named.kind, named.arn.clone()),
        (None, Some(arn), None) => {
            return fail(
                format!("`{arn}` does not tell what sort of principal it is"),
                "write the ARN of a user, role or session, a service such as `sns.amazonaws.com`, or the type besides",
            );
        }
        (Some(kind), None, _) => return fail(format!("a principal of type {kind} without `arn`"), "add its ARN or name"),
        (None, None, _) => {
            return fail("a principal without `arn`".to_owned(), "add its ARN, or write null for an anonymous one");
        }
    };
    let session_name = session_name.or_else(|| named.as_ref().and_then(|n| n.session_name.clone()));
    if let Some(named) = named.filter(|n| !fits(kind, n.kind)) {
        let help = "change the ARN or the type, or leave the type out: it follows from the ARN";
        return fail(format!("`{arn}` is of type {}, not {kind}", named.kind), help);
    }
    let partial = Arn::parse(&arn).is_none();
    if partial && kind.has_account() {
        return fail(format!("`{arn}` is not an ARN"), "write for example `arn:aws:iam::111122223333:role/app`");
    }
    Ok(Caller { kind, arn, account, session_name }.completed())
}

/// Whether a caller of this type may have the name of one of that type.
fn fits(said: CallerKind, named: CallerKind) -> bool {
    let sort = |kind| match kind {
        CallerKind::Role | CallerKind::RoleSession => CallerKind::Role,
        other => other,
    };
    // A provider of users may be known by its host.
    let provider =
        matches!(said, CallerKind::WebIdentity | CallerKind::Saml) && !matches!(named, CallerKind::User | CallerKind::Root);
    sort(said) == sort(named) || provider
}

fn context(node: Node<'_>, problems: &mut Vec<Problem>) -> BTreeMap<String, ContextValue> {
    let mut out: BTreeMap<String, ContextValue> = BTreeMap::new();
    if node.kind() != Kind::Object {
        wrong(node, "context", "an object of condition keys", problems);
    }
    for (key, value) in node.members() {
        let name = key.scalar();
        if out.keys().any(|known| same_key(known, name)) {
            problem(key, format!("`{name}` stands twice"), "write a list for several values", problems);
            continue;
        }
        // Said to be absent, even where AWS would add it.
        if value.kind() == Kind::Null {
            out.insert(name.to_owned(), ContextValue::Many(Vec::new()));
            continue;
        }
        let plain = |v: &Node<'_>| v.is_scalar() && v.kind() != Kind::Null;
        if let Some(bad) = value.one_or_many().find(|v| !plain(v)) {
            wrong(bad, name, "text, a number, true or false, or a list of them", problems);
            continue;
        }
        let read = match value.kind() {
            Kind::Array => ContextValue::Many(value.elements().map(|v| v.scalar().to_owned()).collect()),
            _ => ContextValue::One(value.scalar().to_owned()),
        };
        out.insert(name.to_owned(), read);
    }
    out
}
