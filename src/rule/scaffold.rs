//! `rules new`: a rule that compiles, with tests to change.

/// The text of a new rule file.
pub fn scaffold(id: &str) -> String {
    format!(
        r#"palisade: 1
id: {id}
title: One line that names the bad pattern
severity: medium
confidence: high
category: security
message: "{{policy.name}}: `{{it.text}}` should be narrower"
rationale: |
  What an attacker or a mistake can do with it, in two or three sentences.
remediation: What to write instead.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
tags: [least-privilege]
applies_to:
  kind: [identity-policy]
for_each: action
where:
  statement:
    effect: Allow
assert:
  none_of:
    - text: {{ glob: "s3:*" }}
tests:
  - name: one action by name
    doc: |
      {{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}]}}
    expect: fail
    at: ["$.Statement[0].Action"]
  - name: another service
    doc: |
      {{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"*"}}]}}
    expect: pass
  - name: a Deny grants nothing
    doc: |
      {{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"s3:*","Resource":"*"}}]}}
    expect: not_applicable
"#
    )
}
