//! The command line, for clap only: one struct per help heading. The commands see resolved settings.

mod audit;
mod fetch;
mod prove;

pub use audit::*;
use clap::{Args, Parser, Subcommand, ValueEnum};
pub use fetch::*;
pub use prove::*;
use std::path::PathBuf;

/// A policy guardrail linter and compliance scanner for AWS.
#[derive(Debug, Parser)]
#[command(name = "palisade", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Use this catalogue of AWS instead of the embedded one
    #[arg(long, global = true, value_name = "FILE", help_heading = "Catalogue")]
    pub catalog: Option<PathBuf>,
}

const AFTER_HELP: &str = "Exit codes: 0 nothing to report at or above --fail-on, 1 findings, 2 bad usage, configuration or rule, \
3 no input found, 4 something could not be read. For prove: 0 PASS, 1 FAIL, 2 UNKNOWN or bad usage, 3 and 4 the same.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check policy files
    Check(Box<CheckArgs>),
    /// Check an organization, remember what was found, and tell what changed since
    Audit(Box<AuditArgs>),
    /// Answer whether a request is allowed, and name the statement that decides
    Can(Box<CanArgs>),
    /// Answer questions about every request there could be, with a request that shows it
    #[command(subcommand)]
    Prove(ProveCommand),
    /// Who may do an action on a resource
    WhoCan(Box<WhoCanArgs>),
    /// What a change of policies gives and takes
    Diff(Box<DiffArgs>),
    /// Read an organization's policies from AWS into a snapshot on disk
    Fetch(Box<FetchArgs>),
    /// List, explain, test and write rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Date and size of the AWS catalogue; look up actions, condition keys and resource types
    Catalog(CatalogArgs),
    /// Write a palisade.yaml to start from
    Init(InitArgs),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files, folders or globs; `-` reads standard input [default: .]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// Which rules apply.
    #[command(flatten)]
    pub rules: RuleArgs,
    /// What the files are.
    #[command(flatten)]
    pub input: InputArgs,
    /// What is written, and where.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Project file and baseline.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Write what is found now to the baseline file
    #[arg(long, help_heading = "Project")]
    pub write_baseline: bool,
}

/// Rule selection.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// A rule file or a folder of them, besides the bundled rules
    #[arg(long = "rules", value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// Only these rules: ids, packs, tags or globs
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Not these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Set a parameter of a rule; lists as `[a, b]`
    #[arg(long, value_name = "RULE.NAME=VALUE")]
    pub param: Vec<String>,
}

/// Kinds and inputs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub struct InputArgs {
    /// Read every policy as this kind
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// The resource that resource policies are attached to, such as AWS::S3::Bucket
    #[arg(long, value_name = "TYPE")]
    pub resource_type: Option<String>,
    /// The account that owns the policies, 12 digits
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// The organization: an export, a folder that holds one, or folders that mirror the tree; checked as well
    #[arg(long, value_name = "PATH")]
    pub organization: Option<PathBuf>,
    /// Name of standard input in reports
    #[arg(long, value_name = "NAME")]
    pub stdin_filename: Option<String>,
    /// Leave out files and folders that match
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Take in what .gitignore and .ignore leave out
    #[arg(long)]
    pub no_ignore: bool,
    /// Largest file to read, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    pub max_size: u64,
    /// Pass over named files that hold no policy, as in a folder (for pre-commit)
    #[arg(long)]
    pub skip_unrecognised: bool,
    /// Number of threads [default: number of cores]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}

/// When to color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// When standard output is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// text, concise, json, ndjson, sarif, junit, github, gitlab, markdown, html, csv, ocsf or asff
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: String,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Fail from this severity on: info, low, medium, high, critical or none [default: medium]
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<String>,
    /// Expired and unused suppressions fail too
    #[arg(long)]
    pub strict: bool,
    /// When to color
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Findings and one closing line, nothing else
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also rules with nothing to look at, unrecognised files and suppressed findings
    #[arg(short, long)]
    pub verbose: bool,
}

/// Project file and baseline.
#[derive(Debug, Args)]
#[command(next_help_heading = "Project")]
pub struct ProjectArgs {
    /// Use this project file instead of looking for palisade.yaml
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Use no project file
    #[arg(long)]
    pub no_config: bool,
    /// Findings that are known: report new ones only
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Compare the expiry of suppressions with this day instead of today
    #[arg(long, value_name = "YYYY-MM-DD", hide = true)]
    pub as_of: Option<String>,
}

/// Options of `can`.
#[derive(Debug, Args)]
#[command(after_help = CAN_AFTER_HELP)]
pub struct CanArgs {
    /// A request and the policies that bear on it, as JSON; the other options add to it
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Answer many requests: JSON lines, each as `request` in a scenario
    #[arg(long, value_name = "FILE")]
    pub requests: Option<PathBuf>,
    /// Machine-readable
    #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
    pub format: PlainFormat,
    /// The request.
    #[command(flatten)]
    pub request: RequestArgs,
    /// The policies.
    #[command(flatten)]
    pub policies: LayerArgs,
}

const CAN_AFTER_HELP: &str = "Exit codes: 0 ALLOW, 1 DENY, 2 UNKNOWN or bad usage, 3 a file is missing, 4 a file could not be \
read or a policy is none.";

/// A request.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
pub struct RequestArgs {
    /// Who calls: ARN of a user, role or session, an account for its root user, a service such as sns.amazonaws.com, or `anonymous`
    #[arg(long, value_name = "ARN")]
    pub principal: Option<String>,
    /// The sort of caller, where the ARN does not tell: user, role-session, role, root, federated-user, web-identity, saml, service, anonymous
    #[arg(long, value_name = "TYPE")]
    pub principal_type: Option<String>,
    /// Name of the role's session
    #[arg(long, value_name = "NAME")]
    pub session_name: Option<String>,
    /// What is called, such as s3:GetObject
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// ARN of what it is called on [default: *]
    #[arg(long, value_name = "ARN")]
    pub resource: Option<String>,
    /// Account that owns the resource, where its ARN does not tell
    #[arg(long, value_name = "ID")]
    pub resource_account: Option<String>,
    /// A condition key of the request; a list as `[a,b]`, or by repeating it
    #[arg(long, value_name = "KEY=VALUE")]
    pub context: Vec<String>,
}

/// Policies by file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Policies")]
pub struct LayerArgs {
    /// Attached to the caller or its groups
    #[arg(long, value_name = "FILE")]
    pub identity_policy: Vec<String>,
    /// The caller's permissions boundary
    #[arg(long, value_name = "FILE")]
    pub permissions_boundary: Vec<String>,
    /// Passed when the session was made
    #[arg(long, value_name = "FILE")]
    pub session_policy: Vec<String>,
    /// Attached to the resource: bucket policy, key policy, a role's trust policy, …
    #[arg(long, value_name = "FILE")]
    pub resource_policy: Option<String>,
    /// Service control policies of one level of the organization; repeat it from the root down to the account
    #[arg(long, value_name = "FILE[,FILE]")]
    pub scp: Vec<String>,
    /// Resource control policies, alike
    #[arg(long, value_name = "FILE[,FILE]")]
    pub rcp: Vec<String>,
    /// Of the VPC endpoint that the request takes
    #[arg(long, value_name = "FILE")]
    pub vpc_endpoint_policy: Vec<String>,
}

/// Commands about rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules with pack, severity and title
    List(RulesListArgs),
    /// Explain one rule
    Show {
        /// Rule id
        id: String,
        /// A rule file or a folder of them, besides the bundled rules
        #[arg(long = "rules", value_name = "PATH")]
        files: Vec<PathBuf>,
        /// Machine-readable
        #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
        format: PlainFormat,
    },
    /// Run the tests inside rule files [default: the bundled ones]
    Test {
        /// Rule files or folders
        paths: Vec<PathBuf>,
        /// Machine-readable
        #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
        format: PlainFormat,
    },
    /// Find mistakes that compile: unknown actions, missing tests, names that differ
    Lint {
        /// Rule files or folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Machine-readable
        #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
        format: PlainFormat,
    },
    /// Show each subject of a rule in a file, with `where`, `assert` and what decided
    Try {
        /// Rule id or rule file
        rule: String,
        /// Policy file
        file: PathBuf,
        /// Read the policy as this kind
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
        /// Machine-readable
        #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
        format: PlainFormat,
    },
    /// Write a new rule with tests to start from
    New {
        /// Rule id in kebab-case, naming the bad pattern
        id: String,
        /// Folder to write it to
        #[arg(long, default_value = "rules")]
        dir: PathBuf,
    },
}

/// Options of `rules list`.
#[derive(Debug, Args)]
pub struct RulesListArgs {
    /// A rule file or a folder of them, besides the bundled rules
    #[arg(long = "rules", value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// Only these rules: ids, packs, tags or globs
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Machine-readable
    #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
    pub format: PlainFormat,
}

/// Options of `catalog`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CatalogArgs {
    /// What to look up.
    #[command(subcommand)]
    pub what: Option<CatalogCommand>,
    /// The same as `actions PATTERN`
    pub pattern: Option<String>,
    /// Machine-readable
    #[arg(long, value_enum, default_value_t = PlainFormat::Text, global = true)]
    pub format: PlainFormat,
}

/// Look-ups. Patterns take `*` and `?`, and letter case is ignored.
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// Actions with access level and resource types; a single one in full
    Actions {
        /// Such as `s3:Get*`
        pattern: String,
    },
    /// Condition keys with their types
    ConditionKeys {
        /// Such as `s3:*` or `aws:Source*`
        pattern: String,
    },
    /// Resource types with their ARNs; a single one with its condition keys and actions
    Resource {
        /// Such as `rekognition:projectversion` or `s3:*`
        pattern: String,
    },
    /// Every action a wildcard stands for, one a line
    Expand {
        /// Such as `rekognition:*Project*`
        pattern: String,
    },
}

/// Options of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder to write it to
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Also a pre-commit configuration
    #[arg(long)]
    pub pre_commit: bool,
}

/// Formats of commands other than `check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlainFormat {
    /// For people
    Text,
    /// For machines
    Json,
}
