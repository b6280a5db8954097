//! Condition keys: their types, whether a request carries one value or a list, and keys with a part of the author's own.
//!
//! IAM User Guide, "AWS global condition context keys" and "Single-valued vs. multivalued context keys".

use super::binary::{Catalog, Section};
use crate::text::glob::{Case, matches};

/// What the values of a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Text.
    String,
    /// An ARN.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A number.
    Numeric,
    /// A moment.
    Date,
    /// An address.
    IpAddress,
    /// Base64.
    Binary,
}

impl KeyType {
    /// The name AWS uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Arn => "ARN",
            Self::Bool => "Bool",
            Self::Numeric => "Numeric",
            Self::Date => "Date",
            Self::IpAddress => "IPAddress",
            Self::Binary => "Binary",
        }
    }

    fn numbered(number: u8) -> Self {
        match number {
            1 => Self::Arn,
            2 => Self::Bool,
            3 => Self::Numeric,
            4 => Self::Date,
            5 => Self::IpAddress,
            6 => Self::Binary,
            _ => Self::String,
        }
    }
}

/// A condition key.
#[derive(Clone, Copy, Debug)]
pub struct ConditionKey {
    catalog: &'static Catalog,
    index: usize,
}

impl PartialEq for ConditionKey {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.catalog, other.catalog) && self.index == other.index
    }
}

impl Eq for ConditionKey {}

impl ConditionKey {
    /// As documented: `aws:PrincipalTag/${TagKey}`.
    pub fn name(self) -> &'static str {
        self.catalog.text(self.catalog.u32(Section::Keys, self.index, 0))
    }

    /// What its values are.
    pub fn kind(self) -> KeyType {
        KeyType::numbered(self.catalog.u8(Section::Keys, self.index, 4))
    }

    /// A request carries a list of values.
    pub fn is_list(self) -> bool {
        self.flags() & 1 != 0
    }

    /// Documented among the global keys.
    pub fn is_global(self) -> bool {
        self.flags() & 2 != 0
    }

    /// Has a part that the author chooses, such as a tag key.
    pub fn is_template(self) -> bool {
        self.flags() & 4 != 0
    }

    fn flags(self) -> u8 {
        self.catalog.u8(Section::Keys, self.index, 5)
    }
}

impl Catalog {
    /// Every condition key, sorted without regard to letter case.
    pub fn keys(&'static self) -> impl Iterator<Item = ConditionKey> {
        (0..self.count(Section::Keys)).map(move |index| ConditionKey { catalog: self, index })
    }

    /// A condition key as written in a policy, letter case ignored: `aws:PrincipalTag/team` is `aws:PrincipalTag/${TagKey}`.
    pub fn key(&'static self, written: &str) -> Option<ConditionKey> {
        let index = self.lower_bound(Section::Keys, written);
        let exact = ConditionKey { catalog: self, index };
        let name = self.bytes(self.u32(Section::Keys, index, 0));
        if !written.is_empty() && name.eq_ignore_ascii_case(written.as_bytes()) {
            return Some(exact);
        }
        // Nearly all of them are a name, a slash, and the author's part.
        if let Some((head, _)) = written.split_once('/').filter(|(_, tail)| !tail.is_empty()) {
            let pattern = format!("{head}/*");
            let found = self.lower_bound(Section::Templates, &pattern);
            let name = self.bytes(self.u32(Section::Templates, found, 0));
            if name.eq_ignore_ascii_case(pattern.as_bytes()) {
                return Some(ConditionKey { catalog: self, index: usize::from(self.u16(Section::Templates, found, 4)) });
            }
        }
        let first = written.as_bytes().first().map(u8::to_ascii_lowercase);
        let fits = |i: &usize| {
            let at = self.u32(Section::Templates, *i, 0);
            let alike = self.bytes(at).first().copied() == first;
            alike && matches(self.text(at), written, Case::Insensitive) && !ends_early(written)
        };
        let found = (0..self.count(Section::Templates)).find(fits)?;
        Some(ConditionKey { catalog: self, index: usize::from(self.u16(Section::Templates, found, 4)) })
    }

    /// True when some key starts with this prefix and a colon, letter case ignored.
    pub fn has_key_prefix(&'static self, prefix: &str) -> bool {
        let wanted = format!("{prefix}:");
        let index = self.lower_bound(Section::Keys, &wanted);
        let name = ConditionKey { catalog: self, index }.name();
        name.get(..wanted.len()).is_some_and(|head| head.eq_ignore_ascii_case(&wanted))
    }

    /// Keys of a list.
    pub(super) fn key_list(&'static self, index: u16) -> impl Iterator<Item = ConditionKey> + use<> {
        let list = self.list(self.u32(Section::KeyLists, usize::from(index), 0));
        list.map(move |index| ConditionKey { catalog: self, index: usize::from(index) })
    }
}

/// `aws:RequestTag/` without a tag key is no key.
fn ends_early(written: &str) -> bool {
    written.ends_with('/') || written.ends_with(':')
}
