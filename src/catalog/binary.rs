//! The catalogue's bytes: checked once, then read in place. `generate.py` describes the format.
//!
//! Nothing is parsed or allocated at start: a look-up touches the few bytes it needs, and every read is bounded, so that
//! a hostile file gives at worst wrong answers, never a panic.

use thiserror::Error;

/// Written by `generate.py`.
static EMBEDDED: &[u8] = include_bytes!("data/catalog.bin");

const MAGIC: &[u8] = b"palicat";
const VERSION: u8 = 2;
const HEADER: usize = 32;

/// Why a file is not used as the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CatalogError {
    /// Other bytes.
    #[error("not a palisade catalogue: it does not start with `palicat`")]
    NotACatalog,
    /// Made for another palisade.
    #[error("the catalogue has format version {found}, this palisade reads version {VERSION}")]
    Version {
        /// Its version.
        found: u8,
    },
    /// Shorter or longer than it says.
    #[error("the catalogue says it is {expected} bytes long, the file has {found}")]
    Length {
        /// What it says.
        expected: usize,
        /// What there is.
        found: usize,
    },
    /// Changed after it was made.
    #[error("the catalogue is damaged: its checksum does not match")]
    Checksum,
    /// Made by something else than the generator.
    #[error("the catalogue is damaged: {what}")]
    Damaged {
        /// What does not hold together.
        what: &'static str,
    },
}

impl CatalogError {
    /// The next step.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Version { .. } => "make one with the `src/catalog/generate.py` of this version, or leave `--catalog` out",
            Self::NotACatalog | Self::Length { .. } | Self::Checksum | Self::Damaged { .. } => {
                "make it anew with `src/catalog/generate.py`, or leave `--catalog` out to use the embedded one"
            }
        }
    }
}

/// The parts of the file, in their order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Section {
    Texts,
    Lists,
    Services,
    Actions,
    Slots,
    Types,
    Keys,
    KeyLists,
    Templates,
    Tables,
    Entries,
    Formats,
}

const SECTIONS: usize = 12;

/// The facts of AWS of one day.
#[derive(Debug)]
pub struct Catalog {
    sections: [&'static [u8]; SECTIONS],
    date: &'static str,
    source: &'static str,
}

/// Bytes of one record of a section.
pub(super) const fn record(section: Section) -> usize {
    match section {
        Section::Texts => 1,
        Section::Lists | Section::Slots => 2,
        Section::Services => 16,
        Section::Actions => 18,
        Section::Types => 24,
        Section::Keys | Section::Templates | Section::Tables | Section::Formats => 8,
        Section::KeyLists | Section::Entries => 4,
    }
}

impl Catalog {
    /// The one that is compiled in.
    pub(super) fn embedded() -> Self {
        Self::sectioned(EMBEDDED).unwrap_or(Self { sections: [&[]; SECTIONS], date: "", source: "" })
    }

    /// Split into sections, with a look at the header alone.
    pub(super) fn sectioned(bytes: &'static [u8]) -> Result<Self, CatalogError> {
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return Err(CatalogError::NotACatalog);
        }
        let found = bytes.get(MAGIC.len()).copied().unwrap_or_default();
        if found != VERSION {
            return Err(CatalogError::Version { found });
        }
        let expected = u32_at(bytes, 8) as usize;
        if expected != bytes.len() {
            return Err(CatalogError::Length { expected, found: bytes.len() });
        }
        let mut sections: [&'static [u8]; SECTIONS] = [&[]; SECTIONS];
        for (i, slot) in sections.iter_mut().enumerate() {
            let (start, size) = (u32_at(bytes, HEADER + 8 * i) as usize, u32_at(bytes, HEADER + 8 * i + 4) as usize);
            let end = start.saturating_add(size);
            *slot = bytes.get(start..end).ok_or(CatalogError::Damaged { what: "a section reaches beyond its end" })?;
        }
        let date = bytes.get(16..26).and_then(|d| std::str::from_utf8(d).ok()).unwrap_or_default();
        let mut this = Self { sections, date, source: "" };
        this.source = this.text(u32_at(bytes, 28));
        Ok(this)
    }

    /// The day the data was taken, `YYYY-MM-DD`.
    pub fn date(&self) -> &'static str {
        self.date
    }

    /// Where the data comes from.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// A section's bytes.
    pub(super) fn section(&self, section: Section) -> &'static [u8] {
        self.sections.get(section as usize).copied().unwrap_or_default()
    }

    /// Number of records in a section.
    pub(super) fn count(&self, section: Section) -> usize {
        self.section(section).len() / record(section)
    }

    /// A `u16` of a record.
    pub(super) fn u16(&self, section: Section, index: usize, field: usize) -> u16 {
        u16_at(self.section(section), index * record(section) + field)
    }

    /// A `u32` of a record.
    pub(super) fn u32(&self, section: Section, index: usize, field: usize) -> u32 {
        u32_at(self.section(section), index * record(section) + field)
    }

    /// A byte of a record.
    pub(super) fn u8(&self, section: Section, index: usize, field: usize) -> u8 {
        self.section(section).get(index * record(section) + field).copied().unwrap_or_default()
    }

    /// The text with this name.
    pub(super) fn text(&self, at: u32) -> &'static str {
        std::str::from_utf8(self.bytes(at)).unwrap_or_default()
    }

    /// The bytes of a text: as good as the text where only ASCII is compared, and nothing has to be looked at first.
    pub(super) fn bytes(&self, at: u32) -> &'static [u8] {
        let texts = self.section(Section::Texts);
        let start = at as usize + 2;
        texts.get(start..start + usize::from(u16_at(texts, at as usize))).unwrap_or_default()
    }

    /// The list with this name.
    pub(super) fn list(&self, at: u32) -> impl Iterator<Item = u16> + Clone + use<> {
        let lists = self.section(Section::Lists);
        let start = at as usize * 2;
        let bytes = lists.get(start + 2..start + 2 + 2 * usize::from(u16_at(lists, start))).unwrap_or_default();
        bytes.chunks_exact(2).map(|pair| u16_at(pair, 0))
    }

    /// The first record of a sorted section that is not less than `wanted`; both in lower case.
    pub(super) fn lower_bound(&self, section: Section, wanted: &str) -> usize {
        let (mut low, mut high) = (0, self.count(section));
        while low < high {
            let middle = low + (high - low) / 2;
            let name = self.bytes(self.u32(section, middle, 0));
            if compare(name, wanted.as_bytes()).is_lt() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// Texts compared in lower case.
pub(super) fn compare(a: &[u8], b: &[u8]) -> std::cmp::Ordering {
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x.to_ascii_lowercase(), y.to_ascii_lowercase());
        if x != y {
            return x.cmp(&y);
        }
    }
    a.len().cmp(&b.len())
}

/// The hash of action names; upper and lower case give the same.
pub(super) fn name_hash(name: &[u8]) -> usize {
    let mut value = 0u64;
    for chunk in name.chunks(8) {
        let mut word = [0u8; 8];
        for (slot, byte) in word.iter_mut().zip(chunk) {
            *slot = byte | 32;
        }
        value = (value.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    usize::try_from((value ^ (value >> 32)) & u64::from(u32::MAX)).unwrap_or(0)
}

/// FNV-1a, 32 bits.
pub(super) fn fnv(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}
