use super::super::testing::told;

const DETAILS: &str = r#"{
  "UserDetailList": [{"Path": "/", "UserName": "ann", "Arn": "arn:aws:iam::111122223333:user/ann",
    "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": "%7B%22Statement%22%3A%5B%5D%7D"}],
    "GroupList": ["ops"], "AttachedManagedPolicies": [], "Tags": [{"Key": "team", "Value": "a"}],
    "PermissionsBoundary": {"PermissionsBoundaryType": "Policy",
      "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/edge"}}],
  "GroupDetailList": [{"Path": "/", "GroupName": "ops", "Arn": "arn:aws:iam::111122223333:group/ops", "GroupPolicyList": [],
    "AttachedManagedPolicies": [{"PolicyName": "A", "PolicyArn": "arn:aws:iam::aws:policy/A"}]}],
  "RoleDetailList": [{"Path": "/svc/", "RoleName": "app", "Arn": "arn:aws-cn:iam::111122223333:role/svc/app",
    "AssumeRolePolicyDocument": {"Statement": []}, "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": []}}],
    "AttachedManagedPolicies": [], "Tags": []}],
  "Policies": [{"PolicyName": "edge", "Arn": "arn:aws:iam::111122223333:policy/edge", "DefaultVersionId": "v2",
    "AttachmentCount": 3, "PermissionsBoundaryUsageCount": 1, "PolicyVersionList": [
      {"VersionId": "v2", "IsDefaultVersion": true, "Document": "{\"Statement\":[]}"},
      {"VersionId": "v1", "IsDefaultVersion": false, "Document": {"Statement": []}}]}]}"#;

#[test]
fn every_principal_and_policy_is_found_in_order() {
    let expected = "account authorization details
user arn:aws:iam::111122223333:user/ann path / team=a
  subject missing - - ann arn:aws:iam::111122223333:user/ann 111122223333 - - of ann at /UserDetailList/0/UserName
  inline text identity-policy - own arn:aws:iam::111122223333:user/ann 111122223333 - - of ann \
at /UserDetailList/0/UserPolicyList/0/PolicyDocument!
  group ops
  boundary arn:aws:iam::111122223333:policy/edge
group arn:aws:iam::111122223333:group/ops path /
  subject missing - - ops arn:aws:iam::111122223333:group/ops 111122223333 - - of ops at /GroupDetailList/0/GroupName
  attached arn:aws:iam::aws:policy/A
role arn:aws-cn:iam::111122223333:role/svc/app path /svc/
  subject missing - - app arn:aws-cn:iam::111122223333:role/svc/app 111122223333 - - of app at /RoleDetailList/0/RoleName
  own tree trust-policy - app arn:aws-cn:iam::111122223333:role/svc/app 111122223333 - - of app \
at /RoleDetailList/0/AssumeRolePolicyDocument
  inline tree identity-policy - p arn:aws-cn:iam::111122223333:role/svc/app 111122223333 - - of app \
at /RoleDetailList/0/RolePolicyList/0/PolicyDocument
managed arn:aws:iam::111122223333:policy/edge attachments 3 boundaries 1 old 1
  default text identity-policy - edge arn:aws:iam::111122223333:policy/edge 111122223333 - - \
at /Policies/0/PolicyVersionList/0/Document!";
    assert_eq!(told(DETAILS), expected);
}

#[test]
fn lists_of_other_things_are_not_details() {
    assert_eq!(told(r#"{"RoleDetailList": [{"title": "x"}]}"#), "nothing");
    assert_eq!(told(r#"{"Policies": [{"title": "x"}]}"#), "nothing");
}
