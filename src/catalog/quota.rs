//! Quotas of AWS Organizations that control policies run into.
//!
//! AWS Organizations User Guide, "Quotas and service limits for AWS Organizations". An organization may have been granted
//! more; the figures are the defaults.

/// Quotas of one type of control policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlQuota {
    /// Characters of one policy. White space counts: Organizations stores what it is sent, and only its console leaves
    /// white space out.
    pub characters: usize,
    /// Policies of the type that can be attached to one root, organizational unit or account; those that AWS manages
    /// count.
    pub attached: usize,
    /// Since when the figures hold.
    pub since: &'static str,
}

/// Of service control policies. Until that day 5,120 characters, and 5 attached.
pub const SERVICE_CONTROL_POLICIES: ControlQuota = ControlQuota { characters: 10_240, attached: 10, since: "2026-05-15" };

/// Of resource control policies: the figures they began with.
pub const RESOURCE_CONTROL_POLICIES: ControlQuota = ControlQuota { characters: 5_120, attached: 5, since: "2024-11-13" };
