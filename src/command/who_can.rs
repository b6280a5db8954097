//! `palisade who-can`: the principals that may do an action on a resource.

use super::can_load::Plan;
use super::policies::{Input, Loader};
use super::prove_ask as ask;
use super::prove_terms::{Access, Terms};
use super::who_can_control::Control;
use super::who_can_resource::Search;
use super::who_can_rows::Asking;
use super::{Exit, Terminal, Usage, guardrail};
use crate::catalog;
use crate::cli::{AccessArgs, LayerArgs, PlainFormat, WhoCanArgs};
use crate::evaluate::{Attached, Scenario, ScenarioFile, Verdict};
use crate::finding::place::Placer;
use crate::policy::arn::is_account_id;
use crate::policy::{PolicyKind, parse};
use crate::proof::{self, Asked, World};
use crate::report::Options;
use crate::report::who_can::{Row, WhoCan, write_json, write_text};
use crate::scan::Inventory;
use std::path::{Path, PathBuf};

/// What was read.
struct Read<'a, 'd> {
    inputs: &'d [Input],
    inventory: &'d Inventory,
    /// What the command line names.
    named: &'a Scenario<'d>,
    full: &'a Attached<'d>,
    placers: Vec<Placer<'d>>,
}

/// Run it.
pub fn run(args: &WhoCanArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let asked = asked(args)?;
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let layers = LayerArgs {
        resource_policy: args.resource_policy.clone(),
        scp: args.scp.clone(),
        rcp: args.rcp.clone(),
        ..LayerArgs::default()
    };
    let nothing = ScenarioFile::default();
    let plan = Plan::new(&nothing, Path::new(""), &layers);
    let files = match plan.files(terminal)? {
        Ok(files) => files,
        Err(exit) => return Ok(exit),
    };
    let named = match plan.scenario(&files, None, terminal)? {
        Ok(named) => named,
        Err(exit) => return Ok(exit),
    };
    let loaded = match Loader::new(&args.input, &paths, terminal)? {
        Ok(loader) => loader.together(&paths, terminal)?,
        Err(exit) => return Ok(exit),
    };
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let Some(one) = loaded.first() else { return Ok(Exit::NoInput) };
    let document = ask::full_access(PolicyKind::ServiceControlPolicy);
    let Some(root) = document.root() else { return Ok(Exit::NoInput) };
    let full = Attached { policy: parse(root).0, name: "FullAWSAccess".into(), file: "FullAWSAccess".into() };
    let placers = one.policies.iter().map(Input::placer);
    let placers = placers.chain(files.iter().map(|(_, f)| Placer::new(&f.document, f.name.clone()))).collect();
    let read = Read { inputs: &one.policies, inventory: &one.inventory, named: &named, full: &full, placers };
    let answer = answer(args, &asked, &read, &paths)?;
    let options = Options { color: terminal.color, width: terminal.width, ..Options::default() };
    match args.shown.format {
        PlainFormat::Text => write_text(&answer, &options, terminal.out)?,
        PlainFormat::Json => write_json(&answer, terminal.out)?,
    }
    Ok(match answer.verdict {
        Verdict::Allow => Exit::Clean,
        Verdict::DenyExplicit | Verdict::DenyImplicit => Exit::Findings,
        Verdict::Unknown if args.shown.fail_on_unknown => Exit::Findings,
        Verdict::Unknown => Exit::Usage,
    })
}

/// The action and the resource; what works on no resource is asked about none.
fn asked(args: &WhoCanArgs) -> Result<Asked, Usage> {
    if let Some(account) = args.resource_account.as_deref().filter(|id| !is_account_id(id)) {
        return Err(Usage::new(format!("`{account}` is not an account"), "write its 12 digits"));
    }
    let access = AccessArgs { actions: vec![args.action.clone()], resources: vec![args.resource.clone()] };
    let mut asked = Access::of(&access, World::Closed)?.asked();
    let none = |action: &String| catalog::current().action_named(action).is_some_and(|a| a.types().next().is_none());
    if asked.actions.iter().all(none) {
        asked.resources = vec!["*".to_owned()];
    }
    let mut engine = proof::Engine::typed(World::Closed);
    if !proof::is_possible_at_all(&mut engine, &asked) {
        let message = format!("`{}` does not work on `{}`", args.action, args.resource);
        return Err(Usage::new(message, format!("`palisade catalog actions {}` tells the resources it works on", args.action)));
    }
    Ok(asked)
}

fn answer(args: &WhoCanArgs, asked: &Asked, read: &Read<'_, '_>, paths: &[&Path]) -> Result<WhoCan, Usage> {
    let attached = |input| {
        let input: &Input = input;
        Attached { policy: input.policy(), name: input.name().into(), file: input.file().clone() }
    };
    let parsed: Vec<Attached<'_>> = read.inputs.iter().map(attached).collect();
    let exported = paths.iter().find_map(|path| guardrail::export(path));
    let given = (read.named.scps.clone(), read.named.rcps.clone());
    let control = Control::new(exported.as_ref().map(|(_, o)| o), (read.inputs, &parsed), given, read.full.clone());
    let target = asked.resources.first().map_or("*", String::as_str);
    let search =
        Search { inputs: read.inputs, parsed: &parsed, inventory: read.inventory, actions: &asked.actions, resource: target };
    let resource = search.find(read.named.resource.clone(), args.resource_account.as_deref())?;
    let mut asking = Asking {
        engine: proof::Engine::typed(World::Closed),
        asked,
        inputs: read.inputs,
        parsed: &parsed,
        inventory: read.inventory,
        resource: &resource,
        control: &control,
        full: read.full,
        placers: &read.placers,
        assumptions: Vec::new(),
    };
    let mut principals = Vec::new();
    for holder in &read.inventory.holders {
        principals.extend(asking.holder(holder)?);
    }
    let loose = asking.loose();
    for at in &loose {
        principals.extend(asking.bare(*at)?);
    }
    let external = asking.external()?;
    let terms = Terms { together: false, world: None, closed_keys: false, typed: true, assume: Vec::new(), certificate: None };
    let mut assumptions = terms.assumptions(World::Closed);
    if args.resource != target {
        assumptions.push(format!("`{}` works on no resource, so that only `*` in a policy fits it", args.action));
    }
    assumptions.extend(resource.assumptions.iter().cloned().chain(asking.assumptions));
    assumptions.extend(unused(read.inputs, exported.is_some()));
    assumptions.push("root users, federated users, session policies and VPC endpoint policies are not looked at".to_owned());
    let (verdict, reason) = verdict(&principals, &external, resource.lacking);
    let (action, resource) = (args.action.clone(), args.resource.clone());
    let looked_at = read.inventory.holders.len() + loose.len();
    Ok(WhoCan { action, resource, verdict, principals, external, looked_at, reason, assumptions })
}

/// Control policies of which nobody knows where they are attached.
fn unused(inputs: &[Input], exported: bool) -> Option<String> {
    let control = |i: &&Input| matches!(i.kind(), PolicyKind::ServiceControlPolicy | PolicyKind::ResourceControlPolicy);
    let first = inputs.iter().find(control).filter(|_| !exported)?;
    Some(format!("control policies such as `{}` bind nobody: `--scp` and `--rcp` tell the levels", first.name()))
}

fn verdict(principals: &[Row], external: &[Row], lacking: Option<String>) -> (Verdict, Option<String>) {
    let mut rows = principals.iter().chain(external);
    if rows.clone().any(|row| row.verdict == Verdict::Allow) {
        return (Verdict::Allow, None);
    }
    match (rows.find_map(|row| row.reason.clone()), lacking) {
        (Some(reason), _) | (None, Some(reason)) => (Verdict::Unknown, Some(reason)),
        (None, None) => (Verdict::DenyImplicit, Some("no principal that was looked at can".to_owned())),
    }
}
