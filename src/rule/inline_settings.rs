//! Cases of rules about settings: their documents are read as `check` reads them.

use super::inline_test::{Seen, seen};
use super::judge::judge;
use super::meta::Rule;
use crate::document::Node;
use crate::extract::{Site, Stated};
use crate::policy::Context;
use std::sync::Arc;
use time::Date;

/// Judge the settings in the documents of a case. What the case gives wins over what its documents say.
pub(super) fn judged(rule: &Rule, texts: &[&str], file: &Arc<str>, given: &Context, today: Option<Date>) -> Result<Seen, String> {
    let mut all = Vec::new();
    for text in texts {
        let stated = Stated::read(file, text, given, today);
        all.extend(stated.ok_or_else(|| "the document of the case is not recognised".to_owned())?);
    }
    let mut together = Seen::of("not_applicable");
    for stated in &mut all {
        stated.context = given_first(given, &stated.context);
    }
    for stated in &all {
        let site: Site<'_> = stated.site();
        let sites = [&site];
        let one = seen(judge(rule, &sites, true), rule.meta.confidence, |_, node: Node<'_>| Some(stated.pointer(node)));
        together.add(one);
    }
    Ok(together)
}

fn given_first(given: &Context, found: &Context) -> Context {
    let first = |given: &Option<String>, found: &Option<String>| given.clone().or_else(|| found.clone());
    Context {
        kind: None,
        resource_type: first(&given.resource_type, &found.resource_type),
        account: first(&given.account, &found.account),
        partition: first(&given.partition, &found.partition),
        region: first(&given.region, &found.region),
        ou: first(&given.ou, &found.ou),
        org_id: first(&given.org_id, &found.org_id),
        management_account: first(&given.management_account, &found.management_account),
        resource: first(&given.resource, &found.resource),
        name: first(&given.name, &found.name),
        attached_to: given.attached_to.clone().or_else(|| found.attached_to.clone()),
    }
}
