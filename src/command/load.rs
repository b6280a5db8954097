//! Project file, rule files and parameters: read, checked, and every mistake shown at its place.

use super::{Exit, Terminal, Usage};
use crate::catalog;
use crate::cli::{ProjectArgs, RuleArgs};
use crate::config::{self, Config};
use crate::document::{Document, Problem, yaml};
use crate::finding::place::Placer;
use crate::finding::{Incomplete, Label, RuleId};
use crate::report::{self, Options};
use crate::rule::RuleSource;
use crate::rule::param::value_of;
use crate::rule::registry::{Registry, RuleError, Wishes};
use crate::source;
use crate::text::value::ParamValue;
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Show problems of a project or rule file.
pub fn show_problems(
    name: &Arc<str>,
    document: &Document,
    problems: &[Problem],
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<()> {
    let placer = Placer::new(document, name.clone());
    let options = Options { color: terminal.color, width: terminal.width, ..Options::default() };
    for problem in problems {
        let related =
            problem.related.iter().map(|(span, message)| Label { message: message.clone(), location: placer.mistake(*span) });
        let shown = Incomplete {
            file: name.clone(),
            code: Some(problem.code),
            reason: problem.message.clone(),
            help: problem.help.clone(),
            location: Some(placer.mistake(problem.span)),
            related: related.collect(),
            resource: None,
        };
        report::write_problem("error", &shown, &options, terminal.err)?;
    }
    Ok(())
}

/// The project file and the folder it speaks of.
pub struct Project {
    /// Its settings.
    pub config: Config,
    /// Its folder, absolute.
    pub folder: PathBuf,
}

/// Find and read the project file. `Err` of the inner result: it was shown what is wrong.
pub fn project(
    args: &ProjectArgs,
    paths: &[PathBuf],
    today: time::Date,
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<Result<Project, Exit>> {
    let here = std::env::current_dir().context("the current directory cannot be read")?;
    let path = match &args.config {
        Some(path) => Some(here.join(path)),
        None if args.no_config => None,
        None => config::discover(&common_folder(&here, paths)),
    };
    let Some(path) = path else { return Ok(Ok(Project { config: Config::default(), folder: here })) };
    let text = source::read_text(&path).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    let name: Arc<str> = path.strip_prefix(&here).unwrap_or(&path).to_string_lossy().replace('\\', "/").into();
    let (config, document, problems) = config::parse(name.clone(), text, today);
    if !problems.is_empty() {
        show_problems(&name, &document, &problems, terminal)?;
        return Ok(Err(Exit::Usage));
    }
    let folder = path.parent().map_or(here, Path::to_path_buf);
    if let Some(named) = &config.catalog {
        catalog(&folder.join(&named.value))?;
    }
    Ok(Ok(Project { config, folder }))
}

/// The folder that holds everything that was named; the project file is looked for from there upward.
fn common_folder(here: &Path, paths: &[PathBuf]) -> PathBuf {
    let full = paths.iter().filter(|p| p.as_os_str() != "-").map(|p| {
        let full = std::path::absolute(here.join(p)).unwrap_or_else(|_| here.join(p));
        let folder = full.is_dir();
        if folder { full } else { full.parent().map_or_else(|| here.to_path_buf(), Path::to_path_buf) }
    });
    let shared =
        |a: PathBuf, b: PathBuf| a.components().zip(b.components()).take_while(|(x, y)| x == y).map(|(x, _)| x).collect();
    full.reduce(shared).filter(|p| p.is_dir()).unwrap_or_else(|| here.to_path_buf())
}

/// Rule files below some paths: YAML and JSON, but no pack descriptions.
pub fn rule_files(paths: &[PathBuf]) -> anyhow::Result<Vec<RuleSource>> {
    let mut out = Vec::new();
    for path in paths {
        for file in source::rule_files(path).map_err(|e| Usage::new(e.to_string(), e.help()))? {
            let text = source::read_text(&file).map_err(|e| Usage::new(e.to_string(), e.help()))?;
            out.push(RuleSource { name: file.to_string_lossy().replace('\\', "/").into(), text });
        }
        if out.is_empty() {
            let message = format!("no rule file in `{}`", path.display());
            return Err(Usage::new(message, "rule files end in .yaml, .yml or .json").into());
        }
    }
    Ok(out)
}

/// Put a catalogue file in the place of the embedded one. Of several calls in a process the first counts, so that the
/// command line goes before the project file.
pub fn catalog(path: &Path) -> anyhow::Result<()> {
    let bytes = source::read_bytes(path).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    catalog::install(bytes).map_err(|e| Usage::new(format!("`{}`: {e}", path.display()), e.help()))?;
    Ok(())
}

/// What project file and command line ask of the rules.
fn wishes(config: &Config, args: &RuleArgs) -> anyhow::Result<Wishes> {
    let texts = |all: &[crate::span::Spanned<String>]| all.iter().map(|s| s.value.clone()).collect::<Vec<_>>();
    let mut out = Wishes {
        packs: texts(&config.extends).into_iter().filter(|e| !is_path(e)).collect(),
        select: args.select.clone(),
        narrow: texts(&config.select),
        ignore: texts(&config.ignore).into_iter().chain(args.ignore.clone()).collect(),
        ..Wishes::default()
    };
    for setting in &config.rules {
        out.settings.push((setting.id.value.clone(), setting.enabled, setting.severity));
        let params = out.params.entry(setting.id.value.clone()).or_default();
        params.extend(setting.params.iter().map(|(name, value)| (name.value.clone(), value.clone())));
    }
    for change in config.overrides.iter().flat_map(|o| &o.rules) {
        if !change.params.is_empty() {
            let message = format!("`overrides` sets parameters of `{}`", change.id.value);
            return Err(
                Usage::new(message, "only severity and on or off can differ by place; set parameters under `rules`").into()
            );
        }
        // Unknown ids must not pass unseen only because they stand in an override.
        out.settings.insert(0, (change.id.value.clone(), None, None));
    }
    for text in &args.param {
        let parsed = text.split_once('=').and_then(|(name, value)| Some((name.rsplit_once('.')?, value)));
        let Some(((rule, name), value)) = parsed else {
            return Err(Usage::new(
                format!("`--param {text}` is not RULE.NAME=VALUE"),
                "write for example `--param rekognition-superseded-version.max_versions=2`",
            )
            .into());
        };
        let params = out.params.entry(RuleId::canonical(rule).into_owned()).or_default();
        if value.trim().is_empty() {
            params.insert(name.to_owned(), ParamValue::string(""));
            continue;
        }
        let document = yaml::parse(value.to_owned());
        let Some(node) = document.root().filter(|_| document.problems().is_empty()) else {
            return Err(Usage::new(
                format!("the value of `--param {text}` cannot be read"),
                "write text, a number, or a list as `[a, b]`",
            )
            .into());
        };
        params.insert(name.to_owned(), value_of(node));
    }
    Ok(out)
}

fn is_path(extends: &str) -> bool {
    extends.starts_with('.') || extends.starts_with('/') || extends.contains("://")
}

/// Build the rules of a run. `Err` of the inner result: it was shown what is wrong.
pub fn registry(project: &Project, args: &RuleArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Result<Registry, Exit>> {
    if let Some(remote) = project.config.extends.iter().find(|e| e.value.contains("://")) {
        let message = format!("`extends: {}` is not on this disk", remote.value);
        return Err(
            Usage::new(message, "check the rules out into the repository and name the folder: check opens no socket").into()
        );
    }
    let folders = project
        .config
        .extends
        .iter()
        .filter(|e| is_path(&e.value))
        .map(|e| project.folder.join(e.value.trim_start_matches("./")));
    let user = rule_files(&folders.chain(args.files.iter().cloned()).collect::<Vec<_>>())?;
    let mut wishes = wishes(&project.config, args)?;
    // Naming only own rules under `extends` says nothing about the bundled packs; they stay.
    wishes.packs.dedup();
    match Registry::build(&user, &wishes) {
        Ok(registry) => Ok(Ok(registry)),
        Err(errors) => {
            for error in errors {
                match error {
                    RuleError::File(name, document, problems) => show_problems(&name, &document, &problems, terminal)?,
                    RuleError::Wish { message, help } => {
                        writeln!(terminal.err, "{}", Usage::new(message, help).lines())?;
                    }
                }
            }
            Ok(Err(Exit::Usage))
        }
    }
}

/// The bundled rules and those of some files, selected: with no selector all there are, those of opt-in packs too.
pub fn known(select: &[String], files: &[PathBuf]) -> anyhow::Result<Registry> {
    let select = if select.is_empty() { vec!["*".to_owned()] } else { select.to_vec() };
    build(Wishes { select, ..Wishes::default() }, files)
}

/// The rules that apply when nobody selects any.
pub fn standard(files: &[PathBuf]) -> anyhow::Result<Registry> {
    build(Wishes::default(), files)
}

fn build(wishes: Wishes, files: &[PathBuf]) -> anyhow::Result<Registry> {
    let user = rule_files(files)?;
    Registry::build(&user, &wishes).map_err(|errors| match errors.into_iter().next() {
        Some(RuleError::Wish { message, help }) => Usage::new(message, help).into(),
        Some(RuleError::File(name, ..)) => {
            Usage::new(format!("`{name}` is not a rule"), format!("see `palisade rules lint {name}`")).into()
        }
        None => Usage::new("the bundled rules are broken", "please report it").into(),
    })
}
