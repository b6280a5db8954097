//! The control policies that bind accounts: those of an export of the organization, or levels that the command line names.

use super::Usage;
use super::policies::Input;
use crate::evaluate::Attached;
use crate::organization::Organization;
use std::collections::BTreeMap;

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

/// Levels from the root down to an account.
pub(super) type Levels<'d> = Vec<Vec<Attached<'d>>>;

/// Control policies.
pub(super) struct Control<'a, 'd> {
    organization: Option<&'a Organization>,
    by_arn: BTreeMap<&'d str, usize>,
    parsed: &'a [Attached<'d>],
    /// Of the command line, where it has any: service control policies, and resource control policies.
    given: (Levels<'d>, Levels<'d>),
    /// What AWS attaches until somebody takes it away.
    full: Attached<'d>,
}

impl<'a, 'd> Control<'a, 'd> {
    /// Of what was read.
    pub fn new(
        organization: Option<&'a Organization>,
        (inputs, parsed): (&'d [Input], &'a [Attached<'d>]),
        given: (Levels<'d>, Levels<'d>),
        full: Attached<'d>,
    ) -> Self {
        let by_arn = inputs.iter().enumerate().filter_map(|(at, i)| Some((i.context().resource.as_deref()?, at))).collect();
        Self { organization, by_arn, parsed, given, full }
    }

    /// The account that they do not bind.
    pub fn management_account(&self) -> Option<String> {
        self.organization.and_then(|o| o.management_account.clone())
    }

    /// What binds the principals of an account.
    pub fn scps(&self, account: Option<&str>) -> Result<Levels<'d>, Usage> {
        if self.given.0.is_empty() { self.levels(account, SCP) } else { Ok(self.given.0.clone()) }
    }

    /// What binds access to the resources of an account.
    pub fn rcps(&self, account: Option<&str>) -> Result<Levels<'d>, Usage> {
        if self.given.1.is_empty() { self.levels(account, RCP) } else { Ok(self.given.1.clone()) }
    }

    fn levels(&self, account: Option<&str>, kind: &str) -> Result<Levels<'d>, Usage> {
        let (Some(organization), Some(account)) = (self.organization, account) else { return Ok(Vec::new()) };
        if !organization.accounts.contains_key(account) {
            return Ok(Vec::new());
        }
        if !organization.is_rooted(account) {
            let help = "fetch the organization again: each unit and account has a `ParentId` that is listed, and stands once";
            return Err(Usage::new(format!("it is not known what is attached above the account `{account}`"), help));
        }
        let mut out = Vec::new();
        for level in organization.levels(&organization.path(account), kind) {
            let mut policies = Vec::new();
            for arn in level {
                match self.by_arn.get(arn.as_str()).and_then(|at| self.parsed.get(*at)) {
                    Some(policy) => policies.push(policy.clone()),
                    None if arn.ends_with("FullAWSAccess") => policies.push(self.full.clone()),
                    None => {
                        let help = "fetch the organization again, or add the policy: without it nothing can be told";
                        return Err(Usage::new(format!("the policy `{arn}` is attached, and its text is not there"), help));
                    }
                }
            }
            // Something is attached everywhere when policies of a sort are in use at all.
            if !policies.is_empty() {
                out.push(policies);
            }
        }
        Ok(out)
    }
}
