//! Resource types and the formats of their ARNs.

use super::binary::{Catalog, Section};
use super::condition_key::ConditionKey;

/// One resource type of a service.
#[derive(Clone, Copy, Debug)]
pub struct ResourceType {
    pub(super) catalog: &'static Catalog,
    pub(super) index: usize,
}

impl ResourceType {
    /// Its number among all resource types.
    pub fn index(self) -> usize {
        self.index
    }

    /// Its name, such as `projectversion`.
    pub fn name(self) -> &'static str {
        self.catalog.text(self.catalog.u32(Section::Types, self.index, 0))
    }

    /// Its ARN with placeholders: `arn:${Partition}:s3:::${BucketName}`.
    pub fn arn(self) -> &'static str {
        self.catalog.text(self.catalog.u32(Section::Types, self.index, 4))
    }

    /// The first byte of that glob.
    fn head(self) -> u8 {
        self.catalog.bytes(self.catalog.u32(Section::Types, self.index, 12)).first().copied().unwrap_or_default()
    }

    /// The resource part of its ARN as a glob: `*` stands for each placeholder.
    pub fn resource_glob(self) -> &'static str {
        self.catalog.text(self.catalog.u32(Section::Types, self.index, 12))
    }

    /// The account field of its ARN: blank, a placeholder, or a word such as `aws`.
    pub fn account_field(self) -> &'static str {
        self.catalog.text(self.catalog.u32(Section::Types, self.index, 16))
    }

    /// Its ARN names a region.
    pub fn has_region(self) -> bool {
        self.catalog.u8(Section::Types, self.index, 20) & 1 != 0
    }

    /// Its ARN names an account.
    pub fn has_account(self) -> bool {
        self.catalog.u8(Section::Types, self.index, 20) & 2 != 0
    }

    /// Condition keys that requests on it carry.
    pub fn keys(self) -> impl Iterator<Item = ConditionKey> + use<> {
        self.catalog.key_list(self.catalog.u16(Section::Types, self.index, 10))
    }
}

/// The resource types whose ARNs have one service field, which is not always the prefix of their actions.
#[derive(Clone, Copy, Debug)]
pub struct Formats {
    catalog: &'static Catalog,
    list: u32,
}

impl Formats {
    /// The formats with this service field; `None` when there are none, or when the service has ended.
    pub fn of(catalog: &'static Catalog, field: &str) -> Option<Self> {
        let index = catalog.lower_bound(Section::Formats, field);
        let found = !field.is_empty() && catalog.bytes(catalog.u32(Section::Formats, index, 0)) == field.as_bytes();
        let list = catalog.u32(Section::Formats, index, 4);
        (found && !catalog.table("ended-services").has(field)).then_some(Self { catalog, list })
    }

    /// All of them, sorted by their resource part.
    pub fn iter(self) -> impl Iterator<Item = ResourceType> {
        self.catalog.list(self.list).map(move |i| ResourceType { catalog: self.catalog, index: i.into() })
    }

    /// Those whose resource part can begin like `resource`: the rest need no comparing.
    pub fn beginning_like(self, resource: &str) -> impl Iterator<Item = ResourceType> {
        let wanted = resource.bytes().next().unwrap_or_default();
        let open = matches!(wanted, b'*' | b'?' | 0);
        self.iter().filter(move |kind| {
            let head = kind.head();
            open || head == wanted || matches!(head, b'*' | 0)
        })
    }
}

impl Catalog {
    /// The resource type with this number.
    pub fn type_at(&'static self, index: usize) -> Option<ResourceType> {
        (index < self.resource_type_count()).then_some(ResourceType { catalog: self, index })
    }

    /// Number of resource types.
    pub fn resource_type_count(&self) -> usize {
        self.count(Section::Types)
    }
}
