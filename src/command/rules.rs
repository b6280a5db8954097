//! `palisade rules`: list, show, test, lint, new.

use super::{Exit, Terminal, Usage, load, rules_try};
use crate::cli::{PlainFormat, RulesCommand, RulesListArgs};
use crate::report::escape;
use crate::rule::bundle;
use crate::rule::inline_test::{self, CaseResult};
use crate::rule::registry::{Active, find};
use crate::rule::{RuleSource, lint, scaffold};
use crate::source;
use crate::text::suggest::did_you_mean;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Run it.
pub fn run(command: RulesCommand, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    match command {
        RulesCommand::List(args) => list(&args, terminal),
        RulesCommand::Show { id, files, format } => show(&id, &files, format, terminal),
        RulesCommand::Test { paths, format } => test(&paths, format, terminal),
        RulesCommand::Lint { paths, format } => lint_files(&paths, format, terminal),
        RulesCommand::Try { rule, file, kind, format } => rules_try::run(&rule, &file, kind.as_deref(), format, terminal),
        RulesCommand::New { id, dir } => new(&id, &dir, terminal),
    }
}

fn list(args: &RulesListArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let registry = load::known(&args.select, &args.files)?;
    let standard = load::standard(&args.files)?;
    let asleep = |active: &Active| find(standard.rules(), active.head.id.as_str()).is_none();
    match args.format {
        PlainFormat::Json => {
            let rules = registry.rules().iter().map(|active| {
                let mut value = brief(active);
                if let Some(map) = value.as_object_mut() {
                    map.insert("default".into(), Value::from(!asleep(active)));
                }
                value
            });
            writeln!(terminal.out, "{:#}", Value::from(rules.collect::<Vec<_>>()))?;
        }
        PlainFormat::Text => {
            let width = registry.rules().iter().map(|a| a.head.id.as_str().len()).max().unwrap_or(0);
            for active in registry.rules() {
                let meta = &active.rule().meta;
                writeln!(
                    terminal.out,
                    "{:width$}  {:8}  {:20}  {}{}",
                    meta.id.as_str(),
                    meta.severity.as_str(),
                    meta.pack,
                    meta.title,
                    if asleep(active) { " (only when selected)" } else { "" }
                )?;
            }
        }
    }
    Ok(Exit::Clean)
}

fn brief(active: &Active) -> Value {
    let meta = &active.rule().meta;
    json!({
        "id": meta.id.as_str(), "pack": &*meta.pack, "title": &*meta.title, "severity": meta.severity.as_str(),
        "category": meta.category.as_str(), "confidence": meta.confidence.as_str(),
    })
}

fn show(id: &str, files: &[PathBuf], format: PlainFormat, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let registry = load::known(&[], files)?;
    // Access Analyzer's spelling of an issue code names the same rule, in whatever letter case.
    let kebab = id.to_ascii_lowercase().replace('_', "-");
    let Some(active) = find(registry.rules(), &kebab) else {
        let ids = registry.rules().iter().map(|a| a.head.id.as_str());
        let help = did_you_mean(&kebab, ids).unwrap_or_else(|| "see `palisade rules list`".to_owned());
        return Err(Usage::new(format!("no rule `{id}`"), help).into());
    };
    match format {
        PlainFormat::Json => {
            let meta = &active.rule().meta;
            let mut value = brief(active);
            if let Some(map) = value.as_object_mut() {
                map.insert("rationale".into(), Value::from(&*meta.rationale));
                map.insert("remediation".into(), Value::from(&*meta.remediation));
                map.insert("references".into(), meta.references.iter().map(|r| Value::from(&**r)).collect());
                if let Some((code, sort)) = access_analyzer(active) {
                    map.insert("access_analyzer".into(), json!({ "issue_code": code, "finding_type": sort }));
                }
                map.insert("tags".into(), meta.tags.iter().map(|t| Value::from(&**t)).collect());
                map.insert("compliance".into(), json!(meta.compliance));
                map.insert(
                    "params".into(),
                    active.rule().params.iter().map(|(k, v)| (k.clone(), Value::from(v.to_string()))).collect(),
                );
            }
            writeln!(terminal.out, "{value:#}")?;
        }
        PlainFormat::Text => show_text(active, terminal)?,
    }
    Ok(Exit::Clean)
}

/// The issue code and the type of the finding, for a rule that is a check of Access Analyzer.
fn access_analyzer(active: &Active) -> Option<(String, &str)> {
    let sort = active.rule().meta.aws_type.as_deref()?;
    Some((active.rule().meta.id.as_str().to_ascii_uppercase().replace('-', "_"), sort))
}

fn show_text(active: &Active, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    let meta = &active.rule().meta;
    writeln!(terminal.out, "{}: {}", meta.id, meta.title)?;
    writeln!(terminal.out, "{} severity, {} confidence, {}, pack {}", meta.severity, meta.confidence, meta.category, meta.pack)?;
    if let Some((code, sort)) = access_analyzer(active) {
        writeln!(terminal.out, "Access Analyzer calls it {code}, {sort}")?;
    }
    for (title, text) in [("Why", &meta.rationale), ("Instead", &meta.remediation)] {
        writeln!(terminal.out, "\n{title}")?;
        for paragraph in text.split("\n\n") {
            let indent = textwrap::Options::new(terminal.width.min(100)).initial_indent("  ").subsequent_indent("  ");
            writeln!(terminal.out, "{}", textwrap::fill(paragraph, indent))?;
        }
    }
    if !active.rule().params.is_empty() {
        writeln!(terminal.out, "\nParameters")?;
        for (name, value) in &active.rule().params {
            let value = value.to_string();
            writeln!(terminal.out, "  {name} = {}", if value.is_empty() { "(none)" } else { &value })?;
        }
    }
    for (framework, controls) in &meta.compliance {
        writeln!(terminal.out, "\n{framework}: {}", controls.join(", "))?;
    }
    if !meta.references.is_empty() {
        writeln!(terminal.out)?;
    }
    for reference in &meta.references {
        writeln!(terminal.out, "{reference}")?;
    }
    Ok(())
}

/// Rule files to test: the bundled ones, or those below some paths.
fn sources(paths: &[PathBuf]) -> anyhow::Result<Vec<RuleSource>> {
    if !paths.is_empty() {
        return load::rule_files(paths);
    }
    let bundled = bundle::sources().into_iter().filter(|(path, _)| !path.ends_with("pack.yaml"));
    Ok(bundled.map(|(path, text)| RuleSource { name: path.into(), text }).collect())
}

fn test(paths: &[PathBuf], format: PlainFormat, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let files = sources(paths)?;
    let results: Vec<(RuleSource, Vec<CaseResult>)> = files
        .into_iter()
        .map(|file| {
            let cases = inline_test::run(&file.text);
            (file, cases)
        })
        .collect();
    let failed: usize = results.iter().map(|(_, cases)| cases.iter().filter(|c| c.failure.is_some()).count()).sum();
    let bare = results.iter().filter(|(_, cases)| cases.is_empty()).count();
    let total: usize = results.iter().map(|(_, cases)| cases.len()).sum();
    match format {
        PlainFormat::Json => {
            let case = |c: &CaseResult| json!({ "name": c.name, "expected": c.expected, "failure": c.failure });
            let list =
                results.iter().map(|(f, cases)| json!({ "file": &*f.name, "cases": cases.iter().map(case).collect::<Vec<_>>() }));
            writeln!(
                terminal.out,
                "{:#}",
                json!({ "passed": total - failed, "failed": failed, "rules": list.collect::<Vec<_>>() })
            )?;
        }
        PlainFormat::Text => {
            for (file, cases) in &results {
                if cases.is_empty() {
                    writeln!(terminal.out, "{}: no tests", escape::terminal(&file.name))?;
                }
                for case in cases {
                    if let Some(failure) = &case.failure {
                        let line = format!("{}: `{}`: {failure}", file.name, case.name);
                        writeln!(terminal.out, "{}", escape::terminal(&line))?;
                    }
                }
            }
            let plural = |n: usize| if n == 1 { "" } else { "s" };
            let (rules, passed) = (results.len(), total - failed);
            writeln!(
                terminal.out,
                "{rules} rule{}, {total} case{}: {passed} passed, {failed} failed",
                plural(rules),
                plural(total)
            )?;
        }
    }
    Ok(if failed > 0 || bare > 0 { Exit::Findings } else { Exit::Clean })
}

fn lint_files(paths: &[PathBuf], format: PlainFormat, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let mut found = 0;
    let mut list = Vec::new();
    for file in load::rule_files(paths)? {
        let (document, problems) = lint::lint(&file.name, &file.text);
        found += problems.len();
        match format {
            PlainFormat::Text => load::show_problems(&file.name, &document, &problems, terminal)?,
            PlainFormat::Json => {
                let lines = crate::span::LineIndex::new(document.text());
                list.extend(problems.iter().map(|p| {
                    let at = lines.position(document.text(), p.span.start as usize);
                    json!({ "file": &*file.name, "line": at.line, "column": at.column, "message": p.message, "help": p.help })
                }));
            }
        }
    }
    match format {
        PlainFormat::Json => writeln!(terminal.out, "{:#}", Value::from(list))?,
        PlainFormat::Text if found == 0 => writeln!(terminal.out, "no problems")?,
        PlainFormat::Text => {}
    }
    Ok(if found > 0 { Exit::Usage } else { Exit::Clean })
}

fn new(id: &str, dir: &Path, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let kebab =
        !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') && !id.starts_with('-');
    if !kebab {
        return Err(Usage::new(
            format!("`{id}` is not a rule id"),
            "use lower-case letters, digits and dashes, and name the bad pattern",
        )
        .into());
    }
    let path = dir.join(format!("{id}.yaml"));
    if path.exists() {
        return Err(Usage::new(format!("`{}` is there already", path.display()), "choose another id").into());
    }
    source::make_folder(dir).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    source::write_atomic(&path, scaffold::scaffold(id).as_bytes()).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    writeln!(terminal.err, "wrote {0}\nnext: palisade rules test {0}", path.display())?;
    Ok(Exit::Clean)
}
