//! `palisade can`: whether a request is allowed, and which statement decides.

use super::can_load::{self, File, Plan};
use super::can_request::draft;
use super::load::show_problems;
use super::{Exit, Terminal, Usage};
use crate::cli::{CanArgs, PlainFormat};
use crate::document::{Problem, json};
use crate::evaluate::{Draft, Missing, Request, Scenario, ScenarioFile, Verdict, explain, rule, scenario};
use crate::report::Options;
use crate::report::ruling::{self, Answered};
use std::path::Path;

/// Run it.
pub fn run(args: &CanArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let own = match args.scenario.as_deref().map(|path| can_load::file(path, terminal)).transpose()? {
        Some(Err(exit)) => return Ok(exit),
        Some(Ok(file)) => Some(file),
        None => None,
    };
    let (written, mut problems) = own.as_ref().map(|file| scenario::read(&file.document)).unwrap_or_default();
    problems.sort_by_key(|problem| problem.span);
    if let Some(file) = own.as_ref().filter(|_| !problems.is_empty()) {
        show_problems(&file.name, &file.document, &problems, terminal)?;
        return Ok(Exit::Usage);
    }
    let folder = args.scenario.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let plan = Plan::new(&written, folder, &args.policies);
    let files = match plan.files(terminal)? {
        Ok(files) => files,
        Err(exit) => return Ok(exit),
    };
    let policies = match plan.scenario(&files, own.as_ref(), terminal)? {
        Ok(policies) => policies,
        Err(exit) => return Ok(exit),
    };
    match &args.requests {
        None => one(args, written, &policies, terminal),
        Some(path) => many(args, path, &policies, terminal),
    }
}

fn one(args: &CanArgs, written: ScenarioFile<'_>, policies: &Scenario<'_>, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let request = finish(draft(&args.request, written.request)?)?;
    let answer = rule(policies, &request).map_err(|missing| lacking(missing, &request))?;
    let explanation = explain(&answer, policies, &request);
    let answered = Answered { request: &request, ruling: &answer, explanation: &explanation };
    match args.format {
        PlainFormat::Json => ruling::write_json(answered, terminal.out)?,
        PlainFormat::Text => {
            let options = Options { color: terminal.color, width: terminal.width, ..Options::default() };
            ruling::write_text(answered, &options, terminal.out)?;
        }
    }
    Ok(exit(answer.verdict))
}

fn finish(draft: Draft) -> Result<Request, Usage> {
    draft.finish().map_err(|what| {
        let help = format!("name it with `--{what}`, or as `{what}` in the request of a scenario");
        Usage::new(format!("the request has no {what}"), help)
    })
}

fn lacking(missing: Missing, request: &Request) -> Usage {
    match missing {
        Missing::ResourceAccount => Usage::new(
            format!(
                "it is not known which account owns `{}`, and the resource policy means another thing in each case",
                request.resource
            ),
            "write `resource_account` in the request, or `--resource-account`: within the account the resource policy may suffice, from another one it does not",
        ),
        Missing::CallerAccount => Usage::new(
            format!("it is not known which account `{}` belongs to", request.caller.arn),
            "write the whole ARN of the caller, or `account` in the principal of the request",
        ),
    }
}

fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Allow => Exit::Clean,
        Verdict::DenyExplicit | Verdict::DenyImplicit => Exit::Findings,
        Verdict::Unknown => Exit::Usage,
    }
}

/// One request a line. A line that is none is shown, and the others are answered.
fn many(args: &CanArgs, path: &Path, policies: &Scenario<'_>, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let text = match can_load::text(path, terminal)? {
        Ok(text) => text,
        Err(exit) => return Ok(exit),
    };
    let mut worst = None;
    let mut count = |exit: Exit| worst = worst.max(Some(exit as u8)).or(worst);
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (read, problems) = request(line);
        if !problems.is_empty() {
            let file = at_line(path, number, line);
            show_problems(&file.name, &file.document, &request_problems(&file), terminal)?;
            count(Exit::Usage);
            continue;
        }
        let found = draft(&args.request, read).and_then(finish);
        let found = found.and_then(|request| match rule(policies, &request) {
            Ok(answer) => Ok((request, answer)),
            Err(missing) => Err(lacking(missing, &request)),
        });
        let (request, answer) = match found {
            Ok(found) => found,
            Err(usage) => {
                writeln!(terminal.err, "{}", Usage::new(format!("line {}: {}", number + 1, usage.message), usage.help).lines())?;
                count(Exit::Usage);
                continue;
            }
        };
        let explanation = explain(&answer, policies, &request);
        let answered = Answered { request: &request, ruling: &answer, explanation: &explanation };
        match args.format {
            PlainFormat::Json => ruling::write_json(answered, terminal.out)?,
            PlainFormat::Text => ruling::write_line(answered, terminal.out)?,
        }
        count(exit(answer.verdict));
    }
    Ok(match worst {
        None => Exit::NoInput,
        Some(0) => Exit::Clean,
        Some(1) => Exit::Findings,
        Some(_) => Exit::Usage,
    })
}

/// The request of a line, and what is wrong with it.
fn request(line: &str) -> (Draft, Vec<Problem>) {
    let document = json::parse(line.to_owned());
    let mut problems = document.problems().to_vec();
    let read = document.root().map(|root| Draft::read(root, &mut problems)).unwrap_or_default();
    (read, problems)
}

/// The line where it stands in its file, for showing.
fn at_line(path: &Path, number: usize, line: &str) -> File {
    let document = json::parse(format!("{}{line}", "\n".repeat(number)));
    File { name: path.to_string_lossy().replace('\\', "/").into(), document }
}

fn request_problems(file: &File) -> Vec<Problem> {
    let mut problems = file.document.problems().to_vec();
    if let Some(root) = file.document.root() {
        Draft::read(root, &mut problems);
    }
    problems
}
