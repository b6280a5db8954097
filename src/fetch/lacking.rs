//! Accounts that Config tells nothing of: said to be so, and read from IAM and S3 where a role leads into them.

use super::account;
use super::client::Session;
use super::context::{About, Context};
use super::error::{Sort, Trouble};
use super::settings::{OVERALL, Settings, Source};
use super::{config_seen, iam, organizations, s3, unit};
use crate::source::SourceError;
use crate::source::snapshot::State;
use aws_sdk_iam::types::EntityType;
use config_seen::{ELSEWHERE, Seen};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be read of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// Which entities of IAM; none for all.
    filter: Vec<EntityType>,
    iam: bool,
    s3: bool,
}

/// What Config told nothing of, and was asked for. An account without users is not told from one whose recorder leaves users
/// out: asking settles it.
fn wanted(settings: &Settings, told: Option<&Seen>) -> Wanted {
    let (iam, s3) = (settings.reads(Source::Iam), settings.reads(Source::S3));
    let Some(told) = told else { return Wanted { filter: Vec::new(), iam, s3 } };
    let asked = |kind: &&str| settings.types.is_empty() || settings.types.iter().any(|t| t == kind);
    let lacking: Vec<_> = ELSEWHERE.iter().filter(|(kind, _)| asked(kind) && !told.has(kind)).collect();
    let filter: Vec<EntityType> = lacking.iter().filter_map(|(_, entity)| entity.clone()).collect();
    Wanted { iam: iam && !filter.is_empty(), s3: s3 && lacking.iter().any(|(_, entity)| entity.is_none()), filter }
}

/// Fetch what Config lacks, or everything where IAM or S3 were asked for by name.
///
/// # Errors
/// When a part cannot be read.
pub async fn fetch(context: &Context<'_>) -> Result<(), SourceError> {
    let settings = context.settings;
    let from_config = settings.reads(Source::Config) || settings.reads(Source::ConfigSnapshots);
    let seen = if from_config { config_seen::seen(context)? } else { BTreeMap::new() };
    let accounts = accounts(context, &seen)?;
    let source = if settings.reads(Source::Config) { Source::Config } else { Source::ConfigSnapshots };
    if from_config && !seen.is_empty() && in_part(context, source) {
        later(context);
        return Ok(());
    }
    if from_config {
        not_recorded(context, (&accounts, source), &seen);
    }
    let needed = |account: &String| wanted(settings, seen.get(account).filter(|_| from_config));
    let work: Vec<(String, Wanted)> = accounts.iter().map(|a| (a.clone(), needed(a))).filter(|(_, w)| w.iam || w.s3).collect();
    context.ahead(work.len());
    let work = work.into_iter().map(|(account, wanted)| one(context, account, wanted));
    stream::iter(work).buffer_unordered(context.settings.concurrency.max(1) * OVERALL).collect::<Vec<()>>().await;
    Ok(())
}

/// The accounts that are expected: those of the organization, else those that were named, else those that were seen.
fn accounts(context: &Context<'_>, seen: &BTreeMap<String, Seen>) -> Result<Vec<String>, SourceError> {
    let settings = context.settings;
    let mut all: BTreeSet<String> = organizations::accounts(context)?.into_iter().filter(|a| settings.wants(a)).collect();
    all.extend(settings.accounts.iter().cloned());
    if all.is_empty() {
        all.extend(seen.keys().cloned());
        all.insert(context.aws.own.account.clone());
    }
    Ok(all.into_iter().collect())
}

fn not_recorded(context: &Context<'_>, (accounts, source): (&[String], Source), seen: &BTreeMap<String, Seen>) {
    // Every account has a role, so that one without any is not recorded; of other types there may well be none.
    let telling = |kind: &String| kind == "AWS::IAM::Role";
    if !context.settings.resource_types().iter().any(telling) {
        return;
    }
    // Where Config was not read at all, that is said already.
    let read = context.states.borrow().iter().any(|s| s.source == source.as_str() && s.state == State::Complete && s.items > 0);
    if !read {
        return;
    }
    for account in accounts.iter().filter(|a| !seen.contains_key(*a)) {
        let about = About { source: source.as_str(), account: Some(account), ..About::default() };
        let mut state = about.state(State::NotRecorded, 0);
        state.reason =
            Some("AWS Config told nothing of this account: no recorder runs there, or it is not aggregated".to_owned());
        let help = match context.settings.role_name {
            Some(_) => "IAM and S3 are read through the role; have a recorder run there for keys, queues, topics and the rest",
            None => "have a recorder run there, or name a role with `--role-name` to read at least IAM and S3",
        };
        state.help = Some(help.to_owned());
        context.report(state);
    }
}

/// Whether asking again may tell of accounts that were told nothing of: other types have no bearing on that.
fn in_part(context: &Context<'_>, source: Source) -> bool {
    let open = |state| matches!(state, State::Denied | State::Throttled | State::Failed | State::Pending);
    let bears = |what: &Option<String>| match (source, what) {
        (Source::Config, Some(what)) => ELSEWHERE.iter().any(|(kind, _)| kind == what),
        _ => true,
    };
    context.states.borrow().iter().any(|s| s.source == source.as_str() && open(s.state) && bears(&s.what))
}

/// Which accounts Config lacks is known when it was read in full.
fn later(context: &Context<'_>) {
    for source in [Source::Iam, Source::S3].into_iter().filter(|s| context.settings.reads(*s)) {
        let what = Some("accounts that Config lacks");
        let mut state = About { source: source.as_str(), what, ..About::default() }.state(State::Pending, 0);
        state.reason = Some("not asked before AWS Config is read in full".to_owned());
        state.help = Some("`--resume` asks for what is missing of Config, and then of these".to_owned());
        context.report(state);
    }
}

async fn one(context: &Context<'_>, account: String, mut wanted: Wanted) {
    let account = account.as_str();
    if wanted.iam {
        context.kept.borrow_mut().insert(iam::unit(account, &wanted.filter));
    }
    if wanted.s3 {
        context.kept.borrow_mut().insert(s3::units(account));
    }
    let about = |source: Source| About { source: source.as_str(), account: Some(account), ..About::default() };
    // Nobody needs to go where everything is on disk.
    if let (true, Some(tally)) = (wanted.iam, unit::whole(&context.store.parts, &iam::unit(account, &wanted.filter))) {
        context.report(about(Source::Iam).tally(&tally));
        wanted.iam = false;
    }
    if let (true, Some(tally)) = (wanted.s3, s3::on_disk(context, account)) {
        context.report(about(Source::S3).tally(&tally));
        wanted.s3 = false;
    }
    if wanted.iam || wanted.s3 {
        match account::session(context, account).await {
            Ok(session) => both(context, &session, wanted).await,
            Err(trouble) => {
                let sources = [(Source::Iam, wanted.iam), (Source::S3, wanted.s3)];
                for (source, _) in sources.into_iter().filter(|(_, wanted)| *wanted) {
                    context.report(about(source).trouble(&trouble, 0));
                }
            }
        }
    }
    context.step(0);
}

async fn both(context: &Context<'_>, session: &Session, wanted: Wanted) {
    let about = |source: Source| About { source: source.as_str(), account: Some(&session.account), ..About::default() };
    if wanted.iam {
        let mut tally = iam::fetch(context, session, &wanted.filter).await;
        tally.trouble = tally.trouble.map(|trouble| of_role(session, trouble));
        context.report(about(Source::Iam).tally(&tally));
    }
    if wanted.s3 {
        let mut buckets = s3::fetch(context, session).await;
        buckets.tally.trouble = buckets.tally.trouble.map(|trouble| of_role(session, trouble));
        context.report(about(Source::S3).tally(&buckets.tally));
        for (name, trouble) in buckets.troubles {
            let name = crate::report::escape::terminal(&name);
            context.report(About { what: Some(&name), ..about(Source::S3) }.trouble(&of_role(session, trouble), 0));
        }
    }
}

/// A refusal that the role's policy explains rather than the caller's.
fn of_role(session: &Session, trouble: Trouble) -> Trouble {
    if session.own || trouble.sort != Sort::Denied {
        return trouble;
    }
    trouble.help(
        "give the role what `palisade fetch --print-policy=role --role-name NAME` prints, and see that no bucket policy or \
         control policy denies it; then `--resume`",
    )
}
