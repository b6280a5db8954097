//! Options of `fetch`.

use super::PlainFormat;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Sources.
const SOURCES: &str = "config|organizations|access-analyzer|iam|s3|secrets-manager|config-snapshots";

/// Options of `fetch`.
#[derive(Debug, Args)]
#[command(after_help = FETCH_AFTER_HELP)]
pub struct FetchArgs {
    /// The folder of the snapshot: new, empty, or with an older snapshot in it
    #[arg(long, value_name = "DIR", required_unless_present_any = ["plan", "print_policy"])]
    pub out: Option<PathBuf>,
    /// What is read.
    #[command(flatten)]
    pub what: FetchWhatArgs,
    /// How gently.
    #[command(flatten)]
    pub how: FetchHowArgs,
    /// Print what would be called, and call nothing
    #[arg(long, conflicts_with_all = ["print_policy", "resume"])]
    pub plan: bool,
    /// Print the least-privilege IAM policy for these options: `caller` for whoever starts palisade, `role` for --role-name
    #[arg(long, value_name = "WHOSE", num_args = 0..=1, require_equals = true, default_missing_value = "caller", value_enum)]
    pub print_policy: Option<PolicyOf>,
    /// Machine-readable
    #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
    pub format: PlainFormat,
    /// One closing line, and what is missing
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// A line for each source when it is read
    #[arg(short, long)]
    pub verbose: bool,
}

const FETCH_AFTER_HELP: &str = "Credentials, region and endpoint come from the default chain of the AWS SDK: AWS_PROFILE, AWS_REGION, \
AWS_ENDPOINT_URL, environment, IAM Identity Center, credential_process, containers, instance metadata.\n\
Exit codes: 0 complete, 2 bad usage, no credentials or no region, 4 something could not be read; it is written all the same, \
and --resume asks for the rest.";

/// Whose policy is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyOf {
    /// Whoever starts palisade.
    Caller,
    /// The role in each account.
    Role,
}

/// What is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is read")]
pub struct FetchWhatArgs {
    /// Only this source, repeatable: config|organizations|access-analyzer|iam|s3|secrets-manager|config-snapshots [default:
    /// organizations, config, access-analyzer; with --role-name also secrets-manager, and iam and s3 of accounts that Config
    /// lacks]
    #[arg(long, value_name = "SOURCE", value_delimiter = ',')]
    pub source: Vec<String>,
    /// The aggregator of AWS Config [default: the only one there is]
    #[arg(long, value_name = "NAME")]
    pub aggregator: Option<String>,
    /// Ask Config by advanced queries instead of lists and batches
    #[arg(long)]
    pub query: bool,
    /// Read the snapshot files that Config delivers to a bucket
    #[arg(long, value_name = "s3://BUCKET/PREFIX")]
    pub config_snapshots: Option<String>,
    /// The role to assume in each account, for iam, s3 and secrets-manager
    #[arg(long, value_name = "NAME")]
    pub role_name: Option<String>,
    /// The external id that the role asks for
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Only this account, repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub account: Vec<String>,
    /// Only this region, repeatable [default: all of the aggregator, for secrets those that Config tells of, and the own one
    /// for analyzers]
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub region: Vec<String>,
    /// Only this resource type of Config, repeatable [default: all that hold policies or settings]
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub resource_type: Vec<String>,
}

/// How gently.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "How it is read")]
pub struct FetchHowArgs {
    /// Requests in flight to one service of one account; four times as many altogether
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub concurrency: u16,
    /// How often a call is tried
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub max_attempts: u32,
    /// How calls are repeated; adaptive slows down altogether when AWS asks for it
    #[arg(long, value_enum, default_value_t = RetryMode::Standard)]
    pub retry: RetryMode,
    /// Go on with an interrupted or incomplete fetch; options not given again are as they were
    #[arg(long)]
    pub resume: bool,
}

/// How calls are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RetryMode {
    /// After a wait that doubles.
    Standard,
    /// The same, and slower altogether after AWS asked for it.
    Adaptive,
}

/// The words for `--source`, for messages.
pub fn source_words() -> &'static str {
    SOURCES
}
