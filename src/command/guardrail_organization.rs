//! `palisade prove guardrail` of an organization: an export, a snapshot, or folders that mirror the tree. Every account is
//! judged; what cannot be read leaves only those open to doubt that it bears on.

use super::policies::Loader;
use super::prove_terms::{Access, Terms};
use super::{Exit, Terminal, Usage, prove};
use crate::cli::{DiffFormat, GuardrailArgs};
use crate::document::{Origin, json};
use crate::extract::Base;
use crate::finding::place::Placer;
use crate::finding::{Incomplete, Label};
use crate::guardrail::{self, Coverage, Question, Spot, Text, Texts};
use crate::organization::{self, Loaded, Organization};
use crate::policy::Context;
use crate::proof::{Verdict, World};
use crate::report::guardrail::{Statement, View};
use crate::report::{self, Options, guardrail_json, guardrail_markdown};
use crate::source::snapshot::{self, Found, State};
use crate::source::stream::Content;
use crate::source::{WalkOptions, git};
use crate::text::suggest::did_you_mean;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The question, resolved.
pub(super) struct Target<'a> {
    pub access: &'a Access,
    pub args: &'a GuardrailArgs,
    pub terms: &'a Terms,
}

/// The organization that the arguments name; none when they name plain policies. `Err` of the inner result: it was shown
/// what is wrong.
pub(super) fn find(
    args: &GuardrailArgs,
    paths: &[PathBuf],
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<Result<Option<Loaded>, Exit>> {
    let walk = WalkOptions::default();
    let load = |path: &Path| organization::load(path, &walk, &|_| Context::default());
    if let Some(path) = &args.organization {
        if let Some(exit) = newer(path, terminal)? {
            return Ok(Err(exit));
        }
        return match load(path) {
            Ok(Some(loaded)) => Ok(Ok(Some(loaded))),
            Ok(None) => {
                let help = "name an export such as `organization.json`, a snapshot, or a folder that mirrors the organization";
                Err(Usage::new(format!("`{}` is no organization", path.display()), help).into())
            }
            Err(error) => {
                writeln!(terminal.err, "{}", Usage::new(error.to_string(), error.help()).lines())?;
                Ok(Err(if error.is_missing() { Exit::NoInput } else { Exit::Incomplete }))
            }
        };
    }
    for path in paths {
        if let Some(exit) = newer(path, terminal)? {
            return Ok(Err(exit));
        }
        if git::is_git(path) {
            if let Some(loaded) = of_git(path, &walk) {
                return alone(paths, loaded).map(Ok);
            }
        } else if let Ok(Some(loaded)) = load(path) {
            // Folders are an organization when one of them is an account; of any others nobody can know.
            if !loaded.organization.of_folders || !loaded.organization.accounts.is_empty() {
                return alone(paths, loaded).map(Ok);
            }
            if let Some(exit) = without_organization(path, terminal)? {
                return Ok(Err(exit));
            }
        }
    }
    Ok(Ok(None))
}

/// An organization is asked by itself: whatever stands beside it is attached to nothing.
fn alone(paths: &[PathBuf], loaded: Loaded) -> anyhow::Result<Option<Loaded>> {
    if paths.len() > 1 {
        let help = "name the organization alone; what is attached where stands in it";
        return Err(Usage::new("several arguments, and one of them is an organization", help).into());
    }
    Ok(Some(loaded))
}

/// An export as a commit has it.
fn of_git(argument: &Path, walk: &WalkOptions) -> Option<Loaded> {
    let here = std::env::current_dir().unwrap_or_default();
    let files = git::open(&argument.to_string_lossy(), &here, walk).ok()?;
    let export = |path: &str| path.rsplit('/').next() == Some(organization::load::EXPORT);
    let file = files.into_iter().find(|file| file.explicit || export(&file.path))?;
    let Ok(Content::Whole(source)) = file.content else { return None };
    organization::load::of_document(Arc::new(Base::new(file.name, json::parse(source.text), Origin::default())))
}

/// A snapshot of a newer palisade: nothing of it is read.
fn newer(folder: &Path, terminal: &mut Terminal<'_>) -> anyhow::Result<Option<Exit>> {
    let Found::Newer(version) = snapshot::manifest(folder) else { return Ok(None) };
    let known = snapshot::SCHEMA_VERSION;
    let message = format!("the snapshot `{}` has layout {version}, and this palisade reads {known}", folder.display());
    let help = "update palisade, or fetch again with this version";
    writeln!(terminal.err, "{}", Usage::new(message, help).lines())?;
    Ok(Some(Exit::Incomplete))
}

/// A snapshot of which the organization is not there: nothing else in it can answer.
fn without_organization(folder: &Path, terminal: &mut Terminal<'_>) -> anyhow::Result<Option<Exit>> {
    let (message, help, exit) = match snapshot::manifest(folder) {
        Found::None => return Ok(None),
        Found::Read(manifest) => {
            let failed = manifest.sources.iter().find(|s| s.source == "organizations" && s.state != State::Complete);
            let reason = failed.map(|s| format!(": {}", s.reason.as_deref().unwrap_or(s.state.as_str())));
            let exit = if failed.is_some() { Exit::Incomplete } else { Exit::NoInput };
            let help = failed.and_then(|s| s.help.clone());
            let help = help.unwrap_or_else(|| "fetch again with Organizations among the sources".to_owned());
            let reason = reason.unwrap_or_default();
            let (what, exit) = match folder.join(organization::load::EXPORT).exists() {
                true => ("holds an `organization.json` that is none", Exit::Incomplete),
                false => ("has no `organization.json`", exit),
            };
            (format!("the snapshot `{}` {what}{reason}", folder.display()), help, exit)
        }
        Found::Newer(_) => return newer(folder, terminal),
        Found::Broken(reason) => {
            let message = format!("the manifest of the snapshot `{}` cannot be read: {reason}", folder.display());
            (message, "fetch again".to_owned(), Exit::Incomplete)
        }
    };
    writeln!(terminal.err, "{}", Usage::new(message, help).lines())?;
    Ok(Some(exit))
}

/// Answer for every account.
pub(super) fn run(target: &Target<'_>, loaded: &Loaded, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    if !is_whole(loaded, terminal)? {
        return Ok(Exit::Incomplete);
    }
    let unread = unread_in_folders(loaded, target.args, terminal)?;
    let lost = loaded.organization.doubts.is_partial;
    let incomplete = told_of_snapshot(loaded, terminal)? || lost || !unread.is_empty();
    let texts = Texts::of(&loaded.texts);
    let controls = texts.controls(&loaded.organization);
    let asked = target.access.asked();
    let worlds = match target.terms.world {
        Some(_) => vec![target.terms.world()],
        None => vec![World::Closed, World::Open],
    };
    let question = Question {
        organization: &loaded.organization,
        asked: &asked,
        except: &target.args.except_principal,
        scope: &target.args.scope,
        worlds: &worlds,
    };
    let mut engine = target.terms.engine();
    let coverage = guardrail::cover(&mut engine, &question, &controls);
    in_scope(&question, &coverage)?;
    let problems = show_problems(loaded, &texts, unread, terminal)?;
    let mut assumptions = target.terms.assumptions(worlds.last().copied().unwrap_or(World::Open));
    if loaded.organization.of_folders {
        assumptions.push("a folder whose policies only deny has `FullAWSAccess` beside them".to_owned());
    }
    let statement = |spot: Spot| {
        let control = controls.get(spot.control)?;
        let placer = texts.placer(&control.id)?;
        let (Text::Read(policy) | Text::Full(policy)) = &control.text else { return None };
        let found = policy.statements.get(spot.statement)?;
        let node = placer.document().node(spot.node).unwrap_or(found.node);
        Some(Statement { sid: found.sid.map(str::to_owned), location: placer.node(Some(node)) })
    };
    let view = View {
        coverage: &coverage,
        organization: &loaded.organization,
        controls: &controls,
        asked: &asked,
        except: &target.args.except_principal,
        accepts_structural: target.args.accept_structural,
        statement: &statement,
        assumptions: &assumptions,
    };
    let verdict = view.verdict();
    prove::no_certificate(target.terms, verdict == Verdict::Pass, terminal)?;
    show(&view, target.args, terminal)?;
    Ok(exit(verdict, incomplete, problems, target.args.fail_on_unknown))
}

fn show(view: &View<'_>, args: &GuardrailArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    let options = Options { color: terminal.color, width: terminal.width, verbose: args.verbose, ..Options::default() };
    match args.format {
        DiffFormat::Text => report::guardrail::write(view, &options, terminal.out)?,
        DiffFormat::Json => guardrail_json::write(view, terminal.out)?,
        DiffFormat::Markdown => guardrail_markdown::write(view, terminal.out)?,
    }
    Ok(())
}

/// What is open fails whatever else could not be read; nothing passes while the tree itself is not known in full.
fn exit(verdict: Verdict, incomplete: bool, problems: bool, fail_on_unknown: bool) -> Exit {
    match verdict {
        Verdict::Fail => Exit::Findings,
        Verdict::Pass | Verdict::Unknown if incomplete => Exit::Incomplete,
        Verdict::Pass => Exit::Clean,
        Verdict::Unknown if problems => Exit::Incomplete,
        Verdict::Unknown if fail_on_unknown => Exit::Findings,
        Verdict::Unknown => Exit::Usage,
    }
}

/// An export with mistakes in its own text may have lost anything: it is shown and nothing is answered.
fn is_whole(loaded: &Loaded, terminal: &mut Terminal<'_>) -> anyhow::Result<bool> {
    let mut whole = true;
    for (name, base) in &loaded.documents {
        // A policy in a folder is a file of its own: its mistakes are its own.
        if loaded.organization.of_folders || base.document.problems().is_empty() {
            continue;
        }
        super::load::show_problems(name, &base.document, base.document.problems(), terminal)?;
        whole = false;
    }
    if !whole {
        writeln!(terminal.err, "no answer: an organization that was not read in full can hold anything")?;
    }
    Ok(whole)
}

/// What of folders could not be read or contradicts itself: a file with mistakes need not look like a policy any more, and
/// with it the tree is not known in full.
fn unread_in_folders(loaded: &Loaded, args: &GuardrailArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Vec<Incomplete>> {
    if !loaded.organization.of_folders {
        return Ok(Vec::new());
    }
    let folder = if loaded.prefix.is_empty() { Path::new(".") } else { Path::new(&loaded.prefix) };
    let mut out = loaded.problems.clone();
    if let Ok(loader) = Loader::new(&args.input, &[folder], terminal)? {
        out.extend(loader.load(&[folder])?.problems);
    }
    Ok(out)
}

/// Whether the manifest beside the export says that the organization was not fetched in full.
fn told_of_snapshot(loaded: &Loaded, terminal: &mut Terminal<'_>) -> anyhow::Result<bool> {
    let folder = if loaded.prefix.is_empty() { "." } else { loaded.prefix.as_str() };
    let manifest = match snapshot::manifest(Path::new(folder)) {
        Found::Read(manifest) => manifest,
        Found::None => return Ok(false),
        Found::Newer(_) => return Ok(newer(Path::new(folder), terminal)?.is_some()),
        Found::Broken(reason) => {
            let message = format!("the manifest of the snapshot cannot be read: {reason}");
            let help = "fetch again: nothing tells whether the organization in it is complete";
            writeln!(terminal.err, "{}", Usage::new(message, help).lines())?;
            return Ok(true);
        }
    };
    let mut incomplete = manifest.finished.is_none();
    if incomplete {
        let help = "run `palisade fetch` on it again with `--resume`";
        writeln!(terminal.err, "{}", Usage::new("the fetch of this snapshot did not end", help).lines())?;
    }
    for source in manifest.sources.iter().filter(|s| s.source == "organizations" && s.state != State::Complete) {
        let what = source.what.as_deref().map_or(String::new(), |what| format!(" ({what})"));
        let reason = source.reason.as_deref().unwrap_or(source.state.as_str());
        let message = format!("the organization in this snapshot is not complete{what}: {reason}");
        let help = source.help.clone().unwrap_or_else(|| "fetch it again".to_owned());
        writeln!(terminal.err, "{}", Usage::new(message, help).lines())?;
        incomplete = true;
    }
    Ok(incomplete)
}

/// Show what is missing or has mistakes; true when there is anything.
fn show_problems(loaded: &Loaded, texts: &Texts, mut all: Vec<Incomplete>, terminal: &mut Terminal<'_>) -> anyhow::Result<bool> {
    // Of folders every file was looked at, and all is told.
    let of_export = !loaded.organization.of_folders;
    all.extend(loaded.problems.iter().filter(|_| of_export).cloned());
    for (id, problems) in texts.broken().filter(|_| of_export) {
        let Some(placer) = texts.placer(id) else { continue };
        all.extend(problems.iter().map(|problem| placed(problem, &placer)));
    }
    let options = Options { color: terminal.color, width: terminal.width, ..Options::default() };
    for problem in &all {
        report::write_problem("incomplete", problem, &options, terminal.err)?;
    }
    Ok(!all.is_empty())
}

fn placed(problem: &crate::document::Problem, placer: &Placer<'_>) -> Incomplete {
    let related = problem.related.iter();
    let related = related.map(|(span, message)| Label { message: message.clone(), location: placer.mistake(*span) });
    Incomplete {
        file: placer.file().clone(),
        code: Some(problem.code),
        reason: problem.message.clone(),
        help: problem.help.clone(),
        location: Some(placer.mistake(problem.span)),
        related: related.collect(),
        resource: None,
    }
}

/// Every text of the scope must name something, and some account must be in it.
fn in_scope(question: &Question<'_>, coverage: &Coverage) -> Result<(), Usage> {
    let organization = question.organization;
    if let Some(text) = coverage.nowhere.first() {
        let names = names(organization);
        let other = || "name the id of an account, or the id, name or path of an organizational unit".to_owned();
        let help = did_you_mean(text, names.iter().map(String::as_str)).unwrap_or_else(other);
        return Err(Usage::new(format!("nothing in the organization is called `{text}`"), help));
    }
    if coverage.groups.is_empty() && !coverage.gaps.iter().any(|gap| gap.fails) {
        let (message, help) = match question.scope {
            [] => ("the organization has no accounts".to_owned(), "fetch it again, or name folders of accounts"),
            scope => (format!("no account is in the scope `{}`", scope.join("`, `")), "name a unit that has accounts in it"),
        };
        return Err(Usage::new(message, help));
    }
    Ok(())
}

/// What can be named: units by name and path, accounts by id and name.
fn names(organization: &Organization) -> Vec<String> {
    let units = organization.units.values().flat_map(|u| [u.name.clone(), organization.named_path(&u.id), u.id.clone()]);
    let accounts = organization.accounts.values().flat_map(|a| [a.id.clone(), a.name.clone()]);
    units.chain(accounts).collect()
}
