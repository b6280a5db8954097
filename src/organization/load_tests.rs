use super::*;
use crate::policy::PolicyKind;
use std::fs;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn loaded(path: &Path) -> Loaded {
    load(path, &WalkOptions::default(), &|_| Context::default()).unwrap().unwrap()
}

const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#;
const RCP: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;

/// The tree in lines: what it is, whose, and the policies attached to it.
fn told(loaded: &Loaded) -> Vec<String> {
    let organization = &loaded.organization;
    let policies = |id: &str| {
        let attached = organization.attached.get(id).into_iter().flatten();
        let kind = |id: &str| organization.policies[id].kind.split('_').next().unwrap().to_lowercase();
        attached.map(|id| format!(" {}:{}", kind(id), id.strip_prefix(&loaded.prefix).unwrap())).collect::<String>()
    };
    let units = organization.units.values().map(|unit| format!("unit {}{}", unit.id, policies(&unit.id)));
    let account =
        |a: &super::super::Account| format!("account {} {} in {}{}", a.id, a.name, a.parent.clone().unwrap(), policies(&a.id));
    units.chain(organization.accounts.values().map(account)).collect()
}

#[test]
fn folders_mirror_the_tree() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("org");
    write(&root, "leave.json", DENY);
    write(&root, "rcp/tls.json", RCP);
    write(&root, "README.md", "not a policy");
    write(&root, "notes.json", r#"{"a": 1}"#);
    write(&root, "Work/Prod/scp/regions.json", DENY);
    write(&root, "Work/Prod/111122223333.json", DENY);
    write(&root, "Work/Prod/shop-222233334444/one.json", DENY);
    write(&root, "Work/Prod/shop-222233334444/SCPs/two.yaml", "Version: '2012-10-17'\nStatement: []\n");
    write(&root, "Work/Prod/shop-222233334444/bucket.json", &RCP.replace("Deny", "Allow"));
    write(&root, "Work/12345678901/deny.json", DENY);
    write(&root, "Work/x1111222233334/deny.json", DENY);
    fs::create_dir_all(root.join("Empty/333344445555 (spare)")).unwrap();
    let loaded = loaded(&root);
    assert_eq!(
        told(&loaded),
        [
            "unit / service:leave.json resource:rcp/tls.json",
            "unit /Empty",
            "unit /Work",
            "unit /Work/12345678901 service:Work/12345678901/deny.json",
            "unit /Work/Prod service:Work/Prod/scp/regions.json",
            "unit /Work/x1111222233334 service:Work/x1111222233334/deny.json",
            "account 111122223333 111122223333 in /Work/Prod service:Work/Prod/111122223333.json",
            "account 222233334444 shop in /Work/Prod service:Work/Prod/shop-222233334444/SCPs/two.yaml service:Work/Prod/shop-222233334444/one.json",
            "account 333344445555 spare in /Empty",
        ]
    );
    assert!(loaded.problems.is_empty());
    assert_eq!(loaded.organization.named_path("222233334444"), "/Work/Prod");
    // What has no policy of its own is shown where the nearest above it is.
    assert!(loaded.organization.written["333344445555"].file.ends_with("org/leave.json"));
    let kinds: Vec<_> = loaded.texts.values().map(|found| found.context.kind.unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == PolicyKind::ResourceControlPolicy).count(), 1);
}

#[test]
fn an_account_in_two_units_is_a_contradiction() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "A/111122223333.json", DENY);
    write(dir.path(), "B/111122223333.json", DENY);
    let loaded = loaded(dir.path());
    let [problem] = loaded.problems.as_slice() else { panic!("{:?}", loaded.problems) };
    assert_eq!(problem.reason, "the account `111122223333` stands in `/A` and in `/B`");
}

#[test]
fn an_export_in_the_folder_goes_before_its_folders() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"{"Organization":{"Id":"o-1"},"Roots":[{"Id":"r-1"}],"Accounts":[{"Id":"111122223333","ParentId":"r-1"}],
        "Policies":[{"PolicySummary":{"Id":"p-1","Name":"guard","Arn":"arn:aws:organizations::1:policy/o-1/service_control_policy/p-1","Type":"SERVICE_CONTROL_POLICY"},"Content":"{\"Statement\":[]}"}],
        "PolicyAttachments":[{"PolicyId":"p-1","TargetId":"111122223333"},{"PolicyId":"p-2","TargetId":"111122223333"}]}"#;
    write(dir.path(), "organization.json", text);
    write(dir.path(), "A/deny.json", DENY);
    for path in [dir.path().to_path_buf(), dir.path().join("organization.json")] {
        let loaded = loaded(&path);
        assert_eq!(loaded.organization.id.as_deref(), Some("o-1"));
        assert_eq!(loaded.texts.keys().collect::<Vec<_>>(), ["p-1"]);
        let [problem] = loaded.problems.as_slice() else { panic!("{:?}", loaded.problems) };
        assert_eq!(problem.reason, "the control policy `p-2` is attached to 1 target, and its text is not here");
        assert_eq!(problem.location.as_ref().unwrap().pointer, "/PolicyAttachments/1/PolicyId");
        let (_, node) = loaded.node(&loaded.organization.written["111122223333"]).unwrap();
        assert_eq!(node.as_str(), Some("111122223333"));
    }
    let none = load(&dir.path().join("A/deny.json"), &WalkOptions::default(), &|_| Context::default()).unwrap();
    assert!(none.is_none());
    assert!(load(&dir.path().join("no"), &WalkOptions::default(), &|_| Context::default()).is_err());
}

#[test]
fn what_hangs_on_nothing_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"{"Roots":[{"Id":"r-1"}],"OrganizationalUnits":[{"Id":"ou-1","ParentId":"ou-9"},{"Id":"ou-2","ParentId":"r-1"}],
        "Accounts":[{"Id":"111122223333","ParentId":"ou-1"},{"Id":"222233334444"}],"PolicyAttachments":[]}"#;
    write(dir.path(), "organization.json", text);
    let loaded = loaded(dir.path());
    let [problem] = loaded.problems.as_slice() else { panic!("{:?}", loaded.problems) };
    assert_eq!(problem.reason, "no way leads from `ou-1` and 2 more up to a root");
    assert_eq!(problem.location.as_ref().unwrap().pointer, "/OrganizationalUnits/0/Id");
}
