//! One question for the accounts on which the same policies bear.

use super::accounts::Bearing;
use super::home::Home;
use super::model::Question;
use super::texts::{Control, Text};
use crate::catalog;
use crate::evaluate::{ContextValue, Request};
use crate::policy::arn::is_account_id;
use crate::policy::{Policy, PolicyKind};
use crate::proof::{self, Compiled, Engine, Input, Known, Path, Proof, Sense, Verdict, World, tells_accounts_apart};
use std::collections::BTreeSet;

/// Policies of the organization, compiled once, and what they must stop.
pub(super) struct Pool<'c, 'd> {
    pub controls: &'c [Control<'d>],
    pub worlds: &'c [World],
    /// Actions that are asked about, as globs.
    pub asked_actions: &'c [String],
    /// What must be stopped.
    pub target: Vec<Sense>,
    /// The same without one of the exemptions.
    pub unexempt: Vec<Vec<Sense>>,
    /// Each policy by itself; what allows everything where the text is not known.
    pub singles: Vec<[&'c Policy<'d>; 1]>,
    pub compiled: Vec<Compiled>,
    /// What the organization tells of every request.
    pub home: Home<'c>,
    /// Resource control policies bind every service that is asked about.
    pub binds_resources: bool,
}

const SCP: PolicyKind = PolicyKind::ServiceControlPolicy;
const RCP: PolicyKind = PolicyKind::ResourceControlPolicy;

/// An answer for some accounts.
pub(super) struct Judged<'q> {
    pub accounts: Vec<&'q str>,
    pub proof: Proof,
    /// Policies in the order in which the proof numbers them.
    pub numbering: Vec<usize>,
}

/// What allows everything, of a kind: the last of the policies, to which nothing is attached.
fn everything<'c, 'd>(controls: &'c [Control<'d>], kind: PolicyKind) -> Option<&'c Policy<'d>> {
    controls.iter().rev().find(|c| c.kind == kind && c.id.is_empty()).and_then(|c| match &c.text {
        Text::Full(policy) | Text::Read(policy) => Some(policy),
        Text::Absent | Text::Broken => None,
    })
}

impl<'c, 'd> Pool<'c, 'd> {
    pub fn new(engine: &mut Engine, question: &Question<'c>, controls: &'c [Control<'d>]) -> Self {
        let mut singles: Vec<[&Policy<'_>; 1]> = Vec::new();
        for control in controls {
            match &control.text {
                Text::Read(policy) | Text::Full(policy) => singles.push([policy]),
                // What is not known allows at most everything: whoever is held all the same is held.
                Text::Absent | Text::Broken => singles.extend(everything(controls, control.kind).map(|policy| [policy])),
            }
        }
        let home = Home::new(question, &engine.assume);
        let (of_callers, of_resources) = (home.known(SCP, None), home.known(RCP, None));
        let of = |kind| if kind == RCP { &of_resources } else { &of_callers };
        let all = controls.iter().zip(&singles);
        let compiled = all.map(|(control, single)| engine.compile_knowing(single, of(control.kind))).collect();
        let target = proof::aim_at(engine, question.asked, question.except);
        let without = |skip: usize| -> Vec<String> {
            question.except.iter().enumerate().filter(|(at, _)| *at != skip).map(|(_, text)| text.clone()).collect()
        };
        let unexempt = (0..question.except.len()).map(|skip| proof::aim_at(engine, question.asked, &without(skip))).collect();
        let binds_resources = all_bound(&question.asked.actions);
        Self {
            controls,
            worlds: question.worlds,
            target,
            asked_actions: &question.asked.actions,
            unexempt,
            singles,
            compiled,
            home,
            binds_resources,
        }
    }

    pub fn input(&self, at: usize) -> Option<Input<'_, 'd>> {
        Some(Input { policies: self.singles.get(at)?.as_slice(), compiled: self.compiled.get(at) })
    }

    fn levels(&self, bearing: &Bearing) -> Vec<Vec<Input<'_, 'd>>> {
        bearing.levels.iter().map(|level| level.iter().filter_map(|at| self.input(*at)).collect()).collect()
    }

    /// Resource control policies only deny: where they are attached is all one.
    fn resource_levels(&self, bearing: &Bearing) -> Vec<Vec<Input<'_, 'd>>> {
        vec![bearing.of_resources.iter().filter_map(|at| self.input(*at)).collect()]
    }

    /// Judge all accounts on which the same bears. Where the policies can tell accounts apart each is asked about by itself.
    pub fn judge<'q>(&self, engine: &mut Engine, bearing: &Bearing, accounts: Vec<&'q str>) -> Vec<Judged<'q>> {
        let numbering: Vec<usize> = bearing.levels.iter().flatten().copied().collect();
        let levels = self.levels(bearing);
        let ask = |engine: &mut Engine, account| self.ask(engine, &levels, SCP, account);
        let judged = |accounts, proof| Judged { accounts, proof, numbering: numbering.clone() };
        if accounts.len() < 2 || !self.tells_apart(engine, &levels, SCP) {
            let account = accounts.first().copied().filter(|id| is_account_id(id));
            let proof = ask(engine, account);
            return vec![judged(accounts, self.told(bearing, account, proof))];
        }
        let whole = ask(engine, None);
        if whole.verdict == Verdict::Pass {
            return vec![judged(accounts, whole)];
        }
        let mut out: Vec<Judged<'q>> = Vec::new();
        for account in accounts {
            let known = Some(account).filter(|id| is_account_id(id));
            let proof = ask(engine, known);
            let proof = self.told(bearing, known, proof);
            match out.iter_mut().find(|j| j.proof.verdict == proof.verdict && j.proof.reason == proof.reason) {
                Some(known) => known.accounts.push(account),
                None => out.push(judged(vec![account], proof)),
            }
        }
        out
    }

    /// Accounts that are held by one Deny: there is nothing to prove.
    pub fn held<'q>(&self, bearing: &Bearing, accounts: Vec<&'q str>) -> Judged<'q> {
        let numbering = bearing.levels.iter().flatten().copied().collect();
        Judged { accounts, proof: Proof::of(Verdict::Pass), numbering }
    }

    /// A request that gets through shows nothing while a policy above the account is not known.
    fn told(&self, bearing: &Bearing, account: Option<&str>, proof: Proof) -> Proof {
        if proof.verdict != Verdict::Fail {
            return proof;
        }
        let unknown = |at: &&usize| self.controls.get(**at).is_some_and(|c| matches!(c.text, Text::Absent | Text::Broken));
        let mut why: Vec<String> = Vec::new();
        for at in bearing.levels.iter().flatten().filter(unknown) {
            let Some(control) = self.controls.get(*at) else { continue };
            let what = if matches!(control.text, Text::Broken) { "has mistakes" } else { "is not here" };
            why.push(format!("the text of the attached policy `{}` {what}", control.name));
        }
        if !bearing.rooted {
            why.push(
                "it is not known what is attached above: the units do not lead up to a root, or the export contradicts itself"
                    .to_owned(),
            );
        }
        why.dedup();
        if why.is_empty() { self.at_home(bearing, account, proof) } else { Proof::unknown(why.join("; ")) }
    }

    /// The witness with a resource of the account itself, where the request then gets through all the same.
    fn at_home(&self, bearing: &Bearing, account: Option<&str>, mut proof: Proof) -> Proof {
        let (Some(request), Some(account)) = (&mut proof.witness, account) else { return proof };
        let own = |text: &String| text.replace(ELSEWHERE, account);
        let resource_account = request.resource_account.as_ref().map(own);
        let home = Request { resource: own(&request.resource), resource_account, ..request.clone() };
        let levels: Vec<Vec<&Policy<'_>>> = self
            .levels(bearing)
            .iter()
            .map(|level| level.iter().flat_map(|input| input.policies.iter().copied()).collect())
            .collect();
        let asked = |request: &Request| request.resource.contains(account);
        if asked(&home) && Path::lets_through(&levels, SCP, &home) {
            *request = home;
        }
        proof
    }

    /// What policies of a kind say of an account, or of any.
    fn ask(&self, engine: &mut Engine, levels: &[Vec<Input<'_, 'd>>], kind: PolicyKind, account: Option<&str>) -> Proof {
        let known = self.home.known(kind, account);
        // Whom resource control policies bind is not of the account.
        let account = account.filter(|_| kind != RCP);
        in_worlds(engine, self.worlds, &Path { levels, kind, target: &self.target, account, known: &known })
    }

    /// Whether policies of a kind can say one thing of one account and another of the next.
    fn tells_apart(&self, engine: &Engine, levels: &[Vec<Input<'_, 'd>>], kind: PolicyKind) -> bool {
        let parts = levels.iter().flatten().filter_map(|input| input.compiled);
        let boxes = parts.flat_map(|c| c.allow.iter().chain(&c.deny));
        let senses = boxes.flat_map(|boxed| boxed.parts.iter().map(|(id, _)| (*id, true)));
        tells_accounts_apart(engine, kind, senses.chain(self.target.iter().copied()))
    }

    /// Write into a request what is known of the keys that service control policies above the account speak of: one that
    /// never applies there took no part, and would apply to a request without the key.
    pub fn complete(&self, engine: &Engine, request: &mut Request, account: &str, above: &BTreeSet<usize>) {
        let named = |compiled: &Compiled, known: &Known| {
            let name = known.name();
            let mut parts = compiled.allow.iter().chain(&compiled.deny).flat_map(|boxed| &boxed.parts);
            compiled.read.contains(&name) || parts.any(|(id, _)| engine.is_on_key(*id, &name))
        };
        for known in self.home.known(SCP, Some(account)) {
            let mut all = above.iter().filter_map(|at| self.compiled.get(*at));
            if all.any(|compiled| named(compiled, &known)) {
                let value = if known.list { ContextValue::Many(vec![known.value]) } else { ContextValue::One(known.value) };
                request.context.entry(known.key.to_owned()).or_insert(value);
            }
        }
    }

    /// What resource control policies say, by the accounts they say it of; none when they say nothing.
    pub fn of_resources<'q>(
        &self,
        engine: &mut Engine,
        bearing: &Bearing,
        accounts: Vec<&'q str>,
    ) -> Vec<(Option<Verdict>, Vec<&'q str>)> {
        if !self.binds_resources || bearing.of_resources.is_empty() {
            return vec![(None, accounts)];
        }
        let levels = self.resource_levels(bearing);
        let whole = self.ask(engine, &levels, RCP, None).verdict;
        if whole == Verdict::Pass || !self.tells_apart(engine, &levels, RCP) {
            return vec![(Some(whole), accounts)];
        }
        let mut out: Vec<(Option<Verdict>, Vec<&'q str>)> = Vec::new();
        for account in accounts {
            let verdict = Some(self.ask(engine, &levels, RCP, Some(account)).verdict);
            match out.iter_mut().find(|(known, _)| *known == verdict) {
                Some((_, alike)) => alike.push(account),
                None => out.push((verdict, vec![account])),
            }
        }
        out
    }

    /// Exemptions without which the accounts are held too.
    pub fn unused(&self, engine: &mut Engine, bearing: &Bearing) -> Vec<usize> {
        let levels = self.levels(bearing);
        let known = self.home.known(SCP, None);
        let held = |engine: &mut Engine, target: &[Sense]| {
            let path = Path { levels: &levels, kind: SCP, target, account: None, known: &known };
            in_worlds(engine, self.worlds, &path).verdict == Verdict::Pass
        };
        self.unexempt.iter().enumerate().filter(|(_, target)| held(engine, target)).map(|(at, _)| at).collect()
    }

    /// Whether accounts would be held with some policies more, attached to them or to something above them.
    pub fn is_held_with(&self, engine: &mut Engine, bearing: &Bearing, kind: PolicyKind, more: &[Input<'_, '_>]) -> bool {
        let mut levels = if kind == RCP { self.resource_levels(bearing) } else { self.levels(bearing) };
        let full = self.controls.iter().rposition(|c| c.kind == kind && c.id.is_empty());
        let mut last: Vec<Input<'_, '_>> = full.and_then(|at| self.input(at)).into_iter().collect();
        last.extend(more);
        levels.push(last);
        self.ask(engine, &levels, kind, None).verdict == Verdict::Pass
    }
}

/// The account that stands in resources of witnesses when nothing was asked of it.
const ELSEWHERE: &str = "111122223333";

/// Ask in every world, real actions first: a request that can be made today says more than one that may come.
fn in_worlds(engine: &mut Engine, worlds: &[World], path: &Path<'_, '_>) -> Proof {
    let mut held = false;
    let mut proof = Proof::unknown("nothing was asked");
    for world in worlds {
        engine.world = *world;
        proof = proof::guardrail_path(engine, path);
        if proof.verdict != Verdict::Pass {
            break;
        }
        held = true;
    }
    if held && proof.verdict != Verdict::Pass {
        let word = "every action of the catalogue is stopped; one that may come is not (`--world closed` leaves it out)";
        proof.reason = Some(proof.reason.map_or_else(|| word.to_owned(), |reason| format!("{reason}; {word}")));
    }
    proof
}

/// True when resource control policies bind every action that is asked about.
///
/// AWS Organizations User Guide, "Resource control policies (RCPs)": the list of services, and `kms:RetireGrant`, which
/// they never stop.
fn all_bound(actions: &[String]) -> bool {
    let services = catalog::current().table("rcp-services");
    let bound = |action: &String| {
        action.split_once(':').is_some_and(|(service, name)| {
            let retires = service.eq_ignore_ascii_case("kms") && may_retire(name);
            services.has(service) && !retires
        })
    };
    !actions.is_empty() && actions.iter().all(bound)
}

/// Services among those that are asked about which resource control policies do not bind, sorted.
pub(super) fn unbound(actions: &[String]) -> Vec<String> {
    let table = catalog::current().table("rcp-services");
    let services = actions.iter().filter_map(|action| action.split_once(':')).map(|(service, _)| service);
    let plain = services.filter(|service| !crate::text::glob::has_wildcard(service) && !table.has(service));
    plain.map(str::to_ascii_lowercase).collect::<BTreeSet<_>>().into_iter().collect()
}

fn may_retire(name: &str) -> bool {
    crate::text::glob::matches(name, "RetireGrant", crate::text::glob::Case::Insensitive)
}
