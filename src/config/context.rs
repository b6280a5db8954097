//! `context`: what bare files are, told by patterns of their names.

use super::read::Reader;
use crate::catalog::{Partition, is_region};
use crate::document::{Kind, Node};
use crate::policy::context::{AttachedTo, PrincipalKind};
use crate::policy::{Context, PolicyKind};
use crate::text::suggest;
use globset::GlobMatcher;

const KEYS: [&str; 13] = [
    "file",
    "kind",
    "resource_type",
    "account",
    "region",
    "partition",
    "resource",
    "arn",
    "name",
    "ou",
    "org_id",
    "attached_to",
    "attachment",
];

/// `{stem}`: the file's name without its extensions; `{dir}`: the name of the folder it is in.
const PLACEHOLDERS: [&str; 2] = ["stem", "dir"];

/// A project file made by a script may name thousands of files one by one; those need no glob.
#[derive(Clone, Debug)]
enum FilePattern {
    Plain(String),
    Glob(GlobMatcher),
}

impl From<GlobMatcher> for FilePattern {
    fn from(glob: GlobMatcher) -> Self {
        let text = glob.glob().glob();
        if text.contains(['*', '?', '[', '{', '\\']) { Self::Glob(glob) } else { Self::Plain(text.to_owned()) }
    }
}

/// One entry: for these files, these facts. Its texts may hold placeholders.
#[derive(Clone, Debug)]
pub struct ContextEntry {
    files: Vec<FilePattern>,
    template: Context,
}

impl ContextEntry {
    /// True when the entry speaks of this file.
    pub fn matches(&self, file: &str) -> bool {
        self.files.iter().any(|pattern| match pattern {
            FilePattern::Plain(name) => name == file,
            FilePattern::Glob(glob) => glob.is_match(file),
        })
    }

    /// Write what this entry says over `context`, placeholders filled in for `file`.
    pub fn lay_over(&self, context: &mut Context, file: &str) {
        let from = &self.template;
        let fill = |text: &String| expand(text, file);
        context.kind = from.kind.or(context.kind);
        for (to, from) in [
            (&mut context.resource_type, &from.resource_type),
            (&mut context.account, &from.account),
            (&mut context.partition, &from.partition),
            (&mut context.region, &from.region),
            (&mut context.ou, &from.ou),
            (&mut context.org_id, &from.org_id),
            (&mut context.resource, &from.resource),
            (&mut context.name, &from.name),
        ] {
            if let Some(text) = from {
                *to = Some(fill(text));
            }
        }
        if let Some(from) = &from.attached_to {
            let to = context.attached_to.get_or_insert_default();
            to.kind = from.kind.or(to.kind);
            if !from.name.is_empty() {
                to.name = fill(&from.name);
            }
            if let Some(path) = &from.path {
                to.path = Some(fill(path));
            }
            to.tags.extend(from.tags.iter().map(|(key, value)| (key.clone(), fill(value))));
        }
    }
}

/// Fill in `{stem}` and `{dir}`, in one pass: what is filled in is never read as a placeholder again.
fn expand(text: &str, file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let dir = folder.rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem });
    let mut out = String::with_capacity(text.len() + stem.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (word, tail) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(if word == "stem" { stem } else { dir });
        rest = tail;
    }
    out + rest
}

pub(super) fn read<'d>(reader: &mut Reader<'d>, node: Node<'d>) -> Vec<ContextEntry> {
    let items = reader.list(node, "context");
    items.into_iter().map(|item| entry(reader, item)).collect()
}

fn entry<'d>(reader: &mut Reader<'d>, node: Node<'d>) -> ContextEntry {
    let mut found = ContextEntry { files: Vec::new(), template: Context::default() };
    let members = reader.members(node, "context", &KEYS);
    if node.kind() == Kind::Object && !members.iter().any(|(key, _)| *key == "file") {
        reader.problem(
            node,
            "this entry does not say which files it is about",
            "add `file`: a pattern such as `policies/**/*.json`",
        );
    }
    let to = &mut found.template;
    for (key, value) in members {
        match key {
            "file" => found.files = reader.path_globs(value, key).into_iter().map(FilePattern::from).collect(),
            "kind" => to.kind = reader.choice(value, key, &PolicyKind::ALL.map(PolicyKind::as_str)),
            "account" => to.account = checked(reader, value, key, is_account, "an account id is 12 digits"),
            "region" => to.region = checked(reader, value, key, is_region, "a region is written like `eu-west-1`"),
            "partition" => to.partition = checked(reader, value, key, is_partition, "write `aws`, `aws-cn` or `aws-us-gov`"),
            "resource_type" => to.resource_type = template(reader, value, key),
            "resource" | "arn" => to.resource = template(reader, value, key),
            "name" => to.name = template(reader, value, key),
            "ou" => to.ou = template(reader, value, key),
            "org_id" => to.org_id = template(reader, value, key),
            "attached_to" => to.attached_to = Some(attached_to(reader, value)),
            _ => {
                for (key, value) in reader.members(value, "attachment", &["arn", "name"]) {
                    let slot = if key == "arn" { &mut to.resource } else { &mut to.name };
                    *slot = template(reader, value, key);
                }
            }
        }
    }
    found
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_partition(text: &str) -> bool {
    text.parse::<Partition>().is_ok()
}

fn attached_to<'d>(reader: &mut Reader<'d>, node: Node<'d>) -> AttachedTo {
    let mut found = AttachedTo::default();
    for (key, value) in reader.members(node, "attached_to", &["type", "name", "path", "tag", "tags"]) {
        match key {
            "type" => found.kind = reader.choice(value, key, &PrincipalKind::ALL.map(PrincipalKind::as_str)),
            "name" => found.name = template(reader, value, key).unwrap_or_default(),
            "path" => found.path = template(reader, value, key),
            _ => {
                for (tag, value) in reader.entries(value, key) {
                    let text = template(reader, value, tag.scalar());
                    found.tags.insert(tag.scalar().to_owned(), text.unwrap_or_default());
                }
            }
        }
    }
    found
}

/// Text whose placeholders are known ones.
fn template<'d>(reader: &mut Reader<'d>, node: Node<'d>, what: &str) -> Option<String> {
    let text = reader.text(node, what)?;
    for piece in text.split('{').skip(1) {
        let word = piece.split_once('}').map(|(word, _)| word);
        if word.is_none_or(|word| !PLACEHOLDERS.contains(&word)) {
            let near = word.and_then(|word| suggest::nearest(word, PLACEHOLDERS));
            let help =
                near.map_or_else(|| "known are `{stem}` and `{dir}`".to_owned(), |near| format!("did you mean `{{{near}}}`?"));
            reader.problem(node, format!("`{text}` holds an unknown placeholder"), help);
            return None;
        }
    }
    Some(text.to_owned())
}

/// A template that must have a certain shape, as far as that can be told before it is filled in.
fn checked<'d>(reader: &mut Reader<'d>, node: Node<'d>, what: &str, fits: fn(&str) -> bool, help: &str) -> Option<String> {
    let text = template(reader, node, what)?;
    if !text.contains('{') && !fits(&text) {
        reader.problem(node, format!("`{text}` is no `{what}`"), help);
        return None;
    }
    Some(text)
}
