//! Bad input: a clear word at the right place, and the rest is checked.

use super::*;

/// What could not be read: the message, and the text it points at.
fn incomplete(sandbox: &Sandbox, report: &Value) -> Vec<String> {
    let told = report["documents"]["incomplete"].as_array().expect("a list");
    let one = |one: &Value| {
        let place = one.get("location").filter(|location| !location.is_null()).map(|location| {
            let whole = decoded(sandbox, one["file"].as_str().expect("a file"));
            format!(" at {}: {}", location["start"]["offset"], shortened(text_at(&whole, location)))
        });
        format!("{}{}", one["reason"].as_str().expect("a reason"), place.unwrap_or_default())
    };
    told.iter().map(one).collect()
}

/// One broken file beside a good one: what is told, and that the good one was read.
#[track_caller]
fn broken(name: &str, bytes: impl AsRef<[u8]>, found: usize, code: i32) -> Vec<String> {
    let sandbox = Sandbox::with(&[("good.json", crate::common::GOOD)]);
    sandbox.write(name, bytes);
    let run = sandbox.run(&["check", "--max-size", "1", "--format", "json", "--select", PASS]).ends(code);
    let report = run.json();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(found), "{report}");
    // The encodings of a broken file are the test's own affair.
    let readable = |file: &str| std::fs::read(sandbox.path().join(file)).is_ok_and(|b| String::from_utf8(b).is_ok());
    if readable(name) {
        incomplete(&sandbox, &report)
    } else {
        let told = report["documents"]["incomplete"].as_array().expect("a list");
        told.iter().map(|one| one["reason"].as_str().expect("a reason").to_owned()).collect()
    }
}

#[test]
fn damaged_files_are_told_and_the_rest_is_checked() {
    let bytes = text(&pass_role()).into_bytes();
    let packed = gzip(&bytes);
    assert_eq!(
        broken("a.json.gz", &packed[..packed.len() - 12], 0, 4),
        ["cannot unpack `a.json.gz`: the gzip data ends too early"]
    );
    let blanks = vec![b' '; 3 << 20];
    assert_eq!(broken("a.json.gz", gzip(&blanks), 0, 4), ["`a.json.gz` is larger than 1048576 bytes when unpacked"]);
    // The items before a bomb, or before the end of what was delivered, count.
    let mut bomb = snapshot(&[inline_role("a")]).into_bytes();
    bomb.truncate(bomb.len() - 2);
    bomb.extend(b",");
    bomb.resize(17 << 20, b' ');
    assert_eq!(broken("s.json.gz", gzip(&bomb), 1, 1), ["`s.json.gz` is larger than 16777216 bytes when unpacked"]);
    let whole = snapshot(&[inline_role("a"), inline_role("b")]);
    let told = broken("s.json", &whole[..whole.len() - 300], 1, 1);
    let end = whole.len() - 300;
    assert_eq!(told.first().map(String::as_str), Some("this item is broken: what follows cannot be told from it at 708: {"));
    assert!(told.contains(&format!("the file ends within its list of items at {end}: ")), "{told:?}");
    let told = broken("s.json", &whole[..whole.find("},\n{").expect("two items") + 2], 1, 1);
    assert_eq!(told, ["the file ends within its list of items at 706: "]);
    // A file so short that it ends before it is known for what it is.
    let packed = gzip(whole.as_bytes());
    let told = broken("s.json.gz", &packed[..packed.len() - 4], 2, 1);
    assert_eq!(told, ["cannot unpack `s.json.gz`: the gzip data ends too early"]);
}

#[test]
fn one_broken_item_costs_only_itself() {
    let spoil = |spoiled: &str, found: usize| {
        let items = [text(&inline_role("a")), spoiled.to_owned(), text(&inline_role("c"))];
        broken("s.json", broken_snapshot(&items), found, 1)
    };
    let whole = text(&inline_role("b"));
    let cut = "this item is broken: what follows cannot be told from it at 708: {";
    // A lost bracket or quote at the end of an item leaves all of it readable.
    assert_eq!(spoil(&whole[..whole.len() - 1], 3), [cut, "`{` is never closed at 1347: "]);
    let told = spoil(&whole.replacen("\"awsRegion\"", "\"awsRegion", 1), 3);
    assert_eq!(told, [cut, "this string is never closed at 1002: "]);
    assert_eq!(spoil("7", 2), ["this is no configuration item at 708: 7"]);
    let mut item = inline_role("b");
    item["configuration"] = json!("{\"roleName\": ");
    assert_eq!(spoil(&text(&item), 2), ["`{` is never closed at 1047: ", "a value is missing here at 1047: "]);
    let told = spoil(&whole.replacen("\"resourceName\"", "\"awsRegion\":\"x\",\"resourceName\"", 1), 3);
    assert_eq!(told, ["duplicate key `awsRegion` at 1008: \"awsRegion\""]);
    // A mistake in a policy is pointed at through its encoding.
    let document = percent(&pass_role()).replace("%2C%22Resource", "%22Resource");
    let item = role_item("b", &json!({"rolePolicyList": [{"policyName": "inline", "policyDocument": document}]}));
    let items = broken_snapshot(&[text(&inline_role("a")), text(&item)]);
    let at = items.rfind("%22Resource").expect("the key");
    let told = broken("s.json", &items, 2, 1);
    assert_eq!(told, [format!("no comma between two entries at {at}: ")]);
}

/// Rows and settings in strings were read without a word about what is wrong with them.
#[test]
fn mistakes_in_strings_that_hold_more_than_a_policy_are_told() {
    let row = text(&inline_role("b")).replacen(",\"awsRegion\"", "\"awsRegion\"", 1);
    let rows = text(&json!({"Results": [text(&inline_role("a")), row]}));
    let at = rows.rfind("\\\"awsRegion").expect("the key");
    assert_eq!(broken("rows.json", rows, 2, 1), [format!("no comma between two entries at {at}: ")]);
    let mut bucket = bucket_item(&Value::Null);
    bucket["supplementaryConfiguration"]["AccessControlList"] = json!("{\"grantList\": [}");
    let told = broken("s.json", snapshot(&[bucket]), 0, 4);
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn nothing_after_the_list_is_passed_over() {
    let one = snapshot(&[inline_role("a")]);
    let told = |at: usize| vec![format!("what follows the list of items was not read at {at}: ")];
    // Two pages written into one file.
    let two = format!("{one}\n{one}");
    assert_eq!(broken("s.json", &two, 1, 1), told(one.len() + 1));
    let again = one.trim_end_matches('}').to_owned() + ",\"configurationItems\":[]}";
    assert_eq!(broken("s.json", &again, 1, 1), told(one.len()));
    // Members of the answer may follow.
    let more = one.trim_end_matches('}').to_owned() + ",\"nextToken\":\"t\",\"meta\":{\"a\":[]}}\n";
    assert_eq!(broken("s.json", &more, 1, 1), Vec::<String>::new());
}

#[test]
fn an_item_beyond_the_limit_is_told_as_that() {
    let mut large = inline_role("b");
    large["tags"] = json!({"x": "y".repeat(2 << 20)});
    let told = broken("s.json", snapshot(&[inline_role("a"), large]), 1, 1);
    assert_eq!(told, ["an item of `s.json` is larger than 1048576 bytes; it and those after it were not read"]);
}

#[test]
fn a_byte_order_mark_before_a_list_moves_nothing() {
    let sandbox = Sandbox::with(&[]);
    let list = snapshot(&[inline_role("a")]);
    let lines = format!("{}\n{}\n", inline_role("a"), inline_role("b"));
    for (name, text, found) in [("s.json", list, 1), ("l.jsonl", lines, 2)] {
        let places = |mark: &str| {
            sandbox.write(name, format!("{mark}{text}"));
            let report = sandbox.run(&["check", name, "--format", "json", "--select", PASS]).json();
            assert_eq!(report["documents"]["incomplete"], json!([]), "{report}");
            let all = report["findings"].as_array().expect("findings").iter();
            all.map(|finding| finding["location"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(places("\u{feff}"), places(""));
        assert_eq!(places("").len(), found);
    }
}

#[test]
fn damage_to_the_encoding_of_an_item_is_told() {
    let items = snapshot(&[inline_role("a"), inline_role("b"), inline_role("c")]);
    let mut bytes = items.into_bytes();
    let at = bytes.windows(9).position(|w| w == b"ID-b\",\"re").expect("the item");
    bytes[at] = 0xFF;
    let told = broken("s.json", &bytes, 3, 1);
    assert_eq!(told, ["the byte 0xFF is not UTF-8"]);
}

#[test]
fn templates_and_plans_that_are_not_understood() {
    let template = "AWSTemplateFormatVersion: \"2010-09-09\"\nResources:\n  R:\n    Type: AWS::SNS::Topic\n    \
                    Properties:\n      \
                    TopicName: !Envelope x\n";
    let told = broken("t.yaml", template, 0, 4);
    assert_eq!(told, ["`!Envelope` is no intrinsic function of CloudFormation at 114: !Envelope x"]);
    let told = broken("plan.json", text(&plan("9.0")), 1, 1);
    assert_eq!(told, ["a plan of format version 9.0: palisade knows 0 and 1 at 18: \"9.0\""]);
}

#[test]
fn a_list_of_nothing_but_mistakes_is_not_told_item_by_item() {
    let items: Vec<String> = (0..3000).map(|n| format!("{{\"resourceType\":{n},}}")).collect();
    let told = broken("list.json", broken_snapshot(&items), 0, 4);
    assert!(told.len() <= 1002, "{}", told.len());
    assert!(told.iter().any(|one| one.ends_with("more mistakes are not listed")), "{:?}", told.last());
}

#[test]
fn an_unknown_tag_keeps_no_check_from_the_rest() {
    let template = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: []}\n      Path: !Foo /x/\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Version: \"2012-10-17\"\n            Statement: {Effect: Allow, Action: \"iam:PassRole\", Resource: \"*\"}\n";
    let sandbox = Sandbox::with(&[("t.yaml", template)]);
    let report = sandbox.run(&["check", "--format", "json"]).ends(1).json();
    let rules: Vec<&str> = report["findings"].as_array().expect("a list").iter().filter_map(|f| f["rule"].as_str()).collect();
    assert!(rules.contains(&"pass-role-with-star-in-resource"), "{rules:?}");
    assert_eq!(incomplete(&sandbox, &report).len(), 1);
}
