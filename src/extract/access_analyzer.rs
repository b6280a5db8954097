//! Findings of IAM Access Analyzer as settings of the resource they are about: the lines of a snapshot, and the answers of
//! `aws accessanalyzer`. Which statement grants what they tell of is looked for later, when all policies are at hand.
//!
//! IAM Access Analyzer API Reference, `GetFindingV2`, `ListFindingsV2`, `ListFindings`.

use super::entity::{Entity, Identity};
use super::facts::{Fact, Setting};
use super::found::{Body, Found, Place};
use super::owner;
use crate::catalog::{self, AccessLevel};
use crate::document::{Kind, Node};
use crate::policy::Context;
use crate::text::glob::has_wildcard;

/// The fact that tells a finding from other settings.
pub const FINDING: &str = "access_analyzer.finding";

/// Everything an answer or a line speaks of; nothing when it is none of them.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    if let Some(finding) = root.get("finding") {
        // A line of a snapshot, or `get-finding`.
        return entity(&finding, said).into_iter().collect();
    }
    if is_finding(root.node()) {
        return entity(root, said).into_iter().collect();
    }
    let list = root.get("findings").map(|list| list.elements().collect::<Vec<_>>()).unwrap_or_default();
    list.iter().filter_map(|finding| entity(finding, said)).collect()
}

/// Members that every finding has; the details are in some answers only.
fn is_finding(node: Node<'_>) -> bool {
    let has = |name: &str| node.get(name).is_some();
    has("id") && has("status") && has("resourceType") && (has("findingType") || has("isPublic") || has("principal"))
}

fn entity(finding: &Place, said: &Context) -> Option<Entity> {
    if !is_finding(finding.node()) {
        return None;
    }
    let told = Told::read(finding.node());
    let arn = finding.text(&["resource"]);
    let name = arn.as_deref().and_then(|arn| arn.rsplit([':', '/']).next()).map(str::to_owned);
    let owner = finding.text(&["resourceOwnerAccount"]);
    let mut context = Context {
        kind: None,
        resource_type: finding.text(&["resourceType"]),
        name,
        attached_to: None,
        ..owner::by_arn(said, arn)
    };
    context.account = owner.or(context.account);
    let key = finding.text(&["id"]).map(|id| format!("access-analyzer|{id}").into());
    // An entry of a list has no details: the finding by itself says more, whatever its date.
    let recorded = if told.is_detailed { finding.text(&["updatedAt"]).unwrap_or_default() } else { String::new() };
    let identity = Identity { key, recorded: recorded.into() };
    let body = Body::Settings(finding.clone(), told.facts(finding));
    Some(Entity::Resource(identity, vec![Found { body, context }]))
}

/// What a finding tells, whichever answer it stands in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// `ExternalAccess`, `UnusedPermission`, ….
    pub finding_type: String,
    /// `ACTIVE`, `ARCHIVED` or `RESOLVED`.
    pub status: String,
    /// Anyone may; none when it does not tell.
    pub public: Option<bool>,
    /// Types and values of who may.
    pub principals: Vec<(String, String)>,
    /// What they may, or what was not used; with the service's prefix.
    pub actions: Vec<String>,
    /// Condition keys and values under which they may.
    pub conditions: Vec<(String, String)>,
    /// The service that was not used.
    pub service: Option<String>,
    /// When it was used last, `YYYY-MM-DD`.
    pub last_accessed: Option<String>,
    /// The access key.
    pub access_key: Option<String>,
    /// What grants it: `POLICY`, `BUCKET_ACL`, …; empty when it does not tell.
    pub sources: Vec<String>,
    /// It was read with its details.
    pub is_detailed: bool,
}

impl Told {
    /// Read a finding.
    pub fn read(finding: Node<'_>) -> Self {
        let text = |key: &str| finding.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        let old = finding.get("principal").is_some() || finding.get("isPublic").is_some();
        let mut told = Self {
            finding_type: if old { "ExternalAccess".to_owned() } else { text("findingType") },
            status: text("status"),
            is_detailed: old,
            ..Self::default()
        };
        if old {
            told.access(finding);
        }
        for details in finding.get("findingDetails").into_iter().flat_map(Node::elements) {
            for (_, inner) in details.members() {
                told.is_detailed = true;
                told.access(inner);
                told.unused(inner);
            }
        }
        told
    }

    /// External or internal access.
    fn access(&mut self, node: Node<'_>) {
        if let Some(public) = node.get("isPublic").and_then(Node::as_bool) {
            self.public = Some(public || self.public == Some(true));
        }
        let pairs = |key: &str| -> Vec<(String, String)> {
            let members = node.get(key).into_iter().flat_map(Node::members);
            members.filter(|(_, v)| v.is_scalar()).map(|(k, v)| (k.scalar().to_owned(), v.scalar().to_owned())).collect()
        };
        self.principals.extend(pairs("principal"));
        self.conditions.extend(pairs("condition"));
        let actions = node.get("action").into_iter().flat_map(Node::one_or_many).filter_map(Node::as_str);
        self.actions.extend(actions.map(str::to_owned));
        let sources = node.get("sources").into_iter().flat_map(Node::elements);
        self.sources.extend(sources.filter_map(|s| s.get("type")?.as_str()).map(str::to_owned));
    }

    /// Access that nobody made use of.
    fn unused(&mut self, node: Node<'_>) {
        let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
        let day = |time: String| time.chars().take(10).collect::<String>();
        self.service = text("serviceNamespace").or(self.service.take());
        self.access_key = text("accessKeyId").or(self.access_key.take());
        self.last_accessed = text("lastAccessed").map(day).or(self.last_accessed.take());
        for action in node.get("actions").into_iter().flat_map(Node::elements).filter_map(|a| a.get("action")?.as_str()) {
            // The service is told beside the actions; some answers repeat it.
            let prefix = self.service.as_deref().filter(|_| !action.contains(':'));
            self.actions.push(prefix.map_or_else(|| action.to_owned(), |prefix| format!("{prefix}:{action}")));
        }
    }

    fn facts(&self, place: &Place) -> Vec<Fact> {
        let details = place.get("findingDetails").unwrap_or_else(|| place.clone());
        let at = |key: &str| place.get(key).unwrap_or_else(|| place.clone());
        let told = |value: Option<String>| value.map_or(Setting::Unknown, Setting::Is);
        let writes = (!self.actions.is_empty()).then(|| self.actions.iter().any(|action| changes(action)).to_string());
        let all = [
            (FINDING, Setting::Is(self.finding_type.clone()), at("findingType")),
            ("access_analyzer.status", Setting::Is(self.status.clone()), at("status")),
            ("access_analyzer.public", told(self.public.map(|public| public.to_string())), details.clone()),
            ("access_analyzer.writes", told(writes), details.clone()),
            ("access_analyzer.summary", Setting::Is(self.summary()), details),
        ];
        all.into_iter().map(|(name, setting, place)| Fact { name, setting, place }).collect()
    }

    /// What it says, in words.
    fn summary(&self) -> String {
        let since = match &self.last_accessed {
            Some(day) => format!("was not used since {day}"),
            None => "was never used".to_owned(),
        };
        match self.finding_type.as_str() {
            "UnusedIAMRole" => format!("the role {since}"),
            "UnusedIAMUserPassword" => format!("the password {since}"),
            "UnusedIAMUserAccessKey" => {
                format!("the access key{} {since}", self.access_key.as_ref().map(|k| format!(" `{k}`")).unwrap_or_default())
            }
            "UnusedPermission" => {
                let service = self.service.as_deref().unwrap_or("a service");
                match few(&self.actions) {
                    Some(actions) if self.actions.len() > 1 => format!("{actions} {}", since.replacen("was", "were", 1)),
                    Some(action) => format!("{action} {since}"),
                    None => format!("`{service}` {since}"),
                }
            }
            _ => self.access_summary(),
        }
    }

    fn access_summary(&self) -> String {
        let names: Vec<String> = self.principals.iter().map(|(_, value)| value.clone()).collect();
        let who = match (self.public, few(&names)) {
            (Some(true), _) => "anyone".to_owned(),
            (_, Some(names)) => names,
            (_, None) if self.finding_type == "InternalAccess" => "somebody of the organization".to_owned(),
            (_, None) => "somebody outside".to_owned(),
        };
        let what = few(&self.actions).map_or_else(|| "use it".to_owned(), |actions| format!("do {actions}"));
        let pairs: Vec<String> = self.conditions.iter().map(|(key, value)| format!("{key} {value}")).collect();
        let when = few(&pairs).map(|pairs| format!(", given {pairs}")).unwrap_or_default();
        let through = match self.sources.iter().find(|source| *source != "POLICY") {
            Some(source) if !self.sources.iter().any(|s| s == "POLICY") => {
                format!(", through its {}", source.to_ascii_lowercase().replace('_', " ").replace("acl", "ACL"))
            }
            _ => String::new(),
        };
        format!("{who} may {what}{when}{through}")
    }
}

/// The first few of some names, each in backticks.
fn few(names: &[String]) -> Option<String> {
    const FEW: usize = 3;
    let shown: Vec<String> = names.iter().take(FEW).map(|name| format!("`{}`", name.replace('`', "'"))).collect();
    let more = names.len().saturating_sub(FEW);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
}

/// Whether an action does more than read and list; what is not known may.
fn changes(action: &str) -> bool {
    let known = action.split_once(':').filter(|_| !has_wildcard(action));
    let level =
        known.and_then(|(service, name)| catalog::action(&service.to_ascii_lowercase(), name)).map(|action| action.level());
    !matches!(level, Some(AccessLevel::List | AccessLevel::Read))
}

/// True for a document that tells of findings.
pub fn is_answer(root: Node<'_>) -> bool {
    // A line of a snapshot says so itself.
    let line = root.get("finding").is_some_and(|finding| root.get("analyzer").is_some() || is_finding(finding));
    let list =
        || root.get("findings").is_some_and(|list| list.kind() == Kind::Array && list.elements().next().is_some_and(is_finding));
    line || is_finding(root) || list()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;
    use crate::extract::Base;
    use std::sync::Arc;

    fn all(text: &str) -> Vec<(Context, Vec<(&'static str, Setting)>)> {
        let base = Base::new("f.json".into(), json::parse(text.to_owned()), crate::document::Origin::default());
        let root = Place::root(Arc::new(base)).unwrap();
        assert_eq!(is_answer(root.node()), !entities(&root, &Context::default()).is_empty(), "{text}");
        let settings = entities(&root, &Context::default()).into_iter().map(|entity| {
            let Entity::Resource(_, found) = entity else { panic!() };
            let Body::Settings(_, facts) = &found[0].body else { panic!() };
            (found[0].context.clone(), facts.iter().map(|f| (f.name, f.setting.clone())).collect())
        });
        settings.collect()
    }

    fn summary(text: &str) -> String {
        let (_, facts) = all(text).remove(0);
        let Setting::Is(text) = &facts[4].1 else { panic!() };
        text.clone()
    }

    const HEAD: &str = r#""id":"1","status":"ACTIVE","resource":"arn:aws:s3:::lake","resourceType":"AWS::S3::Bucket","resourceOwnerAccount":"111122223333""#;

    #[test]
    fn answers_of_all_forms_are_read() {
        let details = r#""findingDetails":[{"externalAccessDetails":{"isPublic":true,"principal":{"AWS":"*"},"action":["s3:GetObject","s3:PutObject"],"condition":{},"sources":[{"type":"POLICY"}]}}]"#;
        let line = format!(
            r#"{{"analyzer":{{"arn":"a","type":"ACCOUNT"}},"account":"1","region":"us-east-1","kind":"external","finding":{{{HEAD},"findingType":"ExternalAccess",{details}}}}}"#
        );
        let (context, facts) = all(&line).remove(0);
        assert_eq!((context.account.as_deref(), context.name.as_deref()), (Some("111122223333"), Some("lake")));
        let is = |text: &str| Setting::Is(text.into());
        assert_eq!(
            facts,
            [
                (FINDING, is("ExternalAccess")),
                ("access_analyzer.status", is("ACTIVE")),
                ("access_analyzer.public", is("true")),
                ("access_analyzer.writes", is("true")),
                ("access_analyzer.summary", is("anyone may do `s3:GetObject`, `s3:PutObject`")),
            ]
        );
        let old = format!(
            r#"{{"findings":[{{{HEAD},"isPublic":false,"principal":{{"AWS":"999988887777"}},"action":["s3:GetObject"],"condition":{{"aws:SourceVpc":"vpc-1"}}}}]}}"#
        );
        assert_eq!(summary(&old), "`999988887777` may do `s3:GetObject`, given `aws:SourceVpc vpc-1`");
        assert_eq!(all(&old)[0].1[3].1, is("false"));
        let bare = format!(r#"{{"findings":[{{{HEAD},"findingType":"ExternalAccess"}}]}}"#);
        assert_eq!((summary(&bare), &all(&bare)[0].1[2].1), ("somebody outside may use it".into(), &Setting::Unknown));
        assert!(all(r#"{"findings":[{"id":1,"title":"of another tool"}]}"#).is_empty());
        assert!(all(r#"{"findings":[],"finding":"x"}"#).is_empty());
    }

    #[test]
    fn what_was_not_used_is_said() {
        let unused =
            |kind: &str, details: &str| summary(&format!(r#"{{{HEAD},"findingType":"{kind}","findingDetails":[{details}]}}"#));
        let permission = r#"{"unusedPermissionDetails":{"serviceNamespace":"s3","lastAccessed":"2026-01-02T03:04:05Z","actions":[{"action":"PutObject"},{"action":"s3:GetObject"}]}}"#;
        assert_eq!(unused("UnusedPermission", permission), "`s3:PutObject`, `s3:GetObject` were not used since 2026-01-02");
        assert_eq!(
            unused("UnusedPermission", r#"{"unusedPermissionDetails":{"serviceNamespace":"sqs"}}"#),
            "`sqs` was never used"
        );
        assert_eq!(unused("UnusedIAMRole", r#"{"unusedIamRoleDetails":{}}"#), "the role was never used");
        let key = r#"{"unusedIamUserAccessKeyDetails":{"accessKeyId":"AKIAEXAMPLE"}}"#;
        assert_eq!(unused("UnusedIAMUserAccessKey", key), "the access key `AKIAEXAMPLE` was never used");
        let acl = r#"{"externalAccessDetails":{"isPublic":true,"action":["s3:GetObject"],"sources":[{"type":"BUCKET_ACL"}]}}"#;
        assert_eq!(unused("ExternalAccess", acl), "anyone may do `s3:GetObject`, through its bucket ACL");
    }
}
