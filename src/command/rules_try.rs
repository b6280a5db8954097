//! `palisade rules try`: each subject of a rule in a file, what `where` and `assert` say of it, and what decided.

use super::{Exit, Terminal, Usage, load};
use crate::algebra::Truth;
use crate::cli::PlainFormat;
use crate::document::{Node, json, path};
use crate::extract::{DocumentKind, Hints, Stated, recognise};
use crate::policy::{Context, PolicyKind};
use crate::report::escape;
use crate::report::json_out::write_pretty;
use crate::rule::judge::{Explained, Explanation, explain};
use crate::rule::registry::{Registry, RuleError, Wishes, find};
use crate::rule::{Rule, RuleSource};
use crate::source;
use serde_json::{Value, json};
use std::path::Path;

/// Run it.
pub fn run(
    rule: &str,
    file: &Path,
    kind: Option<&str>,
    format: PlainFormat,
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<Exit> {
    let rule = match rule_of(rule, terminal)? {
        Ok(rule) => rule,
        Err(exit) => return Ok(exit),
    };
    let kind = match kind {
        Some(text) => Some(
            text.parse::<PolicyKind>()
                .map_err(|()| Usage::new(format!("no kind of policy `{text}`"), "see `palisade check --help`"))?,
        ),
        // Trying a rule on a file means reading the file as what the rule is about.
        None => rule.applies_to.kinds.iter().find_map(|k| if let DocumentKind::Policy(kind) = k { Some(*kind) } else { None }),
    };
    let text = source::read_text(file).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    let name = file.to_string_lossy().replace('\\', "/");
    let context = Context { kind, ..Context::default() };
    let nothing = |what: &str, terminal: &mut Terminal<'_>| -> anyhow::Result<Exit> {
        writeln!(terminal.err, "error: `{}` holds no {what}", escape::terminal(&name))?;
        Ok(Exit::NoInput)
    };
    if rule.applies_to.kinds.contains(&DocumentKind::Settings) {
        let all = Stated::read(&name.as_str().into(), &text, &context, Some(source::today())).unwrap_or_default();
        // Of several resources the first that the rule is about.
        let fits = all.iter().find(|stated| rule.applies_to.test(&stated.site()) == Truth::True);
        let Some(stated) = fits.or(all.first()) else { return nothing("settings that are known", terminal) };
        let site = stated.site();
        let pointer = |node: Node<'_>| stated.pointer(node);
        writeln!(terminal.out, "{}", told(&rule, &name, &explain(&rule, &[&site]), format, pointer))?;
        return Ok(Exit::Clean);
    }
    let document = json::parse(text);
    let found = recognise(&document, Hints { file: name.as_str().into(), context });
    let (Some(site), Some(root)) = (found.sites.first(), document.root()) else {
        return nothing("policy that is known", terminal);
    };
    let pointer = |node: Node<'_>| path::pointer(&path::steps(root, node).0);
    writeln!(terminal.out, "{}", told(&rule, &name, &explain(&rule, &[site]), format, pointer))?;
    Ok(Exit::Clean)
}

/// An explanation; `pointer` gives the place of a node.
fn told<'d>(
    rule: &Rule,
    name: &str,
    explained: &Explanation<'d>,
    format: PlainFormat,
    pointer: impl Fn(Node<'d>) -> String,
) -> String {
    let place = |e: &Explained<'d>| e.node.map_or_else(String::new, &pointer);
    let reasons = |e: &Explained<'d>| e.reasons.iter().map(|n| pointer(*n)).collect::<Vec<_>>();
    let applies = word(explained.applies);
    match format {
        PlainFormat::Json => {
            let one = |e: &Explained<'d>| {
                let assert = e.holds.map(word);
                json!({ "subject": place(e), "text": e.text, "where": word(e.applies), "assert": assert, "reasons": reasons(e) })
            };
            let list: Vec<Value> = explained.subjects.iter().map(one).collect();
            let value = json!({ "rule": rule.meta.id.as_str(), "applies_to": applies, "subjects": list });
            let mut out = Vec::new();
            // Writing to memory does not fail.
            _ = write_pretty(&value, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        }
        PlainFormat::Text => {
            let mut lines = vec![format!("{} on {}: applies_to {applies}", rule.meta.id, escape::terminal(name))];
            for e in &explained.subjects {
                let assert = e.holds.map_or("not asked", word);
                let line = format!("{} {}\n    where {}, assert {assert}", place(e), e.text, word(e.applies));
                lines.push(format!("  {}", escape::terminal_lines(&line)));
                lines.extend(reasons(e).iter().map(|reason| format!("    decided by {}", escape::terminal(reason))));
            }
            lines.join("\n")
        }
    }
}

fn word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    }
}

/// A bundled rule by id, or a rule file.
fn rule_of(rule: &str, terminal: &mut Terminal<'_>) -> anyhow::Result<Result<Rule, Exit>> {
    if !Path::new(rule).is_file() {
        let registry = load::known(&[], &[])?;
        let ids = registry.rules().iter().map(|a| a.head.id.as_str());
        let help =
            crate::text::suggest::did_you_mean(rule, ids).unwrap_or_else(|| "name a bundled rule or a rule file".to_owned());
        let found = find(registry.rules(), rule).map(|a| a.rule().clone());
        return Ok(Ok(found.ok_or_else(|| Usage::new(format!("no rule `{rule}`"), help))?));
    }
    let text = source::read_text(Path::new(rule)).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    let file = RuleSource { name: rule.into(), text };
    let compiled =
        crate::rule::compile(&crate::document::yaml::parse(file.text.clone()), "local", &std::collections::BTreeMap::new());
    if let Some(rule) = compiled.rule {
        return Ok(Ok(rule));
    }
    if let Err(errors) = Registry::build(&[file], &Wishes::default()) {
        for error in errors {
            if let RuleError::File(name, document, problems) = error {
                load::show_problems(&name, &document, &problems, terminal)?;
            }
        }
    }
    Ok(Err(Exit::Usage))
}
