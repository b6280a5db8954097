"""What AWS Config would have recorded of the resources in moto, and what IAM tells of an account.

A configuration item has two spellings. The API gives `configuration` and each supplementary value as JSON text inside the
JSON; the files that Config delivers to S3 give them as objects, and name some members otherwise. IAM's documents are
percent-encoded in both, those of other services are not.
"""

import json
from datetime import datetime, timezone
from urllib.parse import quote

from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.organizations.models import organizations_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

HOME = "us-east-1"
REGIONS = (HOME, "eu-west-1")
CAPTURED = datetime(2026, 8, 22, 6, tzinfo=timezone.utc)
IAM_TYPES = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::User", "AWS::IAM::Group")
RESOURCE_TYPES = ("AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::KMS::Key", "AWS::SecretsManager::Secret",
                  "AWS::SecretsManager::ResourcePolicy")


def management():
    """The management account's part of moto, or none before there is an organization."""
    found = [per["aws"] for per in list(organizations_backends.values()) if per["aws"].org]
    return found[0] if found else None


def accounts():
    return sorted(account.id for account in management().accounts) if management() else []


def encoded(document):
    text = document if isinstance(document, str) else json.dumps(document)
    return quote(text, safe="-._~")


def item(account, region, kind, name, arn, configuration, **more):
    return {"account": account, "region": region, "kind": kind, "id": more.get("id", name), "name": name, "arn": arn,
            "status": "OK", "configuration": configuration, "supplementary": more.get("supplementary", {})}


def iam_items(account, region):
    iam = iam_backends[account]["aws"]
    attached = lambda holder: [{"policyArn": arn, "policyName": p.name} for arn, p in holder.managed_policies.items()]
    inline = lambda holder: [{"policyName": n, "policyDocument": encoded(d)} for n, d in holder.policies.items()]
    for role in iam.roles.values():
        yield item(account, region, IAM_TYPES[0], role.name, role.arn, {
            "path": role.path, "roleName": role.name, "roleId": role.id, "arn": role.arn,
            "assumeRolePolicyDocument": encoded(role.assume_role_policy_document), "instanceProfileList": [],
            "rolePolicyList": inline(role), "attachedManagedPolicies": attached(role),
            "permissionsBoundary": bounded(role.permissions_boundary_arn),
            "tags": [{"key": t["Key"], "value": t["Value"]} for t in (role.tags or {}).values()],
        }, id=role.id)
    for policy in iam.managed_policies.values():
        if policy.arn.startswith("arn:aws:iam::aws:"):
            continue
        yield item(account, region, IAM_TYPES[1], policy.name, policy.arn, {
            "policyName": policy.name, "policyId": policy.id, "arn": policy.arn, "path": policy.path,
            "defaultVersionId": policy.default_version_id, "attachmentCount": policy.attachment_count,
            "permissionsBoundaryUsageCount": 0, "isAttachable": True,
            "policyVersionList": [{"document": encoded(v.document), "versionId": v.version_id,
                                   "isDefaultVersion": v.version_id == policy.default_version_id} for v in policy.versions],
        }, id=policy.id)
    for user in iam.users.values():
        groups = [g.name for g in iam.groups.values() if any(u.name == user.name for u in g.users)]
        yield item(account, region, IAM_TYPES[2], user.name, user.arn, {
            "path": user.path, "userName": user.name, "userId": user.id, "arn": user.arn, "userPolicyList": inline(user),
            "groupList": groups, "attachedManagedPolicies": attached(user),
            "permissionsBoundary": bounded(getattr(user, "permissions_boundary_arn", None)), "tags": []}, id=user.id)
    for group in iam.groups.values():
        yield item(account, region, IAM_TYPES[3], group.name, group.arn, {
            "path": group.path, "groupName": group.name, "groupId": group.id, "arn": group.arn,
            "groupPolicyList": inline(group), "attachedManagedPolicies": attached(group)}, id=group.id)


def bounded(arn):
    return {"permissionsBoundaryType": "Policy", "permissionsBoundaryArn": arn} if arn else None


def bucket_items(account, region):
    for bucket in s3_backends[account]["aws"].buckets.values():
        if bucket.region_name != region:
            continue
        more = {"BucketPolicy": {"policyText": bucket.policy.decode() if bucket.policy else None},
                "BucketVersioningConfiguration": {"status": bucket.versioning_status or "Off", "isMfaDeleteEnabled": None},
                # Text already, unlike its neighbours, as are the policies of keys and functions: the API encodes them twice.
                "AccessControlList": json.dumps({"grantSet": None, "owner": {"displayName": None, "id": "0"}, "grantList": [
                    {"grantee": {"id": "0", "displayName": None}, "permission": "FullControl"}]})}
        block = bucket.public_access_block
        if block:
            more["PublicAccessBlockConfiguration"] = {
                "blockPublicAcls": block.block_public_acls, "ignorePublicAcls": block.ignore_public_acls,
                "blockPublicPolicy": block.block_public_policy, "restrictPublicBuckets": block.restrict_public_buckets}
        if bucket.encryption:
            rules = bucket.encryption["Rule"]
            default = (rules[0] if isinstance(rules, list) else rules)["ApplyServerSideEncryptionByDefault"]
            more["ServerSideEncryptionConfiguration"] = {"rules": [{
                "applyServerSideEncryptionByDefault": {"sseAlgorithm": default["SSEAlgorithm"],
                                                       "kmsMasterKeyID": default.get("KMSMasterKeyID")},
                "bucketKeyEnabled": False}]}
        yield item(account, region, "AWS::S3::Bucket", bucket.name, f"arn:aws:s3:::{bucket.name}",
                   {"name": bucket.name, "owner": {"displayName": None, "id": "0"}}, supplementary=more)


def other_items(account, region):
    for topic in sns_backends[account][region].topics.values():
        yield item(account, region, "AWS::SNS::Topic", topic.name, topic.arn,
                   {"TopicArn": topic.arn, "Owner": account, "Policy": topic.policy}, id=topic.arn)
    for queue in sqs_backends[account][region].queues.values():
        yield item(account, region, "AWS::SQS::Queue", queue.name, queue.queue_arn,
                   {"QueueArn": queue.queue_arn, **({"Policy": json.dumps(queue.policy)} if queue.policy else {})},
                   id=f"https://sqs.{region}.amazonaws.com/{account}/{queue.name}")
    for key in kms_backends[account][region].keys.values():
        yield item(account, region, "AWS::KMS::Key", key.id, key.arn,
                   {"keyId": key.id, "arn": key.arn, "aWSAccountId": account, "keyManager": key.key_manager, "enabled": True},
                   supplementary={"Policy": key.policy, "KeyRotationStatus": True})
    for secret in secretsmanager_backends[account][region].secrets.values():
        yield item(account, region, "AWS::SecretsManager::Secret", secret.name, secret.arn,
                   {"Id": secret.arn, "Name": secret.name, "Description": secret.description or ""}, id=secret.arn)
        # The recorder of the other region leaves policies out.
        if secret.policy and region == HOME:
            yield item(account, region, "AWS::SecretsManager::ResourcePolicy", secret.arn, secret.arn,
                       {"SecretId": secret.arn, "ResourcePolicy": json.loads(secret.policy)}, id=secret.arn)


def recorded(account, region):
    """Everything of one account and region, in a fixed order."""
    found = [*bucket_items(account, region), *other_items(account, region)]
    if region == HOME:
        found += iam_items(account, region)
    return sorted(found, key=lambda one: (one["kind"], one["id"]))


def as_base(one):
    """As the API gives it."""
    return {
        "version": "1.3", "accountId": one["account"], "configurationItemCaptureTime": CAPTURED,
        "configurationItemStatus": one["status"], "configurationStateId": "1787378400000", "arn": one["arn"],
        "resourceType": one["kind"], "resourceId": one["id"], "resourceName": one["name"],
        "awsRegion": "global" if one["kind"] in IAM_TYPES else one["region"], "availabilityZone": "Not Applicable",
        "resourceCreationTime": CAPTURED, "configuration": json.dumps(one["configuration"]),
        "supplementaryConfiguration": {k: json.dumps(v) for k, v in one["supplementary"].items()},
    }


def as_delivered(one):
    """As the files in S3 give it."""
    base = as_base(one)
    time = CAPTURED.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "configurationItemVersion": base["version"], "configurationItemCaptureTime": time, "configurationStateId": 1787378400000,
        "awsAccountId": one["account"], "configurationItemStatus": one["status"], "resourceType": one["kind"],
        "resourceId": one["id"], "resourceName": one["name"], "ARN": one["arn"], "awsRegion": base["awsRegion"],
        "availabilityZone": base["availabilityZone"], "resourceCreationTime": time, "tags": {}, "relatedEvents": [],
        "relationships": [], "configuration": one["configuration"], "supplementaryConfiguration": one["supplementary"],
    }


def row(one, fields):
    """As an advanced query gives it: only what was asked for, values as objects."""
    whole = {**as_base(one), "configuration": one["configuration"], "supplementaryConfiguration": one["supplementary"]}
    whole |= {k: v.strftime("%Y-%m-%dT%H:%M:%S.000Z") for k, v in whole.items() if isinstance(v, datetime)}
    if fields == ["*"]:
        return whole
    out = {}
    for name in fields:
        source, target, steps = whole, out, name.split(".")
        for step in steps[:-1]:
            source, target = (source or {}).get(step), target.setdefault(step, {})
        if isinstance(source, dict) and steps[-1] in source:
            target[steps[-1]] = source[steps[-1]]
    return out


def authorization(account, wanted):
    """The entries of GetAccountAuthorizationDetails, each with the list it stands in."""
    iam = iam_backends[account]["aws"]
    managed = lambda holder: [{"PolicyName": p.name, "PolicyArn": a} for a, p in holder.managed_policies.items()]
    inline = lambda holder: [{"PolicyName": n, "PolicyDocument": encoded(d)} for n, d in holder.policies.items()]

    def common(kind, one):
        head = {"Path": one.path, f"{kind}Name": one.name, f"{kind}Id": one.id, "Arn": one.arn, "CreateDate": CAPTURED}
        boundary = getattr(one, "permissions_boundary_arn", None)
        if boundary:
            head["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
        return {**head, f"{kind}PolicyList": inline(one), "AttachedManagedPolicies": managed(one)}

    out = []
    if "User" in wanted:
        for user in iam.users.values():
            groups = [g.name for g in iam.groups.values() if any(u.name == user.name for u in g.users)]
            out.append(("UserDetailList", {**common("User", user), "GroupList": groups}))
    if "Group" in wanted:
        out += [("GroupDetailList", common("Group", group)) for group in iam.groups.values()]
    if "Role" in wanted:
        for role in iam.roles.values():
            out.append(("RoleDetailList", {**common("Role", role), "InstanceProfileList": [], "AssumeRolePolicyDocument":
                        encoded(role.assume_role_policy_document), "Tags": list((role.tags or {}).values())}))
    for policy in iam.managed_policies.values():
        aws = policy.arn.startswith("arn:aws:iam::aws:")
        if ("AWSManagedPolicy" if aws else "LocalManagedPolicy") in wanted:
            versions = [{"Document": encoded(v.document), "VersionId": v.version_id, "CreateDate": CAPTURED,
                         "IsDefaultVersion": v.version_id == policy.default_version_id} for v in policy.versions]
            out.append(("Policies", {
                "PolicyName": policy.name, "PolicyId": policy.id, "Arn": policy.arn, "Path": policy.path,
                "DefaultVersionId": policy.default_version_id, "AttachmentCount": policy.attachment_count,
                "PermissionsBoundaryUsageCount": 0, "IsAttachable": True, "CreateDate": CAPTURED, "UpdateDate": CAPTURED,
                "PolicyVersionList": versions}))
    return out
