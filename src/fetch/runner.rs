//! A fetch from its first call to its manifest.

use super::assemble::assemble;
use super::client::{self, Aws};
use super::context::{About, Context, Listener};
use super::error::{FetchError, Trouble};
use super::event::Event;
use super::settings::{Settings, Source};
use super::store::{Run, Store};
use super::{analyzer, config, lacking, organizations, snapshots};
use crate::source::snapshot::Manifest;
use aws_config::SdkConfig;
use futures_util::future::join4;
use std::cell::RefCell;
use time::OffsetDateTime;
use time::macros::format_description;

/// Fetch what the settings ask for into their folder, and say how completely. Whatever was read is on disk, also when an
/// error is given back or the process is killed.
///
/// # Errors
/// When it was asked wrongly, AWS does not let the caller in, or the disk refuses. A source that cannot be read is none: it
/// stands in the manifest.
pub fn run(settings: &Settings, listener: &mut Listener<'_>) -> Result<Manifest, FetchError> {
    block_on(async {
        let (settings, store, resumed) = match begin(settings)? {
            Begun::Done(manifest) => return Ok(manifest),
            Begun::Open(settings, store, resumed) => (*settings, store, resumed),
        };
        let config = client::load(&settings, client::http()).await;
        go(settings, store, resumed, (config, listener)).await
    })?
}

/// Run to the end on this thread. One is enough: it waits for answers nearly all the time.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, FetchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let help = "see that the limits on open files and threads are not used up (`ulimit -a`)";
    let runtime = runtime.map_err(|_| FetchError::usage("the operating system gives no means to wait for answers", help))?;
    Ok(runtime.block_on(work))
}

/// How far a fetch is before its first call.
enum Begun {
    /// Everything is there.
    Done(Manifest),
    /// With the options in force, and the run that is gone on with.
    Open(Box<Settings>, Store, Option<Run>),
}

fn begin(settings: &Settings) -> Result<Begun, FetchError> {
    let mut settings = settings.clone();
    let store = Store::take(settings.out.clone(), &now())?;
    if let Some(manifest) = store.tidy(settings.resume)? {
        return Ok(Begun::Done(manifest));
    }
    let resumed = store.begin(&mut settings)?;
    Ok(Begun::Open(Box::new(settings), store, resumed))
}

/// The same with settings of the SDK from elsewhere.
#[cfg(test)]
pub(super) fn run_with(settings: &Settings, config: SdkConfig, listener: &mut Listener<'_>) -> Result<Manifest, FetchError> {
    block_on(async {
        let (settings, store, resumed) = match begin(settings)? {
            Begun::Done(manifest) => return Ok(manifest),
            Begun::Open(settings, store, resumed) => (*settings, store, resumed),
        };
        go(settings, store, resumed, (config, listener)).await
    })?
}

fn now() -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    OffsetDateTime::now_utc().format(format).unwrap_or_default()
}

async fn go(
    settings: Settings,
    store: Store,
    resumed: Option<Run>,
    (config, listener): (SdkConfig, &mut Listener<'_>),
) -> Result<Manifest, FetchError> {
    let aws = Aws::connect(&settings, config).await?;
    let mut run = resumed.unwrap_or_else(|| Run { started: now(), account: aws.own.account.clone(), aggregator: None });
    if run.account != aws.own.account {
        let message = format!("the fetch was begun from account `{}`, and now asks account `{}`", run.account, aws.own.account);
        return Err(FetchError::usage(message, "use the credentials of then, or fetch into another folder"));
    }
    let started = run.started.clone();
    let listener = RefCell::new(listener);
    let tell = |event: &Event<'_>| (listener.borrow_mut())(event);
    let context = Context {
        settings: &settings,
        aws: &aws,
        store: &store,
        started: &started,
        listener: &tell,
        states: RefCell::default(),
        kept: RefCell::default(),
    };
    let aggregator = aggregator(&context, &mut run).await?;
    store.write_down(&run, &settings)?;
    sources(&context, aggregator.as_ref()).await;
    if settings.reads(Source::AccessAnalyzer) {
        analyzer::elsewhere(&context).await?;
    }
    let of_accounts = Source::OF_ACCOUNTS.into_iter().any(|source| settings.reads(source));
    if of_accounts || aggregator.is_some() || settings.snapshots.is_some() {
        lacking::fetch(&context).await?;
    }
    let mut sources = context.states.take();
    sources.sort();
    sources.dedup();
    let manifest = Manifest {
        started: started.clone(),
        finished: Some(now()),
        caller_account: Some(aws.own.account.clone()),
        caller_arn: Some(aws.caller_arn.clone()),
        sources,
    };
    context.tell(&Event::Note("writing the snapshot"));
    assemble(&context, &manifest)?;
    Ok(manifest)
}

/// The aggregator, where Config is read: as it was, as it is named, or the only one.
async fn aggregator(context: &Context<'_>, run: &mut Run) -> Result<Option<Result<String, Trouble>>, FetchError> {
    if !context.settings.reads(Source::Config) {
        return Ok(None);
    }
    if run.aggregator.is_none() {
        match config::choose(context).await? {
            Ok(name) => run.aggregator = Some(name),
            Err(trouble) => return Ok(Some(Err(trouble))),
        }
    }
    Ok(run.aggregator.clone().map(Ok))
}

/// What does not wait for anything else.
async fn sources(context: &Context<'_>, aggregator: Option<&Result<String, Trouble>>) {
    let settings = context.settings;
    let organization = async {
        if settings.reads(Source::Organizations) {
            organizations::fetch(context).await;
        }
    };
    let items = async {
        match aggregator {
            Some(Ok(name)) => config::fetch(context, name).await,
            Some(Err(trouble)) => {
                let about = About { source: Source::Config.as_str(), ..About::default() };
                context.report(about.trouble(trouble, 0));
            }
            None => {}
        }
    };
    let findings = async {
        if settings.reads(Source::AccessAnalyzer) {
            analyzer::fetch(context).await;
        }
    };
    let files = async {
        if let Some(bucket) = settings.snapshots.as_ref().filter(|_| settings.reads(Source::ConfigSnapshots)) {
            snapshots::fetch(context, bucket).await;
        }
    };
    // On the heap: the state of all of them together is large.
    join4(Box::pin(organization), Box::pin(items), Box::pin(findings), Box::pin(files)).await;
}

#[cfg(test)]
#[path = "runner_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "runner_sources_tests.rs"]
mod sources_tests;
