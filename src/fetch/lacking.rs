//! What is read account by account, through a role: of IAM and S3 what Config tells nothing of, and the policies of secrets,
//! which it never tells. Accounts that it tells nothing of at all are said to be so.

use super::account;
use super::client::Session;
use super::context::{About, Context};
use super::error::{Sort, Trouble};
use super::settings::{OVERALL, Settings, Source};
use super::unit::Many;
use super::{config_seen, iam, organizations, s3, secrets, unit};
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
    /// The regions of which secrets are wanted.
    secrets: Vec<Region>,
}

/// A region, and whether Config told of something there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Region {
    name: String,
    told: bool,
}

impl Wanted {
    /// The sources something is wanted of.
    fn sources(&self) -> impl Iterator<Item = Source> {
        let all = [(Source::Iam, self.iam), (Source::S3, self.s3), (Source::SecretsManager, !self.secrets.is_empty())];
        all.into_iter().filter(|(_, wanted)| *wanted).map(|(source, _)| source)
    }
}

/// What Config told nothing of, and was asked for. An account without users is not told from one whose recorder leaves users
/// out: asking settles it.
fn wanted(settings: &Settings, told: Option<&Seen>) -> Wanted {
    let (iam, s3) = (settings.reads(Source::Iam), settings.reads(Source::S3));
    let Some(told) = told else { return Wanted { iam, s3, ..Wanted::default() } };
    let asked = |kind: &&str| settings.types.is_empty() || settings.types.iter().any(|t| t == kind);
    let lacking: Vec<_> = ELSEWHERE.iter().filter(|(kind, _)| asked(kind) && !told.has(kind)).collect();
    let filter: Vec<EntityType> = lacking.iter().filter_map(|(_, entity)| entity.clone()).collect();
    let (iam, s3) = (iam && !filter.is_empty(), s3 && lacking.iter().any(|(_, entity)| entity.is_none()));
    Wanted { filter, iam, s3, ..Wanted::default() }
}

/// Where secrets are asked for: in the regions that were named, else in those where Config told of anything, a secret or
/// not, since recorders may leave secrets out; else in the own region.
fn regions(context: &Context<'_>, told: Option<&Seen>) -> Vec<Region> {
    let settings = context.settings;
    let of_secrets = |kind: &String| kind.starts_with("AWS::SecretsManager::");
    let asked = settings.named(Source::SecretsManager) || settings.types.is_empty() || settings.types.iter().any(of_secrets);
    if !settings.reads(Source::SecretsManager) || !asked {
        return Vec::new();
    }
    let is_told = |name: &String| told.is_some_and(|told| told.regions.contains(name));
    let mut names: BTreeSet<String> = settings.regions.iter().cloned().collect();
    if names.is_empty() {
        names.extend(told.into_iter().flat_map(|told| told.regions.iter().cloned()));
    }
    if names.is_empty() {
        names.insert(context.aws.own.region().to_owned());
    }
    names.into_iter().map(|name| Region { told: is_told(&name), name }).collect()
}

/// Fetch what Config lacks, or everything where a source was asked for by name and Config was not.
///
/// # Errors
/// When a part cannot be read.
pub async fn fetch(context: &Context<'_>) -> Result<(), SourceError> {
    let settings = context.settings;
    let from_config = settings.reads(Source::Config) || settings.reads(Source::ConfigSnapshots);
    let seen = if from_config { config_seen::seen(context)? } else { BTreeMap::new() };
    let accounts = accounts(context, &seen)?;
    let source = if settings.reads(Source::Config) { Source::Config } else { Source::ConfigSnapshots };
    // Secrets do not wait: more regions are asked when Config told of more.
    let waits = from_config && !seen.is_empty() && in_part(context, source);
    if waits {
        later(context);
    } else if from_config {
        not_recorded(context, (&accounts, source), &seen);
    }
    let needed = |account: &String| {
        let told = seen.get(account).filter(|_| from_config);
        let of_config = if waits { Wanted::default() } else { wanted(settings, told) };
        Wanted { secrets: regions(context, told), ..of_config }
    };
    let work = accounts.iter().map(|account| (account.clone(), needed(account)));
    let work: Vec<(String, Wanted)> = work.filter(|(_, wanted)| wanted.sources().next().is_some()).collect();
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
            Some(_) => {
                "IAM, S3 and secrets are read through the role; have a recorder run there for keys, queues, topics and the rest"
            }
            None => "have a recorder run there, or name a role with `--role-name` to read at least IAM, S3 and secrets",
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
    keep(context, account, &wanted);
    settled(context, account, &mut wanted);
    if wanted.sources().next().is_some() {
        match account::session(context, account).await {
            Ok(session) => all(context, &session, wanted).await,
            Err(trouble) => {
                for source in wanted.sources() {
                    let about = About { source: source.as_str(), account: Some(account), ..About::default() };
                    context.report(about.trouble(&trouble, 0));
                }
            }
        }
    }
    context.step(0);
}

/// Which parts belong into the snapshot, read now or before.
fn keep(context: &Context<'_>, account: &str, wanted: &Wanted) {
    let mut kept = context.kept.borrow_mut();
    if wanted.iam {
        kept.insert(iam::unit(account, &wanted.filter));
    }
    if wanted.s3 {
        kept.insert(s3::units(account));
    }
    kept.extend(wanted.secrets.iter().map(|region| secrets::units(account, &region.name)));
}

/// Report what is on disk in full, and want it no more: nobody needs to go where everything is.
fn settled(context: &Context<'_>, account: &str, wanted: &mut Wanted) {
    let about = |source: Source| About { source: source.as_str(), account: Some(account), ..About::default() };
    if let (true, Some(tally)) = (wanted.iam, unit::whole(&context.store.parts, &iam::unit(account, &wanted.filter))) {
        context.report(about(Source::Iam).tally(&tally));
        wanted.iam = false;
    }
    if let (true, Some(tally)) = (wanted.s3, s3::on_disk(context, account)) {
        context.report(about(Source::S3).tally(&tally));
        wanted.s3 = false;
    }
    wanted.secrets.retain(|region| {
        let tally = secrets::on_disk(context, account, &region.name);
        if let Some(tally) = &tally {
            context.report(About { region: Some(&region.name), ..about(Source::SecretsManager) }.tally(tally));
        }
        tally.is_none()
    });
}

async fn all(context: &Context<'_>, session: &Session, wanted: Wanted) {
    let about = |source: Source| About { source: source.as_str(), account: Some(&session.account), ..About::default() };
    if wanted.iam {
        let mut tally = iam::fetch(context, session, &wanted.filter).await;
        tally.trouble = tally.trouble.map(|trouble| of_role(session, trouble));
        context.report(about(Source::Iam).tally(&tally));
    }
    if wanted.s3 {
        many(context, session, (about(Source::S3), s3::fetch(context, session).await));
    }
    for region in wanted.secrets {
        let there = session.in_region(&region.name);
        let about = About { region: Some(&region.name), ..about(Source::SecretsManager) };
        let secrets = secrets::fetch(context, &there).await;
        if !region.told && secrets.tally.trouble.as_ref().is_some_and(Trouble::is_of_region) {
            let mut state = about.state(State::Complete, 0);
            state.reason = Some("not available: the account has not enabled this region".to_owned());
            context.report(state);
        } else {
            many(context, session, (about, secrets));
        }
    }
}

/// Report what a list and the things on it came to.
fn many(context: &Context<'_>, session: &Session, (about, mut many): (About<'_>, Many)) {
    many.tally.trouble = many.tally.trouble.map(|trouble| of_role(session, trouble));
    context.report(about.tally(&many.tally));
    for (name, trouble) in many.troubles {
        let name = crate::report::escape::terminal(&name);
        context.report(About { what: Some(&name), ..about }.trouble(&of_role(session, trouble), 0));
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
