//! What the organization itself tells of every request: which organization, and where in it, the callers or the resources
//! of an account are.
//!
//! AWS global condition context keys. Service control policies bind principals of member accounts alone, so that
//! `aws:PrincipalOrgID` is the organization's own id; whom resource control policies bind may come from anywhere, and what
//! is known there is the resource's account.

use super::model::Question;
use crate::catalog;
use crate::organization::Organization;
use crate::policy::PolicyKind;
use crate::policy::arn::is_account_id;
use crate::proof::Known;
use crate::text::glob::{self, Case};

/// What is known of the requests of a question.
pub(super) struct Home<'q> {
    organization: &'q Organization,
    /// Keys that the question gives a value itself, in lower case: they are as it says.
    assumed: Vec<String>,
    /// Some action that is asked about works on no resource: then nothing tells that a request has an owner of one.
    on_nothing: bool,
}

impl<'q> Home<'q> {
    /// For a question, with the keys that are assumed to have a value.
    pub fn new(question: &Question<'q>, assumed: &[(String, String)]) -> Self {
        let assumed = assumed.iter().map(|(key, _)| key.to_lowercase()).collect();
        Self { organization: question.organization, assumed, on_nothing: work_on_nothing(&question.asked.actions) }
    }

    /// What policies of a kind can know: of every account, or of one.
    pub fn known(&self, kind: PolicyKind, account: Option<&str>) -> Vec<Known> {
        let of_resources = kind == PolicyKind::ResourceControlPolicy;
        let (organization, paths) = match of_resources {
            true => ("aws:ResourceOrgID", "aws:ResourceOrgPaths"),
            false => ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths"),
        };
        let or_absent = of_resources && self.on_nothing;
        let one = |key, value: String, list| Known { key, value, list, or_absent };
        let mut out = Vec::new();
        out.extend(self.organization.id.clone().map(|id| one(organization, id, false)));
        out.extend(account.and_then(|account| self.path(account)).map(|path| one(paths, path, true)));
        // Who the caller's account is follows from the caller.
        let owner = account.filter(|id| of_resources && is_account_id(id));
        out.extend(owner.map(|id| one("aws:ResourceAccount", id.to_owned(), false)));
        out.retain(|known| !self.assumed.contains(&known.name()));
        out
    }

    /// The path of an account as AWS writes it, `o-…/r-…/ou-…/`: with the organization's id in front, and a slash behind.
    fn path(&self, account: &str) -> Option<String> {
        let organization = self.organization;
        let id = organization.id.as_ref()?;
        if organization.of_folders || !organization.accounts.contains_key(account) || !organization.is_rooted(account) {
            return None;
        }
        let mut path = organization.path(account);
        path.pop();
        Some(format!("{id}/{}/", path.join("/")))
    }
}

/// Whether some action of the catalogue that is asked about can be called on no resource at all.
fn work_on_nothing(asked: &[String]) -> bool {
    let one = |text: &String| {
        let Some((service, _)) = text.split_once(':') else { return true };
        let services = catalog::services().filter(|prefix| glob::matches(service, prefix, Case::Insensitive));
        let mut actions = services.filter_map(catalog::actions).flatten();
        actions.any(|action| action.works_on_none() && glob::matches(text, &action.full_name(), Case::Insensitive))
    };
    asked.is_empty() || asked.iter().any(one)
}
