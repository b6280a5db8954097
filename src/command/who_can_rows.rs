//! The rows of `who-can`: each principal of the inventory by itself, and whom else the policy of the resource lets.

use super::Usage;
use super::policies::Input;
use super::who_can_control::Control;
use super::who_can_resource::Resource;
use crate::evaluate::{Attached, Caller, Request, Scenario, Verdict, explain, rule};
use crate::finding::place::Placer;
use crate::policy::arn::is_account_id;
use crate::policy::context::PrincipalKind;
use crate::policy::principal::{Principal, PrincipalForm, PrincipalType};
use crate::policy::{Effect, Policy, PolicyKind};
use crate::proof::{self, Asked, Engine, Possible, Who, WhoCan};
use crate::report::proof::Cited;
use crate::report::who_can::Row;
use crate::scan::{Holder, Inventory};

/// Everything that rows are made from.
pub(super) struct Asking<'a, 'd> {
    pub engine: Engine,
    pub asked: &'a Asked,
    pub inputs: &'d [Input],
    pub parsed: &'a [Attached<'d>],
    pub inventory: &'d Inventory,
    pub resource: &'a Resource<'d>,
    pub control: &'a Control<'a, 'd>,
    /// Stands for policies of which the text is not there.
    pub full: &'a Attached<'d>,
    pub placers: &'a [Placer<'d>],
    pub assumptions: Vec<String>,
}

/// An account that stands for one nobody knows.
const SOME_ACCOUNT: &str = "111122223333";

/// What tells somebody in a row.
struct Label {
    arn: String,
    kind: &'static str,
}

impl<'d> Asking<'_, 'd> {
    fn home(&self) -> &str {
        self.resource.owner.as_deref().unwrap_or(SOME_ACCOUNT)
    }

    fn assume(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.assumptions.contains(&text) {
            self.assumptions.push(text);
        }
    }

    /// The policies that bear on somebody, without those of its own.
    fn scenario(&self, who: &Who) -> Result<Scenario<'d>, Usage> {
        Ok(Scenario {
            resource: self.resource.policy.clone(),
            scps: self.control.scps(who.account())?,
            rcps: self.control.rcps(self.resource.owner.as_deref())?,
            management_account: self.control.management_account(),
            ..Scenario::default()
        })
    }

    fn possible(&mut self, scenario: &Scenario<'d>, who: &Who, known: bool) -> Possible {
        let case = WhoCan { scenario, asked: self.asked, owner: self.resource.owner.as_deref(), who, known };
        let found = proof::possible(&mut self.engine, &case);
        if found.capped {
            self.assume(format!("of each principal at most {} ways are told", found.ways.len()));
        }
        found
    }

    /// A user or a role with all it has.
    pub fn holder(&mut self, holder: &Holder) -> Result<Vec<Row>, Usage> {
        let arn = holder.arn(self.home());
        let who = Who::Arn(arn.clone());
        if who.account().is_none() {
            let doubt = Some("its ARN names no account, on which everything hangs".to_owned());
            return Ok(self.rows(Label { arn, kind: kind_of(holder) }, &who, &Scenario::default(), (Possible::default(), doubt)));
        }
        let mut scenario = self.scenario(&who)?;
        let mut absent: Vec<String> = holder.absent_groups.iter().map(ToString::to_string).collect();
        let mut taken = Vec::new();
        for attachment in &holder.policies {
            match attachment.policy {
                Some(at) if taken.contains(&at) => {}
                Some(at) => {
                    taken.push(at);
                    scenario.identity.extend(self.parsed.get(at).cloned());
                }
                None => absent.push(attachment.id.to_string()),
            }
        }
        let bound = holder.boundary.as_ref();
        scenario.boundaries = bound.and_then(|b| self.parsed.get(b.policy?)).cloned().into_iter().collect();
        let unbound = bound.filter(|b| b.policy.is_none()).map(|b| b.id.to_string());
        let found = self.possible(&scenario, &who, true);
        let doubt = match (found.ways.is_empty(), &unbound) {
            (false, Some(boundary)) => Some(format!("the text of its permissions boundary `{boundary}` is not there")),
            (false, None) => absent.iter().find(|id| may_deny(id)).map(|id| not_there(id)),
            (true, _) => absent.first().cloned().and_then(|id| {
                // Whatever it says, others may stand against it.
                scenario.identity.push(self.full.clone());
                let most = self.possible(&scenario, &who, true);
                scenario.identity.pop();
                (!most.ways.is_empty() || most.unknown.is_some()).then(|| not_there(&id))
            }),
        };
        let rows = self.rows(Label { arn, kind: kind_of(holder) }, &who, &scenario, (found, doubt));
        if holder.account.is_none() {
            self.assume(format!("principals of which nothing tells the account belong to {}", self.home().to_owned()));
        }
        if !rows.is_empty() && !holder.tells_boundary {
            self.assume("principals of which the data does not tell a permissions boundary have none");
        }
        Ok(rows)
    }

    /// A policy of which nobody knows who has it.
    pub fn bare(&mut self, at: usize) -> Result<Vec<Row>, Usage> {
        let Some(input) = self.inputs.get(at) else { return Ok(Vec::new()) };
        let account = input.context().account.clone().unwrap_or_else(|| self.home().to_owned());
        let who = Who::Holder(account);
        let mut scenario = self.scenario(&who)?;
        scenario.identity.extend(self.parsed.get(at).cloned());
        let found = self.possible(&scenario, &who, true);
        let name = input.name();
        let rows = self.rows(Label { arn: name, kind: "policy" }, &who, &scenario, (found, None));
        if !rows.is_empty() && input.context().account.is_none() {
            self.assume("whoever has a policy of which no principal is known is of the resource's account and has nothing else");
        }
        Ok(rows)
    }

    fn rows(&self, label: Label, who: &Who, scenario: &Scenario<'d>, (found, doubt): (Possible, Option<String>)) -> Vec<Row> {
        let base = Row {
            arn: label.arn,
            kind: label.kind,
            account: who.account().map(str::to_owned),
            verdict: Verdict::Unknown,
            conditions: Vec::new(),
            via: Vec::new(),
            witness: None,
            reason: None,
        };
        if let Some(reason) = doubt.or_else(|| found.unknown.clone().filter(|_| found.ways.is_empty())) {
            return vec![Row { reason: Some(reason), ..base }];
        }
        let ways = found.ways.into_iter().map(|way| Row {
            verdict: Verdict::Allow,
            via: self.via(scenario, &way.witness),
            conditions: way.conditions,
            witness: Some(way.witness),
            ..base.clone()
        });
        ways.collect()
    }

    /// The statements that allow a request, each with its place.
    fn via(&self, scenario: &Scenario<'d>, request: &Request) -> Vec<Cited> {
        let Ok(ruling) = rule(scenario, request) else { return Vec::new() };
        let reasons = explain(&ruling, scenario, request).responsible;
        let cited = reasons.iter().filter_map(|reason| {
            let placer = self.placers.iter().find(|p| std::ptr::eq(p.document(), reason.node.document()))?;
            Some(Cited {
                policy: reason.policy.name.to_string(),
                sid: reason.sid.map(str::to_owned),
                note: reason.note.clone(),
                location: placer.node(Some(reason.node)),
            })
        });
        cited.collect()
    }

    /// Whom the policy of the resource lets besides.
    pub fn external(&mut self) -> Result<Vec<Row>, Usage> {
        let Some(policy) = self.resource.policy.clone() else { return Ok(Vec::new()) };
        let mut named: Vec<(Who, &'static str, String)> = Vec::new();
        let mut everybody = false;
        for element in policy.policy.statements.iter().filter(|s| s.is(Effect::Allow)).filter_map(|s| s.principals.as_ref()) {
            everybody |= element.negated;
            for principal in element.items.iter().filter(|_| !element.negated) {
                match self.outsider(principal) {
                    Some((Who::Anyone, ..)) => everybody = true,
                    Some(other) if !named.contains(&other) => named.push(other),
                    Some(_) | None => {}
                }
            }
        }
        named.sort_by(|a, b| (a.1, &a.2).cmp(&(b.1, &b.2)));
        let mut rows = Vec::new();
        for (who, kind, arn) in named {
            let scenario = self.outside(&who)?;
            let found = self.possible(&scenario, &who, false);
            rows.extend(self.rows(Label { arn, kind }, &who, &scenario, (found, None)));
        }
        if everybody {
            rows.extend(self.anyone(&policy.policy)?);
        }
        if rows.iter().any(|row| row.account.as_ref().is_some_and(|a| Some(a) != self.resource.owner.as_ref())) {
            self.assume("principals of other accounts have policies of their own that allow it");
        }
        Ok(rows)
    }

    /// The scenario of somebody of whom nothing else is known.
    fn outside(&self, who: &Who) -> Result<Scenario<'d>, Usage> {
        let mut scenario = self.scenario(who)?;
        let own = who.account().is_some() && who.account() == self.resource.owner.as_deref();
        scenario.identity.extend((!own).then(|| self.full.clone()));
        Ok(scenario)
    }

    /// Somebody whom an entry of `Principal` names, unless a row of the inventory tells of it.
    fn outsider(&self, principal: &Principal<'_>) -> Option<(Who, &'static str, String)> {
        let text = principal.text.to_owned();
        let (who, kind) = match (principal.kind, principal.form) {
            (PrincipalType::Anyone, _) | (PrincipalType::Aws, PrincipalForm::Wildcard) => (Who::Anyone, "public"),
            (PrincipalType::Service, _) => (Who::Service(text.clone()), "service"),
            (PrincipalType::Federated, _) => (Who::Provider(text.clone()), "provider"),
            (PrincipalType::Canonical, _) => (Who::Canonical(text.clone()), "canonical-user"),
            (PrincipalType::Aws, PrincipalForm::AccountRoot) => {
                let id = principal.account().filter(|id| is_account_id(id) && self.resource.owner.as_deref() != Some(id))?;
                return Some((Who::Account(id.to_owned()), "account", id.to_owned()));
            }
            (PrincipalType::Aws, PrincipalForm::Role) => (Who::Arn(text.clone()), "role"),
            (PrincipalType::Aws, PrincipalForm::User) => (Who::Arn(text.clone()), "user"),
            (PrincipalType::Aws, PrincipalForm::Session) => (Who::Arn(text.clone()), "session"),
            (PrincipalType::Aws, PrincipalForm::UniqueId | PrincipalForm::Empty | PrincipalForm::Other) => return None,
        };
        let role = Caller::named(&text).map_or(text.clone(), |caller| caller.arn);
        let listed = |holder: &Holder| {
            let arn = holder.arn(self.home());
            // The ARN of a session has the role's name without its path.
            let end = |arn: &str| arn.rsplit('/').next().map(str::to_owned);
            arn == role || (kind == "session" && holder.account == who.account().map(str::to_owned) && end(&arn) == end(&role))
        };
        (!self.inventory.holders.iter().any(listed)).then_some((who, kind, text))
    }

    /// Strangers: public as `prove no-public-access` has it, else those who fulfil some condition.
    fn anyone(&mut self, policy: &Policy<'d>) -> Result<Vec<Row>, Usage> {
        let who = Who::Anyone;
        let scenario = self.outside(&who)?;
        let label = |kind| Label { arn: "*".to_owned(), kind };
        let denies = scenario.rcps.iter().flatten().map(|a| {
            let mut slim = a.policy.clone();
            slim.statements.retain(|s| s.is(Effect::Deny));
            slim
        });
        let denies: Vec<Policy<'_>> = denies.collect();
        let all: Vec<&Policy<'_>> = std::iter::once(policy).chain(&denies).collect();
        let sts = self.asked.actions.iter().all(|action| action.to_ascii_lowercase().starts_with("sts:"));
        let kind = if sts { PolicyKind::TrustPolicy } else { PolicyKind::ResourcePolicy };
        let public = proof::not_public(&mut self.engine, proof::Input::new(&all), kind, self.asked);
        let mut found = self.possible(&scenario, &who, false);
        if found.ways.is_empty() && public.verdict == proof::Verdict::Unknown {
            found.unknown = found.unknown.or(public.reason);
        }
        let witness = public.witness.map(|mut request| {
            request.resource_account = self.resource.owner.clone().or(request.resource_account);
            request.completed()
        });
        let witness = witness.filter(|request| rule(&scenario, request).is_ok_and(|r| r.verdict == Verdict::Allow));
        let Some(witness) = witness else { return Ok(self.rows(label("anyone"), &who, &scenario, (found, None))) };
        let ruling = rule(&scenario, &witness).ok();
        let group = ruling.as_ref().and_then(|ruling| ruling.layers.resource());
        let allowing = group.into_iter().flat_map(|g| &g.applied).find(|a| a.surely(Effect::Allow));
        let statement = allowing.and_then(|a| policy.statements.get(a.statement));
        let conditions = statement.map(proof::conditions).unwrap_or_default();
        let one = Possible { ways: vec![proof::Way { witness, conditions }], ..Possible::default() };
        Ok(self.rows(label("public"), &who, &scenario, (one, None)))
    }

    /// Policies that count as somebody's by themselves: those that belong to nobody, or all where there is nobody.
    pub fn loose(&self) -> Vec<usize> {
        let nobody = self.inventory.holders.is_empty();
        let fits = |(at, input): &(usize, &Input)| {
            input.kind() == PolicyKind::IdentityPolicy && (nobody || !self.inventory.claimed.contains(at))
        };
        self.inputs.iter().enumerate().filter(fits).map(|(at, _)| at).collect()
    }
}

fn kind_of(holder: &Holder) -> &'static str {
    if holder.kind == PrincipalKind::User { "user" } else { "role" }
}

fn not_there(id: &str) -> String {
    format!("the text of `{id}` is not there")
}

/// Whether a policy of which the text is not there may stand against what others allow. Those of AWS allow, but for a few
/// that say so in their names.
fn may_deny(id: &str) -> bool {
    !id.contains(":iam::aws:policy/") || id.contains("Deny") || id.contains("Quarantine")
}
