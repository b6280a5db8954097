//! An AWS in a closure: the SDK's own serialisers, signing and retries run against it, and no socket is opened.

use super::context::Listener;
use super::error::FetchError;
use super::runner::run_with;
use super::settings::Settings;
use crate::source::snapshot::{Manifest, SourceState, State};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The caller's account, and another one.
pub const OWN: &str = "111111111111";
pub const OTHER: &str = "222222222222";

/// What must be in no file and no output.
pub const SECRETS: [&str; 4] = ["AKIAOWN", "own-secret-key", "own-session-token", "role-secret-key"];

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    pub op: String,
    /// The account of the key it was signed with.
    pub account: String,
    pub body: Value,
    pub text: String,
    pub path: String,
    /// Which one of its operation this is, from 1.
    pub nth: usize,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    pub region: Option<&'static str>,
}

impl Reply {
    /// With something else in the place of its words.
    pub fn with_body(mut self, words: &str) -> Self {
        let body = String::from_utf8(self.body).unwrap();
        self.body = body.replace("<Message>no<", &format!("<Message>{words}<")).into_bytes();
        self
    }
}

pub fn ok(body: Value) -> Reply {
    text(200, &body.to_string())
}

pub fn text(status: u16, body: &str) -> Reply {
    Reply { status, body: body.as_bytes().to_vec(), region: None }
}

pub fn error(status: u16, code: &str) -> Reply {
    text(status, &json!({ "__type": code, "message": format!("{code} was said") }).to_string())
}

pub fn xml_error(status: u16, code: &str) -> Reply {
    text(
        status,
        &format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        ),
    )
}

pub fn s3_error(status: u16, code: &str) -> Reply {
    text(status, &format!("<Error><Code>{code}</Code><Message>no</Message><RequestId>r</RequestId></Error>"))
}

type Handler = dyn Fn(&Call) -> Option<Reply> + Send + Sync;

/// An AWS.
pub struct Fake {
    handler: Box<Handler>,
    pub log: Mutex<Vec<Call>>,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    /// `handler` answers what it wants to; everything else is answered by a small, sound organization.
    pub fn new(handler: impl Fn(&Call) -> Option<Reply> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { handler: Box::new(handler), log: Mutex::default() })
    }

    fn answer(&self, request: &HttpRequest) -> Reply {
        let mut log = self.log.lock().unwrap();
        let mut call = read(request);
        call.nth = log.iter().filter(|c| c.op == call.op).count() + 1;
        log.push(call.clone());
        (self.handler)(&call).unwrap_or_else(|| sound(&call))
    }

    /// How often an operation was called.
    pub fn count(&self, op: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|c| c.op == op).count()
    }

    pub fn config(self: &Arc<Self>) -> SdkConfig {
        let keys = Credentials::new(SECRETS[0], SECRETS[1], Some(SECRETS[2].to_owned()), None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1)))
            .sleep_impl(aws_smithy_async_sleep())
            .http_client(client(self.clone()))
            .build()
    }

    /// Fetch into a folder.
    pub fn fetch(self: &Arc<Self>, settings: &Settings) -> Result<Manifest, FetchError> {
        self.fetch_telling(settings, &mut |_| {})
    }

    pub fn fetch_telling(self: &Arc<Self>, settings: &Settings, listener: &mut Listener<'_>) -> Result<Manifest, FetchError> {
        run_with(settings, self.config(), listener)
    }
}

fn aws_smithy_async_sleep() -> aws_sdk_sts::config::SharedAsyncSleep {
    #[derive(Debug)]
    struct Tokio;
    impl aws_sdk_sts::config::AsyncSleep for Tokio {
        fn sleep(&self, duration: Duration) -> aws_sdk_sts::config::Sleep {
            aws_sdk_sts::config::Sleep::new(tokio::time::sleep(duration))
        }
    }
    aws_sdk_sts::config::SharedAsyncSleep::new(Tokio)
}

#[derive(Clone, Debug)]
struct Wire(Arc<Fake>);

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let reply = self.0.answer(&request);
        let mut response = HttpResponse::new(StatusCode::try_from(reply.status).unwrap(), SdkBody::from(reply.body));
        if let Some(region) = reply.region {
            response.headers_mut().insert("x-amz-bucket-region", region);
        }
        response.headers_mut().insert("x-amzn-requestid", "request-1");
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn client(fake: Arc<Fake>) -> SharedHttpClient {
    http_client_fn(move |_: &HttpConnectorSettings, _: &RuntimeComponents| SharedHttpConnector::new(Wire(fake.clone())))
}

fn read(request: &HttpRequest) -> Call {
    let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
    let text = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let key = header("authorization");
    let key = key.split("Credential=").nth(1).and_then(|k| k.split('/').next()).unwrap_or_default();
    let account = key.strip_prefix("ASIA").unwrap_or(OWN).to_owned();
    let path = request.uri().split_once("amazonaws.com").map_or("", |(_, path)| path).to_owned();
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    let target = header("x-amz-target");
    let op = match target.rsplit_once('.') {
        Some((_, op)) => op.to_owned(),
        None => rest_op(request.method(), request.uri(), &path, &text),
    };
    // The bucket stands in the host.
    Call { op, account, body, text, path: request.uri().to_owned(), nth: 0 }
}

fn rest_op(method: &str, uri: &str, path: &str, text: &str) -> String {
    if let Some(action) = text.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
        return action.to_owned();
    }
    let analyzer = uri.contains("access-analyzer");
    let found = match (method, path.split('?').next().unwrap_or_default()) {
        ("GET", "/analyzer") => "ListAnalyzers",
        ("POST", "/findingv2") => "ListFindingsV2",
        ("POST", "/policy/validation") => "ValidatePolicy",
        ("GET", at) if analyzer && at.starts_with("/findingv2/") => "GetFindingV2",
        _ if path.contains("x-id=ListBuckets") => "ListBuckets",
        _ if path.contains("list-type=2") => "ListObjectsV2",
        _ if path.contains("location") => "GetBucketLocation",
        _ if path.contains("publicAccessBlock") => "GetPublicAccessBlock",
        _ if path.contains("encryption") => "GetBucketEncryption",
        _ if path.contains("policy") => "GetBucketPolicy",
        ("GET", _) => "GetObject",
        _ => "Unknown",
    };
    found.to_owned()
}

/// A query parameter of a request.
pub fn query(call: &Call, name: &str) -> Option<String> {
    let query = call.path.split_once('?')?.1;
    let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(crate::text::percent::decode(found))
}

/// The answer of a small, sound organization.
pub fn sound(call: &Call) -> Reply {
    match call.op.as_str() {
        "GetCallerIdentity" => text(
            200,
            &format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{OWN}:user/ada</Arn><UserId>U</UserId>\
             <Account>{OWN}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            ),
        ),
        "AssumeRole" => {
            let arn = call.text.split("RoleArn=").nth(1).unwrap_or_default();
            let account = arn.split("%3A").nth(4).unwrap_or_default();
            text(
                200,
                &format!(
                    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>{}\
                 </SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>\
                 </AssumeRoleResult></AssumeRoleResponse>",
                    SECRETS[3]
                ),
            )
        }
        op if op.contains("BucketLocation") || op == "ListBuckets" || op.contains("Bucket") || op == "GetPublicAccessBlock" => {
            bucket(call)
        }
        "GetAccountAuthorizationDetails" => iam(call),
        "ListSecrets" => ok(json!({"SecretList": []})),
        op if op.contains("Config") || op.contains("Aggregate") => config(call),
        "ListAnalyzers" | "ListFindingsV2" | "GetFindingV2" => analyzer(call),
        _ => organization(call),
    }
}

fn organization(call: &Call) -> Reply {
    let arn = |rest: &str| format!("arn:aws:organizations::{OWN}:{rest}");
    let account = |id: &str| json!({"Id": id, "Arn": arn(&format!("account/o-a/{id}")), "Name": format!("n{id}"), "Email": "e@x", "Status": "ACTIVE"});
    let scp = |id: &str| json!({"Id": id, "Arn": arn(&format!("policy/o-a/service_control_policy/{id}")), "Name": id, "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false});
    match call.op.as_str() {
        "DescribeOrganization" => ok(
            json!({"Organization": {"Id": "o-a", "Arn": arn("organization/o-a"), "MasterAccountId": OWN, "MasterAccountEmail": "m@x"}}),
        ),
        "ListRoots" => ok(json!({"Roots": [{"Id": "r-a", "Arn": arn("root/o-a/r-a"), "Name": "Root", "PolicyTypes": []}]})),
        "ListOrganizationalUnitsForParent" if call.body["ParentId"] == "r-a" => {
            ok(json!({"OrganizationalUnits": [{"Id": "ou-a-1", "Arn": arn("ou/o-a/ou-a-1"), "Name": "prod"}]}))
        }
        "ListOrganizationalUnitsForParent" => ok(json!({"OrganizationalUnits": []})),
        "ListAccountsForParent" if call.body["ParentId"] == "r-a" => ok(json!({"Accounts": [account(OWN)]})),
        "ListAccountsForParent" => ok(json!({"Accounts": [account(OTHER)]})),
        "ListPolicies" if call.body["Filter"] == "SERVICE_CONTROL_POLICY" => ok(json!({"Policies": [scp("p-1")]})),
        "ListPolicies" => ok(json!({"Policies": []})),
        "DescribePolicy" => {
            ok(json!({"Policy": {"PolicySummary": scp("p-1"), "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}}))
        }
        "ListTargetsForPolicy" => {
            ok(json!({"Targets": [{"TargetId": "ou-a-1", "Arn": "a", "Name": "prod", "Type": "ORGANIZATIONAL_UNIT"}]}))
        }
        "ListDelegatedAdministrators" => ok(json!({"DelegatedAdministrators": [account(OTHER)]})),
        "ListDelegatedServicesForAccount" => ok(json!({"DelegatedServices": [{"ServicePrincipal": "config.amazonaws.com"}]})),
        other => panic!("nobody answers {other}: {call:?}"),
    }
}

/// The region of a request, from its host.
pub fn region(call: &Call) -> &str {
    call.path.split('.').nth(1).unwrap_or_default()
}

/// An item as the aggregator tells it.
pub fn item(account: &str, kind: &str, id: &str) -> Value {
    json!({
        "version": "1.3", "accountId": account, "configurationItemCaptureTime": 1_766_000_000.5, "configurationItemStatus": "OK",
        "arn": format!("arn:aws:x:eu-west-1:{account}:{id}"), "resourceType": kind, "resourceId": id, "resourceName": id,
        "awsRegion": "eu-west-1", "configuration": json!({"name": id, "environment": {"variables": {"P": "hunter2"}}}).to_string(),
        "supplementaryConfiguration": {"Policy": "{\"Statement\":[]}"},
    })
}

pub fn identifier(account: &str, kind: &str, id: &str) -> Value {
    json!({"SourceAccountId": account, "SourceRegion": "eu-west-1", "ResourceId": id, "ResourceType": kind, "ResourceName": id})
}

fn config(call: &Call) -> Reply {
    let kind = call.body["ResourceType"].as_str().unwrap_or_default();
    match call.op.as_str() {
        "DescribeConfigurationAggregators" => ok(json!({"ConfigurationAggregators": [{"ConfigurationAggregatorName": "org"}]})),
        "DescribeConfigurationAggregatorSourcesStatus" => ok(json!({"AggregatedSourceStatusList": [
            {"SourceId": OWN, "SourceType": "ACCOUNT", "AwsRegion": "eu-west-1", "LastUpdateStatus": "SUCCEEDED"}]})),
        "ListAggregateDiscoveredResources" if kind == "AWS::IAM::Role" || kind == "AWS::S3::Bucket" => {
            let ids = [OWN, OTHER].map(|account| identifier(account, kind, &format!("{kind}-{account}")));
            ok(json!({"ResourceIdentifiers": ids}))
        }
        "ListAggregateDiscoveredResources" => ok(json!({"ResourceIdentifiers": []})),
        "BatchGetAggregateResourceConfig" => batch(call, |_| true),
        "SelectAggregateResourceConfig" => ok(json!({"Results": [item(OWN, "AWS::IAM::Role", "q").to_string()]})),
        other => panic!("nobody answers {other}"),
    }
}

/// The items that are asked for; those that are not `there` are left out.
pub fn batch(call: &Call, there: impl Fn(&str) -> bool) -> Reply {
    let wanted = call.body["ResourceIdentifiers"].as_array().unwrap().clone();
    let text = |id: &Value, key: &str| id[key].as_str().unwrap().to_owned();
    let (got, left): (Vec<Value>, Vec<Value>) = wanted.into_iter().partition(|id| there(&text(id, "ResourceId")));
    let items: Vec<Value> =
        got.iter().map(|id| item(&text(id, "SourceAccountId"), &text(id, "ResourceType"), &text(id, "ResourceId"))).collect();
    ok(json!({"BaseConfigurationItems": items, "UnprocessedResourceIdentifiers": left}))
}

/// An analyzer's finding.
pub fn finding(id: &str, status: &str) -> Value {
    let now = "2026-01-01T00:00:00Z";
    json!({"id": id, "resource": "arn:aws:s3:::b", "resourceType": "AWS::S3::Bucket", "resourceOwnerAccount": OTHER, "status": status,
           "findingType": "ExternalAccess", "analyzedAt": now, "createdAt": now, "updatedAt": now})
}

fn analyzer(call: &Call) -> Reply {
    match call.op.as_str() {
        "ListAnalyzers" => {
            ok(json!({"analyzers": [{"arn": format!("arn:aws:access-analyzer:eu-west-1:{OWN}:analyzer/org"), "name": "org",
            "type": "ORGANIZATION", "createdAt": "2026-01-01T00:00:00Z", "status": "ACTIVE"}]}))
        }
        "ListFindingsV2" => ok(json!({"findings": [finding("f-1", "ACTIVE"), finding("f-2", "RESOLVED")]})),
        _ => {
            let mut one = finding("f-1", "ACTIVE");
            let page = query(call, "nextToken").is_some();
            one["findingDetails"] = json!([{"externalAccessDetails": {"condition": {}, "isPublic": page}}]);
            if !page {
                one["nextToken"] = json!("more");
            }
            ok(one)
        }
    }
}

fn iam(call: &Call) -> Reply {
    let marker = call.text.contains("Marker=");
    let document = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
    let role = |name: &str| {
        format!(
            "<member><Path>/</Path><RoleName>{name}</RoleName><RoleId>A</RoleId><Arn>arn:aws:iam::{}:role/{name}</Arn>\
             <CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{document}</AssumeRolePolicyDocument></member>",
            call.account
        )
    };
    if call.text.contains("Filter.member") && !call.text.contains("=Role") {
        return text(
            200,
            "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated>\
             </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>",
        );
    }
    // The first page holds fewer than it could, the second one the rest.
    let (roles, end) = if marker {
        (role("a") + &role("m"), "<IsTruncated>false</IsTruncated>")
    } else {
        (role("z"), "<IsTruncated>true</IsTruncated><Marker>next</Marker>")
    };
    text(
        200,
        &format!(
            "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><RoleDetailList>{roles}</RoleDetailList>{end}\
         </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
        ),
    )
}

fn bucket(call: &Call) -> Reply {
    match call.op.as_str() {
        "ListBuckets" => text(
            200,
            &format!(
                "<ListAllMyBucketsResult><Owner><ID>o</ID></Owner><Buckets><Bucket><Name>plain-{0}</Name><BucketRegion>eu-west-1</BucketRegion>\
             </Bucket><Bucket><Name>set-{0}</Name></Bucket></Buckets></ListAllMyBucketsResult>",
                call.account
            ),
        ),
        "GetBucketLocation" => text(200, "<LocationConstraint>EU</LocationConstraint>"),
        _ if call.path.contains("plain-") => s3_error(
            404,
            match call.op.as_str() {
                "GetBucketPolicy" => "NoSuchBucketPolicy",
                "GetBucketEncryption" => "ServerSideEncryptionConfigurationNotFoundError",
                _ => "NoSuchPublicAccessBlockConfiguration",
            },
        ),
        "GetBucketPolicy" => ok(json!({"Version": "2012-10-17", "Statement": []})),
        "GetBucketEncryption" => text(
            200,
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
             </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        ),
        _ => {
            text(200, "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>")
        }
    }
}

/// Settings for a folder that wait hardly at all.
pub fn settings(folder: &Path) -> Settings {
    Settings { out: folder.to_path_buf(), backoff: Duration::from_millis(1), max_attempts: 3, ..Settings::default() }
}

/// What is not complete, a line each.
pub fn open(manifest: &Manifest) -> String {
    let line = |s: &SourceState| {
        let about = [s.account.clone(), s.region.clone(), s.what.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        format!("{} {about}: {}: {}", s.source, s.state.as_str(), s.reason.clone().unwrap_or_default())
    };
    manifest.sources.iter().filter(|s| s.state != State::Complete).map(line).collect::<Vec<_>>().join("\n")
}

/// Every file of a folder by its name, unpacked; the manifest left out.
pub fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(here) = todo.pop() {
        for name in crate::source::folder::names(&here).unwrap() {
            let path = here.join(&name);
            if path.is_dir() {
                todo.push(path);
            } else {
                let shown = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                all.insert(shown, String::from_utf8(crate::source::read_bytes(&path).unwrap()).unwrap());
            }
        }
    }
    all.remove("manifest.json");
    all
}
