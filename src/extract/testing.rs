//! For tests: read a document, and tell what was found in a line each.

use super::entity::Entity;
use super::facts::Setting;
use super::found::{Base, Body, Found, Place};
use super::layout::{Extraction, extract};
use crate::document::{Origin, json, path};
use crate::policy::Context;
use std::sync::Arc;

/// What a document of this name and text gives.
pub fn read_as(file: &str, text: &str) -> Extraction {
    read_said(file, text, &Context::default())
}

/// The same, when something was said of the file.
pub fn read_said(file: &str, text: &str, said: &Context) -> Extraction {
    let base = Base::new(file.into(), json::parse(text.to_owned()), Origin::default());
    extract(Arc::new(base), said)
}

/// What a document gives, told in lines; the layout first.
pub fn told(text: &str) -> String {
    let all = read_as("file.json", text);
    let lines = all.entities.iter().flat_map(lines);
    std::iter::once(all.layout.unwrap_or("nothing").to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

/// An entity in lines.
pub fn lines(entity: &Entity) -> Vec<String> {
    match entity {
        Entity::Resource(_, found) => found.iter().map(line).collect(),
        Entity::Principal(_, p) => {
            let attached_to = p.subject.context.attached_to.as_ref().unwrap();
            let tags = attached_to.tags.iter().map(|(key, value)| format!(" {key}={value}")).collect::<String>();
            let path = attached_to.path.as_deref().unwrap_or("-");
            let mut out = vec![format!("{} {} path {path}{tags}", p.kind, p.id)];
            out.push(format!("  subject {}", line(&p.subject)));
            out.extend(p.own.iter().map(|f| format!("  own {}", line(f))));
            out.extend(p.inline.iter().map(|f| format!("  inline {}", line(f))));
            out.extend(p.attached.iter().map(|a| format!("  attached {a}")));
            out.extend(p.groups.iter().map(|g| format!("  group {g}")));
            out.extend(p.boundary.iter().map(|b| format!("  boundary {b}")));
            out
        }
        Entity::Managed(_, m) => {
            let count = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
            let counts = (count(m.attachments), count(m.boundaries), m.old_versions);
            let mut out = vec![format!("managed {} attachments {} boundaries {} old {}", m.id, counts.0, counts.1, counts.2)];
            out.extend(m.default.iter().map(|f| format!("  default {}", line(f))));
            out
        }
    }
}

fn line(found: &Found) -> String {
    let (word, pointers) = match &found.body {
        Body::Tree(place) => ("tree", pointers(place)),
        Body::Text(_, embedding) => ("text", Origin::Embedded(embedding.clone()).pointers(String::new()).join("!")),
        Body::Missing(place) => ("missing", pointers(place)),
        Body::Unknown(place) => ("unknown", pointers(place)),
        Body::Record(place) => ("record", pointers(place)),
        Body::Settings(place, facts) => {
            let facts = facts.iter().map(|fact| {
                let value = match &fact.setting {
                    Setting::Is(value) => value.as_str(),
                    Setting::Unset => "unset",
                    Setting::Unknown => "unknown",
                };
                format!("\n  {} {value} at {}", fact.name, pointers(&fact.place))
            });
            ("settings", pointers(place) + &facts.collect::<String>())
        }
    };
    let context = &found.context;
    let kind = context.kind.map_or("-", |kind| kind.as_str());
    let of = context.attached_to.as_ref().map(|a| format!(" of {}", a.name)).unwrap_or_default();
    let parts = [&context.resource_type, &context.name, &context.resource, &context.account, &context.region, &context.org_id];
    let parts: Vec<&str> = parts.iter().map(|part| part.as_deref().unwrap_or("-")).collect();
    format!("{word} {kind} {}{of} at {pointers}", parts.join(" "))
}

fn pointers(place: &Place) -> String {
    let root = place.node().document().root().unwrap();
    place.base().origin.pointers(path::pointer(&path::steps(root, place.node()).0)).join("!")
}
