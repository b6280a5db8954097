"""A small organization in the fake: seven accounts, and in them resources of which it is known what is wrong with them.

    root ─┬─ Models ───────────── models      owns the Rekognition models
          ├─ Consumers ─┬─ Live ─ shop
          │             └─ Test ─ shop-test
          ├─ Platform ─── Delivery ─ delivery
          ├─ Lake ─────────────── lake        buckets, keys, queues
          ├─ Trial ────────────── trial       people try things
          └─ (a name that would turn a terminal red, which AWS allows)

Names are the same in every run. `Seed.expect` says of each resource by name which rules have to find it (any of them), or
that nothing of medium severity and above may be said of it.
"""

import gzip
import json
import urllib.request

import boto3
from botocore.config import Config

REGION, SECOND = "us-east-1", "eu-west-1"
MANAGEMENT_KEY = "AKIAFRONTMANAGEMENT1"
# Texts that must turn up in nothing palisade writes.
MANAGEMENT_SECRET = "management-secret-9f1c04d2a7"
LAMBDA_SECRET = "hunter2-in-an-environment-variable"
USER_DATA_SECRET = "hunter3-in-user-data"
SECRET_VALUE = "hunter4-in-a-secret"
UNITS = {"Models": None, "Consumers": None, "Consumers/Live": "Consumers", "Consumers/Test": "Consumers", "Platform": None,
         "Platform/Delivery": "Platform", "Lake": None, "Trial": None, "Red \x1b[31m unit": None}
ACCOUNTS = {"models": "Models", "shop": "Consumers/Live", "shop-test": "Consumers/Test", "delivery": "Platform/Delivery",
            "lake": "Lake", "trial": "Trial"}
ENDPOINTS = ["vpce-0a1b2c3d4e5f60718", "vpce-0a1b2c3d4e5f60719"]
AUDITOR, EXTERNAL_ID = "PalisadeAuditor", "audit-4711"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, condition=None, action="sts:AssumeRole"):
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **({"Condition": condition} if condition else {})})


def control(endpoint, what, value=None, method="PUT"):
    """One request to the fake's own pages."""
    data = json.dumps(value).encode() if value is not None else None
    request = urllib.request.Request(f"{endpoint}/_front/{what}", data=data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


class Seed:
    def __init__(self, endpoint):
        self.endpoint, self.ids, self.sessions, self.expect, self.units, self.clients = endpoint, {}, {}, [], {}, {}
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST", data=b""), timeout=60).read()
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/seed?a=7", method="POST", data=b""), timeout=60).read()
        self.organization()
        self.control_policies()
        self.auditors()
        self.model_roles()
        self.other_identities()
        self.buckets()
        self.other_resources()
        self.secrets()
        control(endpoint, "state", {
            "aggregators": [{"name": "organization", "region": REGION}], "unrecorded": [], "stale": [], "page": 25,
            "twice": [self.ids["delivery"]], "items": self.foreign_items(), "analyzers": self.analyzers(),
            "findings": self.findings(), "validation": {}})
        self.delivered_files()

    def client(self, service, account="management", region=REGION):
        if (service, account, region) not in self.clients:
            keys = self.sessions.get(account) or {"AccessKeyId": MANAGEMENT_KEY, "SecretAccessKey": MANAGEMENT_SECRET}
            self.clients[service, account, region] = boto3.client(
                service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys.get("SessionToken"),
                config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))
        return self.clients[service, account, region]

    def flawed(self, account, name, *rules):
        self.expect.append({"account": self.ids[account], "name": name, "rules": list(rules)})

    def sound(self, account, name):
        self.expect.append({"account": self.ids[account], "name": name, "rules": []})

    # --- the organization --------------------------------------------------------------------------------------------

    def organization(self):
        api = self.client("organizations")
        self.org = api.create_organization(FeatureSet="ALL")["Organization"]
        self.ids["management"], self.root = self.org["MasterAccountId"], api.list_roots()["Roots"][0]["Id"]
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            try:
                api.enable_policy_type(RootId=self.root, PolicyType=kind)
            except api.exceptions.PolicyTypeAlreadyEnabledException:
                pass
        for path, parent in UNITS.items():
            unit = api.create_organizational_unit(ParentId=self.units.get(parent, self.root), Name=path.split("/")[-1])
            self.units[path] = unit["OrganizationalUnit"]["Id"]
        for name, unit in ACCOUNTS.items():
            made = api.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["AccountId"]
            self.ids[name] = made
            api.move_account(AccountId=made, SourceParentId=self.root, DestinationParentId=self.units[unit])
            self.sessions[name] = self.client("sts").assume_role(
                RoleArn=f"arn:aws:iam::{made}:role/OrganizationAccountAccessRole", RoleSessionName="seed")["Credentials"]
        api.register_delegated_administrator(AccountId=self.ids["delivery"], ServicePrincipal="access-analyzer.amazonaws.com")

    def control_policy(self, name, kind, content, units):
        api = self.client("organizations")
        made = api.create_policy(Name=name, Type=kind, Description=name, Content=content)["Policy"]["PolicySummary"]["Id"]
        for unit in units:
            api.attach_policy(PolicyId=made, TargetId=self.units.get(unit, self.root))
        return made

    def control_policies(self):
        changes = [f"rekognition:{verb}*" for verb in ("CreateProject", "DeleteProject", "StartProject", "StopProject")]
        self.guardrail = self.control_policy("no-project-changes", "SERVICE_CONTROL_POLICY", document(
            {"Sid": "Projects", "Effect": "Deny", "Action": changes, "Resource": "*"}), ["Consumers", "Platform", "Lake"])
        self.control_policy("no-project-changes-weak", "SERVICE_CONTROL_POLICY", document(
            {"Sid": "Projects", "Effect": "Deny", "Action": changes, "Resource": "*",
             "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-*"}}}), ["Trial"])
        self.control_policy("stay", "SERVICE_CONTROL_POLICY", document(
            {"Sid": "Stay", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}), ["root"])
        self.control_policy("tls-only", "RESOURCE_CONTROL_POLICY", document(
            {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
             "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}), ["Models"])
        for name in ("no-project-changes", "stay", "tls-only"):
            self.sound("management", name)
        self.flawed("management", "no-project-changes-weak", "wildcard-without-like-operator")

    # --- identities --------------------------------------------------------------------------------------------------

    def role(self, account, name, trusts, policies=(), attach=()):
        api = self.client("iam", account)
        api.create_role(RoleName=name, AssumeRolePolicyDocument=trusts)
        for at, policy in enumerate(policies):
            api.put_role_policy(RoleName=name, PolicyName=f"inline-{at}", PolicyDocument=policy)
        for arn in attach:
            api.attach_role_policy(RoleName=name, PolicyArn=arn)

    def auditors(self):
        """What palisade enters the accounts with: its own least-privilege policy is tested elsewhere."""
        for account in self.ids:
            self.role(account, AUDITOR, trust(
                {"AWS": f"arn:aws:iam::{self.ids['management']}:root"}, {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}),
                [document(allow([
                    "iam:GetAccountAuthorizationDetails", "s3:GetBucketPolicy", "s3:ListAllMyBuckets", "secretsmanager:ListSecrets"]))])
            self.sound(account, AUDITOR)

    def consumer(self, name, caller, resource, endpoints=True):
        bound = {"Condition": {"StringEquals": {"aws:SourceVpce": ENDPOINTS}}} if endpoints else {}
        self.role("models", name, trust({"AWS": f"arn:aws:iam::{self.ids[caller]}:role/classifier"}),
                  [document(allow("rekognition:DetectCustomLabels", resource, **bound))])

    def model_roles(self):
        projects = f"arn:aws:rekognition:{REGION}:{self.ids['models']}:project"
        version = f"{projects}/cats/version/cats.2026-01-05T10.00.00/1767607200000"
        self.consumer("shop-consumer", "shop", version)
        self.sound("models", "shop-consumer")
        self.consumer("shop-test-consumer", "shop-test", f"{projects}/*")
        self.flawed("models", "shop-test-consumer", "rekognition-project-wildcard")
        self.consumer("delivery-consumer", "delivery", version, endpoints=False)
        self.flawed("models", "delivery-consumer", "rekognition-source-vpce-unbound")
        self.role("models", "vendor", trust({"AWS": "arn:aws:iam::999988887777:root"}), [document(allow("s3:GetObject", "arn:aws:s3:::lake-sound/*"))])
        self.flawed("models", "vendor", "foreign-root-unbound")
        self.role("models", "anyone", trust({"AWS": "*"}))
        self.flawed("models", "anyone", "public-trust-policy")
        api = self.client("iam", "models")
        bound = {"Condition": {"StringEquals": {"aws:SourceVpce": ENDPOINTS}}}
        wide = document(allow("rekognition:DetectCustomLabels", f"{projects}/*", **bound))
        exact = document(allow("rekognition:DetectCustomLabels", version, **bound))
        late = api.create_policy(PolicyName="late", PolicyDocument=wide)["Policy"]["Arn"]
        self.role("models", "late-consumer", trust({"AWS": f"arn:aws:iam::{self.ids['shop']}:role/classifier"}), attach=[late])
        self.flawed("models", "late", "rekognition-project-wildcard")
        # Its first version was wrong and is no longer the default.
        mended = api.create_policy(PolicyName="mended", PolicyDocument=wide)["Policy"]["Arn"]
        api.create_policy_version(PolicyArn=mended, PolicyDocument=exact, SetAsDefault=True)
        self.role("models", "mended-consumer", trust({"AWS": f"arn:aws:iam::{self.ids['shop']}:role/classifier"}), attach=[mended])
        self.sound("models", "mended")
        self.sound("models", "mended-consumer")

    def other_identities(self):
        for account in ("shop", "shop-test"):
            self.role(account, "classifier", trust({"Service": "ecs-tasks.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": self.ids[account]}}),
                      [document(allow("sts:AssumeRole", f"arn:aws:iam::{self.ids['models']}:role/{account}-consumer"))])
            self.sound(account, "classifier")
        ecs = trust({"Service": "ecs-tasks.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": self.ids["delivery"]}})
        self.role("delivery", "deployer", ecs, [document(
            allow("iam:PassRole"), allow(["s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::lake-sound/*"))])
        self.flawed("delivery", "deployer", "pass-role-any", "pass-role-with-star-in-resource")
        self.role("delivery", "builder", ecs, [document(allow(
            "iam:PassRole", f"arn:aws:iam::{self.ids['delivery']}:role/build", Condition={"StringEquals": {"iam:PassedToService": "codebuild.amazonaws.com"}}))])
        self.sound("delivery", "builder")
        self.role("delivery", "idle", ecs, [document(allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{self.ids['lake']}:intake"))])
        # Plain roles, so that every list of roles has pages.
        for at in range(40):
            self.role("shop", f"worker-{at:02}", trust({"Service": "ec2.amazonaws.com"}),
                      [document(allow("s3:GetObject", f"arn:aws:s3:::lake-sound/{at}/*"))])
            self.sound("shop", f"worker-{at:02}")
        api = self.client("iam", "trial")
        api.create_group(GroupName="tinkerers")
        api.put_group_policy(GroupName="tinkerers", PolicyName="all", PolicyDocument=document(
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}))
        self.flawed("trial", "tinkerers", "allow-not-action")
        api.create_user(UserName="eve")
        api.put_user_policy(UserName="eve", PolicyName="labels", PolicyDocument=document(allow("rekognition:Detect*")))
        self.eve = api.create_access_key(UserName="eve")["AccessKey"]
        self.flawed("trial", "eve", "rekognition-granted-to-user")

    # --- resources ---------------------------------------------------------------------------------------------------

    def bucket(self, account, name, statements, region=REGION, tls=True, block=True):
        api, both = self.client("s3", account, region), [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
        api.create_bucket(Bucket=name, **({} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}))
        secure = {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both,
                  "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        policy = [*statements, *([secure] if tls else [])]
        if policy:
            api.put_bucket_policy(Bucket=name, Policy=document(*policy))
        api.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]})
        if block:
            api.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True))

    def buckets(self):
        everyone = lambda name: {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
        reader = {"AWS": f"arn:aws:iam::{self.ids['models']}:role/shop-consumer"}
        self.bucket("lake", "lake-sound", [allow("s3:GetObject", "arn:aws:s3:::lake-sound/*", Principal=reader)])
        self.sound("lake", "lake-sound")
        self.bucket("lake", "lake-open", [everyone("lake-open")], block=False)
        self.flawed("lake", "lake-open", "public-bucket-policy")
        self.bucket("lake", "lake-open-far", [everyone("lake-open-far")], region=SECOND, block=False)
        self.flawed("lake", "lake-open-far", "public-bucket-policy")
        self.bucket("lake", "lake-plain", [], tls=False)
        self.flawed("lake", "lake-plain", "bucket-without-tls-only")
        # The resource control policy asks for TLS on its behalf.
        self.bucket("models", "models-sound-far", [], region=SECOND, tls=False)
        self.sound("models", "models-sound-far")

    def other_resources(self):
        owner = {"AWS": f"arn:aws:iam::{self.ids['lake']}:root"}
        sns = self.client("sns", "lake")
        topic = sns.create_topic(Name="lake-events")["TopicArn"]
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sns:Publish", "Resource": topic}))
        self.flawed("lake", "lake-events", "resource-policy-open-to-everyone")
        queue = f"arn:aws:sqs:{REGION}:{self.ids['lake']}:intake"
        self.client("sqs", "lake").create_queue(QueueName="intake", Attributes={"Policy": document(
            {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue,
             "Condition": {"ArnEquals": {"aws:SourceArn": topic}, "StringEquals": {"aws:SourceAccount": self.ids["lake"]}}})})
        self.sound("lake", "intake")
        kms = self.client("kms", "lake")
        keys = {name: kms.create_key(Policy=document({"Effect": "Allow", "Principal": owner, "Action": "kms:*", "Resource": "*"}, *more))
                for name, more in {"sound": [], "open": [{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}]}.items()}
        self.sound("lake", keys["sound"]["KeyMetadata"]["KeyId"])
        self.flawed("lake", keys["open"]["KeyMetadata"]["KeyId"], "kms-key-open-to-everyone", "resource-policy-open-to-everyone")

    def secret(self, account, name, principal=None, region=REGION):
        """Its value must turn up nowhere; a tag and a description hold it too, as happens."""
        api = self.client("secretsmanager", account, region)
        arn = api.create_secret(Name=name, SecretString=SECRET_VALUE, Description=f"password: {SECRET_VALUE}", Tags=[
            {"Key": "team", "Value": "lake"}, {"Key": "password", "Value": SECRET_VALUE}])["ARN"]
        if principal:
            api.put_resource_policy(SecretId=name, ResourcePolicy=document(
                allow("secretsmanager:GetSecretValue", Principal=principal)))
        return arn

    def secrets(self):
        self.warehouse = self.secret("lake", "warehouse", "*")
        self.flawed("lake", self.warehouse, "resource-policy-open-to-everyone")
        # Only Secrets Manager tells their policies.
        self.partner = self.secret("lake", "lake/partner", {"AWS": "arn:aws:iam::999988887777:root"}, SECOND)
        self.flawed("lake", self.partner, "secret-open-to-foreign-root")
        reader = {"AWS": f"arn:aws:iam::{self.ids['models']}:role/shop-consumer"}
        self.sound("lake", self.secret("lake", "lake/named", reader, SECOND))
        for at in range(30):
            self.sound("shop", self.secret("shop", f"shop/{at:02}"))

    def foreign_items(self):
        """Items of types moto does not keep: with secrets in them, and one that is no longer there."""
        def one(account, kind, name, arn, configuration, supplementary=None, status="OK"):
            return {"account": self.ids[account], "region": REGION, "kind": kind, "id": name, "name": name, "arn": arn,
                    "status": status, "configuration": configuration, "supplementary": supplementary or {}}
        function = f"arn:aws:lambda:{REGION}:{self.ids['shop']}:function:orders"
        self.sound("shop", "orders")
        gone = "deleted-long-ago"
        self.sound("models", gone)
        return [
            one("shop", "AWS::Lambda::Function", "orders", function, {
                "functionName": "orders", "functionArn": function, "role": f"arn:aws:iam::{self.ids['shop']}:role/classifier",
                "environment": {"variables": {"DB_PASSWORD": LAMBDA_SECRET}}}, {"Policy": document(
                    {"Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction",
                     "Resource": function, "Condition": {"StringEquals": {"AWS:SourceAccount": self.ids["shop"]},
                                                         "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::lake-sound"}}})}),
            one("shop", "AWS::EC2::Instance", "i-0123456789abcdef0", f"arn:aws:ec2:{REGION}:{self.ids['shop']}:instance/i-0123456789abcdef0",
                {"instanceId": "i-0123456789abcdef0", "userData": USER_DATA_SECRET}),
            one("models", "AWS::IAM::Role", gone, f"arn:aws:iam::{self.ids['models']}:role/{gone}", {
                "roleName": gone, "arn": f"arn:aws:iam::{self.ids['models']}:role/{gone}", "path": "/", "rolePolicyList": [],
                "attachedManagedPolicies": [], "assumeRolePolicyDocument": trust({"AWS": "*"})}, status="ResourceDeleted"),
        ]

    # --- Access Analyzer ---------------------------------------------------------------------------------------------

    def analyzer_arn(self, name, region=REGION):
        return f"arn:aws:access-analyzer:{region}:{self.ids['management']}:analyzer/{name}"

    def analyzers(self):
        rows = [("external", REGION, "ORGANIZATION"), ("external-far", SECOND, "ORGANIZATION"),
                ("unused", REGION, "ORGANIZATION_UNUSED_ACCESS"), ("internal", REGION, "ORGANIZATION_INTERNAL_ACCESS")]
        return [{"arn": self.analyzer_arn(n, r), "name": n, "type": t, "status": "ACTIVE"} for n, r, t in rows]

    def findings(self):
        self.count = 0

        def one(analyzer, account, kind, resource, resource_kind, details, status="ACTIVE"):
            self.count += 1
            return {"analyzer": analyzer, "id": f"{self.count:08}-0000-4000-8000-000000000000", "resource": resource,
                    "resourceType": resource_kind, "resourceOwnerAccount": self.ids[account], "status": status,
                    "findingType": kind, "findingDetails": details}
        role = lambda account, name: f"arn:aws:iam::{self.ids[account]}:role/{name}"
        external, far = self.analyzer_arn("external"), self.analyzer_arn("external-far", SECOND)
        unused, internal = self.analyzer_arn("unused"), self.analyzer_arn("internal")
        public = [{"externalAccessDetails": {"action": ["s3:GetObject"], "condition": {}, "isPublic": True, "principal": {"AWS": "*"}}}]
        services = ["s3", "iam"] + [f"service{n}" for n in range(30)]
        rows = [
            one(external, "lake", "ExternalAccess", "arn:aws:s3:::lake-open", "AWS::S3::Bucket", public),
            one(far, "lake", "ExternalAccess", "arn:aws:s3:::lake-open-far", "AWS::S3::Bucket", public),
            one(external, "models", "ExternalAccess", role("models", "vendor"), "AWS::IAM::Role", [{"externalAccessDetails": {
                "action": ["sts:AssumeRole"], "condition": {}, "isPublic": False, "principal": {"AWS": "arn:aws:iam::999988887777:root"}}}]),
            one(external, "models", "ExternalAccess", role("models", "shop-consumer"), "AWS::IAM::Role", [{"externalAccessDetails": {
                "action": ["sts:AssumeRole"], "condition": {}, "isPublic": False,
                "principal": {"AWS": f"arn:aws:iam::{self.ids['shop']}:role/classifier"}}}], status="ARCHIVED"),
            one(unused, "delivery", "UnusedIAMRole", role("delivery", "idle"), "AWS::IAM::Role", [{"unusedIamRoleDetails": {}}]),
            # More details than one page holds.
            one(unused, "delivery", "UnusedPermission", role("delivery", "deployer"), "AWS::IAM::Role", [
                {"unusedPermissionDetails": {"serviceNamespace": s, "actions": [{"action": "DeleteObject"}] if s == "s3" else []}}
                for s in services]),
            one(unused, "trial", "UnusedIAMUserAccessKey", f"arn:aws:iam::{self.ids['trial']}:user/eve", "AWS::IAM::User",
                [{"unusedIamUserAccessKeyDetails": {"accessKeyId": self.eve["AccessKeyId"]}}]),
            one(internal, "lake", "InternalAccess", "arn:aws:s3:::lake-sound", "AWS::S3::Bucket", [{"internalAccessDetails": {
                "action": ["s3:GetObject"], "condition": {}, "principal": {"AWS": role("models", "shop-consumer")},
                "principalOwnerAccount": self.ids["models"], "principalType": "IAM_ROLE", "accessType": "INTRA_ORG"}}]),
        ]
        # Enough for pages.
        rows += [one(unused, "shop", "UnusedPermission", role("shop", f"worker-{n:02}"), "AWS::IAM::Role",
                     [{"unusedPermissionDetails": {"serviceNamespace": "s3", "actions": []}}], status="RESOLVED") for n in range(40)]
        return rows

    # --- files of AWS Config -----------------------------------------------------------------------------------------

    def delivered_files(self):
        self.delivery = f"config-{self.ids['management']}"
        # Without a Deny: moto reads policies of buckets without their conditions, and would let nobody in.
        self.bucket("management", self.delivery, [{
            "Sid": "Config", "Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}, "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{self.delivery}/org/AWSLogs/*/Config/*",
            "Condition": {"StringEquals": {"aws:SourceOrgID": self.org["Id"], "s3:x-amz-acl": "bucket-owner-full-control"}}}], tls=False)
        self.flawed("management", self.delivery, "bucket-without-tls-only")
        s3 = self.client("s3")
        for name, account in self.ids.items():
            for region in (REGION, SECOND):
                items = control(self.endpoint, f"delivered?account={account}&region={region}", method="GET")
                if not items:
                    continue
                old = [{**i, "configuration": {**i["configuration"], "assumeRolePolicyDocument": trust({"AWS": "*"})}}
                       for i in items if i["resourceName"] == AUDITOR]
                for day, part in ((21, old), (22, items)):
                    stem = f"org/AWSLogs/{account}/Config/{region}/2026/8/{day}/ConfigSnapshot/{account}_Config_{region}_ConfigSnapshot"
                    body = {"fileVersion": "1.0", "configSnapshotId": f"00000000-0000-4000-8000-{account}", "configurationItems": part}
                    key = f"{stem}_202608{day}T060000Z_00000000-0000-4000-8000-{account}.json.gz"
                    s3.put_object(Bucket=self.delivery, Key=key, Body=gzip.compress(json.dumps(body).encode(), mtime=0))
            s3.put_object(Bucket=self.delivery, Key=f"org/AWSLogs/{account}/Config/ConfigWritabilityCheckFile", Body=b"")
