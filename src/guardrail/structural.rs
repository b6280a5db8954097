//! What no control policy stops, whatever it says. It is said once, and not of every account.
//!
//! AWS Organizations User Guide, "Service control policies (SCPs)", "Tasks and entities not restricted by SCPs", and
//! "Resource control policies (RCPs)", "Resources and entities not restricted by RCPs". Delegated administrators are bound
//! like any other member account.

use super::model::{Group, Question};
use crate::organization::{AccountState, tree};
use crate::policy::PolicyKind;

/// Which gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GapCode {
    /// Service control policies are switched off: nothing is held by them.
    ServiceControlPoliciesOff,
    /// The management account is bound by no control policy.
    ManagementAccount,
    /// Roles of AWS's services are bound by none.
    ServiceLinkedRoles,
    /// Principals of elsewhere are bound by no service control policy.
    Outsiders,
    /// Accounts that nobody can work in, judged all the same.
    SuspendedAccounts,
}

impl GapCode {
    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceControlPoliciesOff => "service-control-policies-off",
            Self::ManagementAccount => "management-account",
            Self::ServiceLinkedRoles => "service-linked-roles",
            Self::Outsiders => "outsiders",
            Self::SuspendedAccounts => "suspended-accounts",
        }
    }
}

/// A gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which.
    pub code: GapCode,
    /// In words.
    pub says: String,
    /// What can be done about it; empty where nothing can.
    pub help: String,
    /// The accounts it is about; none when it is about all.
    pub accounts: Vec<String>,
    /// Something that was asked about is not held because of it.
    pub fails: bool,
}

/// The gaps of a question.
pub(super) fn gaps(question: &Question<'_>, accounts: &[&str], groups: &[Group], binds_resources: bool) -> Vec<Gap> {
    let organization = question.organization;
    let mut out = Vec::new();
    if !organization.is_enabled(tree::type_of(PolicyKind::ServiceControlPolicy)) {
        out.push(Gap {
            code: GapCode::ServiceControlPoliciesOff,
            says: "service control policies are switched off on the root: none of them binds anybody".to_owned(),
            help: "switch them on with `aws organizations enable-policy-type --policy-type SERVICE_CONTROL_POLICY`".to_owned(),
            accounts: Vec::new(),
            fails: true,
        });
    }
    if let Some(id) = organization.management_account.as_ref() {
        // An export need not list it among the accounts; one that is not asked about fails nothing.
        let fails = accounts.contains(&id.as_str());
        out.push(Gap {
            code: GapCode::ManagementAccount,
            says: format!("no control policy binds the management account {id}"),
            help: if fails { "keep work out of it; `--accept-structural` lets it pass".to_owned() } else { String::new() },
            accounts: vec![id.clone()],
            fails,
        });
    }
    out.push(Gap {
        code: GapCode::ServiceLinkedRoles,
        says: "no control policy binds service-linked roles".to_owned(),
        help: String::new(),
        accounts: Vec::new(),
        fails: false,
    });
    out.push(outsiders(question, groups, binds_resources));
    let suspended = |id: &&&str| organization.accounts.get(**id).is_some_and(|a| a.state == AccountState::Suspended);
    let suspended: Vec<String> = accounts.iter().filter(suspended).map(|id| (*id).to_owned()).collect();
    if !suspended.is_empty() {
        let is_one = suspended.len() == 1;
        let are = if is_one { "account is" } else { "accounts are" };
        let they = if is_one { "it is" } else { "they are" };
        out.push(Gap {
            code: GapCode::SuspendedAccounts,
            says: format!(
                "{} {are} suspended: nobody can work there until AWS reopens it, and {they} judged all the same",
                suspended.len()
            ),
            help: String::new(),
            accounts: suspended,
            fails: false,
        });
    }
    out
}

/// Principals of other organizations, AWS's services, anonymous callers: service control policies are about their own
/// principals, so that only resource control policies hold those.
fn outsiders(question: &Question<'_>, groups: &[Group], binds_resources: bool) -> Gap {
    let says = "service control policies do not bind principals of other organizations, AWS services and anonymous callers: \
                what a resource policy lets them do is not stopped";
    let by_resources = |g: &&Group| g.held.iter().any(|holds| holds.kind == PolicyKind::ResourceControlPolicy);
    let held: usize = groups.iter().filter(by_resources).map(|g| g.accounts.len()).sum();
    let all: usize = groups.iter().map(|g| g.accounts.len()).sum();
    let on = question.organization.is_enabled(tree::type_of(PolicyKind::ResourceControlPolicy));
    let rest = match (binds_resources, on, held) {
        (false, ..) => match super::judge::unbound(&question.asked.actions).as_slice() {
            [] => "resource control policies do not bind every action that is asked about".to_owned(),
            some => {
                let services = super::words::listed(some.iter().map(String::as_str));
                format!("resource control policies do not bind {services}")
            }
        },
        (true, false, _) => "resource control policies, which would, are switched off on the root".to_owned(),
        (true, true, 0) => "no resource control policy stops them either".to_owned(),
        (true, true, held) if held == all => "resource control policies stop them in every account".to_owned(),
        (true, true, held) => format!("resource control policies stop them in {held} of {all} accounts"),
    };
    let help = if binds_resources && held < all {
        "a resource control policy with the same Deny would".to_owned()
    } else {
        String::new()
    };
    Gap { code: GapCode::Outsiders, says: format!("{says}; {rest}"), help, accounts: Vec::new(), fails: false }
}
