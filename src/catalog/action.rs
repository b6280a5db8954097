//! Services and actions: the service authorization reference.

use super::binary::{Catalog, Section, name_hash};
use super::condition_key::ConditionKey;
use super::level::AccessLevel;
use super::resource_type::ResourceType;

/// A service prefix and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    catalog: &'static Catalog,
    index: usize,
}

impl Service {
    /// The prefix, such as `s3`.
    pub fn prefix(self) -> &'static str {
        self.catalog.text(self.catalog.u32(Section::Services, self.index, 0))
    }

    /// The name for people, such as `Amazon S3`.
    pub fn title(self) -> &'static str {
        self.catalog.text(self.catalog.u32(Section::Services, self.index, 4))
    }

    /// Its actions, sorted without regard to letter case.
    pub fn actions(self) -> impl Iterator<Item = Action> + use<> {
        let (first, count) = self.range(8);
        (first..first + count).map(move |index| Action { catalog: self.catalog, index })
    }

    /// Its resource types, sorted without regard to letter case.
    pub fn resource_types(self) -> impl Iterator<Item = ResourceType> + use<> {
        let (first, count) = self.range(12);
        (first..first + count).map(move |index| ResourceType { catalog: self.catalog, index })
    }

    fn range(self, field: usize) -> (usize, usize) {
        let of = |field| usize::from(self.catalog.u16(Section::Services, self.index, field));
        (of(field), of(field + 2))
    }
}

/// One action.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    catalog: &'static Catalog,
    index: usize,
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.catalog, other.catalog) && self.index == other.index
    }
}

impl Action {
    /// Its name without the service, in the letter case of the documentation.
    pub fn name(self) -> &'static str {
        self.catalog.text(self.catalog.u32(Section::Actions, self.index, 0))
    }

    /// The service.
    pub fn service(self) -> Service {
        Service { catalog: self.catalog, index: usize::from(self.catalog.u16(Section::Actions, self.index, 4)) }
    }

    /// `service:Name`.
    pub fn full_name(self) -> String {
        format!("{}:{}", self.service().prefix(), self.name())
    }

    /// What it does.
    pub fn level(self) -> AccessLevel {
        AccessLevel::numbered(self.catalog.u8(Section::Actions, self.index, 6))
    }

    /// Its number among all actions, which stand sorted by service, then by name.
    pub fn index(self) -> usize {
        self.index
    }

    /// True when requests on no resource at all are possible, which AWS evaluates against `*`: none of its resource types
    /// is required.
    pub fn works_on_none(self) -> bool {
        self.catalog.u8(Section::Actions, self.index, 7) & 1 != 0
    }

    /// The resource types it can be scoped to; none for an action that only works on `*`.
    pub fn types(self) -> impl Iterator<Item = ResourceType> + use<> {
        let list = self.catalog.list(self.catalog.u32(Section::Actions, self.index, 8));
        list.map(move |index| ResourceType { catalog: self.catalog, index: usize::from(index) })
    }

    /// True when it can be scoped to this type of resource.
    pub fn has_resource_type(self, resource_type: &str) -> bool {
        self.types().any(|t| t.name().eq_ignore_ascii_case(resource_type))
    }

    /// Condition keys that the action itself takes, without those of its resource types.
    pub fn own_keys(self) -> impl Iterator<Item = ConditionKey> + use<> {
        self.catalog.key_list(self.catalog.u16(Section::Actions, self.index, 12))
    }

    /// True when the key is listed for the action or for one of its resource types.
    pub fn takes(self, key: ConditionKey) -> bool {
        self.own_keys().any(|k| k == key) || self.types().any(|t| t.keys().any(|k| k == key))
    }

    /// Actions that must be granted besides.
    pub fn dependent_actions(self) -> impl Iterator<Item = Self> + use<> {
        let list = self.catalog.list(self.catalog.u32(Section::Actions, self.index, 14));
        list.map(move |index| Self { catalog: self.catalog, index: usize::from(index) })
    }
}

impl Catalog {
    /// Every service, sorted by prefix.
    pub fn services(&'static self) -> impl Iterator<Item = Service> {
        (0..self.count(Section::Services)).map(move |index| Service { catalog: self, index })
    }

    /// A service by prefix, letter case ignored.
    pub fn service(&'static self, prefix: &str) -> Option<Service> {
        let service = Service { catalog: self, index: self.lower_bound(Section::Services, prefix) };
        let found = self.bytes(self.u32(Section::Services, service.index, 0));
        (!prefix.is_empty() && found.eq_ignore_ascii_case(prefix.as_bytes())).then_some(service)
    }

    /// An action by service and name, letter case ignored.
    pub fn action(&'static self, service: &str, name: &str) -> Option<Action> {
        self.action_named(&format!("{service}:{name}"))
    }

    /// An action as written in a policy, `service:Name`, letter case ignored.
    pub fn action_named(&'static self, written: &str) -> Option<Action> {
        let (service, name) = written.split_once(':')?;
        let slots = self.count(Section::Slots);
        let mask = slots.saturating_sub(1);
        let mut at = name_hash(written.as_bytes()) & mask;
        // An empty slot ends the search; a damaged table without one does after a round.
        for _ in 0..slots {
            let index = usize::from(self.u16(Section::Slots, at, 0)).checked_sub(1)?;
            let action = Action { catalog: self, index };
            let same = |text: u32, wanted: &str| self.bytes(text).eq_ignore_ascii_case(wanted.as_bytes());
            let prefix = || self.u32(Section::Services, action.service().index, 0);
            if same(self.u32(Section::Actions, index, 0), name) && same(prefix(), service) {
                return Some(action);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// The action with this number.
    pub fn action_at(&'static self, index: usize) -> Option<Action> {
        (index < self.action_count()).then_some(Action { catalog: self, index })
    }

    /// Number of actions.
    pub fn action_count(&self) -> usize {
        self.count(Section::Actions)
    }
}
