//! `palisade prove`: questions about every request there could be.

use super::pairs::{Pair, pairs};
use super::policies::{Input, Loaded, Loader};
use super::prove_terms::{Access, Terms};
use super::{Exit, Terminal, Usage, guardrail, prove_ask as ask};
use crate::cli::{AccessArgs, PlainFormat, ProveArgs, ProveCommand, ShownArgs};
use crate::finding::place::Placer;
use crate::policy::{Effect, Policy, PolicyKind, parse};
use crate::proof::certificate::{self, Certificate, Subject};
use crate::proof::{Proof, Responsible, Verdict};
use crate::report::proof::{Answer, Cited, Exhibit};
use crate::report::{self, Options};
use crate::source;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Run it.
pub fn run(command: ProveCommand, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    match command {
        ProveCommand::NoNewAccess { old, new, common } => no_new_access(&old, &new, &common, terminal),
        ProveCommand::AccessNotGranted { policies, access, common } => access_not_granted(&policies, &access, &common, terminal),
        ProveCommand::NoPublicAccess { policies, common } => no_public_access(&policies, &common, terminal),
        ProveCommand::Guardrail(args) => guardrail::run(&args, terminal),
        ProveCommand::Minimise { policy, common } => minimise(&policy, &common, terminal),
        ProveCommand::Verify { file, shown } => verify(&file, &shown, terminal),
    }
}

/// Policies, parsed once and handed to the engine in the order of the inputs.
pub(super) struct Case<'a> {
    names: Vec<String>,
    pub policies: Vec<Policy<'a>>,
    placers: Vec<Placer<'a>>,
    kinds: Vec<PolicyKind>,
    /// How many of them are old ones, where there are sides.
    old: Option<usize>,
}

impl<'a> Case<'a> {
    pub fn new(inputs: impl IntoIterator<Item = &'a Input>) -> Self {
        let mut case = Self { names: Vec::new(), policies: Vec::new(), placers: Vec::new(), kinds: Vec::new(), old: None };
        for input in inputs {
            case.names.push(input.name());
            case.policies.push(input.policy());
            case.placers.push(input.placer());
            case.kinds.push(input.kind());
        }
        case
    }

    /// A statement with its place; none for one of a policy that is not among these.
    pub fn cite(&self, part: &Responsible) -> Option<Cited> {
        let name = self.names.get(part.policy)?.clone();
        let exhibit = Exhibit { name, policy: self.policies.get(part.policy)?, placer: self.placers.get(part.policy)? };
        Some(exhibit.cite(part))
    }

    /// The proof as an answer with its places.
    pub fn answer(&self, verb: &'static str, mut proof: Proof) -> Answer {
        let certificate = proof.certificate.take().and_then(|certificate| self.claim(verb, certificate));
        let parts = self.names.iter().zip(&self.policies).zip(&self.placers);
        let exhibits: Vec<Exhibit<'_, '_>> =
            parts.map(|((name, policy), placer)| Exhibit { name: name.clone(), policy, placer }).collect();
        Answer { certificate, ..Answer::new(verb, proof, &exhibits) }
    }

    /// A certificate with the policies, and what stood beside them, in the order in which the engine had them.
    fn claim(&self, verb: &'static str, certificate: Certificate) -> Option<serde_json::Value> {
        let kind = *self.kinds.first()?;
        let document = ask::full_access(kind);
        let full = document.root().map(|root| parse(root).0);
        let mut subjects = Vec::new();
        let all: Vec<(&String, &Policy<'_>)> = self.names.iter().zip(&self.policies).collect();
        let (old, new) = all.split_at_checked(self.old.unwrap_or_default())?;
        for (side, policies) in [("old", old), ("new", new)] {
            let name = if self.old.is_some() { side } else { "asked" };
            subjects.extend(policies.iter().map(|(own, policy)| Subject { side: name, name: own, policy }));
            let alone: Vec<&Policy<'_>> = policies.iter().map(|(_, policy)| *policy).collect();
            if let Some(full) = full.as_ref().filter(|_| self.old.is_some() && ask::only_denies(&alone, kind)) {
                subjects.push(Subject { side: name, name: "what allows everything", policy: full });
            }
        }
        Some(certificate.claim(verb, kind, &subjects))
    }
}

fn no_new_access(old: &Path, new: &Path, common: &ProveArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let terms = Terms::of(&common.terms)?;
    let loaded = match load(&[old, new], common, terminal)? {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let [old, new] = loaded.as_slice() else { return Ok(Exit::NoInput) };
    let mut answers = Vec::new();
    if terms.together {
        for (kind, old_side, new_side) in by_kind(old, new)? {
            let subject = format!("{kind} of {}", new.argument);
            let names = (Some(old.argument.as_str()), Some(new.argument.as_str()));
            let answer = if new_side.is_empty() && caps(kind) {
                let reason = format!("every {kind} was removed, and what they kept out may now come in");
                Case::new(old_side.iter().copied()).answer(NO_NEW_ACCESS, ask::unknown(reason))
            } else {
                compared(&old_side, &new_side, kind, &terms)
            };
            answers.push(answer.about(subject, |verdict| compared_words(names, verdict)));
        }
    } else {
        for pair in pairs(old, new)? {
            answers.push(compare(&pair, &terms)?);
        }
    }
    finish(&answers, &terms, &common.shown, terminal)
}

/// The policies of both sides by their kinds.
#[allow(clippy::type_complexity, reason = "a kind with its two sides, taken apart at once")]
fn by_kind<'a>(old: &'a Loaded, new: &'a Loaded) -> Result<Vec<(PolicyKind, Vec<&'a Input>, Vec<&'a Input>)>, Usage> {
    let mut kinds: BTreeMap<PolicyKind, (Vec<&Input>, Vec<&Input>)> = BTreeMap::new();
    old.policies.iter().for_each(|input| kinds.entry(input.kind()).or_default().0.push(input));
    new.policies.iter().for_each(|input| kinds.entry(input.kind()).or_default().1.push(input));
    let alone = |kind: &&PolicyKind| matches!(kind, PolicyKind::ResourcePolicy | PolicyKind::TrustPolicy);
    if let Some(kind) = kinds.keys().find(alone) {
        let message = format!("`--together` with policies of kind {kind}");
        return Err(Usage::new(message, "each belongs to a resource of its own: compare them without `--together`"));
    }
    Ok(kinds.into_iter().map(|(kind, (old, new))| (kind, old, new)).collect())
}

/// One pair.
fn compare(pair: &Pair<'_>, terms: &Terms) -> Result<Answer, Usage> {
    let kind = pair.kind()?;
    let (old, new): (Vec<&Input>, Vec<&Input>) = (pair.old.into_iter().collect(), pair.new.into_iter().collect());
    let subject = pair.either().map(Input::name).unwrap_or_default();
    let answer = match pair.old.filter(|_| pair.new.is_none()).and_then(|old| removed(old, kind)) {
        Some(proof) => Case::new(old.iter().copied()).answer(NO_NEW_ACCESS, proof),
        None => compared(&old, &new, kind, terms),
    };
    let names = (pair.old.map(Input::name), pair.new.map(Input::name));
    Ok(answer.about(subject, |verdict| compared_words((names.0.as_deref(), names.1.as_deref()), verdict)))
}

const NO_NEW_ACCESS: &str = "no-new-access";

fn compared(old: &[&Input], new: &[&Input], kind: PolicyKind, terms: &Terms) -> Answer {
    let case = Case { old: Some(old.len()), ..Case::new(old.iter().chain(new).copied()) };
    let all: Vec<&Policy<'_>> = case.policies.iter().collect();
    let (before, after) = all.split_at(old.len().min(all.len()));
    let mut answer = case.answer(NO_NEW_ACCESS, ask::no_new_access(before, after, kind, terms));
    answer.assumptions.extend(terms.assumptions(terms.world()));
    answer.assumptions.extend(assumed(old.iter().chain(new).copied()));
    let says = |policies: &[&Policy<'_>], effect| policies.iter().flat_map(|p| &p.statements).any(|s| s.is(effect));
    if !caps(kind) && says(before, Effect::Deny) && !says(after, Effect::Allow) {
        let told = "the new side allows nothing by itself; what either side denies to others is not compared";
        answer.assumptions.push(told.to_owned());
    }
    answer
}

/// What is gone allows nothing, but what it kept out may now come in: that hangs on policies that are not compared here.
fn removed(old: &Input, kind: PolicyKind) -> Option<Proof> {
    let denies = old.policy().statements.iter().any(|statement| statement.is(Effect::Deny));
    (caps(kind) || denies).then(|| {
        let what = if caps(kind) { "it limits what other policies allow" } else { "it denies what other policies may allow" };
        ask::unknown(format!("the {kind} was removed, and {what}; compare all of them with `--together`"))
    })
}

/// True for kinds that grant nothing by themselves and limit what others grant.
fn caps(kind: PolicyKind) -> bool {
    match kind {
        PolicyKind::PermissionsBoundary
        | PolicyKind::SessionPolicy
        | PolicyKind::VpcEndpointPolicy
        | PolicyKind::ServiceControlPolicy
        | PolicyKind::ResourceControlPolicy => true,
        PolicyKind::IdentityPolicy | PolicyKind::TrustPolicy | PolicyKind::ResourcePolicy => false,
    }
}

fn compared_words((old, new): (Option<&str>, Option<&str>), verdict: Verdict) -> String {
    match (old, new, verdict) {
        (Some(old), Some(new), Verdict::Pass) => format!("every request that `{new}` allows is allowed by `{old}` too"),
        (Some(old), Some(new), Verdict::Fail) => format!("`{new}` allows a request that `{old}` does not"),
        (Some(old), Some(new), Verdict::Unknown) => {
            format!("it could not be decided whether `{new}` allows more than `{old}`")
        }
        (None, Some(new), Verdict::Pass) => format!("`{new}` is new and allows nothing"),
        (None, Some(new), Verdict::Fail) => format!("`{new}` is new and allows a request"),
        (None, Some(new), Verdict::Unknown) => format!("it could not be decided whether `{new}`, which is new, allows anything"),
        (old, None, Verdict::Pass) => format!("`{}` was removed and allows nothing any more", old.unwrap_or_default()),
        (old, None, Verdict::Fail | Verdict::Unknown) => {
            format!("it could not be decided what is allowed without `{}`, which was removed", old.unwrap_or_default())
        }
    }
}

fn access_not_granted(
    paths: &[PathBuf],
    access: &AccessArgs,
    common: &ProveArgs,
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<Exit> {
    let terms = Terms::of(&common.terms)?;
    let access = Access::of(access, terms.world())?;
    let loaded = match load(&borrowed(paths), common, terminal)? {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let mut answers = Vec::new();
    for inputs in questions(&loaded, terms.together)? {
        let case = Case::new(inputs.iter().copied());
        let Some(first) = inputs.first() else { continue };
        let policies: Vec<&Policy<'_>> = case.policies.iter().collect();
        let mut answer = case.answer("access-not-granted", ask::access_not_granted(&policies, &access, first.kind(), &terms));
        answer.assumptions.extend(terms.assumptions(terms.world()));
        answer.assumptions.extend(assumed(inputs.iter().copied()));
        let who = whose(&inputs);
        answers.push(answer.about(who.clone(), |verdict| match verdict {
            Verdict::Pass => format!("{who} grants nothing of what was asked for"),
            Verdict::Fail => format!("{who} grants what was asked for"),
            Verdict::Unknown => format!("it could not be decided whether {who} grants what was asked for"),
        }));
    }
    finish(&answers, &terms, &common.shown, terminal)
}

fn no_public_access(paths: &[PathBuf], common: &ProveArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let terms = Terms::of(&common.terms)?;
    let loaded = match load(&borrowed(paths), common, terminal)? {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let all = || loaded.iter().flat_map(|l| &l.policies);
    let open = |input: &&Input| matches!(input.kind(), PolicyKind::ResourcePolicy | PolicyKind::TrustPolicy);
    let skipped = all().filter(|input| !open(input)).count();
    if let Some(first) = all().next().filter(|_| all().all(|input| !open(&input))) {
        let message = format!("`{}` is read as {}, which lets no stranger in", first.name(), first.kind());
        return Err(Usage::new(message, "name a resource policy or a trust policy, or say the kind with `--kind`").into());
    }
    if skipped > 0 {
        writeln!(terminal.err, "{skipped} policies of other kinds were not asked: they let no stranger in")?;
    }
    let mut answers = Vec::new();
    for input in all().filter(open) {
        let case = Case::new([input]);
        let Some(policy) = case.policies.first() else { continue };
        let mut answer = case.answer("no-public-access", ask::no_public_access(policy, input.kind(), &terms));
        answer.assumptions.extend(terms.assumptions(terms.world()));
        answer.assumptions.extend(assumed([input]));
        let name = input.name();
        answers.push(answer.about(name.clone(), |verdict| match verdict {
            Verdict::Pass => format!("no stranger is allowed anything by `{name}`"),
            Verdict::Fail => format!("`{name}` allows a stranger"),
            Verdict::Unknown => format!("it could not be decided whether `{name}` allows a stranger"),
        }));
    }
    finish(&answers, &terms, &common.shown, terminal)
}

fn minimise(path: &Path, common: &ProveArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let terms = Terms::of(&common.terms)?;
    let loaded = match load(&[path], common, terminal)? {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    let policies: Vec<&Input> = loaded.iter().flat_map(|l| &l.policies).collect();
    let [input] = policies.as_slice() else {
        let message = format!("`{}` holds {} policies", path.display(), policies.len());
        return Err(Usage::new(message, "name a file with one policy").into());
    };
    let (proof, found) = ask::minimise(input.root(), input.kind(), &terms);
    let name = input.name();
    let mut answer = Case::new([*input]).answer("minimise", proof).about(name.clone(), |verdict| match verdict {
        Verdict::Pass => format!("nothing of `{name}` can be left out"),
        Verdict::Fail => format!("`{name}` allows the same in fewer words"),
        Verdict::Unknown => format!("it could not be decided what of `{name}` can be left out"),
    });
    if answer.verdict == Verdict::Fail {
        answer.policy = Some(found.policy);
    }
    finish(&[answer], &terms, &common.shown, terminal)
}

pub(super) fn borrowed(paths: &[PathBuf]) -> Vec<&Path> {
    paths.iter().map(PathBuf::as_path).collect()
}

pub(super) fn load(
    paths: &[&Path],
    common: &ProveArgs,
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<Result<Vec<Loaded>, Exit>> {
    match Loader::new(&common.input, paths, terminal)? {
        Ok(loader) => loader.all(paths, terminal),
        Err(exit) => Ok(Err(exit)),
    }
}

/// Each policy by itself, or all together.
fn questions(loaded: &[Loaded], together: bool) -> Result<Vec<Vec<&Input>>, Usage> {
    let all: Vec<&Input> = loaded.iter().flat_map(|l| &l.policies).collect();
    if !together {
        return Ok(all.into_iter().map(|input| vec![input]).collect());
    }
    let other = all.iter().find(|input| Some(input.kind()) != all.first().map(|first| first.kind()));
    match (other, all.first()) {
        (Some(other), Some(first)) => {
            let message = format!("`{}` is read as {} and `{}` as {}", first.name(), first.kind(), other.name(), other.kind());
            Err(Usage::new(message, "take policies of one kind together, or say the kind with `--kind`"))
        }
        (Some(_) | None, _) => Ok(vec![all]),
    }
}

fn whose(inputs: &[&Input]) -> String {
    match inputs {
        [one] => format!("`{}`", one.name()),
        many => format!("the union of {} policies", many.len()),
    }
}

/// Guesses that the answer rests on.
fn assumed<'a>(inputs: impl IntoIterator<Item = &'a Input>) -> impl Iterator<Item = String> {
    let guesses = inputs.into_iter().filter(|input| input.is_assumed());
    guesses.map(|input| format!("`{}` is read as {}: nothing tells its kind, `--kind` would", input.name(), input.kind()))
}

/// Check a certificate.
fn verify(file: &Path, shown: &ShownArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let text = source::read_text(file).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    let name = file.to_string_lossy().replace('\\', "/");
    let proof = match ask::verify(&text) {
        Ok(proof) => proof,
        Err(why) => {
            let usage =
                Usage::new(format!("`{name}` is not a certificate: {why}"), "`palisade prove … --certificate FILE` writes one");
            writeln!(terminal.err, "{}", usage.lines())?;
            return Ok(Exit::Incomplete);
        }
    };
    let answer = Answer::new("verify", proof, &[]).about(&*name, |verdict| match verdict {
        Verdict::Pass => format!("the certificate `{name}` holds"),
        Verdict::Fail | Verdict::Unknown => format!("the certificate `{name}` does not hold"),
    });
    show(&[answer], shown, terminal)
}

/// Write the certificate, where it was asked for and everything passes, and then the answers.
pub(super) fn finish(answers: &[Answer], terms: &Terms, shown: &ShownArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let Some(path) = &terms.certificate else { return show(answers, shown, terminal) };
    let claims: Vec<_> = answers.iter().filter_map(|answer| answer.certificate.clone()).collect();
    let name = path.to_string_lossy().replace('\\', "/");
    let name = report::escape::terminal(&name);
    // A file that cannot be written is bad usage, and bad usage answers nothing: it is written first.
    if !answers.iter().all(|answer| answer.verdict == Verdict::Pass) {
        writeln!(terminal.err, "no certificate was written to `{name}`: not every question passes")?;
    } else if claims.len() < answers.len() || claims.is_empty() {
        let message = format!("no certificate was written to `{name}`: what shows an answer cannot be written down");
        return Err(Usage::new(message, "run again without `--certificate`").into());
    } else {
        let text = certificate::file(&claims);
        source::write_atomic(path, text.as_bytes()).map_err(|e| Usage::new(e.to_string(), e.help()))?;
    }
    show(answers, shown, terminal)
}

/// For an answer of which nothing can be written down: say that no certificate was written, where one was asked for.
pub(super) fn no_certificate(terms: &Terms, passes: bool, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    let Some(path) = &terms.certificate else { return Ok(()) };
    let name = report::escape::terminal(&path.to_string_lossy().replace('\\', "/"));
    if passes {
        let message = format!("no certificate was written to `{name}`: what shows an answer cannot be written down");
        return Err(Usage::new(message, "run again without `--certificate`").into());
    }
    writeln!(terminal.err, "no certificate was written to `{name}`: not every question passes")?;
    Ok(())
}

/// Write the answers; the exit code is that of the worst.
pub(super) fn show(answers: &[Answer], shown: &ShownArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let options = Options { color: terminal.color, width: terminal.width, ..Options::default() };
    match shown.format {
        PlainFormat::Text => report::proof::write(answers, &options, terminal.out)?,
        PlainFormat::Json => report::proof_json::write(answers, terminal.out)?,
    }
    Ok(match report::proof::worst(answers).map(|answer| answer.verdict) {
        Some(Verdict::Pass) => Exit::Clean,
        Some(Verdict::Fail) => Exit::Findings,
        Some(Verdict::Unknown) if shown.fail_on_unknown => Exit::Findings,
        Some(Verdict::Unknown) => Exit::Usage,
        None => Exit::NoInput,
    })
}
