//! A question of a rule made concrete for one subject: whose actions, whose resource.

use super::expr::{ActionSpec, QuestionSpec, ResourceSpec, WhoSpec};
use super::subject::Subject;
use crate::algebra::{Question, When, WhenTest, Who};
use crate::extract::{DocumentKind, Site};
use crate::policy::{Effect, PolicyKind};

/// The question; `None` when it hangs on something nobody told, such as the bucket a policy is attached to.
pub(super) fn resolve(spec: &QuestionSpec, subject: Subject<'_, '_>) -> Option<Question> {
    let site = subject.site()?;
    let actions = match &spec.actions {
        ActionSpec::Globs(globs) => globs.clone(),
        ActionSpec::OfSubject => {
            let element = subject.statement?.actions.as_ref()?;
            if element.negated { vec!["*".to_owned()] } else { element.items.iter().map(|a| a.text.to_owned()).collect() }
        }
    };
    let (resources, by_resource_type) = match &spec.resources {
        ResourceSpec::Globs(globs) => (globs.clone(), false),
        ResourceSpec::Attachment => {
            let arn = site.context.resource.clone()?;
            let bucket = arn.split(':').nth(2) == Some("s3");
            if bucket { (vec![arn.clone(), format!("{arn}/*")], true) } else { (vec![arn], false) }
        }
    };
    let who = match &spec.who {
        WhoSpec::Anyone => Who::Anyone,
        WhoSpec::Listed(list) => Who::Listed(list.clone()),
        WhoSpec::OfSubject => match subject.statement.and_then(|s| s.principals.as_ref()) {
            Some(element) if !element.negated => Who::Listed(element.items.iter().map(|p| p.text.to_owned()).collect()),
            Some(_) | None => Who::Anyone,
        },
    };
    // Of levels each tells by itself whether it allows everything.
    let explicit = spec.explicit || (subject.layers.is_none() && assumes_full_access(subject, site.kind));
    let kind = match (subject.layers, site.kind) {
        (Some(layers), _) => Some(layers.kind),
        (None, DocumentKind::Policy(kind)) => Some(kind),
        (None, DocumentKind::ConfigItem | DocumentKind::Settings | DocumentKind::Other) => None,
    };
    let account = subject.layers.and_then(|layers| layers.account.clone());
    let (mut when, except) = (spec.when.clone(), spec.except.clone());
    when.extend(home(subject, site).filter(|home| when.iter().all(|one| !one.key.eq_ignore_ascii_case(&home.key))));
    Some(Question { actions, resources, by_resource_type, who, when, except, explicit, kind, account })
}

/// The organization that callers are in, where service control policies on their way ask: those bind its own principals.
///
/// AWS global condition context keys, `aws:PrincipalOrgID`.
fn home(subject: Subject<'_, '_>, site: &Site<'_>) -> Option<When> {
    const KEY: &str = "aws:PrincipalOrgID";
    let layers = subject.layers.filter(|layers| layers.kind == PolicyKind::ServiceControlPolicy)?;
    let own = site.context.org_id.clone()?;
    let policies = layers.sites().into_iter().filter_map(|site| site.policy.as_ref());
    let asks = policies.flat_map(|policy| &policy.statements).flat_map(|s| &s.conditions).any(|c| c.is_about(KEY));
    asks.then(|| When { key: KEY.to_owned(), test: WhenTest::Equals(own) })
}

/// Deny-only SCPs and RCPs stand beside the `FullAWSAccess` that Organizations attaches, so that silence is no deny.
///
/// Organizations User Guide, "SCP evaluation"; resource policies never deny by silence across accounts alone.
fn assumes_full_access(subject: Subject<'_, '_>, kind: DocumentKind) -> bool {
    match kind {
        DocumentKind::Policy(PolicyKind::ServiceControlPolicy) => !subject.statements().any(|s| s.is(Effect::Allow)),
        DocumentKind::Policy(PolicyKind::ResourceControlPolicy | PolicyKind::ResourcePolicy) => true,
        DocumentKind::Policy(_) | DocumentKind::ConfigItem | DocumentKind::Settings | DocumentKind::Other => false,
    }
}
