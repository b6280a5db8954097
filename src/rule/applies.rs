//! `applies_to`: reading it, and asking it of a site.

use super::compiler::Compiler;
use super::meta::{AppliesTo, AttachedTest};
use crate::algebra::Truth;
use crate::document::Node;
use crate::extract::site::stem;
use crate::extract::{DocumentKind, Site};
use crate::policy::Context;
use crate::policy::context::AttachedTo;
use crate::text::glob::{Case, matches};

/// Compile `applies_to`.
pub fn applies_to<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> AppliesTo {
    let known = ["kind", "file", "account", "ou", "partition", "resource_type", "attached_to", "unless", "tag"];
    c.known_keys(node, &known, "`applies_to`");
    let list = |c: &mut Compiler<'d>, key: &str| node.get(key).map(|n| c.strings(n));
    let mut out = AppliesTo {
        kinds: Vec::new(),
        files: list(c, "file"),
        accounts: list(c, "account"),
        ous: list(c, "ou"),
        partitions: list(c, "partition"),
        resource_types: list(c, "resource_type"),
        attached_to: node.get("attached_to").map(|n| attached(c, n)),
        unless: node.get("unless").map(|n| Box::new(applies_to(c, n))),
    };
    if let Some(tag) = node.get("tag") {
        let test = AttachedTest { tags: tags(c, tag), ..AttachedTest::default() };
        out.attached_to.get_or_insert_with(AttachedTest::default).any_of.push(test);
    }
    if let Some(kind) = node.get("kind") {
        for text in c.strings(kind) {
            match text.as_str() {
                "config-item" => out.kinds.push(DocumentKind::ConfigItem),
                "settings" => out.kinds.push(DocumentKind::Settings),
                "other" => out.kinds.push(DocumentKind::Other),
                name => match name.parse() {
                    Ok(kind) => out.kinds.push(DocumentKind::Policy(kind)),
                    Err(()) => unknown_kind(c, kind, name),
                },
            }
        }
    }
    out
}

fn unknown_kind<'d>(c: &mut Compiler<'d>, node: Node<'d>, name: &str) {
    let policies = crate::policy::PolicyKind::ALL.map(crate::policy::PolicyKind::as_str);
    let known: Vec<&str> = policies.into_iter().chain(["config-item", "settings", "other"]).collect();
    let help = crate::text::suggest::did_you_mean(name, known.iter().copied());
    c.problem(
        node,
        format!("`{name}` is not a kind of document"),
        help.unwrap_or_else(|| format!("use one of {}", known.join(", "))),
    );
}

fn tags<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> Vec<(String, Vec<String>)> {
    node.members().map(|(key, value)| (key.scalar().to_owned(), c.strings(value))).collect()
}

pub(super) fn attached<'d>(c: &mut Compiler<'d>, node: Node<'d>) -> AttachedTest {
    c.known_keys(node, &["type", "name", "path", "tag", "tags", "trusted_by", "any_of"], "`attached_to`");
    let trusted = node.get("trusted_by");
    if let Some(other) = trusted.filter(|n| n.scalar() != OTHER_ACCOUNT) {
        c.problem(
            other,
            format!("`{}` is nobody a role can be trusted by here", other.scalar()),
            format!("write `{OTHER_ACCOUNT}`"),
        );
    }
    let list = |c: &mut Compiler<'d>, key: &str| node.get(key).map(|n| c.strings(n));
    AttachedTest {
        types: list(c, "type"),
        name: list(c, "name"),
        path: list(c, "path"),
        tags: node.get("tag").or_else(|| node.get("tags")).map(|n| tags(c, n)).unwrap_or_default(),
        by_others: trusted.is_some(),
        any_of: node
            .get("any_of")
            .map(|n| n.elements().map(|alternative| attached(c, alternative)).collect())
            .unwrap_or_default(),
    }
}

/// What `trusted_by` may say: the role's trust policy lets a principal of another account in.
pub const OTHER_ACCOUNT: &str = "other-account";

impl AppliesTo {
    /// Whether the rule speaks of this site. `Unknown` where the site does not tell: then the rule keeps quiet, and the
    /// summary counts it as not applicable.
    pub fn test(&self, site: &Site<'_>) -> Truth {
        self.test_of(site.kind, &site.file, &site.context)
    }

    /// The same of a kind of document, a file and what is known of the owner.
    pub fn test_of(&self, kind: DocumentKind, file: &str, context: &Context) -> Truth {
        if !self.kind_fits(kind) {
            return Truth::False;
        }
        let mut truth = glob_fits(&self.files, Some(file));
        truth = truth.and(glob_fits(&self.accounts, context.account.as_deref()));
        // Without organization data every organizational unit is meant.
        truth = truth.and(context.ou.as_deref().map_or(Truth::True, |ou| glob_fits(&self.ous, Some(ou))));
        truth = truth.and(glob_fits(&self.partitions, context.partition.as_deref().or(Some("aws"))));
        truth = truth.and(glob_fits(&self.resource_types, context.resource_type.as_deref()));
        if let Some(test) = &self.attached_to {
            truth = truth.and(test.test(file, context));
        }
        match &self.unless {
            // An exception must be known to hold; not knowing does not excuse.
            Some(unless) if unless.test_of(kind, file, context) == Truth::True => Truth::False,
            Some(_) | None => truth,
        }
    }

    /// Whether the rule is about this kind of document at all.
    pub fn kind_fits(&self, kind: DocumentKind) -> bool {
        if self.kinds.is_empty() { matches!(kind, DocumentKind::Policy(_)) } else { self.kinds.contains(&kind) }
    }
}

/// No globs means any; globs without a text mean that nobody knows.
fn glob_fits(globs: &Option<Vec<String>>, text: Option<&str>) -> Truth {
    match (globs, text) {
        (None, _) => Truth::True,
        (Some(globs), Some(text)) => Truth::from(globs.iter().any(|g| path_glob(g, text))),
        (Some(globs), None) => {
            if globs.is_empty() {
                Truth::False
            } else {
                Truth::Unknown
            }
        }
    }
}

/// Globs over paths: `/consumer/**` also means `/consumer/` itself.
fn path_glob(glob: &str, text: &str) -> bool {
    let plain = glob.replace("**", "*");
    matches(&plain, text, Case::Sensitive) || plain.strip_suffix("/*").is_some_and(|base| text == base)
}

impl AttachedTest {
    /// Whether what is known of the principal fits.
    pub fn test(&self, file: &str, context: &Context) -> Truth {
        let known = context.attached_to.as_ref();
        let kind = known.and_then(|a| a.kind);
        // A bare file says nothing about its principal but its own name, which is how people name such files.
        let type_fits = self.types.as_ref().is_none_or(|types| kind.is_none_or(|k| types.iter().any(|t| t == k.as_str())));
        if !type_fits {
            return Truth::False;
        }
        let name = known.map(|a| a.name.as_str()).filter(|n| !n.is_empty()).or(context.name.as_deref()).or(Some(stem(file)));
        let mut truth = glob_fits(&self.name, name);
        truth = truth.and(glob_fits(&self.path, known.and_then(|a| a.path.as_deref())));
        for (key, values) in &self.tags {
            truth = truth.and(tag_fits(known, key, values));
        }
        if self.by_others {
            truth = truth.and(known.and_then(|a| a.trusts_others).map_or(Truth::Unknown, Truth::from));
        }
        if !self.any_of.is_empty() {
            truth = truth.and(self.any_of.iter().map(|t| t.test(file, context)).max().unwrap_or(Truth::False));
        }
        // Only the type was asked for and nobody knows it.
        let nothing_else =
            self.name.is_none() && self.path.is_none() && self.tags.is_empty() && !self.by_others && self.any_of.is_empty();
        if nothing_else && kind.is_none() && self.types.is_some() { truth.and(Truth::Unknown) } else { truth }
    }
}

fn tag_fits(known: Option<&AttachedTo>, key: &str, values: &[String]) -> Truth {
    let Some(attached) = known else { return Truth::Unknown };
    Truth::from(attached.tags.get(key).is_some_and(|value| values.iter().any(|v| matches(v, value, Case::Sensitive))))
}
