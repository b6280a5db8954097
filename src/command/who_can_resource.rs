//! The resource of `who-can`: its own policy among what was read, and the account that owns it.

use super::Usage;
use super::policies::Input;
use crate::evaluate::Attached;
use crate::policy::PolicyKind;
use crate::policy::arn::{Arn, is_account_id};
use crate::scan::Inventory;
use crate::text::glob::{self, Case};

/// The resource.
#[derive(Debug, Default)]
pub(super) struct Resource<'d> {
    /// Its policy.
    pub policy: Option<Attached<'d>>,
    /// Its account.
    pub owner: Option<String>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// Why nobody knows who can when nobody seems to: such a resource has a policy, which is not there.
    pub lacking: Option<String>,
}

/// What it is looked for in.
pub(super) struct Search<'a, 'd> {
    pub inputs: &'d [Input],
    /// The same, each parsed.
    pub parsed: &'a [Attached<'d>],
    pub inventory: &'d Inventory,
    pub actions: &'a [String],
    pub resource: &'a str,
}

impl<'d> Search<'_, 'd> {
    /// Find it; a policy and an account that the command line names go first.
    pub fn find(&self, named: Option<Attached<'d>>, account: Option<&str>) -> Result<Resource<'d>, Usage> {
        let mut out = Resource { policy: named, ..Resource::default() };
        let mut of_policy = None;
        if out.policy.is_none()
            && let Some(at) = self.own_policy(&mut out)?
        {
            out.policy = self.parsed.get(at).cloned();
            of_policy = self.inputs.get(at).and_then(|input| input.context().account.clone());
        }
        let of_arn = Arn::parse(self.resource).map(|arn| arn.account).filter(|id| is_account_id(id)).map(str::to_owned);
        out.owner = account.map(str::to_owned).or(of_arn).or(of_policy);
        if out.owner.is_none() {
            self.guess_owner(&mut out)?;
        }
        match (&out.policy, self.always_has_one()) {
            (None, Some(sort)) => {
                let help = "`--resource-policy` names it";
                out.lacking = Some(format!(
                    "only the {sort} of the resource could let somebody in, and it is not among the inputs; {help}"
                ));
            }
            (None, None) => out.assumptions.push("the resource has no policy of its own: none was found or named".to_owned()),
            (Some(_), _) => {}
        }
        Ok(out)
    }

    /// The number of the policy that belongs to the resource.
    fn own_policy(&self, out: &mut Resource<'d>) -> Result<Option<usize>, Usage> {
        let account = Arn::parse(self.resource).map(|arn| arn.account).unwrap_or_default();
        let holders = self.inventory.holders.iter();
        if let Some(trust) = holders.filter(|_| self.asks("sts")).find(|h| h.arn(account) == self.resource).and_then(|h| h.trust)
        {
            return Ok(Some(trust));
        }
        let mut partly = Vec::new();
        let mut bare = Vec::new();
        let open = |input: &Input| matches!(input.kind(), PolicyKind::ResourcePolicy | PolicyKind::TrustPolicy);
        for (at, input) in self.inputs.iter().enumerate().filter(|(_, input)| open(input)) {
            let Some(own) = input.context().resource.as_deref().filter(|own| own.starts_with("arn:")) else {
                bare.push(at);
                continue;
            };
            if input.kind() == PolicyKind::TrustPolicy && !self.asks("sts") {
                continue;
            }
            if own == self.resource || self.resource.strip_prefix(own).is_some_and(|rest| rest.starts_with('/')) {
                return Ok(Some(at));
            }
            let below = format!("{own}/*");
            if [own, &below].iter().any(|arn| glob::overlaps(self.resource, arn, Case::Sensitive)) {
                partly.push(own);
            }
        }
        if let Some(one) = partly.first() {
            let message = format!("`{}` is more than one resource, and `{one}` has a policy of its own", self.resource);
            return Err(Usage::new(message, format!("ask about one of them: {}", partly.join(", "))));
        }
        Ok(self.of_bare(&bare, out))
    }

    /// A policy of which nothing tells the resource, when it is the only one that speaks of it.
    fn of_bare(&self, bare: &[usize], out: &mut Resource<'d>) -> Option<usize> {
        let speaks = |at: &usize| {
            // A trust policy names no resource.
            if self.inputs.get(*at).is_some_and(|input| input.kind() == PolicyKind::TrustPolicy) {
                return self.asks("sts");
            }
            let statements = self.parsed.get(*at).into_iter().flat_map(|a| &a.policy.statements);
            let mut items = statements.flat_map(|s| s.resources.iter().flat_map(|r| &r.items));
            items.any(|item| glob::overlaps(item.text, self.resource, Case::Sensitive))
        };
        let fit: Vec<usize> = bare.iter().copied().filter(|at| !self.inventory.claimed.contains(at) && speaks(at)).collect();
        let name = |at: &usize| self.inputs.get(*at).map(Input::name).unwrap_or_default();
        match fit.as_slice() {
            [] => None,
            [one] => {
                out.assumptions.push(format!("`{}` is the policy of the resource: it speaks of it", name(one)));
                Some(*one)
            }
            [first, ..] => {
                let count = fit.len();
                out.lacking = Some(format!(
                    "{count} policies such as `{}` may be that of the resource; `--resource-policy` tells which",
                    name(first)
                ));
                None
            }
        }
    }

    /// The only account there is.
    fn guess_owner(&self, out: &mut Resource<'d>) -> Result<(), Usage> {
        let mut accounts: Vec<&str> = self.inventory.holders.iter().filter_map(|h| h.account.as_deref()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        match accounts.as_slice() {
            [one] => {
                out.assumptions.push(format!("the resource belongs to account {one}; `--resource-account` tells another"));
                out.owner = Some((*one).to_owned());
                Ok(())
            }
            [] if out.policy.is_none() => Ok(()),
            [] | [..] if out.policy.is_some() => {
                let message = format!("it is not known which account owns `{}`", self.resource);
                Err(Usage::new(message, "name it with `--resource-account`: within the account a resource policy may suffice"))
            }
            [..] => {
                out.assumptions
                    .push("caller and resource are taken to belong to one account; `--resource-account` tells it".to_owned());
                Ok(())
            }
        }
    }

    fn asks(&self, service: &str) -> bool {
        let prefix = |action: &String| action.split(':').next().unwrap_or_default().to_owned();
        self.actions.iter().any(|action| glob::matches(&prefix(action), service, Case::Insensitive))
    }

    /// The sort of policy that such a resource always has, and that has to allow.
    fn always_has_one(&self) -> Option<&'static str> {
        let may = |pattern: &str| glob::overlaps(self.resource, pattern, Case::Sensitive);
        if self.asks("sts") && may("arn:*:iam:*:role/*") {
            Some("trust policy")
        } else if self.asks("kms") && may("arn:*:kms:*:key/*") {
            Some("key policy")
        } else {
            None
        }
    }
}
