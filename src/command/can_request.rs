//! The request of `palisade can` as the command line has it.

use super::Usage;
use crate::cli::RequestArgs;
use crate::evaluate::draft::{Draft, NoCaller, caller, is_one_action, no_kind};
use crate::evaluate::request::{Caller, CallerKind, ContextValue};
use crate::policy::arn::is_account_id;
use std::collections::BTreeMap;

/// What the options say, put over what a scenario says.
pub(super) fn draft(args: &RequestArgs, below: Draft) -> Result<Draft, Usage> {
    if let Some(action) = args.action.as_deref().filter(|action| !is_one_action(action)) {
        let help = "a request has one action: write `service:Name`, such as `s3:GetObject`";
        return Err(Usage::new(format!("`{action}` is not an action"), help));
    }
    if let Some(account) = args.resource_account.as_deref().filter(|account| !is_account_id(account)) {
        return Err(Usage::new(format!("`{account}` is not an account"), "write its 12 digits"));
    }
    let own = Draft {
        caller: who(args, below.caller.as_ref())?,
        action: args.action.clone(),
        resource: args.resource.clone(),
        resource_account: args.resource_account.clone(),
        context: context(&args.context)?,
    };
    Ok(own.over(below))
}

fn who(args: &RequestArgs, below: Option<&Caller>) -> Result<Option<Caller>, Usage> {
    let kind: Option<CallerKind> = match &args.principal_type {
        Some(text) => Some(text.parse().map_err(|()| {
            let (message, help) = no_kind(text);
            Usage::new(message, help)
        })?),
        None => None,
    };
    let session = args.session_name.clone();
    let made = match (&args.principal, below) {
        (Some(arn), _) => caller(kind, Some(arn), None, session),
        (None, Some(known)) if kind.is_some() || session.is_some() => {
            let kind = kind.unwrap_or(known.kind);
            caller(Some(kind), Some(&known.arn), known.account.clone(), session.or_else(|| known.session_name.clone()))
        }
        (None, None) if kind == Some(CallerKind::Anonymous) => Ok(Caller::anonymous()),
        (None, _) => return Ok(None),
    };
    made.map(Some).map_err(|NoCaller { message, help }| Usage::new(message, help))
}

/// `KEY=VALUE`, `KEY=[a,b]`; a key that is repeated is a list.
fn context(texts: &[String]) -> Result<BTreeMap<String, ContextValue>, Usage> {
    let mut out: BTreeMap<String, ContextValue> = BTreeMap::new();
    for text in texts {
        let Some((key, value)) = text.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            let help = "write for example `--context aws:SourceVpce=vpce-0a1b`";
            return Err(Usage::new(format!("`--context {text}` is not KEY=VALUE"), help));
        };
        let list = value.strip_prefix('[').and_then(|v| v.strip_suffix(']'));
        let found = match list {
            Some(items) if items.trim().is_empty() => ContextValue::Many(Vec::new()),
            Some(items) => ContextValue::Many(items.split(',').map(|item| item.trim().to_owned()).collect()),
            None => ContextValue::One(value.to_owned()),
        };
        let known = out.keys().find(|known| known.eq_ignore_ascii_case(key)).cloned().unwrap_or_else(|| key.to_owned());
        let all = match (out.remove(&known), found) {
            (None, found) => found,
            (Some(before), found) => ContextValue::Many([before, found].into_iter().flat_map(values).collect()),
        };
        out.insert(known, all);
    }
    Ok(out)
}

fn values(value: ContextValue) -> Vec<String> {
    match value {
        ContextValue::One(text) => vec![text],
        ContextValue::Many(texts) => texts,
    }
}
