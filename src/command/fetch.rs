//! `palisade fetch`: from AWS to a snapshot. What it would call, and the policy it needs, is told in every build; calls are
//! made in one with the feature `aws`.

use super::{Exit, Terminal, Usage};
use crate::catalog::partition::is_region;
use crate::cli::{FetchArgs, PlainFormat, PolicyOf, RetryMode};
use crate::fetch::operation::Caller;
use crate::fetch::settings::{BucketPrefix, Retry, Settings, Source};
use crate::fetch::{plan, policy};
use crate::policy::arn::is_account_id;
use serde_json::json;
use std::collections::BTreeSet;

/// Run it.
pub fn run(args: &FetchArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let settings = settings(args)?;
    if let Some(of) = args.print_policy {
        let caller = match of {
            PolicyOf::Caller => Caller::Own,
            PolicyOf::Role => Caller::Role,
        };
        if of == PolicyOf::Role && settings.role_name.is_none() {
            return Err(Usage::new("there is no role to print a policy for", "name it with `--role-name`").into());
        }
        let region = std::env::var("AWS_REGION").ok();
        let region = settings.regions.first().cloned().or(region);
        writeln!(terminal.out, "{:#}", policy::policy(&settings, caller, region.as_deref()))?;
        return Ok(Exit::Clean);
    }
    if args.plan {
        show_plan(args, &settings, terminal)?;
        return Ok(Exit::Clean);
    }
    fetch(args, &settings, terminal)
}

/// From options to settings, each mistake with its cure.
pub fn settings(args: &FetchArgs) -> Result<Settings, Usage> {
    let what = &args.what;
    let mut sources = BTreeSet::new();
    for word in &what.source {
        let unknown = |near: Option<String>| {
            let words = crate::cli::source_words().replace('|', ", ");
            let help = near.map_or_else(|| format!("there are {words}"), |near| format!("did you mean `{near}`?"));
            Usage::new(format!("there is no source `{word}`"), help)
        };
        sources.insert(Source::parse(word).map_err(unknown)?);
    }
    let bucket = |text: &String| {
        let help = "write it as `s3://BUCKET` or `s3://BUCKET/PREFIX`, with the prefix of the delivery channel";
        BucketPrefix::parse(text).ok_or_else(|| Usage::new(format!("`{text}` names no bucket"), help))
    };
    let snapshots = what.config_snapshots.as_ref().map(bucket).transpose()?;
    if sources.contains(&Source::ConfigSnapshots) && snapshots.is_none() && !args.how.resume {
        return Err(Usage::new("nobody said where the snapshot files lie", "name the bucket with `--config-snapshots`"));
    }
    if snapshots.is_some() && !sources.is_empty() {
        sources.insert(Source::ConfigSnapshots);
    }
    checked(args)?;
    Ok(Settings {
        out: args.out.clone().unwrap_or_default(),
        sources,
        aggregator: what.aggregator.clone(),
        query: what.query,
        snapshots,
        role_name: what.role_name.clone(),
        external_id: what.external_id.clone(),
        accounts: what.account.iter().cloned().collect(),
        regions: what.region.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
        types: what.resource_type.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
        concurrency: usize::from(args.how.concurrency),
        max_attempts: args.how.max_attempts,
        retry: match args.how.retry {
            RetryMode::Standard => Retry::Standard,
            RetryMode::Adaptive => Retry::Adaptive,
        },
        resume: args.how.resume,
        ..Settings::default()
    })
}

/// Values that end up in a query, an ARN or a file name are looked at first.
fn checked(args: &FetchArgs) -> Result<(), Usage> {
    let what = &args.what;
    if let Some(bad) = what.account.iter().find(|a| !is_account_id(a)) {
        return Err(Usage::new(format!("`{bad}` is no account id"), "an account id has 12 digits"));
    }
    if let Some(bad) = what.region.iter().find(|r| !is_region(r)) {
        return Err(Usage::new(format!("`{bad}` is no region"), "write it as `eu-west-1`"));
    }
    let is_type = |t: &str| t.split("::").count() >= 3 && t.chars().all(|c| c.is_ascii_alphanumeric() || c == ':');
    if let Some(bad) = what.resource_type.iter().find(|t| !is_type(t)) {
        return Err(Usage::new(format!("`{bad}` is no resource type of AWS Config"), "write it as `AWS::S3::Bucket`"));
    }
    if what.external_id.is_some() && what.role_name.is_none() && !args.how.resume {
        return Err(Usage::new("there is no role that `--external-id` is for", "name it with `--role-name`"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c);
    if let Some(bad) = what.role_name.iter().find(|r| r.is_empty() || !r.chars().all(plain)) {
        let help = "give the name, with its path if it has one, not the ARN: `audit/PalisadeAudit`";
        return Err(Usage::new(format!("`{bad}` is no name of a role"), help));
    }
    Ok(())
}

fn show_plan(args: &FetchArgs, settings: &Settings, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    let lines = plan::plan(settings);
    if args.format == PlainFormat::Json {
        let calls: Vec<_> = lines
            .iter()
            .map(|l| {
                json!({
                    "service": l.service, "operation": l.operation, "action": l.action, "calls": l.calls,
                    "caller": l.caller, "written": l.written,
                })
            })
            .collect();
        writeln!(terminal.out, "{:#}", json!({ "schema_version": 1, "calls": calls }))?;
        return Ok(());
    }
    let wide = |of: &dyn Fn(&plan::Line) -> usize| lines.iter().map(of).max().unwrap_or_default();
    let name = wide(&|l| l.service.len() + l.operation.len() + 1);
    let written = wide(&|l| l.written.chars().count());
    for line in &lines {
        let call = format!("{}:{}", line.service, line.operation);
        let gap = written - line.written.chars().count();
        writeln!(terminal.out, "{call:name$}  {}{:gap$}  {}; {}", line.written, "", line.calls, line.caller)?;
    }
    let sources: Vec<&str> = Source::ALL.into_iter().filter(|s| settings.reads(*s)).map(Source::as_str).collect();
    writeln!(terminal.out, "\n{} operations for {}; nothing was called", lines.len(), sources.join(", "))?;
    if settings.reads(Source::Config) {
        writeln!(terminal.out, "resource types: {}", settings.resource_types().join(", "))?;
    }
    Ok(())
}

#[cfg(not(feature = "aws"))]
fn fetch(_: &FetchArgs, _: &Settings, _: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    Err(without_aws().into())
}

/// What cannot be done in this build.
#[cfg(not(feature = "aws"))]
pub(super) fn without_aws() -> Usage {
    let help = "released binaries, wheels and the container have it; from source: `cargo install palisade --features aws`. \
                `--plan` and `--print-policy` work without";
    Usage::new("this build of palisade cannot talk to AWS", help)
}

#[cfg(feature = "aws")]
fn fetch(args: &FetchArgs, settings: &Settings, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    super::fetch_run::run(args, settings, terminal)
}
