//! `palisade prove guardrail`: whether control policies stop some actions. Of an organization every account is asked about,
//! in `guardrail_organization.rs`; here levels of policies as they stand, and plain files.

use super::can_load::{self, Plan};
use super::guardrail_organization as organization;
use super::load::show_problems;
use super::policies::Input;
use super::prove::{self, Case};
use super::prove_ask::{self as ask, FULL_ACCESS_SCP, only_denies};
use super::prove_terms::{Access, Terms};
use super::{Exit, Terminal, Usage};
use crate::cli::{DiffFormat, GuardrailArgs, LayerArgs, PlainFormat, ProveArgs, ShownArgs};
use crate::document::json;
use crate::evaluate::scenario;
use crate::finding::place::Placer;
use crate::organization::Organization;
use crate::policy::{Policy, PolicyKind, parse};
use crate::proof::{self, Engine, Guardrail, Level, Proof, Verdict, World};
use crate::report::proof::{Answer, Exhibit};
use std::path::{Path, PathBuf};

/// The question, resolved.
struct Target<'a> {
    access: Access,
    args: &'a GuardrailArgs,
    terms: Terms,
}

/// Run it.
pub fn run(args: &GuardrailArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let mut terms = Terms::of(&args.terms)?;
    // What a Deny is about is what can be asked for: a project's ARN for an action on projects.
    terms.typed = true;
    let access = Access::of(&args.access, if terms.world.is_none() { World::Open } else { terms.world() })?;
    if access.actions.is_empty() {
        return Err(Usage::new("no action is named", "name what must be stopped with `--action`").into());
    }
    if terms.world.is_none() {
        // Both worlds are asked about: a misspelled action is one that may come, and is guarded by nobody or by chance.
        for unknown in access.unknown() {
            writeln!(terminal.err, "{}", unknown.warning())?;
        }
    }
    let target = Target { access, args, terms };
    let here = [PathBuf::from(".")];
    let levels = !args.scp.is_empty() || !args.rcp.is_empty();
    let paths = if args.paths.is_empty() && !levels { &here[..] } else { &args.paths };
    if args.organization.is_none() && (levels || paths.iter().any(|path| is_scenario(path))) {
        return of_levels(&target, paths, terminal);
    }
    match organization::find(args, paths, terminal)? {
        Err(exit) => return Ok(exit),
        Ok(Some(loaded)) => {
            let target = organization::Target { access: &target.access, args, terms: &target.terms };
            return organization::run(&target, &loaded, terminal);
        }
        Ok(None) => {}
    }
    let common = args.common()?;
    let loaded = match prove::load(&prove::borrowed(paths), &common, terminal)? {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let arguments: Vec<Vec<&Input>> = loaded.iter().map(|l| l.policies.iter().collect()).collect();
    let answers = vec![of_files(&target, &arguments)?];
    prove::finish(&answers, &target.terms, &common.shown, terminal)
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
        let proof = decide(target, &own_levels, kind, target.args.input.account.as_deref());
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
    prove::finish(&answers, &target.terms, &target.args.common()?.shown, terminal)
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
    let mut proof = decide(target, &levels, kind, target.args.input.account.as_deref());
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

/// One engine for each world, for all questions.
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

impl GuardrailArgs {
    /// What plain policies are asked with, as every question has it.
    fn common(&self) -> Result<ProveArgs, Usage> {
        let format = match self.format {
            DiffFormat::Text => PlainFormat::Text,
            DiffFormat::Json => PlainFormat::Json,
            DiffFormat::Markdown => {
                let help = "use text or json, or name an organization";
                return Err(Usage::new("`--format markdown` is for the guardrail of an organization", help));
            }
        };
        let shown = ShownArgs { format, color: self.color, fail_on_unknown: self.fail_on_unknown };
        Ok(ProveArgs { input: self.input.clone(), terms: self.terms.clone(), shown })
    }
}
