//! What a fetch is asked to do, resolved: no clap, no SDK.

use super::types;
use crate::text::suggest;
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where something is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// AWS Organizations: tree, accounts, control policies, attachments.
    Organizations,
    /// A Config aggregator.
    Config,
    /// Config snapshot files in a bucket.
    ConfigSnapshots,
    /// IAM, account by account.
    Iam,
    /// S3, account by account.
    S3,
    /// Secrets Manager, account by account: policies of secrets, which Config leaves out.
    SecretsManager,
    /// IAM Access Analyzer.
    AccessAnalyzer,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Organizations,
        Self::Config,
        Self::ConfigSnapshots,
        Self::Iam,
        Self::S3,
        Self::SecretsManager,
        Self::AccessAnalyzer,
    ];

    /// Those that are read account by account, through the role.
    pub const OF_ACCOUNTS: [Self; 3] = [Self::Iam, Self::S3, Self::SecretsManager];

    /// Its word on the command line and in the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Config => "config",
            Self::ConfigSnapshots => "config-snapshots",
            Self::Iam => "iam",
            Self::S3 => "s3",
            Self::SecretsManager => "secrets-manager",
            Self::AccessAnalyzer => "access-analyzer",
        }
    }

    /// The source with this word, or the nearest one there is.
    ///
    /// # Errors
    /// The word that was probably meant, when there is one.
    pub fn parse(word: &str) -> Result<Self, Option<String>> {
        let found = Self::ALL.into_iter().find(|s| s.as_str() == word);
        found.ok_or_else(|| suggest::nearest(word, Self::ALL.iter().map(|s| s.as_str())).map(str::to_owned))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How calls are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After a wait that doubles.
    Standard,
    /// The same, and slower altogether after AWS asked for it.
    Adaptive,
}

/// A folder of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketPrefix {
    /// The bucket.
    pub bucket: String,
    /// What its keys start with: empty, or ending with `/`.
    pub prefix: String,
}

impl BucketPrefix {
    /// From `s3://BUCKET/PREFIX`; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '_');
        if bucket.len() < 3 || !bucket.chars().all(allowed) {
            return None;
        }
        // The folder above `AWSLogs` and the folder itself mean the same.
        let prefix = prefix.trim_matches('/');
        let prefix = prefix.strip_suffix("AWSLogs").unwrap_or(prefix).trim_end_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Some(Self { bucket: bucket.to_owned(), prefix })
    }
}

impl fmt::Display for BucketPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// What to fetch, where to, and how gently.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of the snapshot.
    pub out: PathBuf,
    /// The sources by name; empty for the default set.
    pub sources: BTreeSet<Source>,
    /// The Config aggregator; none for the only one there is.
    pub aggregator: Option<String>,
    /// Read Config by advanced queries instead of lists and batches.
    pub query: bool,
    /// Where Config delivers its snapshot files.
    pub snapshots: Option<BucketPrefix>,
    /// The role to assume in each account.
    pub role_name: Option<String>,
    /// What the role's trust policy asks for. Never written down.
    pub external_id: Option<String>,
    /// Only these accounts; empty for all.
    pub accounts: BTreeSet<String>,
    /// Only these regions; empty for all of the aggregator, those that Config told of for secrets, and the own one for
    /// analyzers.
    pub regions: Vec<String>,
    /// Only these resource types of Config; empty for all that hold policies or settings.
    pub types: Vec<String>,
    /// Requests in flight to one service of one account.
    pub concurrency: usize,
    /// How often a call is tried.
    pub max_attempts: u32,
    /// How calls are repeated.
    pub retry: Retry,
    /// The first wait before a repetition.
    pub backoff: Duration,
    /// Go on with an interrupted fetch.
    pub resume: bool,
}

/// In flight altogether, as a multiple of what one service of one account may have.
pub const OVERALL: usize = 4;

impl Default for Settings {
    fn default() -> Self {
        Self {
            out: PathBuf::new(),
            sources: BTreeSet::new(),
            aggregator: None,
            query: false,
            snapshots: None,
            role_name: None,
            external_id: None,
            accounts: BTreeSet::new(),
            regions: Vec::new(),
            types: Vec::new(),
            concurrency: 4,
            max_attempts: 8,
            retry: Retry::Standard,
            backoff: Duration::from_secs(1),
            resume: false,
        }
    }
}

impl Settings {
    /// Whether a source is read.
    pub fn reads(&self, source: Source) -> bool {
        if self.sources.is_empty() {
            match source {
                Source::Organizations | Source::AccessAnalyzer => true,
                // The files hold what the aggregator would tell.
                Source::Config => self.snapshots.is_none(),
                Source::ConfigSnapshots => self.snapshots.is_some(),
                // Where Config lacks an account; and what it has of none.
                Source::Iam | Source::S3 | Source::SecretsManager => self.role_name.is_some(),
            }
        } else {
            self.sources.contains(&source)
        }
    }

    /// True when the source was asked for by its name, rather than because it belongs to the default set.
    pub fn named(&self, source: Source) -> bool {
        self.sources.contains(&source)
    }

    /// The resource types of Config that are read, in order.
    pub fn resource_types(&self) -> Vec<String> {
        if self.types.is_empty() {
            types::DEFAULT.iter().map(|t| (*t).to_owned()).collect()
        } else {
            let all: BTreeSet<String> = self.types.iter().cloned().collect();
            all.into_iter().collect()
        }
    }

    /// Whether an account is wanted.
    pub fn wants(&self, account: &str) -> bool {
        self.accounts.is_empty() || self.accounts.contains(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_told_from_other_things() {
        let show = |text: &str| BucketPrefix::parse(text).map(|p| p.to_string());
        assert_eq!(show("s3://logs-1"), Some("s3://logs-1/".to_owned()));
        assert_eq!(show("s3://logs-1/org/config"), Some("s3://logs-1/org/config/".to_owned()));
        assert_eq!(show("s3://logs-1/org/AWSLogs/"), Some("s3://logs-1/org/".to_owned()));
        assert_eq!(show("s3://logs-1/AWSLogs"), Some("s3://logs-1/".to_owned()));
        for bad in ["logs-1", "s3://", "s3://Ab", "https://logs-1/", "s3://a b c/"] {
            assert_eq!(show(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_default_set_needs_nothing_that_was_not_given() {
        let mut settings = Settings::default();
        let read = |s: &Settings| Source::ALL.into_iter().filter(|x| s.reads(*x)).map(Source::as_str).collect::<Vec<_>>();
        assert_eq!(read(&settings), ["organizations", "config", "access-analyzer"]);
        settings.role_name = Some("Audit".into());
        assert_eq!(read(&settings), ["organizations", "config", "iam", "s3", "secrets-manager", "access-analyzer"]);
        settings.snapshots = BucketPrefix::parse("s3://logs-1");
        assert_eq!(read(&settings), ["organizations", "config-snapshots", "iam", "s3", "secrets-manager", "access-analyzer"]);
        settings.sources = [Source::Iam].into();
        assert_eq!(read(&settings), ["iam"]);
        assert_eq!(Source::parse("organization"), Err(Some("organizations".to_owned())));
    }
}
