//! Whose something is: what an ARN and tags tell.

use super::found::Place;
use crate::policy::{Context, arn};
use std::collections::BTreeMap;

/// What was said of the file, completed by an ARN: it names the partition, the account and the region.
pub fn by_arn(said: &Context, arn: Option<String>) -> Context {
    let Some(arn) = arn else { return said.clone() };
    let fields = arn::Arn::parse(&arn);
    let word = |text: Option<&str>| text.filter(|t| !t.is_empty() && !t.contains(['*', '$'])).map(str::to_owned);
    let account = word(fields.map(|f| f.account).filter(|a| arn::is_account_id(a)));
    Context {
        account: account.or_else(|| said.account.clone()),
        partition: word(fields.map(|f| f.partition)).or_else(|| said.partition.clone()),
        region: word(fields.map(|f| f.region)).or_else(|| said.region.clone()),
        resource: Some(arn),
        ..said.clone()
    }
}

/// Tags as an object, or as a list of keys and values, of an object or of another one.
pub fn tags(item: &Place, other: Option<&Place>) -> BTreeMap<String, String> {
    let lists = [item.any(&["tags", "Tags"]), other.and_then(|o| o.any(&["tags", "Tags"]))];
    let mut out = BTreeMap::new();
    for list in lists.into_iter().flatten() {
        for (key, value) in list.node().members().filter(|(_, value)| value.is_scalar()) {
            out.insert(key.scalar().to_owned(), value.scalar().to_owned());
        }
        for tag in list.elements() {
            if let Some(key) = tag.text(&["key", "Key"]) {
                out.insert(key, tag.text(&["value", "Value"]).unwrap_or_default());
            }
        }
    }
    out
}
