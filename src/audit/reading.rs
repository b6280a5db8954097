//! How completely an audit read its input: whether a finding that is not there any more was looked for at all.

use crate::finding::Incomplete;
use crate::organization::load::EXPORT as ORGANIZATION;
use crate::policy::arn::is_account_id;
use crate::source::snapshot::{SourceState, State};
use std::collections::{BTreeMap, BTreeSet};

/// What was read, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Files that could not be read in full, by their names in the history.
    broken: BTreeSet<String>,
    /// ARNs of resources of which a policy could not be read, while the rest of the file was; each with the file.
    doubtful: BTreeMap<String, BTreeSet<String>>,
    /// Accounts of which a file could not be read in full, each with the source the file belongs to.
    partly: BTreeSet<(Option<&'static str>, String)>,
    /// Sources that were not read.
    unread: Vec<SourceState>,
    /// Accounts that some file is named after.
    accounts: BTreeSet<String>,
    /// Accounts of the organization; none when it was not read.
    members: Option<BTreeSet<String>>,
    /// The input cannot be trusted to hold what it should: an interrupted fetch, or the layout of a newer version.
    untrusted: bool,
    /// Findings of IAM Access Analyzer were read, or there were none to read.
    analyzer: bool,
    /// AWS was asked about every policy; false when it did not answer about some.
    online: Option<bool>,
    /// Accounts whose secrets were asked for, as a manifest tells; none without a manifest.
    secrets: Option<BTreeSet<String>>,
    /// Rules that ran.
    rules: BTreeSet<String>,
}

/// What the ids of rules about findings of IAM Access Analyzer begin with. Such a finding stands in the file of a policy
/// and is told of in another one.
const ANALYZER: &str = "access-analyzer";

/// The source of secrets. It is asked for every account or for none, unlike others that fill in for AWS Config, so that
/// silence about it tells that nobody looked.
const SECRETS: &str = "secrets-manager";

/// What the history knows of the place of a finding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whereabouts<'a> {
    /// The rule.
    pub rule: &'a str,
    /// The account of its policy.
    pub account: Option<&'a str>,
    /// The ARN of its resource.
    pub resource: Option<&'a str>,
    /// CloudFormation type of the resource.
    pub resource_type: Option<&'a str>,
    /// The file, by its name in the history.
    pub file: &'a str,
    /// AWS alone told of it.
    pub online: bool,
}

/// Whether a finding was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// It was, and it is not there.
    For,
    /// What it stood in could not be read.
    Unread,
    /// Its rule did not run.
    Unasked,
}

impl Reading {
    /// Nothing read; `rules` ran.
    pub fn new(rules: impl IntoIterator<Item = String>) -> Self {
        Self { rules: rules.into_iter().collect(), ..Self::default() }
    }

    /// Take note of the files that were opened, by their names in the history.
    pub fn files<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        self.accounts.extend(names.into_iter().filter_map(account_of).map(str::to_owned));
    }

    /// Take note of what could not be read; `named` gives a file's name in the history.
    pub fn incomplete<'n>(&mut self, items: &'n [Incomplete], named: impl Fn(&'n str) -> &'n str) {
        for item in items {
            let file = named(&item.file);
            match &item.resource {
                Some(resource) => _ = self.doubtful.entry(resource.clone()).or_default().insert(file.to_owned()),
                None => self.broken(file),
            }
        }
    }

    /// Take note of a file that could not be read in full, or that holds nothing we know: what stood in it is hidden.
    pub fn broken(&mut self, name: &str) {
        if let Some(account) = account_of(name) {
            self.partly.insert((source_of(name), account.to_owned()));
        }
        self.broken.insert(name.to_owned());
    }

    /// Take note of the sources of a snapshot.
    pub fn sources(&mut self, sources: &[SourceState]) {
        // What is stale is there, only older than it should be.
        let there = |s: &&SourceState| s.state == State::Complete || (s.state == State::Stale && s.items > 0);
        self.analyzer |= sources.iter().any(|s| s.source == ANALYZER && s.state == State::Complete);
        let of_secrets = sources.iter().filter(|s| s.source == SECRETS).filter_map(|s| s.account.clone());
        self.secrets.get_or_insert_default().extend(of_secrets);
        self.unread.extend(sources.iter().filter(|s| !there(s)).cloned());
    }

    /// Some document told of findings of IAM Access Analyzer.
    pub fn analyzer(&mut self) {
        self.analyzer = true;
    }

    /// The accounts of the organization.
    pub fn members(&mut self, accounts: impl IntoIterator<Item = String>) {
        self.members = Some(accounts.into_iter().collect());
    }

    /// AWS was asked about every policy, and answered `whole`.
    pub fn online(&mut self, whole: bool) {
        self.online = Some(whole);
    }

    /// The input may lack anything.
    pub fn distrust(&mut self) {
        self.untrusted = true;
    }

    /// Whether a rule ran.
    pub fn asked(&self, rule: &str) -> bool {
        self.rules.contains(rule)
    }

    /// Whether the tree that was read is all there is of it.
    pub fn is_tree_whole(&self) -> bool {
        let partly = |s: &SourceState| s.source == "organizations";
        self.members.is_some() && !self.untrusted && !self.unread.iter().any(partly) && !self.broken.contains(ORGANIZATION)
    }

    /// Whether a finding that is not there was looked for.
    pub fn looked(&self, at: Whereabouts<'_>) -> Looked {
        if at.online && self.online != Some(true) {
            return if self.online.is_none() { Looked::Unasked } else { Looked::Unread };
        }
        let analyzer = at.rule.starts_with(ANALYZER);
        // What AWS alone tells of need not be a rule of ours.
        if (!at.online && !self.asked(at.rule))
            || (analyzer && !self.analyzer && !self.unread.iter().any(|s| s.source == ANALYZER))
        {
            return Looked::Unasked;
        }
        let account = account_of(at.file).or(at.account);
        let left = |members: &BTreeSet<String>| account.is_some_and(|a| !members.contains(a));
        if self.untrusted {
            return Looked::Unread;
        }
        // What belonged to an account that left the organization is gone with it.
        if self.is_tree_whole() && self.members.as_ref().is_some_and(left) {
            return Looked::For;
        }
        if self.broken.contains(at.file) || self.is_missing(at.file) || self.unread.iter().any(|s| hides(s, at)) {
            return Looked::Unread;
        }
        if self.is_doubtful(at) {
            return Looked::Unread;
        }
        // An analyzer of the organization tells of all accounts.
        let told = |source: Option<&str>| source == Some(ANALYZER);
        let silent = self.unread.iter().any(|s| told(Some(&s.source))) || self.partly.iter().any(|(s, _)| told(*s));
        if analyzer && silent {
            return Looked::Unread;
        }
        let source = source_of(at.file);
        let broken = |a: &str| self.partly.iter().any(|(s, own)| own == a && *s == source);
        if account.is_some_and(broken) { Looked::Unread } else { Looked::For }
    }

    /// A policy of its resource could not be read, be it in this file or another; of a finding without a resource only the
    /// file tells.
    fn is_doubtful(&self, at: Whereabouts<'_>) -> bool {
        match at.resource {
            Some(resource) => self.doubtful.contains_key(resource),
            None => self.doubtful.values().any(|files| files.contains(at.file)),
        }
    }

    /// A file that every snapshot of this organization would have is not there.
    fn is_missing(&self, file: &str) -> bool {
        if file.rsplit('/').next() == Some(ORGANIZATION) {
            return self.members.is_none();
        }
        let unasked = |account: &str| self.secrets.as_ref().is_some_and(|asked| !asked.contains(account));
        if source_of(file) == Some(SECRETS) && account_of(file).is_some_and(unasked) {
            return true;
        }
        // A folder of one's own may be named after an account, too: a file deleted there is gone.
        source_of(file).is_some() && account_of(file).is_some_and(|account| !self.accounts.contains(account))
    }
}

/// Whether an unread source would have told of a finding.
fn hides(unread: &SourceState, at: Whereabouts<'_>) -> bool {
    let account = account_of(at.file).or(at.account);
    let whose = unread.account.as_deref().is_none_or(|own| Some(own) == account);
    let what = match (unread.what.as_deref().filter(|w| w.starts_with("AWS::")), at.resource_type) {
        (Some(what), Some(own)) => holder(what) == holder(own),
        _ => true,
    };
    let known = ["organizations", "config", "config-snapshots", "iam", "s3", "secrets-manager", "access-analyzer"];
    let source = match source_of(at.file) {
        Some(own) => own == unread.source || !known.contains(&unread.source.as_str()),
        None => true,
    };
    whose && what && source
}

/// The type that findings about a type of AWS Config carry: a policy of a secret may be recorded by itself.
fn holder(kind: &str) -> &str {
    match kind {
        "AWS::SecretsManager::ResourcePolicy" => "AWS::SecretsManager::Secret",
        other => other,
    }
}

/// The account that a file of a snapshot is named after: `config/111122223333.jsonl.gz`, `AWSLogs/111122223333/…`.
pub fn account_of(file: &str) -> Option<&str> {
    let stems = file.split('/').map(|part| part.split('.').next().unwrap_or(part));
    stems.into_iter().find(|stem| is_account_id(stem))
}

/// The source that a file of a snapshot comes from, by the name the manifest has for it.
fn source_of(file: &str) -> Option<&'static str> {
    let mut parts = file.split('/');
    let named = |part: &str| match part {
        "config" => Some("config"),
        "AWSLogs" => Some("config-snapshots"),
        "iam" => Some("iam"),
        "s3" => Some("s3"),
        SECRETS => Some(SECRETS),
        "access-analyzer" => Some("access-analyzer"),
        ORGANIZATION => Some("organizations"),
        _ => None,
    };
    parts.find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "111122223333";
    const B: &str = "444455556666";

    fn at<'a>(file: &'a str, account: &'a str) -> Whereabouts<'a> {
        Whereabouts {
            rule: "r",
            account: Some(account),
            resource: None,
            resource_type: Some("AWS::IAM::Role"),
            file,
            online: false,
        }
    }

    fn source(source: &str, account: Option<&str>, what: Option<&str>, state: State) -> SourceState {
        let (account, what) = (account.map(str::to_owned), what.map(str::to_owned));
        SourceState { source: source.into(), account, region: None, what, state, reason: None, help: None, items: 1 }
    }

    fn reading(sources: &[SourceState]) -> Reading {
        let mut reading = Reading::new(["r".to_owned()]);
        reading.files(["config/111122223333.jsonl.gz", "AWSLogs/o-1/444455556666/Config/x.json.gz", "iam/111122223333.json.gz"]);
        reading.sources(sources);
        reading
    }

    #[test]
    fn a_denied_account_hides_its_own_findings_only() {
        let reading = reading(&[source("config", Some(A), None, State::Denied)]);
        assert_eq!(reading.looked(at("config/111122223333.jsonl.gz", A)), Looked::Unread);
        assert_eq!(reading.looked(at("iam/111122223333.json.gz", A)), Looked::For);
        assert_eq!(reading.looked(at("AWSLogs/444455556666/x.json", B)), Looked::For);
        assert_eq!(reading.looked(Whereabouts { rule: "other", ..at("iam/111122223333.json.gz", A) }), Looked::Unasked);
    }

    #[test]
    fn what_was_not_read_can_be_one_type() {
        let reading = reading(&[
            source("config", Some(A), Some("AWS::S3::Bucket"), State::NotRecorded),
            source("config", Some(A), Some("AWS::IAM::User"), State::Stale),
        ]);
        assert_eq!(reading.looked(at("config/111122223333.jsonl.gz", A)), Looked::For);
        let bucket = Whereabouts { resource_type: Some("AWS::S3::Bucket"), ..at("config/111122223333.jsonl.gz", A) };
        assert_eq!(reading.looked(bucket), Looked::Unread);
        let unknown = Whereabouts { resource_type: None, ..bucket };
        assert_eq!(reading.looked(unknown), Looked::Unread);
        // A secret's policy that AWS Config records by itself is told as the secret's.
        let reading = self::reading(&[source("config", None, Some("AWS::SecretsManager::ResourcePolicy"), State::Throttled)]);
        let secret = Whereabouts { resource_type: Some("AWS::SecretsManager::Secret"), ..bucket };
        assert_eq!((reading.looked(secret), reading.looked(bucket)), (Looked::Unread, Looked::For));
    }

    #[test]
    fn a_file_that_is_gone_hides_only_what_a_snapshot_must_have() {
        let mut reading = reading(&[]);
        assert_eq!(reading.looked(at("policies/a.json", A)), Looked::For);
        assert_eq!(reading.looked(at("policies/777788889999/a.json", A)), Looked::For);
        assert_eq!(reading.looked(at("config/777788889999.jsonl.gz", "777788889999")), Looked::Unread);
        assert_eq!(reading.looked(at("organization.json", "777788889999")), Looked::Unread);
        reading.members([A.to_owned(), B.to_owned()]);
        assert_eq!(reading.looked(at("config/777788889999.jsonl.gz", "777788889999")), Looked::For, "it left");
        reading.distrust();
        assert_eq!(reading.looked(at("policies/a.json", A)), Looked::Unread);
    }

    #[test]
    fn secrets_that_nobody_asked_for_are_not_gone() {
        let file = "secrets-manager/111122223333.jsonl.gz";
        let secret = Whereabouts { resource_type: Some("AWS::SecretsManager::Secret"), ..at(file, A) };
        // Whoever checks a folder by hand has no manifest.
        let mut by_hand = Reading::new(["r".to_owned()]);
        by_hand.files([file]);
        assert_eq!(by_hand.looked(secret), Looked::For);
        assert_eq!(reading(&[source("config", None, None, State::Complete)]).looked(secret), Looked::Unread);
        assert_eq!(reading(&[source(SECRETS, Some(B), None, State::Complete)]).looked(secret), Looked::Unread);
        assert_eq!(reading(&[source(SECRETS, Some(A), None, State::Complete)]).looked(secret), Looked::For);
        let one_denied = [source(SECRETS, Some(A), None, State::Complete), source(SECRETS, Some(A), Some("n"), State::Denied)];
        assert_eq!(reading(&one_denied).looked(secret), Looked::Unread);
        // Another source says nothing of it, nor it of others.
        let others = [source("config-snapshots", Some(A), None, State::Denied), source(SECRETS, Some(A), None, State::Complete)];
        assert_eq!(reading(&others).looked(secret), Looked::For);
        assert_eq!(
            reading(&[source(SECRETS, Some(A), None, State::Denied)]).looked(at("iam/111122223333.json.gz", A)),
            Looked::For
        );
    }

    #[test]
    fn what_access_analyzer_finds_is_told_elsewhere() {
        let found = Whereabouts { rule: "access-analyzer-unused-role", ..at("config/111122223333.jsonl.gz", A) };
        let mut reading = reading(&[]);
        reading.rules.insert(found.rule.to_owned());
        assert_eq!(reading.looked(found), Looked::Unasked);
        reading.analyzer();
        assert_eq!(reading.looked(found), Looked::For);
        reading.sources(&[source("access-analyzer", Some(B), None, State::Throttled)]);
        assert_eq!(reading.looked(found), Looked::Unread);
        assert_eq!(reading.looked(at("config/111122223333.jsonl.gz", A)), Looked::For);
    }

    #[test]
    fn what_aws_alone_tells_of_is_gone_when_aws_was_asked_and_answered() {
        let file = "config/111122223333.jsonl.gz";
        let found = Whereabouts { rule: "no-rule-of-ours", online: true, ..at(file, A) };
        let mut reading = reading(&[]);
        assert_eq!(reading.looked(found), Looked::Unasked);
        reading.online(false);
        assert_eq!(reading.looked(found), Looked::Unread);
        reading.online(true);
        assert_eq!(reading.looked(found), Looked::For);
        reading.broken(file);
        assert_eq!(reading.looked(found), Looked::Unread);
    }

    #[test]
    fn a_file_read_in_part_hides_what_stood_in_it() {
        let mut reading = reading(&[]);
        let broken = |file: &str| Incomplete {
            file: file.into(),
            code: None,
            reason: String::new(),
            help: String::new(),
            location: None,
            related: Vec::new(),
            resource: None,
        };
        let items = [broken("snap/AWSLogs/111122223333/today.json.gz"), broken("snap/p.json")];
        reading.incomplete(&items, |name| name.strip_prefix("snap/").unwrap_or(name));
        assert_eq!(reading.looked(at("AWSLogs/111122223333/yesterday.json.gz", A)), Looked::Unread);
        assert_eq!(reading.looked(at("iam/111122223333.json.gz", A)), Looked::For);
        assert_eq!(reading.looked(at("p.json", A)), Looked::Unread);
        assert_eq!(reading.looked(at("q.json", A)), Looked::For);
    }

    #[test]
    fn a_policy_read_in_part_hides_what_is_said_of_its_resource() {
        let (one, other) = ("arn:aws:iam::111122223333:role/one", "arn:aws:iam::111122223333:role/other");
        let broken = Incomplete {
            file: "iam/111122223333.json.gz".into(),
            code: None,
            reason: String::new(),
            help: String::new(),
            location: None,
            related: Vec::new(),
            resource: Some(one.to_owned()),
        };
        let of = |resource, file| Whereabouts { resource: Some(resource), ..at(file, A) };
        let mut reading = reading(&[]);
        reading.incomplete(std::slice::from_ref(&broken), |name| name);
        assert_eq!(reading.looked(of(one, "iam/111122223333.json.gz")), Looked::Unread);
        // The same role as AWS Config has it.
        assert_eq!(reading.looked(of(one, "config/111122223333.jsonl.gz")), Looked::Unread);
        assert_eq!(reading.looked(of(other, "iam/111122223333.json.gz")), Looked::For);
        // Nothing tells whose this was.
        assert_eq!(reading.looked(at("iam/111122223333.json.gz", A)), Looked::Unread);
        assert_eq!(reading.looked(at("config/111122223333.jsonl.gz", A)), Looked::For);
        // Once more is wrong with the file, all of it is in doubt.
        reading.incomplete(&[Incomplete { resource: None, ..broken }], |name| name);
        assert_eq!(reading.looked(of(other, "iam/111122223333.json.gz")), Looked::Unread);
    }
}
