//! Which rules apply in a run: bundled and user rules, selected, with severities and parameters in force, indexed by the
//! kind of document they are about.

pub use super::active::Active;
use super::active::Head;
use super::bundle;
use super::compile::{Compiled, compile, compile_node};
use super::meta::Status;
use super::reach::Digits;
use crate::check::{Code, Codes, Limits};
use crate::document::{Document, Node, Problem, json, yaml};
use crate::extract::DocumentKind;
use crate::finding::{RuleId, Severity};
use crate::text::glob::{Case, has_wildcard, matches};
use crate::text::suggest::did_you_mean;
use crate::text::value::ParamValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A rule file of the user.
#[derive(Clone, Debug)]
pub struct RuleSource {
    /// Its name for people.
    pub name: Arc<str>,
    /// Its text.
    pub text: String,
}

/// What was asked for, by the project file and on the command line.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Packs named under `extends`; empty when nobody did.
    pub packs: Vec<String>,
    /// Selectors of the command line, whatever the project file says: ids, packs, tags, globs. Empty: all.
    pub select: Vec<String>,
    /// Of the rules that apply, only these: the project file's `select`. Empty: all.
    pub narrow: Vec<String>,
    /// Selectors of rules to leave out.
    pub ignore: Vec<String>,
    /// Settings by rule id: on or off, severity.
    pub settings: Vec<(String, Option<bool>, Option<Severity>)>,
    /// Parameters by rule id.
    pub params: BTreeMap<String, BTreeMap<String, ParamValue>>,
}

/// Why the rules cannot be used; all of it is the user's to mend.
#[derive(Debug)]
pub enum RuleError {
    /// A rule file with mistakes.
    File(Arc<str>, Document, Vec<Problem>),
    /// A selector, id or parameter that fits nothing.
    Wish {
        /// What happened.
        message: String,
        /// Next step.
        help: String,
    },
}

/// The rules of a run.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    active: Vec<Active>,
    by_kind: BTreeMap<DocumentKind, About>,
    /// What was said of the rules that apply, beyond their ids: parameters, and the texts of the user's own.
    said: String,
}

/// The rules about one kind of document.
#[derive(Clone, Debug, Default)]
struct About {
    /// Those with `where` and `assert`, by index.
    matched: Vec<usize>,
    /// Those that name a built-in check.
    checked: Checks,
}

/// Built-in checks that some rules ask for; one walk over a policy answers them all.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// Which.
    pub codes: Codes,
    /// Sizes in force.
    pub limits: Limits,
    /// The rules of each, by index.
    rules: BTreeMap<Code, Vec<usize>>,
}

/// Every kind of document rules can be about.
fn document_kinds() -> impl Iterator<Item = DocumentKind> {
    let policies = crate::policy::PolicyKind::ALL.into_iter().map(DocumentKind::Policy);
    policies.chain([DocumentKind::ConfigItem, DocumentKind::Settings, DocumentKind::Other])
}

impl Registry {
    /// Compile, select and index.
    pub fn build(user: &[RuleSource], wishes: &Wishes) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        let mut rules: Vec<Active> = Vec::with_capacity(256);
        let index = bundle::index();
        for (entry, body) in index.root().into_iter().flat_map(Node::elements).zip(bundle::bodies()) {
            let head = Head::read(entry);
            match wishes.params.get(head.id.as_str()).filter(|params| !params.is_empty()) {
                None => rules.push(Active::bundled(head, body)),
                Some(params) => {
                    let document = json::parse(body.to_owned());
                    let Some(node) = document.root() else { continue };
                    let mut compiled = compile_node(node, &head.pack, params, true);
                    if let Some(rule) = &mut compiled.rule {
                        rule.meta.on_request = head.on_request;
                    }
                    take(compiled, head.id.as_str(), || None, &mut rules, &mut errors);
                }
            }
        }
        let first_user = rules.len();
        let mut texts: Vec<&str> = Vec::new();
        for source in user {
            let before = rules.len();
            let document = yaml::parse(source.text.clone());
            let none = BTreeMap::new();
            let id = document.root().and_then(|r| r.get("id")).map_or("", Node::scalar).to_owned();
            let compiled = compile(&document, bundle::pack_of(&source.name), wishes.params.get(&id).unwrap_or(&none));
            take(compiled, &source.name, || Some(document), &mut rules, &mut errors);
            texts.extend((rules.len() > before).then_some(source.text.as_str()));
        }
        check_ids(&rules, wishes, &mut errors);
        let own: BTreeMap<RuleId, &str> = rules.iter().skip(first_user).map(|r| r.head.id.clone()).zip(texts).collect();
        let active = choose(rules, first_user, wishes, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut said = String::new();
        for head in active.iter().map(|rule| &rule.head) {
            let params = wishes.params.get(head.id.as_str()).into_iter().flatten();
            params.for_each(|(name, value)| said.push_str(&format!("{} {name}={}\n", head.id, value.written())));
            own.get(&head.id).iter().for_each(|text| said.push_str(text));
        }
        Ok(Self { said, ..Self::index(active) })
    }

    fn index(mut active: Vec<Active>) -> Self {
        active.sort_by(|a, b| a.head.id.cmp(&b.head.id));
        let about = |kind: DocumentKind| -> About {
            let mut about = About::default();
            for (i, one) in active.iter().enumerate().filter(|(_, a)| a.head.kind_fits(kind)) {
                match one.head.check {
                    Some(code) => about.checked.add(code, i, one.head.limit),
                    None => about.matched.push(i),
                }
            }
            about
        };
        let by_kind = document_kinds().map(|kind| (kind, about(kind))).collect();
        Self { active, by_kind, said: String::new() }
    }

    /// All that the answers of the rules hang on, as text: their severities and parameters, and the texts of the user's own.
    /// The texts of bundled rules are told by the version.
    pub fn in_force(&self) -> String {
        let lines = self.active.iter().map(|active| format!("{} {}\n", active.head.id, active.severity));
        lines.chain([self.said.clone()]).collect()
    }

    /// Every rule that applies, sorted by id.
    pub fn rules(&self) -> &[Active] {
        &self.active
    }

    /// The rules about a kind of document, those with a built-in check aside.
    pub fn about(&self, kind: DocumentKind) -> impl Iterator<Item = &Active> {
        let indexes = self.by_kind.get(&kind).map(|about| about.matched.as_slice()).unwrap_or_default();
        indexes.iter().filter_map(|i| self.active.get(*i))
    }

    /// The same with their numbers.
    pub fn numbered(&self, kind: DocumentKind) -> impl Iterator<Item = (u32, &Active)> {
        let indexes = self.by_kind.get(&kind).map(|about| about.matched.as_slice()).unwrap_or_default();
        indexes.iter().filter_map(|i| Some((u32::try_from(*i).ok()?, self.active.get(*i)?)))
    }

    /// What the constants of all rules together say about account ids.
    pub fn digits(&self) -> Digits {
        let mut all = Digits::default();
        self.active.iter().filter(|active| active.head.check.is_none()).for_each(|active| all.merge(&active.rule().digits));
        all
    }

    /// A rule by its number.
    pub fn rule(&self, index: u32) -> Option<&Active> {
        self.active.get(index as usize)
    }

    /// The built-in checks of a kind of document.
    pub fn checks(&self, kind: DocumentKind) -> Option<&Checks> {
        self.by_kind.get(&kind).map(|about| &about.checked)
    }

    /// The rules that ask for a built-in check.
    pub fn checking<'r>(&'r self, checks: &'r Checks, code: Code) -> impl Iterator<Item = &'r Active> {
        let indexes = checks.rules.get(&code).map(Vec::as_slice).unwrap_or_default();
        indexes.iter().filter_map(|i| self.active.get(*i))
    }
}

impl Checks {
    fn add(&mut self, code: Code, index: usize, limit: Option<usize>) {
        self.codes.insert(code);
        self.rules.entry(code).or_default().push(index);
        if let Some(limit) = limit {
            // Two rules about one size: each label must reach the stricter one.
            let slot = self.limits.entry(code).or_insert(limit);
            *slot = limit.min(*slot);
        }
    }
}

fn take(
    compiled: Compiled,
    file: &str,
    document: impl FnOnce() -> Option<Document>,
    rules: &mut Vec<Active>,
    errors: &mut Vec<RuleError>,
) {
    if !compiled.problems.is_empty() {
        let document = document().unwrap_or_else(bundle::index);
        errors.push(RuleError::File(file.into(), document, compiled.problems));
        return;
    }
    let Some(rule) = compiled.rule else { return };
    for message in compiled.param_errors {
        let message = format!("rule `{}`: {message}", rule.meta.id);
        let help = format!("see `palisade rules show {}`", rule.meta.id);
        errors.push(RuleError::Wish { message, help });
    }
    rules.push(Active::compiled(Head::of(&rule, &compiled.missing_params), rule));
}

/// Settings and parameters must name rules that exist; no id may be used twice.
fn check_ids(rules: &[Active], wishes: &Wishes, errors: &mut Vec<RuleError>) {
    let ids: Vec<&str> = rules.iter().map(|r| r.head.id.as_str()).collect();
    let named = wishes.settings.iter().map(|(id, ..)| id).chain(wishes.params.keys());
    let mut unknown: Vec<&String> = named.filter(|id| !ids.contains(&id.as_str())).collect();
    unknown.dedup();
    for id in unknown {
        errors.push(unknown_rule(id, &ids));
    }
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    for pair in sorted.windows(2) {
        if let [a, b] = pair
            && a == b
        {
            let message = format!("two rules have the id `{a}`");
            errors.push(RuleError::Wish { message, help: "give your rule another id; bundled ids stay forever".to_owned() });
        }
    }
}

fn unknown_rule(id: &str, ids: &[&str]) -> RuleError {
    let help = did_you_mean(id, ids.iter().copied()).unwrap_or_else(|| "see `palisade rules list`".to_owned());
    RuleError::Wish { message: format!("no rule `{id}`"), help }
}

/// True when a selector names a rule: by id, pack, tag, or a glob over ids.
pub fn selects(selector: &str, head: &Head) -> bool {
    let selector = &*RuleId::canonical(selector.strip_prefix("palisade:").unwrap_or(selector));
    let id = head.id.as_str();
    selector == "ALL"
        || selector == id
        || selector == &*head.pack
        || head.tags.iter().any(|t| &**t == selector)
        || (has_wildcard(selector) && matches(selector, id, Case::Sensitive))
}

/// A selector of the project file that names only rules of packs that nobody extends would select nothing, in silence.
fn sleeping(rules: &[Active], first_user: usize, wishes: &Wishes, errors: &mut Vec<RuleError>) {
    if !wishes.select.is_empty() {
        return;
    }
    for selector in &wishes.narrow {
        let mut named = rules.iter().enumerate().filter(|(_, rule)| selects(selector, &rule.head)).peekable();
        let Some((_, first)) = named.peek() else { continue };
        let pack = first.head.pack.clone();
        let awake = |(position, rule): (usize, &Active)| {
            let in_packs = match wishes.packs.is_empty() {
                true => !rule.head.on_request,
                false => wishes.packs.iter().any(|s| selects(s, &rule.head)),
            };
            position >= first_user || in_packs || wishes.settings.iter().any(|(id, ..)| id == rule.head.id.as_str())
        };
        if !named.any(awake) {
            let message = format!("`select: [{selector}]` picks from packs that are not in use, so it selects nothing");
            errors.push(RuleError::Wish { message, help: format!("add `palisade:{pack}` under `extends`") });
        }
    }
}

fn choose(rules: Vec<Active>, first_user: usize, wishes: &Wishes, errors: &mut Vec<RuleError>) -> Vec<Active> {
    for selector in wishes.packs.iter().chain(&wishes.select).chain(&wishes.narrow).chain(&wishes.ignore) {
        if !rules.iter().any(|rule| selects(selector, &rule.head)) {
            let mut known: Vec<&str> = rules.iter().flat_map(|r| [r.head.id.as_str(), &*r.head.pack]).collect();
            known.sort_unstable();
            known.dedup();
            let word = selector.strip_prefix("palisade:").unwrap_or(selector);
            let help = did_you_mean(word, known).unwrap_or_else(|| "see `palisade rules list`".to_owned());
            errors.push(RuleError::Wish { message: format!("`{selector}` selects no rule"), help });
        }
    }
    sleeping(&rules, first_user, wishes, errors);
    let mut active = Vec::new();
    for (position, mut rule) in rules.into_iter().enumerate() {
        let head = &rule.head;
        let by = |selectors: &[String]| selectors.iter().any(|s| selects(s, head));
        let setting = wishes.settings.iter().rev().find(|(id, ..)| id == head.id.as_str());
        let enabled = setting.and_then(|(_, enabled, _)| *enabled);
        let user = position >= first_user;
        let named =
            by(&wishes.select) || by(&wishes.narrow) || enabled == Some(true) || (setting.is_some() && enabled != Some(false));
        // Whoever wants an outdated rule selects it, or switches it on by its id.
        let in_packs =
            head.status != Status::Deprecated && if wishes.packs.is_empty() { !head.on_request } else { by(&wishes.packs) };
        let base = (user || in_packs || setting.is_some()) && (wishes.narrow.is_empty() || by(&wishes.narrow));
        let wanted = if wishes.select.is_empty() { base } else { by(&wishes.select) };
        if !wanted || by(&wishes.ignore) || enabled == Some(false) {
            continue;
        }
        if let Some(param) = head.required.first() {
            let message = format!("rule `{}` needs parameter `{param}`", head.id);
            let help = format!(
                "set it in palisade.yaml under `rules: {{ {}: {{ params: {{ {param}: … }} }} }}`, or with `--param {}.{param}=…`",
                head.id, head.id
            );
            errors.push(RuleError::Wish { message, help });
            continue;
        }
        let severity = setting.and_then(|(.., severity)| *severity).unwrap_or(head.severity);
        // Whoever sets a parameter of a rule means the rule.
        let tuned = wishes.params.get(head.id.as_str()).is_some_and(|params| !params.is_empty());
        let asked_for = named || user || tuned || by(&wishes.packs);
        (rule.severity, rule.asked_for, rule.selected) = (severity, asked_for, named || user);
        active.push(rule);
    }
    active
}

/// The id of a rule, for look-ups.
pub fn find<'r>(rules: &'r [Active], id: &str) -> Option<&'r Active> {
    let id = RuleId::new(&RuleId::canonical(id));
    rules.iter().find(|a| a.head.id == id)
}
