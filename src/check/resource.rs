//! `Resource` and `NotResource`: ARNs field by field, against the formats of the service.
//!
//! IAM User Guide, "Amazon Resource Names (ARNs)"; Service Authorization Reference, resource types of each service.

use super::attached::{self, AttachedType};
use super::code::Code;
use super::label::Labels;
use super::subject::Subject;
use crate::catalog::{Catalog, Formats, Service};
use crate::policy::arn::{Arn, has_dollar_brace, is_account_id, widened};
use crate::policy::{ArnPattern, PolicyKind, Statement};
use crate::text::glob::{Case, has_wildcard, overlaps};
use crate::text::suggest::{did_you_mean, nearest};
use std::borrow::Cow;

/// Words that stand in the account field of AWS's own resources.
const OWNERS: [&str; 6] = ["aws", "aws-managed", "amazon", "cloudfront", "elasticbeanstalk", "aws-marketplace"];

/// One entry and its fields.
#[derive(Clone, Copy)]
struct Entry<'a, 'd> {
    catalog: &'static Catalog,
    attached: Option<&'static AttachedType>,
    item: &'a ArnPattern<'d>,
    arn: Arn<'d>,
}

/// Every resource of a statement.
pub(super) fn check<'d>(subject: Subject<'_, 'd>, statement: &Statement<'d>, out: &mut Labels<'d>) {
    if subject.is_trust() {
        return;
    }
    let (catalog, attached) = (subject.catalog, subject.resource_type.and_then(attached::of));
    // The services of a list repeat: the formats of the last one are remembered.
    let mut last: Option<(&str, Option<Formats>)> = None;
    for item in statement.resources.iter().flat_map(|e| &e.items) {
        if item.node.as_str().is_none() || item.text.bytes().all(|b| b == b'*') && !item.text.is_empty() {
            continue;
        }
        // API Gateway Developer Guide, "Resource policy examples": the short form, made an ARN when it is saved.
        if subject.kind == PolicyKind::ResourcePolicy && item.text.starts_with("execute-api:/") {
            continue;
        }
        let Some(arn) = fields(item, out) else { continue };
        let formats = match last {
            Some((service, formats)) if service == arn.service => formats,
            _ => Formats::of(catalog, arn.service),
        };
        last = Some((arn.service, formats));
        check_one(Entry { catalog, attached, item, arn }, formats, out);
    }
}

/// A field that can be anything: a wildcard or a variable.
fn open(field: &str) -> bool {
    has_wildcard(field) || has_dollar_brace(field)
}

/// The six fields; what has fewer is reported, unless a wildcard may stand for the missing ones.
fn fields<'d>(item: &ArnPattern<'d>, out: &mut Labels<'d>) -> Option<Arn<'d>> {
    let text = item.text;
    let first = text.split(':').next().unwrap_or_default();
    if first != "arn" {
        let may_become_one = first.starts_with("${") || (first == text && text.starts_with("arn") && has_wildcard(text));
        if !may_become_one {
            out.add(Code::InvalidArnPrefix, item.node).hint(prefix_hint(text));
        }
        return None;
    }
    let arn = Arn::parse(text);
    if arn.is_none() && !open(text) {
        out.add(Code::MissingArnField, item.node).count(text.matches(':').count() + 1);
    }
    arn
}

fn prefix_hint(text: &str) -> Option<String> {
    let (first, rest) = text.split_once(':')?;
    (first.eq_ignore_ascii_case("arn") || nearest(first, ["arn"]).is_some()).then(|| format!("did you mean `arn:{rest}`?"))
}

fn check_one<'d>(entry: Entry<'_, 'd>, formats: Option<Formats>, out: &mut Labels<'d>) {
    let Entry { attached, item, arn, .. } = entry;
    partition(entry, out);
    if let Some(attached) = attached
        && !attached.may_have_service(arn.service)
    {
        out.add(Code::UnsupportedResourceArnInPolicy, item.node).other(attached.name);
    }
    if open(arn.service) {
        // What a variable gives is known only when a request is made.
        if has_wildcard(arn.service) {
            out.add(Code::WildcardInServiceName, item.node).other(arn.service);
        }
        return;
    }
    match formats {
        Some(formats) => against_formats(entry, formats, out),
        None => unknown_service(entry, out),
    }
}

fn partition<'d>(Entry { catalog, item, arn, .. }: Entry<'_, 'd>, out: &mut Labels<'d>) {
    if arn.partition == "aws" || open(arn.partition) || catalog.regions().any(|(partition, _)| partition == arn.partition) {
        return;
    }
    let mut known: Vec<&str> = catalog.regions().map(|(partition, _)| partition).collect();
    known.dedup();
    let hint = did_you_mean(arn.partition, known.iter().copied());
    out.add(Code::InvalidPartition, item.node).other(arn.partition).hint(hint);
}

fn unknown_service<'d>(Entry { catalog, item, arn, .. }: Entry<'_, 'd>, out: &mut Labels<'d>) {
    let lower = arn.service.to_ascii_lowercase();
    if lower != arn.service && known(catalog, &lower) {
        out.add(Code::InvalidArnServiceCase, item.node).other(lower.clone()).hint(Some(format!("write `{lower}`")));
    } else if !known(catalog, arn.service) && out.wants(&[Code::InvalidService]) {
        let hint = did_you_mean(arn.service, catalog.services().map(Service::prefix));
        out.add(Code::InvalidService, item.node).other(arn.service).hint(hint);
    }
}

fn known(catalog: &'static Catalog, service: &str) -> bool {
    let same = |s: Service| s.prefix() == service;
    let listed = catalog.service(service).is_some_and(same) || Formats::of(catalog, service).is_some();
    (listed || catalog.table("retired-services").has(service)) && !catalog.table("ended-services").has(service)
}

/// What the formats of a service say of one field.
#[derive(Clone, Copy, Default)]
struct Field {
    /// Some format leaves it blank.
    blank: bool,
    /// Some format has it.
    present: bool,
}

impl Field {
    fn add(&mut self, present: bool) {
        self.present |= present;
        self.blank |= !present;
    }
}

fn against_formats<'d>(entry: Entry<'_, 'd>, formats: Formats, out: &mut Labels<'d>) {
    let Entry { attached, item, arn, .. } = entry;
    let wide = if has_dollar_brace(arn.resource) { Cow::Owned(widened(arn.resource)) } else { Cow::Borrowed(arn.resource) };
    // Where nothing hangs on which format it is, the first that fits will do.
    let any_will_do = attached.is_none() && open(arn.region) && open(arn.account);
    let (mut region, mut account) = (Field::default(), Field::default());
    let (mut fits, mut owner, mut inside) = (false, OWNERS.contains(&arn.account), false);
    // A wildcard in front may stand for the resource as well: `arn:aws:organizations::*:`.
    if arn.resource.is_empty() && !open(arn.region) && !open(arn.account) {
        return unknown_resource(entry, &wide, formats, out);
    }
    for kind in formats.beginning_like(&wide) {
        if !overlaps(&wide, kind.resource_glob(), Case::Sensitive) {
            continue;
        }
        fits = true;
        if any_will_do {
            return;
        }
        // `arn:aws:s3:eu-west-1:…:accesspoint/x` fits the format of a bucket by its resource part alone.
        let same_region = open(arn.region) || kind.has_region() != arn.region.is_empty();
        inside |=
            same_region && attached.is_none_or(|a| a.resource_types().is_empty() || a.resource_types().contains(&kind.name()));
        region.add(kind.has_region());
        account.add(kind.has_account());
        owner |= kind.account_field() == arn.account;
    }
    if !fits {
        return unknown_resource(entry, &wide, formats, out);
    }
    if !inside && let Some(attached) = attached.filter(|a| a.may_have_service(arn.service)) {
        out.add(Code::UnsupportedResourceArnInPolicy, item.node).other(attached.name);
    }
    check_region(entry, region, out);
    if !owner {
        check_account(entry, account, out);
    }
}

/// The reference leaves formats out, and Access Analyzer lets nearly every pattern pass: besides what is spelled out in full,
/// only a slip in the word that says what kind of resource it is.
fn unknown_resource<'d>(Entry { item, arn, .. }: Entry<'_, 'd>, wide: &str, formats: Formats, out: &mut Labels<'d>) {
    // The resource of an API is a path, whatever it is.
    if !out.wants(&[Code::InvalidArnResource]) || arn.service == "apigateway" {
        return;
    }
    let words: Vec<&str> = formats.iter().filter_map(|f| kind_word(f.resource_glob())).collect();
    let word = kind_word(arn.resource);
    let bare = |w: &str| w.replace(['-', '_'], "").to_ascii_lowercase();
    let near = word.and_then(|w| nearest(w, words.iter().copied()).filter(|near| bare(near) != bare(w)));
    let spelled_out = !has_wildcard(wide) && !open(arn.region) && !open(arn.account);
    if !spelled_out && (near.is_none() || word.is_some_and(|w| words.contains(&w))) {
        return;
    }
    let hint = near.zip(word).map(|(near, word)| format!("did you mean `{near}` instead of `{word}`?"));
    out.add(Code::InvalidArnResource, item.node).other(arn.service).hint(hint);
}

/// `role` of `role/name`, `function` of `function:name`: what stands before the first separator, when it is literal.
fn kind_word(resource: &str) -> Option<&str> {
    let end = resource.find(['/', ':'])?;
    resource.get(..end).filter(|word| !word.is_empty() && !open(word))
}

fn check_region<'d>(Entry { catalog, item, arn, .. }: Entry<'_, 'd>, formats: Field, out: &mut Labels<'d>) {
    if open(arn.region) {
        return;
    }
    if arn.region.is_empty() {
        if !formats.blank {
            out.add(Code::MissingArnRegion, item.node).other(arn.service);
        }
        return;
    }
    if !formats.present {
        out.add(Code::ArnRegionNotAllowed, item.node).other(arn.service);
        return;
    }
    let partition = catalog.partition_of(arn.region);
    if partition.is_none_or(|p| p != arn.partition && !open(arn.partition)) {
        let swapped = is_account_id(arn.region) && catalog.partition_of(arn.account).is_some();
        let own = catalog.regions().filter(|(p, _)| *p == arn.partition).map(|(_, r)| r);
        let hint = match partition {
            Some(other) => Some(format!("`{}` lies in the partition `{other}`.", arn.region)),
            None if swapped => Some("region and account stand in each other's place.".to_owned()),
            None => did_you_mean(arn.region, own),
        };
        out.add(Code::InvalidArnRegion, item.node).other(arn.region).hint(hint);
    }
}

fn check_account<'d>(Entry { item, arn, .. }: Entry<'_, 'd>, formats: Field, out: &mut Labels<'d>) {
    if open(arn.account) {
        return;
    }
    let shared = shared(arn);
    if arn.account.is_empty() {
        // A wildcard in front may stand for the account as well: `arn:aws:kms:*::*`.
        let swallowed = arn.region.contains('*') || arn.partition.contains('*');
        if !formats.blank && !shared && !swallowed {
            out.add(Code::MissingArnAccount, item.node).other(arn.service);
        }
    } else if !formats.present && !shared {
        out.add(Code::ArnAccountNotAllowed, item.node).other(arn.service);
    } else if !is_account_id(arn.account) {
        out.add(Code::InvalidArnAccount, item.node).other(arn.account);
    }
}

/// Resources that AWS owns and customers too, so that the account is there or not.
fn shared(arn: Arn<'_>) -> bool {
    let kind = arn.resource.split(['/', ':']).next().unwrap_or_default();
    matches!(
        (arn.service, kind),
        ("ec2", "image" | "snapshot" | "fpga-image")
            | ("elasticbeanstalk", "solutionstack" | "platform")
            | ("ssm", "document" | "automation-definition" | "parameter" | "patchbaseline")
            | ("imagebuilder" | "bedrock" | "sagemaker" | "apigateway", _)
    )
}
