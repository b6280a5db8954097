//! The organization: tree, accounts, control policies with their texts and targets, delegated administrators.
//!
//! AWS Organizations API Reference. Most of it may be asked from the management account or a delegated administrator alone.

use super::client::Session;
use super::context::{About, Context};
use super::error::{Sort, Trouble};
use super::operation::Op;
use super::settings::{OVERALL, Source};
use super::unit::{self, Page, Tally};
use crate::source::SourceError;
use crate::source::snapshot::State;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::PolicyType;
use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Most a page may hold.
const PAGE: i32 = 20;

/// The control policies that are read.
const KINDS: [(PolicyType, &str); 2] = [
    (PolicyType::ServiceControlPolicy, "service-control-policies"),
    (PolicyType::ResourceControlPolicy, "resource-control-policies"),
];

const DESCRIBE: &str = "org/describe";
const ROOTS: &str = "org/roots";
const DELEGATED: &str = "org/delegated";

/// Reads the organization.
struct Reader<'a> {
    context: &'a Context<'a>,
    session: &'a Session,
    client: Client,
}

/// Fetch it.
pub async fn fetch(context: &Context<'_>) {
    let session = &context.aws.own;
    let reader = Reader { context, session, client: Client::new(&session.config) };
    let about = About { source: Source::Organizations.as_str(), ..About::default() };
    let described = reader.describe().await;
    if let Some(trouble) = described.trouble {
        let mut state = about.trouble(&trouble, 0);
        if trouble.sort == Sort::Absent {
            // That there is none is an answer, and a complete one.
            state.state = State::Complete;
            state.reason = Some(format!("account {} belongs to no organization", session.account));
            state.help = None;
        }
        context.report(state);
        return;
    }
    let tree = About { what: Some("tree"), ..about };
    context.report(tree.tally(&reader.tree().await));
    for (kind, what) in KINDS {
        let about = About { what: Some(what), ..about };
        context.report(about.tally(&reader.policies(&kind).await));
    }
    reader.delegated(About { what: Some("delegated-administrators"), ..about }).await;
}

impl Reader<'_> {
    async fn describe(&self) -> Tally {
        let read = |_| async {
            let send = |c| self.client.describe_organization().customize().interceptor(c).send();
            let (_, raw) = self.context.aws.call(self.session, Op::DescribeOrganization, send).await?;
            Ok(Page::one(&raw.json().get_mut("Organization").map(Value::take).unwrap_or_default()))
        };
        unit::pages(self.context, DESCRIBE, read).await
    }

    /// Root, units and accounts, level by level.
    async fn tree(&self) -> Tally {
        let read = |token: Option<String>| async move {
            let request = self.client.list_roots().set_next_token(token).max_results(PAGE);
            let send = |c| request.clone().customize().interceptor(c).send();
            let (out, raw) = self.context.aws.call(self.session, Op::ListRoots, send).await.map_err(member)?;
            Ok(Page::of(&raw, "Roots", out.next_token()))
        };
        let mut all = unit::pages(self.context, ROOTS, read).await;
        let mut level = match ids(self.context, ROOTS) {
            Ok(ids) => ids,
            Err(error) => return Tally { trouble: Some(error.into()), ..all },
        };
        while !level.is_empty() && all.trouble.is_none() {
            let work = level.iter().map(|parent| self.children(parent));
            let done: Vec<(Tally, Vec<String>)> = stream::iter(work).buffered(self.width()).collect().await;
            level = Vec::new();
            for (tally, units) in done {
                all.items += tally.items;
                all.trouble = all.trouble.or(tally.trouble);
                level.extend(units);
            }
        }
        all
    }

    /// Calls that are got ready at once; how many of them are made is the gate's business.
    fn width(&self) -> usize {
        self.context.settings.concurrency.max(1) * OVERALL
    }

    /// Accounts and units of a unit; the ids of the latter too.
    async fn children(&self, parent: &str) -> (Tally, Vec<String>) {
        let accounts = |token: Option<String>| async move {
            let request = self.client.list_accounts_for_parent().parent_id(parent).set_next_token(token).max_results(PAGE);
            let send = |c| request.clone().customize().interceptor(c).send();
            let (out, raw) = self.context.aws.call(self.session, Op::ListAccountsForParent, send).await.map_err(member)?;
            Ok(Page::of(&raw, "Accounts", out.next_token()))
        };
        let units = |token: Option<String>| async move {
            let request =
                self.client.list_organizational_units_for_parent().parent_id(parent).set_next_token(token).max_results(PAGE);
            let send = |c| request.clone().customize().interceptor(c).send();
            let (out, raw) =
                self.context.aws.call(self.session, Op::ListOrganizationalUnitsForParent, send).await.map_err(member)?;
            Ok(Page::of(&raw, "OrganizationalUnits", out.next_token()))
        };
        let mut all = unit::pages(self.context, &accounts_of(parent), accounts).await;
        let name = units_of(parent);
        let below = unit::pages(self.context, &name, units).await;
        all.items += below.items;
        all.trouble = all.trouble.or(below.trouble);
        match ids(self.context, &name) {
            Ok(ids) => (all, ids),
            Err(error) => (Tally { trouble: Some(error.into()), ..all }, Vec::new()),
        }
    }

    /// Control policies of a type, each with text and targets.
    async fn policies(&self, kind: &PolicyType) -> Tally {
        let name = policies_of(kind);
        let list = |token: Option<String>| async move {
            let request = self.client.list_policies().filter(kind.clone()).set_next_token(token).max_results(PAGE);
            let send = |c| request.clone().customize().interceptor(c).send();
            let (out, raw) = self.context.aws.call(self.session, Op::ListPolicies, send).await.map_err(member)?;
            Ok(Page::of(&raw, "Policies", out.next_token()))
        };
        let mut all = unit::pages(self.context, &name, list).await;
        let ids = match ids(self.context, &name) {
            Ok(ids) => ids,
            Err(error) => return Tally { trouble: Some(error.into()), ..all },
        };
        let work = ids.iter().map(|id| self.policy(id));
        let done: Vec<Option<Trouble>> = stream::iter(work).buffered(self.width()).collect().await;
        all.trouble = all.trouble.or_else(|| done.into_iter().flatten().next());
        all
    }

    async fn policy(&self, id: &str) -> Option<Trouble> {
        let text = |_| async move {
            let send = |c| self.client.describe_policy().policy_id(id).customize().interceptor(c).send();
            let (_, raw) = self.context.aws.call(self.session, Op::DescribePolicy, send).await.map_err(member)?;
            Ok(Page::one(&raw.json().get_mut("Policy").map(Value::take).unwrap_or_default()))
        };
        let targets = |token: Option<String>| async move {
            let request = self.client.list_targets_for_policy().policy_id(id).set_next_token(token).max_results(PAGE);
            let send = |c| request.clone().customize().interceptor(c).send();
            let (out, raw) = self.context.aws.call(self.session, Op::ListTargetsForPolicy, send).await.map_err(member)?;
            Ok(Page::of(&raw, "Targets", out.next_token()))
        };
        let text = unit::pages(self.context, &text_of(id), text).await;
        let targets = unit::pages(self.context, &targets_of(id), targets).await;
        text.trouble.or(targets.trouble)
    }

    async fn delegated(&self, about: About<'_>) {
        let session = self.session.probing();
        let client = Client::new(&session.config);
        let (client, session) = (&client, &session);
        let list = |token: Option<String>| async move {
            let request = client.list_delegated_administrators().set_next_token(token).max_results(PAGE);
            let send = |c| request.clone().customize().interceptor(c).send();
            let (out, raw) = self.context.aws.call(session, Op::ListDelegatedAdministrators, send).await.map_err(member)?;
            Ok(Page::of(&raw, "DelegatedAdministrators", out.next_token()))
        };
        let mut all = unit::pages(self.context, DELEGATED, list).await;
        for id in ids(self.context, DELEGATED).unwrap_or_default() {
            let services = |token: Option<String>| {
                let request =
                    client.list_delegated_services_for_account().account_id(&id).set_next_token(token).max_results(PAGE);
                async move {
                    let send = |c| request.clone().customize().interceptor(c).send();
                    let (out, raw) = self.context.aws.call(session, Op::ListDelegatedServicesForAccount, send).await?;
                    Ok(Page::of(&raw, "DelegatedServices", out.next_token()))
                }
            };
            let tally = unit::pages(self.context, &services_of(&id), services).await;
            all.trouble = all.trouble.or(tally.trouble);
        }
        let mut state = about.tally(&all);
        if all.trouble.as_ref().is_some_and(|t| t.sort == Sort::Unsupported) {
            // No policy hangs on it: an endpoint that does not know it leaves nothing unread.
            state.state = State::Complete;
            state.help = None;
        }
        self.context.report(state);
    }
}

/// A refusal that has its reason in where the caller stands.
fn member(trouble: Trouble) -> Trouble {
    if trouble.sort != Sort::Denied {
        return trouble;
    }
    trouble.help(
        "ask from the management account or a delegated administrator of AWS Organizations, with what \
         `palisade fetch --print-policy` prints; then `--resume`",
    )
}

fn accounts_of(parent: &str) -> String {
    format!("org/accounts/{parent}")
}

fn units_of(parent: &str) -> String {
    format!("org/units/{parent}")
}

fn policies_of(kind: &PolicyType) -> String {
    format!("org/policies/{}", kind.as_str())
}

fn text_of(id: &str) -> String {
    format!("org/policy/{id}")
}

fn targets_of(id: &str) -> String {
    format!("org/targets/{id}")
}

fn services_of(id: &str) -> String {
    format!("org/services/{id}")
}

fn id_of(record: &Value) -> Option<String> {
    record.get("Id").and_then(Value::as_str).map(str::to_owned)
}

fn ids(context: &Context<'_>, name: &str) -> Result<Vec<String>, SourceError> {
    Ok(unit::records(&context.store.parts, name)?.iter().filter_map(id_of).collect())
}

/// The accounts of the organization that are in use, with their names; empty when there is none.
///
/// # Errors
/// When a part cannot be read.
pub fn accounts(context: &Context<'_>) -> Result<Vec<String>, SourceError> {
    let parts = &context.store.parts;
    let mut all = Vec::new();
    for unit in parts.units("org/accounts/") {
        let records = unit::records(parts, &unit)?;
        let active = |r: &&Value| r.get("Status").and_then(Value::as_str).is_none_or(|s| s == "ACTIVE");
        all.extend(records.iter().filter(active).filter_map(id_of));
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// Only these members of a record, and the unit it belongs to.
fn picked(record: &Value, members: &[&str], parent: Option<&str>) -> Value {
    let mut out = Map::new();
    for member in members {
        if let Some(value) = record.get(member).filter(|v| !v.is_null()) {
            out.insert((*member).to_owned(), value.clone());
        }
    }
    if let Some(parent) = parent {
        out.insert("ParentId".to_owned(), json!(parent));
    }
    Value::Object(out)
}

/// A record with one more member.
fn with(mut record: Value, member: &str, value: Value) -> Value {
    if let Some(members) = record.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
    record
}

/// `organization.json`, from what is on disk; none when there is no organization.
///
/// # Errors
/// When a part cannot be read.
pub fn document(context: &Context<'_>) -> Result<Option<String>, SourceError> {
    let parts = &context.store.parts;
    let Some(organization) = unit::records(parts, DESCRIBE)?.into_iter().next() else { return Ok(None) };
    let mut out = Map::new();
    let own = ["Id", "Arn", "FeatureSet", "MasterAccountArn", "MasterAccountId"];
    out.insert("Organization".to_owned(), picked(&organization, &own, None));
    let roots = sorted(unit::records(parts, ROOTS)?.iter().map(|r| picked(r, &["Id", "Arn", "Name", "PolicyTypes"], None)));
    out.insert("Roots".to_owned(), roots);
    let below = |start: &str, members: &[&str]| -> Result<Value, SourceError> {
        let mut all = Vec::new();
        for unit in parts.units(start) {
            let parent = unit.strip_prefix(start).unwrap_or_default();
            all.extend(unit::records(parts, &unit)?.iter().map(|r| picked(r, members, Some(parent))));
        }
        Ok(sorted(all))
    };
    out.insert("OrganizationalUnits".to_owned(), below("org/units/", &["Id", "Arn", "Name"])?);
    out.insert("Accounts".to_owned(), below("org/accounts/", &["Id", "Arn", "Name", "Status"])?);
    policies(context, &mut out)?;
    let mut delegated = Vec::new();
    for record in unit::records(parts, DELEGATED)? {
        let services = id_of(&record).map(|id| unit::records(parts, &services_of(&id))).transpose()?.unwrap_or_default();
        let names = services.iter().filter_map(|s| s.get("ServicePrincipal").cloned()).collect::<Vec<_>>();
        let one = picked(&record, &["Id", "Arn", "Name", "Status"], None);
        delegated.push(with(one, "DelegatedServices", json!(names)));
    }
    out.insert("DelegatedAdministrators".to_owned(), sorted(delegated));
    Ok(Some(format!("{:#}\n", Value::Object(out))))
}

/// Policies and attachments. Attachments that are known in part only are left out: what binds an account would be told
/// wrongly.
fn policies(context: &Context<'_>, out: &mut Map<String, Value>) -> Result<(), SourceError> {
    let parts = &context.store.parts;
    let mut texts = Vec::new();
    let mut attached = Vec::new();
    let mut whole = true;
    for (kind, _) in KINDS {
        let name = policies_of(&kind);
        whole &= unit::is_done(parts, &name);
        for summary in unit::records(parts, &name)? {
            let Some(id) = id_of(&summary) else { continue };
            let text = unit::records(parts, &text_of(&id))?.into_iter().next();
            let content = text.as_ref().and_then(|t| t.get("Content").cloned());
            let members = ["Id", "Arn", "Name", "Description", "Type", "AwsManaged"];
            let policy = json!({ "PolicySummary": picked(&summary, &members, None) });
            let policy = content.into_iter().fold(policy, |policy, content| with(policy, "Content", content));
            texts.push((id.clone(), policy));
            whole &= unit::is_done(parts, &targets_of(&id));
            for target in unit::records(parts, &targets_of(&id))? {
                let one = json!({ "PolicyId": id, "TargetId": target.get("TargetId"), "Type": target.get("Type") });
                attached.push((one.to_string(), one));
            }
        }
    }
    let ordered = |all: Vec<(String, Value)>| all.into_iter().collect::<BTreeMap<_, _>>().into_values().collect::<Vec<_>>();
    out.insert("Policies".to_owned(), json!(ordered(texts)));
    if whole {
        out.insert("PolicyAttachments".to_owned(), json!(ordered(attached)));
    }
    Ok(())
}

fn sorted(all: impl IntoIterator<Item = Value>) -> Value {
    let by_id: BTreeMap<String, Value> = all.into_iter().map(|v| (id_of(&v).unwrap_or_default(), v)).collect();
    json!(by_id.into_values().collect::<Vec<_>>())
}
