//! A second opinion from AWS: every policy is sent to ValidatePolicy, and what it says is put together with what the rules
//! say. The input is read twice: once to see what there is to ask, once with the answers.

use super::scanning::{Checked, Setup, Shown};
use super::{Terminal, Usage};
use crate::fetch::error::Trouble;
use crate::fetch::settings::Settings;
use crate::fetch::{FetchError, validate};
use crate::finding::Incomplete;
use crate::finding::model::Online;
use crate::finding::outcome::OnlineCoverage;
use crate::scan::review::{Question, Remark};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// The policies to ask about, each with the first file it stands in.
type Questions = BTreeMap<Question, Arc<str>>;

/// Check with a second opinion. What AWS gave no answer to is incomplete.
pub(super) fn outcome(
    setup: &Setup<'_>,
    settings: &Settings,
    shown: Shown,
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<Checked> {
    let asked = questions(setup, terminal)?;
    let policies = asked.len();
    let (answers, troubles) = ask(asked, settings, terminal.progress && !setup.is_quiet())?;
    let look = |question: &Question, _: &Arc<str>| answers.get(question).cloned();
    let mut checked = setup.outcome(shown, Some(&look), terminal)?;
    let counted = |online: Online| checked.outcome.findings.iter().filter(|f| f.online == Some(online)).count();
    checked.outcome.coverage.online = Some(OnlineCoverage {
        policies,
        unanswered: policies - answers.len(),
        confirmed: counted(Online::Confirmed),
        added: counted(Online::Added),
        not_reported: counted(Online::NotReported),
    });
    checked.unanswered = troubles;
    Ok(checked)
}

fn questions(setup: &Setup<'_>, terminal: &mut Terminal<'_>) -> anyhow::Result<Questions> {
    let asked: Mutex<Questions> = Mutex::default();
    let take = |question: &Question, file: &Arc<str>| {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.get_mut(question) {
            // The same file in every run, whichever is read first.
            Some(first) if **first > **file => *first = file.clone(),
            Some(_) => {}
            None => drop(asked.insert(question.clone(), file.clone())),
        }
        None
    };
    setup.outcome(Shown { cards: false, excerpts: false }, Some(&take), terminal)?;
    Ok(asked.into_inner().unwrap_or_else(PoisonError::into_inner))
}

type Answers = HashMap<Question, Arc<[Remark]>>;

/// Ask, and tell once for each reason why there is no answer.
fn ask(asked: Questions, settings: &Settings, watched: bool) -> anyhow::Result<(Answers, Vec<Incomplete>)> {
    let (questions, files): (Vec<Question>, Vec<Arc<str>>) = asked.into_iter().unzip();
    let bar = watched.then(|| progress(questions.len()));
    let told = validate::validate(settings, &questions, &|n| bar.iter().for_each(|bar| bar.inc(n as u64)));
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let told = told.map_err(|error| match error {
        FetchError::Usage { message, help } => Usage::new(message, help),
        FetchError::Disk(error) => Usage::new(error.to_string(), error.help()),
    })?;
    let mut answers = Answers::new();
    let mut reasons: BTreeMap<(Option<String>, String), Unanswered> = BTreeMap::new();
    for ((question, file), answer) in questions.into_iter().zip(files).zip(told) {
        match answer {
            Ok(remarks) => drop(answers.insert(question, remarks.into())),
            Err(trouble) => {
                // Messages differ in the number of the request, if in nothing else.
                let key = (trouble.code.clone(), trouble.next_step());
                let reason = reasons.entry(key).or_insert_with(|| Unanswered { trouble, file: file.clone(), policies: 0 });
                reason.policies += 1;
                reason.file = file.min(reason.file.clone());
            }
        }
    }
    Ok((answers, reasons.into_values().map(Unanswered::told).collect()))
}

/// Policies that got no answer for one reason.
struct Unanswered {
    /// The first that went wrong.
    trouble: Trouble,
    /// The first file.
    file: Arc<str>,
    policies: usize,
}

impl Unanswered {
    fn told(self) -> Incomplete {
        let policies = if self.policies == 1 { "a policy".to_owned() } else { format!("{} policies", self.policies) };
        Incomplete {
            file: self.file,
            code: None,
            reason: format!("AWS gave no second opinion on {policies}: {}", self.trouble.message),
            help: self.trouble.next_step(),
            location: None,
            related: Vec::new(),
            resource: None,
        }
    }
}

fn progress(policies: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("asking AWS {bar:24} {pos}/{len} policies, {eta} left");
    ProgressBar::new(policies as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
