use super::super::testing::told;

const SCP: &str = r#"{"PolicySummary": {"Id": "p-1", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false,
  "Arn": "arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-1"}, "Content": "{\"Statement\":[]}"}"#;
const TOLD: &str = "organization
text service-control-policy - guard arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-1 \
111122223333 - o-abc at ";

#[test]
fn a_policy_is_found_wherever_it_stands() {
    assert_eq!(told(SCP), format!("{TOLD}/Content!"));
    assert_eq!(told(&format!(r#"{{"Policy": {SCP}}}"#)), format!("{TOLD}/Policy/Content!"));
    assert_eq!(told(&format!("[{SCP}]")), format!("{TOLD}/0/Content!"));
    let whole = format!(r#"{{"Organization": {{"Id": "o-abc"}}, "Roots": [], "Policies": [{SCP}], "PolicyAttachments": []}}"#);
    assert_eq!(told(&whole), format!("{TOLD}/Policies/0/Content!"));
}

#[test]
fn the_type_decides_and_the_arn_tells_it_where_it_is_left_out() {
    let rcp = r#"{"PolicySummary": {"Id": "p-R", "Arn": "arn:aws:organizations::aws:policy/resource_control_policy/p-R"},
      "Content": {"Statement": []}}"#;
    let expected = "organization
tree resource-control-policy - p-R arn:aws:organizations::aws:policy/resource_control_policy/p-R - - - at /Content";
    assert_eq!(told(rcp), expected);
    assert_eq!(told(&SCP.replace("SERVICE_CONTROL", "TAG")), "organization");
}

#[test]
fn lists_without_policies_are_recognised() {
    for text in [
        r#"{"Roots": [{"Id": "r-1", "Arn": "arn:aws:organizations::111122223333:root/o-abc/r-1"}]}"#,
        r#"{"Accounts": [{"Id": "111122223333", "Arn": "arn:aws:organizations::111122223333:account/o-abc/111122223333"}]}"#,
        r#"{"OrganizationalUnits": [{"Id": "ou-1", "Arn": "arn:aws:organizations::111122223333:ou/o-abc/ou-1"}]}"#,
        r#"{"Organization": {"Id": "o-abc", "Arn": "arn:aws:organizations::111122223333:organization/o-abc"}}"#,
        r#"{"Policies": [{"Id": "p-1", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-1"}]}"#,
    ] {
        assert_eq!(told(text), "organization", "{text}");
    }
    assert_eq!(told(r#"{"Accounts": [{"Id": 1}], "Policies": []}"#), "nothing");
}
