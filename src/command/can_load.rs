//! The policies of `palisade can`: those of the scenario and those named on the command line, read and checked.

use super::load::show_problems;
use super::{Exit, Terminal, Usage};
use crate::cli::LayerArgs;
use crate::document::{Document, json};
use crate::evaluate::{Attached, Given, Place, Scenario, ScenarioFile, Slot, scenario};
use crate::source::{self, SourceError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A JSON file that was read.
pub(super) struct File {
    /// Its name as shown.
    pub(super) name: Arc<str>,
    /// Its tree.
    pub(super) document: Document,
}

/// Read a file whose text must be whole. `Err` of the inner result: it was shown what is wrong.
pub(super) fn file(path: &Path, terminal: &mut Terminal<'_>) -> anyhow::Result<Result<File, Exit>> {
    let text = match text(path, terminal)? {
        Ok(text) => text,
        Err(exit) => return Ok(Err(exit)),
    };
    let file = File { name: path.to_string_lossy().replace('\\', "/").into(), document: json::parse(text) };
    if file.document.problems().is_empty() {
        return Ok(Ok(file));
    }
    show_problems(&file.name, &file.document, file.document.problems(), terminal)?;
    Ok(Err(Exit::Incomplete))
}

/// The text of a file. `Err` of the inner result: it was shown what is wrong.
pub(super) fn text(path: &Path, terminal: &mut Terminal<'_>) -> anyhow::Result<Result<String, Exit>> {
    let error = match source::read_text(path) {
        Ok(text) => return Ok(Ok(text)),
        Err(error) => error,
    };
    writeln!(terminal.err, "{}", Usage::new(error.to_string(), error.help()).lines())?;
    let missing = matches!(error, SourceError::Missing { .. });
    Ok(Err(if missing { Exit::NoInput } else { Exit::Incomplete }))
}

/// A policy that has been found: which file it stands in, or that it stands in the scenario itself.
struct Found<'d> {
    slot: Slot<'d>,
    path: Option<PathBuf>,
}

/// The files of one level.
fn names(level: &str) -> impl Iterator<Item = &str> {
    level.split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// Every policy, with the folder that file names start from.
pub(super) struct Plan<'d> {
    found: Vec<Found<'d>>,
    levels: [usize; 2],
    management_account: Option<String>,
}

impl<'d> Plan<'d> {
    /// Of a scenario in this folder and the command line.
    pub(super) fn new(file: &ScenarioFile<'d>, folder: &Path, args: &'d LayerArgs) -> Self {
        let of_scenario = file.slots.iter().cloned().map(|slot| {
            let path = if let Given::File(name) = slot.given { Some(folder.join(name)) } else { None };
            Found { slot, path }
        });
        let mut plan =
            Self { found: of_scenario.collect(), levels: file.levels, management_account: file.management_account.clone() };
        plan.add(Place::Identity, &args.identity_policy);
        plan.add(Place::Boundary, &args.permissions_boundary);
        plan.add(Place::Session, &args.session_policy);
        plan.add(Place::Endpoint, &args.vpc_endpoint_policy);
        if let Some(file) = &args.resource_policy {
            // A resource has one policy: the command line goes before the scenario.
            plan.found.retain(|found| found.slot.place != Place::Resource);
            plan.add(Place::Resource, [file]);
        }
        for level in &args.scp {
            plan.add(Place::Scp(plan.levels[0]), names(level));
            plan.levels[0] += 1;
        }
        for level in &args.rcp {
            plan.add(Place::Rcp(plan.levels[1]), names(level));
            plan.levels[1] += 1;
        }
        plan
    }

    fn add<T: AsRef<str> + ?Sized + 'd>(&mut self, place: Place, files: impl IntoIterator<Item = &'d T>) {
        for file in files {
            let name = file.as_ref();
            let slot = Slot { place, name: name.to_owned(), given: Given::File(name) };
            self.found.push(Found { slot, path: Some(PathBuf::from(name)) });
        }
    }

    /// Read the files, each once.
    pub(super) fn files(&self, terminal: &mut Terminal<'_>) -> anyhow::Result<Result<Vec<(PathBuf, File)>, Exit>> {
        let mut out: Vec<(PathBuf, File)> = Vec::new();
        for path in self.found.iter().filter_map(|found| found.path.as_ref()) {
            if out.iter().any(|(known, _)| known == path) {
                continue;
            }
            match file(path, terminal)? {
                Ok(file) => out.push((path.clone(), file)),
                Err(exit) => return Ok(Err(exit)),
            }
        }
        Ok(Ok(out))
    }

    /// The scenario with its policies. `Err` of the inner result: it was shown what is wrong with one.
    pub(super) fn scenario(
        &self,
        files: &'d [(PathBuf, File)],
        own: Option<&'d File>,
        terminal: &mut Terminal<'_>,
    ) -> anyhow::Result<Result<Scenario<'d>, Exit>> {
        let [scps, rcps] = self.levels;
        let mut out = Scenario {
            scps: vec![Vec::new(); scps],
            rcps: vec![Vec::new(); rcps],
            management_account: self.management_account.clone(),
            ..Scenario::default()
        };
        let mut broken = false;
        for found in &self.found {
            let file = match &found.path {
                Some(path) => files.iter().find(|(known, _)| known == path).map(|(_, file)| file),
                None => own,
            };
            let Some(file) = file else { continue };
            let node = match found.slot.given {
                Given::Inline(node) => Some(node),
                Given::File(_) => file.document.root(),
            };
            let Some(node) = node else { continue };
            let (policy, problems) = scenario::policy(node, found.slot.place);
            if !problems.is_empty() {
                show_problems(&file.name, &file.document, &problems, terminal)?;
                broken = true;
            }
            let name = match found.slot.given {
                Given::Inline(_) => found.slot.name.as_str().into(),
                Given::File(_) => file.name.clone(),
            };
            put(&mut out, found.slot.place, Attached { policy, name, file: file.name.clone() });
        }
        Ok(if broken { Err(Exit::Incomplete) } else { Ok(out) })
    }
}

fn put<'d>(scenario: &mut Scenario<'d>, place: Place, policy: Attached<'d>) {
    match place {
        Place::Identity => scenario.identity.push(policy),
        Place::Boundary => scenario.boundaries.push(policy),
        Place::Session => scenario.sessions.push(policy),
        Place::Resource => scenario.resource = Some(policy),
        Place::Endpoint => scenario.endpoints.push(policy),
        Place::Scp(level) => scenario.scps.get_mut(level).into_iter().for_each(|l| l.push(policy.clone())),
        Place::Rcp(level) => scenario.rcps.get_mut(level).into_iter().for_each(|l| l.push(policy.clone())),
    }
}
