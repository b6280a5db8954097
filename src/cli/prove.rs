//! Options of the commands that answer questions about policies: `prove`, `who-can` and `diff`.

use super::{ColorChoice, PlainFormat};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const POLICIES: &str = "A policy is a file, any document with policies in it, a folder, `-` for standard input, or \
`git:REV:PATH` for a file or folder at a revision of the repository.";

/// Questions.
#[derive(Debug, Subcommand)]
pub enum ProveCommand {
    /// Every request that the new policies allow is allowed by the old ones
    #[command(after_help = POLICIES)]
    NoNewAccess {
        /// Policies before the change
        old: PathBuf,
        /// Policies after it
        new: PathBuf,
        /// What holds for every question.
        #[command(flatten)]
        common: Box<ProveArgs>,
    },
    /// No request for these actions on these resources is allowed
    #[command(after_help = POLICIES)]
    AccessNotGranted {
        /// Policies
        #[arg(required = true, value_name = "POLICY")]
        policies: Vec<PathBuf>,
        /// What is asked for.
        #[command(flatten)]
        access: AccessArgs,
        /// What holds for every question.
        #[command(flatten)]
        common: Box<ProveArgs>,
    },
    /// No stranger is allowed anything
    #[command(after_help = POLICIES)]
    NoPublicAccess {
        /// Policies
        #[arg(required = true, value_name = "POLICY")]
        policies: Vec<PathBuf>,
        /// What holds for every question.
        #[command(flatten)]
        common: Box<ProveArgs>,
    },
    /// The control policies of an organization stop these actions for everybody but the exempt
    #[command(after_help = POLICIES)]
    Guardrail(Box<GuardrailArgs>),
    /// A shorter policy that allows the same requests
    #[command(after_help = POLICIES)]
    Minimise {
        /// The policy
        policy: PathBuf,
        /// What holds for every question.
        #[command(flatten)]
        common: Box<ProveArgs>,
    },
    /// Check a certificate that `--certificate` wrote
    Verify {
        /// The certificate
        file: PathBuf,
        /// How the answer is shown.
        #[command(flatten)]
        shown: ShownArgs,
    },
}

/// Options of `prove guardrail`.
#[derive(Clone, Debug, Args)]
pub struct GuardrailArgs {
    /// An organization (an export, a snapshot, folders with accounts among them), a scenario file, or control policies, each
    /// argument a level [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The organization: an export, a snapshot, or a folder that mirrors its tree, a folder a unit or an account
    #[arg(long, value_name = "PATH", conflicts_with_all = ["paths", "scp", "rcp"])]
    pub organization: Option<PathBuf>,
    /// A further level of service control policies, from the root down; commas between those of one level
    #[arg(long, value_name = "FILES")]
    pub scp: Vec<PathBuf>,
    /// The same for resource control policies
    #[arg(long, value_name = "FILES")]
    pub rcp: Vec<PathBuf>,
    /// What must be stopped.
    #[command(flatten)]
    pub access: AccessArgs,
    /// A principal that may do it all the same: an ARN, `*` and `?` allowed
    #[arg(long, value_name = "ARN", value_delimiter = ',')]
    pub except_principal: Vec<String>,
    /// Accounts and organizational units that must be covered, by id, name or path [default: all]
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub scope: Vec<String>,
    /// Let pass what control policies cannot stop: the management account
    #[arg(long)]
    pub accept_structural: bool,
    /// What the policies are.
    #[command(flatten)]
    pub input: PolicyArgs,
    /// How far the answer reaches.
    #[command(flatten)]
    pub terms: TermArgs,
    /// text, json or, of an organization, markdown
    #[arg(long, value_enum, default_value_t = DiffFormat::Text, help_heading = "Output")]
    pub format: DiffFormat,
    /// When to color
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, help_heading = "Output")]
    pub color: ColorChoice,
    /// UNKNOWN ends with exit code 1, as FAIL does
    #[arg(long, help_heading = "Output")]
    pub fail_on_unknown: bool,
    /// Name every account, of held ones too
    #[arg(short, long, help_heading = "Output")]
    pub verbose: bool,
}

impl ProveCommand {
    /// When to color.
    pub fn color(&self) -> ColorChoice {
        match self {
            Self::NoNewAccess { common, .. }
            | Self::AccessNotGranted { common, .. }
            | Self::NoPublicAccess { common, .. }
            | Self::Minimise { common, .. } => common.shown.color,
            Self::Guardrail(args) => args.color,
            Self::Verify { shown, .. } => shown.color,
        }
    }
}

/// Actions and resources.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Access")]
pub struct AccessArgs {
    /// Actions: globs such as `s3:Get*`, or sets such as @write
    #[arg(long = "action", visible_alias = "actions", value_name = "ACTION", value_delimiter = ',')]
    pub actions: Vec<String>,
    /// Resources: globs over ARNs
    #[arg(long = "resource", visible_alias = "resources", value_name = "ARN", value_delimiter = ',')]
    pub resources: Vec<String>,
}

/// What policies are.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct PolicyArgs {
    /// Read every policy as this kind; IDENTITY_POLICY and the like are understood too
    #[arg(long, visible_aliases = ["policy-type", "type"], value_name = "KIND")]
    pub kind: Option<String>,
    /// The resource that resource policies are attached to, such as AWS::S3::Bucket
    #[arg(long, value_name = "TYPE")]
    pub resource_type: Option<String>,
    /// The account that owns the policies, 12 digits
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Use this project file instead of looking for palisade.yaml
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Use no project file
    #[arg(long)]
    pub no_config: bool,
}

/// How an answer is shown.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ShownArgs {
    /// Machine-readable
    #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
    pub format: PlainFormat,
    /// When to color
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// UNKNOWN ends with exit code 1, as FAIL does
    #[arg(long)]
    pub fail_on_unknown: bool,
}

/// Which actions there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WorldChoice {
    /// Those of the catalogue
    Closed,
    /// Those of the catalogue and any that AWS may add
    Open,
}

/// Options of every question.
#[derive(Clone, Debug, Args)]
pub struct ProveArgs {
    /// What the policies are.
    #[command(flatten)]
    pub input: PolicyArgs,
    /// How far the answer reaches.
    #[command(flatten)]
    pub terms: TermArgs,
    /// How the answer is shown.
    #[command(flatten)]
    pub shown: ShownArgs,
}

/// How far an answer reaches.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Question")]
pub struct TermArgs {
    /// Take all policies of an argument together, as those of one principal
    #[arg(long)]
    pub together: bool,
    /// Which actions there are [default: closed; for guardrails both]
    #[arg(long, value_enum)]
    pub world: Option<WorldChoice>,
    /// A condition key that the catalogue does not list for an action is absent from its requests
    #[arg(long)]
    pub closed_keys: bool,
    /// A resource has a form that the catalogue gives for the action; guardrails are always asked so
    #[arg(long)]
    pub typed_resources: bool,
    /// Look only at requests in which this condition key has this value
    #[arg(long, value_name = "KEY=VALUE")]
    pub assume: Vec<String>,
    /// Write what shows a PASS to a file, for `prove verify`
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
}

/// Options of `who-can`.
#[derive(Debug, Args)]
#[command(after_help = POLICIES)]
pub struct WhoCanArgs {
    /// Snapshots, account data or policies [default: .]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// The action, `*` and `?` allowed
    #[arg(long, value_name = "ACTION")]
    pub action: String,
    /// The resource, `*` and `?` allowed
    #[arg(long, value_name = "ARN")]
    pub resource: String,
    /// The policy of the resource [default: that of the resource among the paths]
    #[arg(long, value_name = "FILE")]
    pub resource_policy: Option<String>,
    /// The account that owns the resource, 12 digits [default: as its ARN or its policy tells]
    #[arg(long, value_name = "ID")]
    pub resource_account: Option<String>,
    /// A level of service control policies, from the root down; commas between those of one level
    #[arg(long, value_name = "FILES")]
    pub scp: Vec<String>,
    /// The same for resource control policies
    #[arg(long, value_name = "FILES")]
    pub rcp: Vec<String>,
    /// What the policies are.
    #[command(flatten)]
    pub input: PolicyArgs,
    /// How the answer is shown.
    #[command(flatten)]
    pub shown: ShownArgs,
}

/// Formats of `diff`, and of a guardrail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    Text,
    /// For machines
    Json,
    /// For comments on a pull request
    Markdown,
}

/// Options of `diff`.
#[derive(Debug, Args)]
#[command(after_help = POLICIES)]
pub struct DiffArgs {
    /// Policies before the change
    pub old: PathBuf,
    /// Policies after it
    pub new: PathBuf,
    /// What the policies are.
    #[command(flatten)]
    pub input: PolicyArgs,
    /// How far the answer reaches.
    #[command(flatten)]
    pub terms: TermArgs,
    /// text, json or markdown
    #[arg(long, value_enum, default_value_t = DiffFormat::Text, help_heading = "Output")]
    pub format: DiffFormat,
    /// When to color
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, help_heading = "Output")]
    pub color: ColorChoice,
}
