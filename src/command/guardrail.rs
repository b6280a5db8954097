//! `palisade prove guardrail`: whether control policies stop some actions, for each set of accounts with the same policies.

use super::can_load::{self, Plan};
use super::load::show_problems;
use super::policies::Input;
use super::prove::{self, Case};
use super::prove_ask::{self as ask, FULL_ACCESS_SCP, only_denies};
use super::prove_terms::{Access, Terms};
use super::{Exit, Terminal, Usage};
use crate::cli::{GuardrailArgs, LayerArgs};
use crate::document::json;
use crate::evaluate::scenario;
use crate::finding::place::Placer;
use crate::organization::Organization;
use crate::policy::{Policy, PolicyKind, parse};
use crate::proof::{self, Asked, Bearing, Engine, Guardrail, Level, Proof, Verdict, World};
use crate::report::proof::{Answer, Exhibit};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The question, resolved.
struct Target<'a> {
    access: Access,
    args: &'a GuardrailArgs,
    terms: Terms,
}

/// Run it.
pub fn run(args: &GuardrailArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let mut terms = Terms::of(&args.common.terms)?;
    // What a Deny is about is what can be asked for: a project's ARN for an action on projects.
    terms.typed = true;
    let access = Access::of(&args.access, if terms.world.is_none() { World::Open } else { terms.world() })?;
    if access.actions.is_empty() {
        return Err(Usage::new("no action is named", "name what must be stopped with `--action`").into());
    }
    let target = Target { access, args, terms };
    let here = [PathBuf::from(".")];
    let levels = !args.scp.is_empty() || !args.rcp.is_empty();
    let paths = if args.paths.is_empty() && !levels { &here[..] } else { &args.paths };
    if levels || paths.iter().any(|path| is_scenario(path)) {
        return of_levels(&target, paths, terminal);
    }
    let exported = paths.iter().find_map(|path| export(path));
    // Of a snapshot only the organization matters here.
    let paths = exported.as_ref().map_or_else(|| paths.to_vec(), |(path, _)| vec![path.clone()]);
    let loaded = match prove::load(&prove::borrowed(&paths), &args.common, terminal)? {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let arguments: Vec<Vec<&Input>> = loaded.iter().map(|l| l.policies.iter().collect()).collect();
    let answers = match exported {
        Some((_, organization)) => {
            let inputs: Vec<&Input> = arguments.into_iter().flatten().collect();
            of_organization(&target, &organization, &inputs)?
        }
        None => vec![of_files(&target, &arguments)?],
    };
    prove::finish(&answers, &target.terms, &args.common.shown, terminal)
}

/// The export of an organization that a file is, or that a folder holds as `organization.json`.
pub(super) fn export(path: &Path) -> Option<(PathBuf, Organization)> {
    let file = if path.is_dir() { path.join("organization.json") } else { path.to_owned() };
    let document = json::parse(crate::source::read_text(&file).ok()?);
    Some((file, Organization::read(document.root()?)?))
}

/// True for a file with levels of control policies in it.
fn is_scenario(path: &Path) -> bool {
    let Ok(text) = crate::source::read_text(path) else { return false };
    let document = json::parse(text);
    document.root().is_some_and(|root| root.get("scps").is_some() || root.get("rcps").is_some())
}

/// Levels of a scenario file and of the command line, as they stand: what no level allows is stopped.
fn of_levels(target: &Target<'_>, paths: &[PathBuf], terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let ([] | [_]) = paths else {
        let help = "name one scenario file, or levels with `--scp` and `--rcp`";
        return Err(Usage::new("several files beside levels of control policies", help).into());
    };
    let own = match paths.first().map(|path| can_load::file(path, terminal)).transpose()? {
        Some(Err(exit)) => return Ok(exit),
        Some(Ok(file)) => Some(file),
        None => None,
    };
    let (written, problems) = own.as_ref().map(|file| scenario::read(&file.document)).unwrap_or_default();
    if let Some(file) = own.as_ref().filter(|_| !problems.is_empty()) {
        show_problems(&file.name, &file.document, &problems, terminal)?;
        return Ok(Exit::Usage);
    }
    let text = |paths: &[PathBuf]| paths.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    let layers = LayerArgs { scp: text(&target.args.scp), rcp: text(&target.args.rcp), ..LayerArgs::default() };
    let folder = paths.first().and_then(|path| path.parent()).unwrap_or(Path::new(""));
    let plan = Plan::new(&written, folder, &layers);
    let files = match plan.files(terminal)? {
        Ok(files) => files,
        Err(exit) => return Ok(exit),
    };
    let policies = match plan.scenario(&files, own.as_ref(), terminal)? {
        Ok(policies) => policies,
        Err(exit) => return Ok(exit),
    };
    let mut answers = Vec::new();
    for (kind, levels) in
        [(PolicyKind::ServiceControlPolicy, &policies.scps), (PolicyKind::ResourceControlPolicy, &policies.rcps)]
    {
        if levels.is_empty() {
            continue;
        }
        let all: Vec<_> = levels.iter().flatten().collect();
        let find = |name: &str| {
            own.as_ref().filter(|f| *f.name == *name).or_else(|| files.iter().map(|(_, f)| f).find(|f| *f.name == *name))
        };
        let placers: Vec<Placer<'_>> =
            all.iter().filter_map(|a| find(&a.file)).map(|f| Placer::new(&f.document, f.name.clone())).collect();
        let parts = all.iter().zip(&placers);
        let exhibits: Vec<Exhibit<'_, '_>> =
            parts.map(|(a, placer)| Exhibit { name: a.name.to_string(), policy: &a.policy, placer }).collect();
        let mut first = 0;
        let mut own_levels = Vec::new();
        for level in levels {
            own_levels.push(Level { policies: level.iter().map(|a| &a.policy).collect(), first });
            first += level.len();
        }
        let proof = decide(target, &own_levels, kind, target.args.common.input.account.as_deref());
        let words = format!("the {} levels of {kind}", levels.len());
        answers.push(told(Answer::new("guardrail", proof, &exhibits), words));
    }
    if answers.is_empty() {
        return Err(Usage::new("no control policy", "the scenario has neither `scps` nor `rcps`").into());
    }
    // Both sorts bind at once: what one of them stops is stopped.
    if answers.iter().any(|a| a.verdict == Verdict::Pass) {
        answers.retain(|a| a.verdict == Verdict::Pass);
    }
    prove::finish(&answers, &target.terms, &target.args.common.shown, terminal)
}

/// Files: each argument is a level.
fn of_files(target: &Target<'_>, arguments: &[Vec<&Input>]) -> Result<Answer, Usage> {
    let control = |kind| matches!(kind, PolicyKind::ServiceControlPolicy | PolicyKind::ResourceControlPolicy);
    let all: Vec<&Input> = arguments.iter().flatten().copied().collect();
    // A bare file without principals reads like an identity policy; here a control policy is meant.
    let kind = all.iter().map(|i| i.kind()).find(|kind| control(*kind)).unwrap_or(PolicyKind::ServiceControlPolicy);
    if let Some(other) = all.iter().find(|i| i.kind() != kind && !i.is_assumed()) {
        let message = format!("`{}` is read as {}", other.name(), other.kind());
        return Err(Usage::new(message, "name control policies of one sort, or say the kind with `--kind`"));
    }
    let case = Case::new(all.iter().copied());
    let document = json::parse(FULL_ACCESS_SCP.to_owned());
    let full = document.root().map(|root| parse(root).0);
    let mut rest = case.policies.iter().enumerate();
    // What the policies of the levels are among the inputs; one that was put beside them is none.
    let mut flat: Vec<Option<usize>> = Vec::new();
    let mut levels = Vec::new();
    let mut beside = false;
    for argument in arguments {
        let first = flat.len();
        let own: Vec<(usize, &Policy<'_>)> = rest.by_ref().take(argument.len()).collect();
        let mut policies: Vec<&Policy<'_>> = own.iter().map(|(_, policy)| *policy).collect();
        flat.extend(own.iter().map(|(at, _)| Some(*at)));
        if only_denies(&policies, kind) {
            policies.extend(full.as_ref());
            flat.push(None);
            beside = true;
        }
        levels.push(Level { policies, first });
    }
    let mut proof = decide(target, &levels, kind, target.args.common.input.account.as_deref());
    proof.responsible.retain_mut(|part| {
        let at = flat.get(part.policy).copied().flatten();
        part.policy = at.unwrap_or_default();
        at.is_some()
    });
    if beside && kind == PolicyKind::ServiceControlPolicy {
        proof.assumptions.push("levels that only deny have `FullAWSAccess` beside".to_owned());
    }
    let words = if all.len() == 1 { "the control policy".to_owned() } else { format!("the {} control policies", all.len()) };
    Ok(told(case.answer("guardrail", proof), words))
}

fn told(answer: Answer, who: String) -> Answer {
    answer.about(who.clone(), |verdict| match verdict {
        Verdict::Pass => format!("every such request is stopped by {who}"),
        Verdict::Fail => format!("a request gets through {who}"),
        Verdict::Unknown => format!("it could not be decided whether every such request is stopped by {who}"),
    })
}

/// Accounts by the policies of each level above them, which are numbered as the inputs.
type Groups<'a> = BTreeMap<Vec<Vec<usize>>, Vec<&'a String>>;

/// Of each level only what bears on the target counts, so that a thousand accounts are tens of questions. A level without
/// a policy binds nothing: AWS keeps one attached everywhere, unless service control policies are switched off.
fn grouped<'a>(
    organization: &Organization,
    accounts: &[&'a String],
    inputs: &[&Input],
    bearings: &[Bearing],
) -> Result<Groups<'a>, Usage> {
    let by_arn: BTreeMap<&str, usize> =
        inputs.iter().enumerate().filter_map(|(at, i)| Some((i.context().resource.as_deref()?, at))).collect();
    let mut groups = Groups::new();
    for account in accounts {
        let mut path = Vec::new();
        for level in organization.levels(&organization.path(account), "SERVICE_CONTROL_POLICY") {
            let mut numbers = Vec::new();
            for arn in level {
                let help = "fetch the organization again, or add the policy: without it nothing can be proved";
                let missing = || Usage::new(format!("the policy `{arn}` is attached, and its text is not there"), help);
                let at = *by_arn.get(arn.as_str()).ok_or_else(missing)?;
                numbers.extend(bearings.get(at).map(|bearing| (at, *bearing)));
            }
            if !numbers.is_empty() {
                path.push(proof::that_matter(&numbers));
            }
        }
        groups.entry(path).or_default().push(account);
    }
    Ok(groups)
}

/// Every account in scope, those with the same policies together.
fn of_organization(target: &Target<'_>, organization: &Organization, inputs: &[&Input]) -> Result<Vec<Answer>, Usage> {
    let scope = &target.args.scope;
    let in_scope = |account: &str| scope.is_empty() || scope.iter().any(|s| organization.is_within(account, s));
    let accounts: Vec<&String> = organization.accounts.keys().filter(|id| in_scope(id)).collect();
    if accounts.is_empty() {
        let help = "name the id of an account, or the id, name or path of an organizational unit";
        return Err(Usage::new(format!("no account is in the scope {}", scope.join(", ")), help));
    }
    let case = Case::new(inputs.iter().copied());
    let management = organization.management_account.as_ref();
    let (structural, bound): (Vec<&String>, Vec<&String>) = accounts.into_iter().partition(|id| management == Some(*id));
    let (mut engines, asked) = (Engines::new(target), target.access.asked());
    let bearings: Vec<Bearing> = case.policies.iter().map(|policy| engines.bearing(policy, &asked)).collect();
    let groups = grouped(organization, &bound, inputs, &bearings)?;
    let mut answers = Vec::new();
    for (path, members) in groups {
        let flat: Vec<usize> = path.iter().flatten().copied().collect();
        let mut first = 0;
        let mut own: Vec<Level<'_, '_>> = Vec::new();
        for level in &path {
            own.push(Level { policies: level.iter().filter_map(|at| case.policies.get(*at)).collect(), first });
            first += level.len();
        }
        let account = if let [one] = members.as_slice() { Some(one.as_str()) } else { None };
        let mut proof = engines.decide(target, &own, PolicyKind::ServiceControlPolicy, account);
        for part in &mut proof.responsible {
            // From the numbering of this path to that of the file.
            part.policy = flat.get(part.policy).copied().unwrap_or(part.policy);
        }
        let who = match members.as_slice() {
            [one] => format!("the policies of account {one}"),
            many => format!("the policies of {} accounts ({})", many.len(), sample(many)),
        };
        answers.push(told(case.answer("guardrail", proof), who));
    }
    for account in structural {
        let mut proof = Proof::of(if target.args.accept_structural { Verdict::Pass } else { Verdict::Fail });
        proof.reason =
            Some("service control policies do not bind the management account; `--accept-structural` lets it pass".to_owned());
        answers.push(told(case.answer("guardrail", proof), format!("the policies of the management account {account}")));
    }
    Ok(answers)
}

fn sample(accounts: &[&String]) -> String {
    let shown: Vec<&str> = accounts.iter().take(5).map(|a| a.as_str()).collect();
    let more = if accounts.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// One engine for each world, for all accounts.
struct Engines {
    worlds: Vec<Engine>,
}

impl Engines {
    fn new(target: &Target<'_>) -> Self {
        let both = [World::Closed, World::Open];
        let worlds = match target.terms.world {
            Some(_) => vec![target.terms.world()],
            None => both.to_vec(),
        };
        let make = |world| {
            let mut engine = target.terms.engine();
            engine.world = world;
            engine
        };
        Self { worlds: worlds.into_iter().map(make).collect() }
    }

    fn bearing(&mut self, policy: &Policy<'_>, asked: &Asked) -> Bearing {
        // Which actions there are changes nothing here.
        self.worlds
            .first_mut()
            .map_or(Bearing { allows_everything: false, may_deny: true }, |engine| proof::bearing(engine, policy, asked))
    }

    /// Real actions first: a request that can be made today says more than one that may come.
    fn decide(&mut self, target: &Target<'_>, levels: &[Level<'_, '_>], kind: PolicyKind, account: Option<&str>) -> Proof {
        let asked = target.access.asked();
        let question = Guardrail { levels, kind, asked: &asked, except: &target.args.except_principal, account };
        let mut last = ask::unknown("nothing was asked");
        for engine in &mut self.worlds {
            let world = engine.world;
            let held = last.verdict == Verdict::Pass;
            last = proof::guardrail(engine, &question);
            last.assumptions.extend(target.terms.assumptions(world));
            if last.verdict == Verdict::Pass && !target.args.except_principal.is_empty() {
                let unused = proof::unused_exemptions(engine, &question);
                last.assumptions.extend(unused.iter().map(|e| format!("`{e}` is never needed: it is stopped all the same")));
            }
            if last.verdict != Verdict::Pass {
                if held {
                    let word =
                        "every action of the catalogue is stopped; one that may come is not (`--world closed` leaves it out)";
                    last.reason = Some(last.reason.map_or_else(|| word.to_owned(), |r| format!("{r}; {word}")));
                }
                break;
            }
        }
        if kind == PolicyKind::ServiceControlPolicy {
            last.assumptions.push("service-linked roles are not bound by service control policies".to_owned());
        }
        last
    }
}

fn decide(target: &Target<'_>, levels: &[Level<'_, '_>], kind: PolicyKind, account: Option<&str>) -> Proof {
    Engines::new(target).decide(target, levels, kind, account)
}
