//! Access levels: what an action does to a resource.

use std::fmt;
use std::str::FromStr;

/// What an action does to a resource, in the words of the service authorization reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads contents.
    Read,
    /// Changes tags only.
    Tagging,
    /// Creates, changes or deletes.
    Write,
    /// Grants or changes permissions.
    PermissionsManagement,
}

impl AccessLevel {
    /// Every level, from harmless to powerful.
    pub const ALL: [Self; 5] = [Self::List, Self::Read, Self::Tagging, Self::Write, Self::PermissionsManagement];

    /// The name AWS uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Tagging => "Tagging",
            Self::Write => "Write",
            Self::PermissionsManagement => "Permissions management",
        }
    }

    /// The level with this number in the catalogue.
    pub(super) fn numbered(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Write)
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AccessLevel {
    type Err = ();

    /// Reads the AWS names in any letter case, with a blank, `-` or `_` between words.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.replace(['-', '_'], " ");
        Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(&text)).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_read_back() {
        for level in AccessLevel::ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
            assert_eq!(AccessLevel::numbered(level as u8), level);
        }
        assert_eq!("permissions-management".parse(), Ok(AccessLevel::PermissionsManagement));
        assert_eq!("Writ".parse::<AccessLevel>(), Err(()));
    }
}
