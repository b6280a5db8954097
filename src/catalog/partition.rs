//! Partitions, and what a region looks like.

use std::fmt;
use std::str::FromStr;

/// An AWS partition: the second segment of every ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Partition {
    /// Commercial regions.
    Aws,
    /// China.
    AwsCn,
    /// GovCloud (US).
    AwsUsGov,
    /// ISO (US).
    AwsIso,
    /// ISOB (US).
    AwsIsoB,
    /// ISOE (Europe).
    AwsIsoE,
    /// ISOF.
    AwsIsoF,
    /// European Sovereign Cloud.
    AwsEusc,
}

impl Partition {
    /// Every partition.
    pub const ALL: [Self; 8] =
        [Self::Aws, Self::AwsCn, Self::AwsUsGov, Self::AwsIso, Self::AwsIsoB, Self::AwsIsoE, Self::AwsIsoF, Self::AwsEusc];

    /// The name used in ARNs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
            Self::AwsEusc => "aws-eusc",
        }
    }

    /// The partition a region lies in; `None` for what does not look like a region.
    pub fn of_region(region: &str) -> Option<Self> {
        if !is_region(region) {
            return None;
        }
        let mut parts = region.split('-');
        let (area, zone) = (parts.next()?, parts.next()?);
        Some(match (area, zone) {
            ("cn", _) => Self::AwsCn,
            ("eusc", _) => Self::AwsEusc,
            (_, "gov") => Self::AwsUsGov,
            (_, "iso") => Self::AwsIso,
            (_, "isob") => Self::AwsIsoB,
            (_, "isoe") => Self::AwsIsoE,
            (_, "isof") => Self::AwsIsoF,
            _ => Self::Aws,
        })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Partition {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|p| p.as_str() == text).ok_or(())
    }
}

const DIRECTIONS: [&str; 9] = ["north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest"];

/// True for text shaped like a region: `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`. By shape rather than by a list,
/// so that a region opened after this build is still one.
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (area, zone, direction, number) = match parts.as_slice() {
        [area, direction, number] => (*area, None, *direction, *number),
        [area, zone, direction, number] => (*area, Some(*zone), *direction, *number),
        _ => return false,
    };
    let lower = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase());
    let area_ok = lower(area) && (area.len() == 2 || area == "eusc");
    let zone_ok = zone.is_none_or(|zone| lower(zone) && (2..=4).contains(&zone.len()));
    let number_ok = matches!(number.len(), 1 | 2) && number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    area_ok && zone_ok && DIRECTIONS.contains(&direction) && number_ok
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_by_shape() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("ap-southeast-5", "aws"),
            ("mx-central-1", "aws"),
            ("cn-northwest-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(Partition::of_region(region).map(Partition::as_str), Some(partition), "{region}");
        }
        for text in [
            "",
            "*",
            "111122223333",
            "us-east",
            "us-east-1a",
            "us-east-0",
            "US-EAST-1",
            "us-west-2-lax-1",
            "eu-weast-1",
            "usa-east-1",
        ] {
            assert!(!is_region(text), "{text}");
        }
        for partition in Partition::ALL {
            assert_eq!(partition.as_str().parse(), Ok(partition));
        }
    }
}
