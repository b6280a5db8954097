//! Whether actions and resources exclude each other beyond doubt.
//!
//! The public reference leaves out resource types of many an action, and a service may evaluate an action without types
//! against an ARN of its own. Only services whose forms are old and few are trusted here, and only actions that always name
//! a resource.

use super::attached::may_name;
use crate::catalog::{Action, Catalog};
use crate::policy::arn::{Arn, has_dollar_brace};
use crate::policy::{ActionPattern, Statement};
use crate::text::glob::{Case, has_wildcard, matches};

const TRUSTED: [&str; 6] = ["iam", "kms", "s3", "secretsmanager", "sns", "sqs"];

/// Whether none of the actions works on one of the resources.
pub(super) fn is_sure(catalog: &'static Catalog, statement: &Statement<'_>) -> bool {
    let (Some(actions), Some(resources)) = (&statement.actions, &statement.resources) else { return false };
    let everything = |text: &str| !text.is_empty() && text.bytes().all(|b| b == b'*');
    if actions.negated || resources.negated {
        return (actions.negated && actions.items.iter().any(|a| everything(a.text)))
            || (resources.negated && resources.items.iter().any(|r| everything(r.text)));
    }
    let Some(all) = actions.items.iter().map(|item| reached(catalog, item)).collect::<Option<Vec<_>>>() else { return false };
    resources.items.iter().all(|resource| {
        let text = resource.text;
        let readable = Arn::parse(text).is_some_and(|arn| {
            // Access points stand for their bucket.
            let plain = !has_wildcard(arn.service) && !has_dollar_brace(arn.service);
            plain && (arn.service != "s3" || (arn.region.is_empty() && arn.account.is_empty()))
        });
        readable && all.iter().flatten().all(|action| action.types().all(|kind| !may_name(text, kind)))
    })
}

/// The actions an entry stands for, when all of them always name a resource of a known type.
fn reached(catalog: &'static Catalog, item: &ActionPattern<'_>) -> Option<Vec<Action>> {
    let (prefix, name) = item.text.split_once(':')?;
    let service = catalog.service(prefix).filter(|s| TRUSTED.contains(&s.prefix()))?;
    let found: Vec<Action> = service.actions().filter(|a| matches(name, a.name(), Case::Insensitive)).collect();
    (!found.is_empty() && found.iter().all(|action| action.types().next().is_some())).then_some(found)
}
