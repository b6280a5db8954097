//! The command line of `audit`.

use super::{ColorChoice, FetchHowArgs, InputArgs, ProjectArgs, RuleArgs};
use clap::Args;
use std::path::PathBuf;

/// Options of `audit`.
#[derive(Debug, Args)]
#[command(after_help = AUDIT_AFTER_HELP)]
pub struct AuditArgs {
    /// The folder that `palisade fetch` wrote, or anything else that `check` reads [default: .]
    #[arg(value_name = "SNAPSHOT")]
    pub paths: Vec<PathBuf>,
    /// Which rules apply.
    #[command(flatten)]
    pub rules: RuleArgs,
    /// What the files are.
    #[command(flatten)]
    pub input: InputArgs,
    /// What is remembered.
    #[command(flatten)]
    pub history: HistoryArgs,
    /// Fetching first.
    #[command(flatten)]
    pub fetching: AuditFetchArgs,
    /// Asking AWS.
    #[command(flatten)]
    pub asking: AuditAskingArgs,
    /// What is written, and where.
    #[command(flatten)]
    pub output: AuditOutputArgs,
    /// Project file and baseline.
    #[command(flatten)]
    pub project: ProjectArgs,
}

const AUDIT_AFTER_HELP: &str = "Exit codes: 0 nothing to report at or above --fail-on, 1 findings (with --since-last: new ones, or \
ones that came back), 2 bad usage, configuration or rule, 3 no input found, 4 something could not be read, or the history not be \
written.";

/// What is remembered.
#[derive(Debug, Args)]
#[command(next_help_heading = "History")]
pub struct HistoryArgs {
    /// The file that remembers [default: .palisade/history.sqlite beside the project file]
    #[arg(long, value_name = "FILE", conflicts_with = "no_history")]
    pub history: Option<PathBuf>,
    /// Remember nothing, compare with nothing
    #[arg(long, conflicts_with = "since_last")]
    pub no_history: bool,
    /// Fail on findings that the run before did not have, and show only those
    #[arg(long)]
    pub since_last: bool,
    /// What is audited, to tell several organizations apart in one history [default: the id of the organization]
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,
}

/// Fetching first.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fetching")]
pub struct AuditFetchArgs {
    /// Fetch from AWS first, into SNAPSHOT, as `palisade fetch` does
    #[arg(long)]
    pub fetch: bool,
    /// Only this source, repeatable: config|organizations|access-analyzer|iam|s3|secrets-manager|config-snapshots
    #[arg(long, value_name = "SOURCE", value_delimiter = ',', requires = "fetch")]
    pub source: Vec<String>,
    /// The aggregator of AWS Config [default: the only one there is]
    #[arg(long, value_name = "NAME", requires = "fetch")]
    pub aggregator: Option<String>,
    /// Ask Config by advanced queries instead of lists and batches
    #[arg(long, requires = "fetch")]
    pub query: bool,
    /// Read the snapshot files that Config delivers to a bucket
    #[arg(long, value_name = "s3://BUCKET/PREFIX", requires = "fetch")]
    pub config_snapshots: Option<String>,
    /// The role to assume in each account, for iam, s3 and secrets-manager
    #[arg(long, value_name = "NAME", requires = "fetch")]
    pub role_name: Option<String>,
    /// The external id that the role asks for
    #[arg(long, value_name = "ID", requires = "role_name")]
    pub external_id: Option<String>,
    /// Only this region, repeatable
    #[arg(long, value_name = "REGION", value_delimiter = ',', requires = "fetch")]
    pub region: Vec<String>,
    /// How gently.
    #[command(flatten)]
    pub how: FetchHowArgs,
}

/// Asking AWS.
#[derive(Debug, Args)]
#[command(next_help_heading = "Asking AWS")]
pub struct AuditAskingArgs {
    /// Send every policy to ValidatePolicy of IAM Access Analyzer, and put its findings together with ours
    #[arg(long)]
    pub online_validate: bool,
}

/// Output of `audit`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct AuditOutputArgs {
    /// text, json, markdown, html, csv, ocsf, asff, or a format of `check`
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: String,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write one more report, in its own format, to its own file
    #[arg(long, value_name = "FORMAT=FILE")]
    pub report: Vec<String>,
    /// Fail from this severity on: info, low, medium, high, critical or none [default: medium]
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<String>,
    /// Expired and unused suppressions fail too
    #[arg(long)]
    pub strict: bool,
    /// When to color
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// The summary and what changed, nothing else
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Every place of every finding, known and suppressed ones too
    #[arg(short, long)]
    pub verbose: bool,
}
