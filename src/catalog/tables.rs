//! Short lists by name, hand-kept or from the package: regions, service principals, services with a feature.

use super::binary::{Catalog, Section};

/// A list of names, sorted.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    catalog: &'static Catalog,
    first: usize,
    end: usize,
}

impl Table {
    /// Its names.
    pub fn iter(self) -> impl Iterator<Item = &'static str> + use<> {
        (self.first..self.end).map(move |i| self.catalog.text(self.catalog.u32(Section::Entries, i, 0)))
    }

    /// Whether it has a name, letter case ignored.
    pub fn has(self, name: &str) -> bool {
        let texts = (self.first..self.end).map(|i| self.catalog.bytes(self.catalog.u32(Section::Entries, i, 0)));
        texts.into_iter().any(|text| text.eq_ignore_ascii_case(name.as_bytes()))
    }
}

impl Catalog {
    /// The table with this name; empty when the catalogue does not have it.
    pub fn table(&'static self, name: &str) -> Table {
        let count = self.count(Section::Tables);
        let index = self.lower_bound(Section::Tables, name);
        let first = |i: usize| {
            if i < count { self.u32(Section::Tables, i, 4) as usize } else { self.count(Section::Entries) }
        };
        let found = index < count && self.text(self.u32(Section::Tables, index, 0)) == name;
        let (first, end) = if found { (first(index), first(index + 1)) } else { (0, 0) };
        Table { catalog: self, first, end }
    }

    /// The names of all tables, sorted.
    pub fn table_names(&'static self) -> impl Iterator<Item = &'static str> {
        (0..self.count(Section::Tables)).map(move |i| self.text(self.u32(Section::Tables, i, 0)))
    }

    /// The partition of a region the catalogue knows.
    pub fn partition_of(&'static self, region: &str) -> Option<&'static str> {
        self.table("regions").iter().find_map(|line| line.split_once(' ').filter(|(_, r)| *r == region)).map(|(p, _)| p)
    }

    /// Every region, with its partition first.
    pub fn regions(&'static self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.table("regions").iter().filter_map(|line| line.split_once(' '))
    }
}
