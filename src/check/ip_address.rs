//! `IpAddress` and `NotIpAddress`: ranges that are none, that are written loosely, or that no request comes from.
//!
//! IAM User Guide, "IP address condition operators"; RFC 1918, RFC 4193, RFC 6598.

use super::code::Code;
use super::label::{Labels, about};
use super::subject::{Keyed, texts};
use crate::document::Node;
use crate::policy::arn::has_dollar_brace;
use crate::policy::condition::Comparison;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    address: IpAddr,
    length: u8,
}

/// The values of one condition.
pub(super) fn check<'d>(keyed: Keyed<'_, 'd>, out: &mut Labels<'d>) {
    let condition = keyed.condition;
    if condition.operator.comparison != Comparison::Ip {
        return;
    }
    let mut private: Vec<Node<'d>> = Vec::new();
    let mut public = 0;
    for (text, node) in texts(condition).filter(|(text, _)| !has_dollar_brace(text)) {
        let Some(range) = Range::parse(text) else {
            about(out.add(Code::TypeMismatchIpRange, node), condition);
            public += 1;
            continue;
        };
        let network = range.network();
        if network != range {
            let written = format!("{}/{}", network.address, network.length);
            about(out.add(Code::ImproveIpRange, node), condition).other(written);
        }
        if network.is_private() { private.push(node) } else { public += 1 }
    }
    if private.is_empty() || !keyed.is("aws:SourceIp") {
        return;
    }
    let negated = condition.operator.negated;
    if public == 0 && private.len() == condition.values.len() {
        let code = if negated { Code::PrivateNotIpAddress } else { Code::PrivateIpAddress };
        about(out.add(code, condition.key_node), condition).count(private.len());
    } else {
        let code = if negated { Code::PrivateNotIpAddressSubset } else { Code::PrivateIpAddressSubset };
        let label = about(out.add(code, condition.key_node), condition).count(private.len());
        for node in private {
            label.related(node, "this one is private");
        }
    }
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.parse().ok()?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => widest,
        };
        (length <= widest).then_some(Self { address, length })
    }

    /// The same range with its host bits cleared.
    fn network(self) -> Self {
        let address = match self.address {
            IpAddr::V4(a) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(a) & mask))
            }
            IpAddr::V6(a) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from(u128::from(a) & mask))
            }
        };
        Self { address, ..self }
    }

    /// Wholly inside addresses that are never seen from the internet.
    fn is_private(self) -> bool {
        const PRIVATE: [(&str, u8); 9] = [
            ("10.0.0.0", 8),
            ("172.16.0.0", 12),
            ("192.168.0.0", 16),
            ("127.0.0.0", 8),
            ("169.254.0.0", 16),
            ("100.64.0.0", 10),
            ("fc00::", 7),
            ("fe80::", 10),
            ("::1", 128),
        ];
        PRIVATE.iter().any(|(base, length)| {
            let inside = || Self { length: *length, ..self }.network().address;
            base.parse::<IpAddr>()
                .is_ok_and(|base| base.is_ipv4() == self.address.is_ipv4() && self.length >= *length && inside() == base)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let network = |text: &str| {
            let range = Range::parse(text).unwrap().network();
            format!("{}/{}", range.address, range.length)
        };
        assert_eq!(network("203.0.113.9/24"), "203.0.113.0/24");
        assert_eq!(network("203.0.113.9"), "203.0.113.9/32");
        assert_eq!(network("1.2.3.4/0"), "0.0.0.0/0");
        assert_eq!(network("2001:db8::1/32"), "2001:db8::/32");
        for text in ["", "203.0.113.0/33", "203.0.113", "203.0.113.0/", "203.0.113.0/a", "2001:db8::/129", "203.0.113.*"] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
        for (text, private) in [
            ("10.1.2.0/24", true),
            ("10.0.0.0/7", false),
            ("172.31.255.255", true),
            ("172.32.0.0/16", false),
            ("0.0.0.0/0", false),
            ("fd00::/8", true),
            ("2001:db8::/32", false),
        ] {
            assert_eq!(Range::parse(text).unwrap().is_private(), private, "{text}");
        }
    }
}
