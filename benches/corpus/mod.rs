//! A made corpus: policies in the shape of AWS managed policies, real action names, the same on every run.

pub mod snapshots;

use palisade::catalog;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

const POLICIES: usize = 1600;

/// A small generator of numbers; its sequence never changes.
struct Dice(u64);

impl Dice {
    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % n.max(1)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// Write the corpus into a folder.
pub fn make(folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).expect("a folder");
    let services: Vec<(String, Vec<&str>)> = catalog::services()
        .map(|s| (s.to_owned(), catalog::actions(s).into_iter().flatten().map(catalog::Action::name).collect::<Vec<_>>()))
        .filter(|(_, actions)| !actions.is_empty())
        .collect();
    let mut dice = Dice(2026);
    for number in 0..POLICIES {
        // Most are small, some are large, a few are very large.
        let size = match dice.below(20) {
            0 => 14,
            1..=3 => 7,
            4..=9 => 3,
            _ => 1,
        };
        let statements: Vec<Value> = (0..=dice.below(2 * size)).map(|i| statement(&mut dice, &services, i, size)).collect();
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let text = serde_json::to_string_pretty(&policy).expect("a policy").replace("  ", "    ");
        fs::write(folder.join(format!("policy-{number:04}.json")), text).expect("a file");
    }
    folder.to_path_buf()
}

fn statement(dice: &mut Dice, services: &[(String, Vec<&str>)], index: usize, size: usize) -> Value {
    let mut map = Map::new();
    if !dice.one_in(3) {
        map.insert("Sid".into(), format!("Statement{index}ForService").into());
    }
    map.insert("Effect".into(), if dice.one_in(25) { "Deny" } else { "Allow" }.into());
    let (service, names) = dice.pick(services).cloned().unwrap_or_default();
    let actions: Vec<Value> = (0..1 + dice.below(6 + 4 * size))
        .filter_map(|_| {
            let name = dice.pick(&names)?;
            Some(Value::from(if dice.one_in(9) { format!("{service}:{}*", verb(name)) } else { format!("{service}:{name}") }))
        })
        .collect();
    map.insert("Action".into(), Value::Array(actions));
    let arn = |n: usize| Value::from(format!("arn:aws:{service}:*:*:resource-{n}/*"));
    let resource = if dice.one_in(2) { Value::from("*") } else { (0..1 + dice.below(4)).map(arn).collect() };
    map.insert("Resource".into(), resource);
    if dice.one_in(4) {
        let condition = match dice.below(4) {
            0 => json!({ "StringEquals": { "aws:ResourceAccount": "${aws:PrincipalAccount}" } }),
            1 => json!({ "StringLike": { "iam:PassedToService": [format!("{service}.amazonaws.com")] } }),
            2 => {
                json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["managed", "owner"] }, "Null": { "aws:TagKeys": "false" } })
            }
            _ => json!({ "Bool": { "aws:ViaAWSService": "true" } }),
        };
        map.insert("Condition".into(), condition);
    }
    Value::Object(map)
}

/// `Describe` of `DescribeInstances`.
fn verb(name: &str) -> &str {
    let end = name.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase()).map_or(name.len(), |(at, _)| at);
    name.get(..end).unwrap_or(name)
}
