//! Whether a catalogue file holds together: every name within its texts, every index within its section, everything sorted
//! that is searched by bisection. Only files named by the user are looked at; ours was when it was made.

use super::binary::{Catalog, CatalogError, Section, compare, fnv, record, u32_at};

impl Catalog {
    /// One from a file, looked at as a whole first.
    ///
    /// # Errors
    /// When it is of another version, cut short, changed, or does not hold together.
    pub(super) fn from_file(bytes: &'static [u8]) -> Result<Self, CatalogError> {
        let body = bytes.get(16..).ok_or(CatalogError::NotACatalog)?;
        let this = Self::sectioned(bytes)?;
        if fnv(body.iter().copied()) != u32_at(bytes, 12) {
            return Err(CatalogError::Checksum);
        }
        verify(&this)?;
        Ok(this)
    }
}

/// Look at all of it.
fn verify(catalog: &Catalog) -> Result<(), CatalogError> {
    for section in [
        Section::Services,
        Section::Actions,
        Section::Slots,
        Section::Types,
        Section::Keys,
        Section::KeyLists,
        Section::Templates,
        Section::Tables,
        Section::Entries,
        Section::Formats,
    ] {
        hold(catalog.section(section).len().is_multiple_of(record(section)), "a section ends within a record")?;
    }
    date(catalog.date())?;
    services(catalog)?;
    actions(catalog)?;
    types(catalog)?;
    keys(catalog)?;
    tables(catalog)?;
    sorted(catalog, Section::Formats)?;
    sorted(catalog, Section::Templates)?;
    (0..catalog.count(Section::Formats)).try_for_each(|i| indexes(catalog, catalog.u32(Section::Formats, i, 4), Section::Types))
}

fn hold(condition: bool, what: &'static str) -> Result<(), CatalogError> {
    if condition { Ok(()) } else { Err(CatalogError::Damaged { what }) }
}

fn date(text: &str) -> Result<(), CatalogError> {
    let shape = |(i, b): (usize, u8)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() };
    hold(text.len() == 10 && text.bytes().enumerate().all(shape), "its date is not a date")
}

/// A name that lies within the texts, is not empty, and holds nothing but printable characters.
fn name(catalog: &Catalog, at: u32) -> Result<&'static str, CatalogError> {
    let text = catalog.text(at);
    hold(!text.is_empty() && !text.chars().any(char::is_control), "a name is missing or not printable")?;
    Ok(text)
}

fn indexes(catalog: &Catalog, list: u32, of: Section) -> Result<(), CatalogError> {
    let lists = catalog.count(Section::Lists);
    let at = list as usize;
    let length = usize::from(catalog.u16(Section::Lists, at, 0));
    hold(at < lists && at + length < lists, "a list reaches beyond its section")?;
    let count = catalog.count(of);
    hold(catalog.list(list).all(|i| usize::from(i) < count), "a list names what is not there")
}

fn sorted(catalog: &Catalog, section: Section) -> Result<(), CatalogError> {
    let text = |i: usize| catalog.bytes(catalog.u32(section, i, 0));
    let ascending = (1..catalog.count(section)).all(|i| compare(text(i - 1), text(i)).is_lt());
    hold(ascending, "a table is not sorted")
}

fn services(catalog: &Catalog) -> Result<(), CatalogError> {
    hold(catalog.count(Section::Services) > 0, "it has no services")?;
    sorted(catalog, Section::Services)?;
    for i in 0..catalog.count(Section::Services) {
        let prefix = name(catalog, catalog.u32(Section::Services, i, 0))?;
        hold(!prefix.bytes().any(|b| b.is_ascii_uppercase()), "a service prefix is not in lower case")?;
        name(catalog, catalog.u32(Section::Services, i, 4))?;
        let range = |field| usize::from(catalog.u16(Section::Services, i, field));
        let inside =
            range(8) + range(10) <= catalog.count(Section::Actions) && range(12) + range(14) <= catalog.count(Section::Types);
        hold(inside, "a service names actions or types that are not there")?;
    }
    Ok(())
}

fn actions(catalog: &Catalog) -> Result<(), CatalogError> {
    let slots = catalog.count(Section::Slots);
    let count = catalog.count(Section::Actions);
    hold(slots.is_power_of_two() && slots > count, "its table of actions has a wrong size")?;
    let known = |i: usize| usize::from(catalog.u16(Section::Slots, i, 0)) <= count;
    hold((0..slots).all(known), "its table of actions names what is not there")?;
    for i in 0..count {
        name(catalog, catalog.u32(Section::Actions, i, 0))?;
        let service = usize::from(catalog.u16(Section::Actions, i, 4));
        hold(service < catalog.count(Section::Services), "an action has no service")?;
        hold(catalog.u8(Section::Actions, i, 6) < 5, "an action has no access level")?;
        indexes(catalog, catalog.u32(Section::Actions, i, 8), Section::Types)?;
        key_list(catalog, catalog.u16(Section::Actions, i, 12))?;
        indexes(catalog, catalog.u32(Section::Actions, i, 14), Section::Actions)?;
    }
    Ok(())
}

fn key_list(catalog: &Catalog, index: u16) -> Result<(), CatalogError> {
    let index = usize::from(index);
    hold(index < catalog.count(Section::KeyLists), "a list of condition keys is not there")?;
    indexes(catalog, catalog.u32(Section::KeyLists, index, 0), Section::Keys)
}

fn types(catalog: &Catalog) -> Result<(), CatalogError> {
    for i in 0..catalog.count(Section::Types) {
        name(catalog, catalog.u32(Section::Types, i, 0))?;
        name(catalog, catalog.u32(Section::Types, i, 4))?;
        name(catalog, catalog.u32(Section::Types, i, 12))?;
        let service = usize::from(catalog.u16(Section::Types, i, 8));
        hold(service < catalog.count(Section::Services), "a resource type has no service")?;
        key_list(catalog, catalog.u16(Section::Types, i, 10))?;
    }
    Ok(())
}

fn keys(catalog: &Catalog) -> Result<(), CatalogError> {
    sorted(catalog, Section::Keys)?;
    for i in 0..catalog.count(Section::Keys) {
        name(catalog, catalog.u32(Section::Keys, i, 0))?;
        hold(catalog.u8(Section::Keys, i, 4) < 7, "a condition key has no type")?;
    }
    for i in 0..catalog.count(Section::Templates) {
        name(catalog, catalog.u32(Section::Templates, i, 0))?;
        let key = usize::from(catalog.u16(Section::Templates, i, 4));
        hold(key < catalog.count(Section::Keys), "a template stands for no condition key")?;
    }
    Ok(())
}

fn tables(catalog: &Catalog) -> Result<(), CatalogError> {
    sorted(catalog, Section::Tables)?;
    let mut before = 0;
    for i in 0..catalog.count(Section::Tables) {
        name(catalog, catalog.u32(Section::Tables, i, 0))?;
        let first = catalog.u32(Section::Tables, i, 4) as usize;
        hold(before <= first && first <= catalog.count(Section::Entries), "a list of names is out of order")?;
        before = first;
    }
    for i in 0..catalog.count(Section::Entries) {
        name(catalog, catalog.u32(Section::Entries, i, 0))?;
    }
    Ok(())
}
