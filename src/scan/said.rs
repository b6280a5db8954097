//! What the command line and the project file say of files and of rules in them.

use super::Scan;
use crate::extract::Site;
use crate::finding::Severity;
use crate::policy::Context;
use crate::rule::registry::Active;

impl Scan<'_> {
    /// What the command line and the project file say of a file; the command line wins.
    pub(super) fn context_of(&self, file: &str) -> Context {
        let mut context = self.config.context_for(&(self.project_name)(file));
        let said = &self.context;
        context.kind = said.kind.or(context.kind);
        context.resource_type = said.resource_type.clone().or(context.resource_type);
        context.account = said.account.clone().or(context.account);
        context
    }

    /// The severity of a rule for a site; `None` when an override switches it off there.
    pub(super) fn severity(&self, active: &Active, site: &Site<'_>) -> Option<Severity> {
        let mut severity = active.severity;
        if self.config.overrides.is_empty() {
            return Some(severity);
        }
        let name = (self.project_name)(&site.file);
        for change in self.config.overrides.iter().filter(|o| o.applies(&name, &site.context)) {
            for setting in change.rules.iter().filter(|s| s.id.value == active.head.id.as_str()) {
                if setting.enabled == Some(false) {
                    return None;
                }
                severity = setting.severity.unwrap_or(severity);
            }
        }
        Some(severity)
    }
}
