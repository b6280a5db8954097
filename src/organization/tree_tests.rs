use super::*;
use crate::document::json;

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

fn read(text: &str) -> Organization {
    Organization::read(json::parse(text.to_owned()).root().unwrap()).unwrap()
}

#[test]
fn paths_lead_from_the_root_and_rings_end() {
    let organization = read(
        r#"{"Organization":{"Id":"o-abc","MasterAccountId":"999999999999"},"Roots":[{"Id":"r-1","Name":"Root"}],
        "OrganizationalUnits":[{"Id":"ou-1","Name":"Work","ParentId":"r-1"},{"Id":"ou-2","Name":"Prod","ParentId":"ou-1"},
            {"Id":"ou-3","Name":"Loop","ParentId":"ou-3"}],
        "Accounts":[{"Id":"111122223333","Name":"a","ParentId":"ou-2"},{"Id":"444455556666","ParentId":"ou-3"}],
        "Policies":[{"PolicySummary":{"Id":"p-1","Arn":"arn:aws:organizations::aws:policy/service_control_policy/p-1","Type":"SERVICE_CONTROL_POLICY"}}],
        "PolicyAttachments":[{"PolicyId":"p-1","TargetId":"ou-1"}]}"#,
    );
    assert_eq!(organization.path("111122223333"), ["r-1", "ou-1", "ou-2", "111122223333"]);
    assert_eq!(organization.path("444455556666"), ["ou-3", "444455556666"]);
    assert!(organization.is_rooted("111122223333") && !organization.is_rooted("444455556666"));
    assert_eq!(organization.named_path("ou-2"), "/Work/Prod");
    assert_eq!(organization.named_path("111122223333"), "/Work/Prod");
    assert_eq!(organization.roots().collect::<Vec<_>>(), ["r-1"]);
    let levels = organization.levels(&organization.path("111122223333"), SCP);
    assert_eq!(levels.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 0, 0]);
    for scope in ["ou-1", "Prod", "/Work/Prod", "/Work/Prod/", "/Work", "/", "111122223333", "a", "r-1", "Root"] {
        assert!(organization.is_within("111122223333", scope), "{scope}");
    }
    for scope in ["Loop", "/Prod", "/Work/Prod/a", "work", "11112222333"] {
        assert!(!organization.is_within("111122223333", scope), "{scope}");
    }
    assert_eq!(Organization::read(json::parse("{}".into()).root().unwrap()), None);
}

#[test]
fn a_policy_without_text_is_absent_and_those_of_aws_are_not() {
    let policy = |id: &str, kind: &str, content: &str| {
        format!(
            r#"{{"PolicySummary":{{"Id":"{id}","Arn":"arn:aws:organizations::1:policy/o/x/{id}","Name":"n","Type":"{kind}"}},"Content":{content}}}"#
        )
    };
    let all = [
        policy("p-text", SCP, r#""{\"Statement\":[]}""#),
        policy("p-tree", RCP, r#"{"Statement":[]}"#),
        policy("p-null", SCP, "null"),
        policy("p-blank", RCP, r#"" ""#),
        policy("p-tags", "TAG_POLICY", "null"),
    ];
    let attached = ["p-text", "p-tree", "p-null", "p-blank", "p-tags", "p-gone", "p-FullAWSAccess", "p-RCPFullAWSAccess"];
    let attached = attached.map(|id| format!(r#"{{"PolicyId":"{id}","TargetId":"ou-1","Type":"ORGANIZATIONAL_UNIT"}}"#));
    let organization = read(&format!(r#"{{"Policies":[{}],"PolicyAttachments":[{}]}}"#, all.join(","), attached.join(",")));
    let absent: Vec<&str> = organization.absent().into_keys().collect();
    assert_eq!(absent, ["p-blank", "p-gone", "p-null"]);
    // One that is not listed may be of either sort.
    assert_eq!(organization.attached_to("ou-1", SCP), ["p-FullAWSAccess", "p-gone", "p-null", "p-text"]);
    assert_eq!(organization.attached_to("ou-1", RCP), ["p-RCPFullAWSAccess", "p-blank", "p-gone", "p-tree"]);
    assert!(organization.levels(&["ou-1".to_owned()], SCP)[0].contains(&"p-gone".to_owned()));
}

#[test]
fn what_a_root_has_switched_on_counts_and_silence_is_no_answer() {
    let roots = |types: &str| read(&format!(r#"{{"Roots":[{{"Id":"r-1"{types}}}],"PolicyAttachments":[]}}"#));
    assert!(roots("").is_enabled(SCP) && roots("").is_enabled(RCP));
    assert!(!roots(r#","PolicyTypes":[]"#).is_enabled(SCP));
    let one = roots(
        r#","PolicyTypes":[{"Type":"SERVICE_CONTROL_POLICY","Status":"ENABLED"},{"Type":"RESOURCE_CONTROL_POLICY","Status":"PENDING_ENABLE"}]"#,
    );
    assert!(one.is_enabled(SCP) && !one.is_enabled(RCP));
}

#[test]
fn accounts_tell_whether_somebody_can_work_in_them() {
    let state = |members: &str| {
        let text = format!(r#"{{"Accounts":[{{"Id":"111122223333"{members}}}],"PolicyAttachments":[]}}"#);
        read(&text).accounts["111122223333"].state
    };
    assert_eq!(state(""), AccountState::Active);
    assert_eq!(state(r#","Status":"ACTIVE""#), AccountState::Active);
    assert_eq!(state(r#","Status":"PENDING_CLOSURE""#), AccountState::Active);
    assert_eq!(state(r#","Status":"SUSPENDED""#), AccountState::Suspended);
    assert_eq!(state(r#","State":"CLOSED","Status":"ACTIVE""#), AccountState::Suspended);
}

#[test]
fn delegated_administrators_and_places_are_kept() {
    let text = r#"{"Accounts":[{"Id":"111122223333","Arn":"arn:a"}],"PolicyAttachments":[],
        "DelegatedAdministrators":[{"Id":"111122223333","DelegatedServices":["config.amazonaws.com",{"ServicePrincipal":"access-analyzer.amazonaws.com"}]}]}"#;
    let document = json::parse(text.to_owned());
    let organization = Organization::read_from(document.root().unwrap(), &"org.json".into()).unwrap();
    let services: Vec<&String> = organization.delegated["111122223333"].iter().collect();
    assert_eq!(services, ["access-analyzer.amazonaws.com", "config.amazonaws.com"]);
    let written = &organization.written["111122223333"];
    assert_eq!((&*written.file, document.node_or_null(written.node).as_str()), ("org.json", Some("arn:a")));
}
