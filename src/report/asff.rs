//! The AWS Security Finding Format, for Security Hub: a line is a JSON array of at most 100 findings of one account, ready
//! for `BatchImportFindings`.
//!
//! Names and limits: AWS Security Hub User Guide, "AWS Security Finding Format (ASFF)" and "Required attributes".

use super::export::{NO_ACCOUNT, Record, Standing, arn, cut, is_account, records, region_of};
use super::options::Options;
use crate::audit::Audit;
use crate::finding::{Confidence, Severity};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{Result, Write};

/// Findings in a call at most.
const BATCH: usize = 100;
/// Characters of a title, a description, an id, a recommendation and a value of a field at most.
const TITLE: usize = 256;
const DESCRIPTION: usize = 1024;
const ID: usize = 512;
const RECOMMENDATION: usize = 512;
const FIELD: usize = 1024;
/// Related requirements at most.
const REQUIREMENTS: usize = 32;

/// Write the batches, by account. Findings that are gone since the run before are archived, so that an import closes them.
///
/// # Errors
/// When the writer refuses.
pub fn write(audit: &Audit, options: &Options, out: &mut dyn Write) -> Result<()> {
    let mut accounts: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for record in records(audit) {
        let account = record.account.as_deref().filter(|a| is_account(a)).unwrap_or(NO_ACCOUNT).to_owned();
        let one = finding(audit, &record, &account, options);
        accounts.entry(account).or_default().push(one);
    }
    if accounts.is_empty() {
        return writeln!(out, "[]");
    }
    for findings in accounts.values() {
        for batch in findings.chunks(BATCH) {
            writeln!(out, "{}", Value::from(batch.to_vec()))?;
        }
    }
    Ok(())
}

fn finding(audit: &Audit, record: &Record, account: &str, options: &Options) -> Value {
    let [partition, _, region, _, _] = record.resource.as_deref().and_then(arn).unwrap_or_default();
    let partition = if partition.is_empty() { "aws" } else { partition };
    // A global service reports where its data was read. What is gone must be told with the same region as before, so that
    // nothing counts here that the history does not keep.
    let own = Some(region).filter(|region| !region.is_empty());
    let region = own.or_else(|| region_of(audit, account)).unwrap_or_else(|| home(partition));
    let now = time(&audit.run.at);
    let first = time(if record.first_seen.is_empty() { &audit.run.at } else { &record.first_seen });
    let generator = record.rule.as_deref().unwrap_or("not-checked");
    let severity = json!({ "Label": label(record.severity), "Original": record.severity.as_str() });
    let types = json!(["Software and Configuration Checks/AWS Security Best Practices"]);
    let mut map = Map::new();
    map.insert("SchemaVersion".into(), "2018-10-08".into());
    map.insert("Id".into(), cut(&format!("palisade/{account}/{}", record.id), ID).into());
    map.insert("ProductArn".into(), format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default").into());
    map.insert("ProductName".into(), "palisade".into());
    map.insert("CompanyName".into(), "palisade".into());
    map.insert("GeneratorId".into(), cut(&format!("palisade/{generator}"), ID).into());
    map.insert("AwsAccountId".into(), account.into());
    map.insert("Types".into(), types.clone());
    map.insert("CreatedAt".into(), first.clone().into());
    map.insert("UpdatedAt".into(), now.clone().into());
    map.insert("FirstObservedAt".into(), first.into());
    if record.standing != Standing::Resolved {
        map.insert("LastObservedAt".into(), now.into());
    }
    map.insert("Severity".into(), severity.clone());
    map.insert(
        "FindingProviderFields".into(),
        json!({ "Severity": severity, "Types": types, "Confidence": confidence(record.confidence) }),
    );
    map.insert("Title".into(), said(&cut(&record.title, TITLE)).into());
    map.insert("Description".into(), said(&cut([record.message.as_str(), &record.why].join(" ").trim(), DESCRIPTION)).into());
    if let Some(advice) = recommendation(record) {
        map.insert("Remediation".into(), json!({ "Recommendation": advice }));
    }
    map.insert("ProductFields".into(), fields(record, options));
    map.insert("Resources".into(), json!([resource(record, account, partition, region)]));
    map.insert("Compliance".into(), compliance(record));
    let workflow = if record.standing == Standing::Suppressed { "SUPPRESSED" } else { "NEW" };
    map.insert("Workflow".into(), json!({ "Status": workflow }));
    map.insert("RecordState".into(), if record.standing == Standing::Resolved { "ARCHIVED" } else { "ACTIVE" }.into());
    Value::Object(map)
}

/// The region that global services such as IAM report to, where nothing tells another one.
fn home(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "INFORMATIONAL",
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
        Severity::Critical => "CRITICAL",
    }
}

/// Between 0 and 100.
fn confidence(confidence: Confidence) -> u8 {
    match confidence {
        Confidence::Low => 40,
        Confidence::Medium => 70,
        Confidence::High => 95,
    }
}

/// A time of a run, or the beginning of time where there is none: the attribute is required.
fn time(at: &str) -> String {
    if super::export::milliseconds(at).is_some() { at.to_owned() } else { "1970-01-01T00:00:00Z".to_owned() }
}

/// A text that is required may not be blank.
fn said(text: &str) -> String {
    if text.trim().is_empty() { "-".to_owned() } else { text.to_owned() }
}

fn recommendation(record: &Record) -> Option<Value> {
    let mut map = Map::new();
    if !record.help.trim().is_empty() {
        map.insert("Text".into(), cut(&record.help, RECOMMENDATION).into());
    }
    if let Some(url) = &record.url {
        map.insert("Url".into(), url.as_str().into());
    }
    (!map.is_empty()).then_some(Value::Object(map))
}

fn fields(record: &Record, options: &Options) -> Value {
    let mut map = Map::new();
    let values = [
        ("Fingerprint", record.id.as_str()),
        ("Rule", record.rule.as_deref().unwrap_or_default()),
        ("Category", record.category.as_str()),
        ("Place", record.place.as_str()),
        ("Pointer", record.pointer.as_str()),
        ("Version", options.version),
    ];
    for (key, value) in values {
        if !value.trim().is_empty() {
            map.insert(format!("palisade/{key}"), cut(value, FIELD).into());
        }
    }
    Value::Object(map)
}

fn resource(record: &Record, account: &str, partition: &str, region: &str) -> Value {
    let whole =
        json!({ "Type": "AwsAccount", "Id": format!("AWS::::Account:{account}"), "Partition": partition, "Region": region });
    let Some(id) = record.resource.as_deref().filter(|id| !id.trim().is_empty()) else { return whole };
    let mut one = json!({ "Type": kind(record.resource_type.as_deref(), id), "Id": cut(id, ID), "Region": region });
    // Anything else is no partition, and would be refused.
    if let (true, Some(object)) = (matches!(partition, "aws" | "aws-cn" | "aws-us-gov"), one.as_object_mut()) {
        object.insert("Partition".into(), partition.into());
    }
    one
}

/// The type in Security Hub's words. The ARN decides, so that a finding keeps its type when it is gone; the type that a
/// document tells stands in where there is no ARN.
fn kind(resource_type: Option<&str>, id: &str) -> &'static str {
    let by_arn = arn(id).and_then(|[_, service, _, _, resource]| {
        let head = resource.split(['/', ':']).next().unwrap_or_default();
        Some(match (service, head) {
            ("iam", "role") => "AwsIamRole",
            ("iam", "user") => "AwsIamUser",
            ("iam", "group") => "AwsIamGroup",
            ("iam", "policy") => "AwsIamPolicy",
            ("s3", "accesspoint") => "AwsS3AccessPoint",
            ("s3", _) if !resource.contains('/') => "AwsS3Bucket",
            ("kms", "key") => "AwsKmsKey",
            ("sqs", _) => "AwsSqsQueue",
            ("sns", _) => "AwsSnsTopic",
            ("lambda", "function") => "AwsLambdaFunction",
            ("lambda", "layer") => "AwsLambdaLayerVersion",
            ("secretsmanager", "secret") => "AwsSecretsManagerSecret",
            ("ecr", "repository") => "AwsEcrRepository",
            ("es", "domain") => "AwsOpenSearchServiceDomain",
            ("dynamodb", "table") => "AwsDynamoDbTable",
            ("events", "event-bus") => "AwsEventsEventbus",
            ("organizations", "account") => "AwsAccount",
            (_, _) => return None,
        })
    });
    by_arn.unwrap_or(match resource_type {
        Some("AWS::IAM::Role") => "AwsIamRole",
        Some("AWS::IAM::User") => "AwsIamUser",
        Some("AWS::IAM::Group") => "AwsIamGroup",
        Some("AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy") => "AwsIamPolicy",
        Some("AWS::S3::Bucket") => "AwsS3Bucket",
        _ => "Other",
    })
}

fn compliance(record: &Record) -> Value {
    let status = match record.standing {
        Standing::New | Standing::Known | Standing::Changed | Standing::Suppressed => "FAILED",
        Standing::Resolved => "PASSED",
        Standing::Unread => "NOT_AVAILABLE",
    };
    let mut map = Map::new();
    map.insert("Status".into(), status.into());
    let related = record.controls.iter().map(|(framework, control)| {
        // As Security Hub writes them: a blank after the names of NIST, a slash after others.
        let between = if framework.starts_with("NIST.") { ' ' } else { '/' };
        Value::from(cut(&format!("{framework}{between}{control}"), FIELD))
    });
    let related: Vec<Value> = related.take(REQUIREMENTS).collect();
    if !related.is_empty() {
        map.insert("RelatedRequirements".into(), related.into());
    }
    if record.standing == Standing::Unread {
        let reason = json!({ "ReasonCode": "NOT_CHECKED", "Description": cut(&record.message, DESCRIPTION) });
        map.insert("StatusReasons".into(), json!([reason]));
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::super::{audit_sample, sample};
    use super::*;

    fn batches(audit: &Audit) -> Vec<Value> {
        let mut out = Vec::new();
        write(audit, &Options::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(sample::is_tame(&text));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn batches_keep_to_the_service_model() {
        let schema: Value = serde_json::from_str(include_str!("../../tests/schemas/asff-2018-10-26.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut incomplete = audit_sample::audit();
        incomplete.outcome.incomplete = sample::outcome().incomplete;
        let alone = Audit { outcome: sample::outcome(), ..Audit::default() };
        let mut long = audit_sample::audit();
        long.outcome.rules.clear();
        long.outcome.findings.iter_mut().for_each(|f| {
            f.message = "ä".repeat(3000);
            f.help = Some("ö".repeat(3000).into());
            f.policy.resource = Some("ü".repeat(3000));
            f.primary.location.pointer = "ß".repeat(3000);
        });
        for audit in [incomplete, alone, long, audit_sample::hostile(), audit_sample::large(450, 3, 1)] {
            for batch in batches(&audit) {
                let errors: Vec<String> =
                    validator.iter_errors(&batch).map(|e| format!("{e} at {}", e.instance_path())).collect();
                assert!(errors.is_empty(), "{errors:#?}");
                let accounts: std::collections::BTreeSet<String> =
                    batch.as_array().unwrap().iter().map(|f| f["AwsAccountId"].to_string()).collect();
                assert_eq!(accounts.len(), 1, "a batch is imported with the credentials of one account");
            }
        }
        let mut wrong = batches(&audit_sample::audit()).remove(0);
        wrong[0]["Severity"]["Label"] = "SEVERE".into();
        assert!(!validator.is_valid(&wrong), "the schema knows its enumerations");
    }

    #[test]
    fn a_call_takes_a_hundred() {
        let sizes: Vec<usize> = batches(&audit_sample::large(450, 3, 1)).iter().map(|b| b.as_array().unwrap().len()).collect();
        // The last is what was resolved.
        assert_eq!(sizes, [100, 50, 100, 50, 100, 50, 1]);
    }

    #[test]
    fn ids_are_the_same_in_every_run() {
        let mut later = audit_sample::audit();
        later.run.at = "2026-12-24T00:00:00Z".into();
        let ids = |audit: &Audit| -> Vec<String> { findings(audit).iter().map(|f| f["Id"].to_string()).collect() };
        assert_eq!(ids(&audit_sample::audit()), ids(&later));
    }

    #[test]
    fn findings_tell_how_they_stand() {
        let mut audit = audit_sample::audit();
        audit.outcome.incomplete = sample::outcome().incomplete;
        let shown: Vec<String> = findings(&audit)
            .iter()
            .map(|f| {
                let [severity, status, workflow] =
                    [&f["Severity"]["Label"], &f["Compliance"]["Status"], &f["Workflow"]["Status"]];
                let resource = &f["Resources"][0];
                format!(
                    "{} {severity} {status} {workflow} {} {} {}",
                    f["AwsAccountId"], f["RecordState"], resource["Type"], f["GeneratorId"]
                )
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n").replace('"', ""), @r"
        000000000000 INFORMATIONAL NOT_AVAILABLE NEW ACTIVE Other palisade/not-checked
        000000000000 INFORMATIONAL NOT_AVAILABLE NEW ACTIVE Other palisade/not-checked
        111122223333 HIGH FAILED NEW ACTIVE AwsIamRole palisade/rekognition-project-wildcard
        333333333333 MEDIUM FAILED NEW ACTIVE AwsIamRole palisade/old-version
        444444444444 CRITICAL FAILED SUPPRESSED ACTIVE AwsIamRole palisade/full-admin
        444444444444 HIGH PASSED NEW ARCHIVED AwsS3Bucket palisade/public-bucket-policy
        999999999999 CRITICAL FAILED NEW ACTIVE Other palisade/project-lifecycle-not-denied
        ");
    }

    fn findings(audit: &Audit) -> Vec<Value> {
        batches(audit).iter().flat_map(|b| b.as_array().unwrap().clone()).collect()
    }

    #[test]
    fn controls_are_related_requirements() {
        let mut audit = audit_sample::audit();
        audit.outcome.rules[3].compliance.clear();
        let controls = (0..40).map(|n| format!("A.{n}")).collect();
        audit.outcome.rules[1].compliance = [("x-acme".to_owned(), controls)].into();
        let of = |rule: &str| {
            let all = findings(&audit);
            let found = all.iter().find(|f| f["GeneratorId"] == format!("palisade/{rule}")).unwrap();
            found["Compliance"]["RelatedRequirements"].clone()
        };
        let three = json!(["CIS AWS Foundations Benchmark v3.0.0/1.16", "NIST.800-53.r5 AC-6", "x-acme/iam 7"]);
        assert_eq!(of("full-admin"), three);
        assert_eq!(of("old-version").as_array().unwrap().len(), REQUIREMENTS);
        assert_eq!(of("rekognition-project-wildcard"), Value::Null);
    }

    /// The region of a product's ARN is where the findings are imported.
    #[test]
    fn the_region_is_that_of_the_resource_or_of_the_snapshot() {
        let told = |regions: &[Option<&str>]| {
            let mut audit = audit_sample::audit();
            audit.outcome.findings[2].policy.resource = Some("arn:aws:sqs:ap-south-1:333333333333:jobs".into());
            audit.sources.iter_mut().zip(regions).for_each(|(source, region)| source.region = region.map(str::to_owned));
            audit
        };
        let regions = |audit: &Audit| {
            let of = |f: &Value| f["ProductArn"].as_str().unwrap().split(':').nth(3).unwrap().to_owned();
            let all: Vec<String> = findings(audit).iter().map(of).collect();
            all.join(" ")
        };
        // Accounts 111122223333, 333333333333 (a queue), 444444444444 twice, 999999999999; sources of the first and of 555555555555.
        assert_eq!(regions(&told(&[])), "us-east-1 ap-south-1 us-east-1 us-east-1 us-east-1");
        let one = told(&[None, Some("eu-west-1")]);
        assert_eq!(regions(&one), "eu-west-1 ap-south-1 eu-west-1 eu-west-1 eu-west-1");
        let own = told(&[Some("eu-north-1"), Some("eu-west-1")]);
        assert_eq!(regions(&own), "eu-north-1 ap-south-1 us-east-1 us-east-1 us-east-1");
        let none = told(&[Some("global"), Some("x:y\n")]);
        assert_eq!(regions(&none), "us-east-1 ap-south-1 us-east-1 us-east-1 us-east-1");
    }

    #[test]
    fn nothing_is_an_empty_batch() {
        assert_eq!(batches(&Audit::default()), [json!([])]);
    }
}
