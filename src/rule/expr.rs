//! The match language as a tree: parameters resolved, globs and shapes compiled, ready to be asked of many policies.

use super::meta::AttachedTest;
use crate::algebra::{ActionSet, ArnShape, Bound, Relation, When};
use crate::policy::condition::Quantifier;
use crate::policy::principal::{PrincipalForm, PrincipalType};
use crate::policy::{Effect, PolicyKind};
use crate::text::pattern::Pattern;
use crate::text::words::Words;

/// How many of some things must fulfil a matcher; always written out in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// At least one.
    Some,
    /// All of them.
    Every,
    /// None of them.
    No,
}

/// A part of a statement that there can be several of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Entries of `Action`, or `NotAction` as one.
    Action,
    /// Entries of `Resource`, or `NotResource` as one.
    Resource,
    /// Principals, or `NotPrincipal` as one.
    Principal,
    /// Operator and key pairs.
    Condition,
}

/// A test of text as written: all that is given must hold, by any of its alternatives. An empty list of alternatives
/// (a parameter nobody filled) holds for nothing, unlike a test that is not given.
#[derive(Clone, Debug, Default)]
pub struct TextTest {
    /// Exactly one of these.
    pub equals: Option<Vec<String>>,
    /// Matched by one of these globs.
    pub glob: Option<Vec<String>>,
    /// Holds one of these, letter case ignored. A cheap test before `regex`.
    pub contains: Option<Words>,
    /// Matched by one of these regular expressions.
    pub regex: Option<Vec<Pattern>>,
    /// Holds `*` or `?`, or does not.
    pub has_wildcard: Option<bool>,
}

/// An account a principal may belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountRef {
    /// The account that owns the policy.
    Own,
    /// The management account of the organization.
    Management,
    /// 12 digits.
    Id(String),
}

/// Whom a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhoSpec {
    /// Everybody.
    Anyone,
    /// The principals of the subject's statement.
    OfSubject,
    /// These.
    Listed(Vec<String>),
}

/// Actions of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionSpec {
    /// These globs.
    Globs(Vec<String>),
    /// The actions of the subject's statement.
    OfSubject,
}

/// Resources of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceSpec {
    /// These globs.
    Globs(Vec<String>),
    /// The resource the policy is attached to, and everything in it.
    Attachment,
}

/// `grants` or `denies` before the subject is known.
#[derive(Clone, Debug)]
pub struct QuestionSpec {
    /// Which actions.
    pub actions: ActionSpec,
    /// Which resources.
    pub resources: ResourceSpec,
    /// Whose requests.
    pub who: WhoSpec,
    /// Restrictions.
    pub when: Vec<When>,
    /// Declared exemptions.
    pub except: Vec<String>,
    /// Only explicit Deny counts.
    pub explicit: bool,
}

/// `count`.
#[derive(Clone, Debug)]
pub struct Count {
    /// What is counted; `None` counts statements.
    pub of: Option<Part>,
    /// Which of them.
    pub filter: Option<Matcher>,
    /// Count distinct values of one part of an ARN, apart for each combination of others.
    pub by_shape: Option<(ArnShape, Vec<String>, String)>,
    /// At least.
    pub min: Option<usize>,
    /// At most.
    pub max: Option<usize>,
}

/// How many nodes of a JSONPath must pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathMany {
    /// The path is singular.
    One,
    /// `some: true`.
    Some,
    /// `every: true`.
    Every,
}

/// A test of the values at a JSONPath.
#[derive(Clone, Debug)]
pub struct PathTest {
    /// RFC 9535.
    pub path: String,
    /// How many of them.
    pub many: PathMany,
    /// What each must be.
    pub test: ValueTest,
}

/// A test of a setting.
#[derive(Clone, Debug)]
pub struct FactTest {
    /// One of [`crate::extract::facts::NAMES`].
    pub name: String,
    /// What it must be.
    pub test: ValueTest,
}

/// A test of one JSON value.
#[derive(Clone, Debug)]
pub enum ValueTest {
    /// Whether the source tells it; of facts only.
    Known(bool),
    /// It is there, or is not.
    Exists(bool),
    /// Equals one of these, compared as text.
    In(Vec<String>),
    /// Text test.
    Text(TextTest),
    /// Numbers: less than.
    Less(f64),
    /// Numbers: greater than.
    Greater(f64),
    /// How many values the path has.
    Count(Option<usize>, Option<usize>),
    /// An ARN of this service and one of these accounts.
    Arn {
        /// Service field.
        service: Option<String>,
        /// Accounts; empty for any.
        within: Vec<AccountRef>,
    },
}

/// A matcher.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// All of these.
    All(Vec<Self>),
    /// Any of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// Decided when the rule was compiled.
    Constant(bool),
    /// Asked of the subject's statement.
    Statement(Box<Self>),
    /// Asked of the subject itself.
    It(Box<Self>),
    /// Asked of the subject's document or set of documents.
    Document(Box<Self>),
    /// Over the statements of the document.
    Statements(Many, Box<Self>),
    /// Over parts of the statement.
    Parts(Many, Part, Box<Self>),
    /// Number of things in the document.
    Count(Box<Count>),
    /// Some such request is allowed.
    Grants(Box<QuestionSpec>),
    /// Every such request is denied.
    Denies(Box<QuestionSpec>),
    /// Whom the policy is attached to.
    AttachedTo(Box<AttachedTest>),
    /// Asked of the control policies of one kind that bind the owner; without organization data nothing is inherited.
    Inherited(PolicyKind, Box<Self>),
    /// `Effect`.
    Effect(Effect),
    /// `Sid` glob.
    Sid(Vec<String>),
    /// The statement has one of these elements.
    Has(Vec<String>),
    /// Actions, of the statement or of the subject.
    Actions(Relation, ActionSet),
    /// Resources, of the statement or of the subject.
    Resources(Relation, Vec<String>),
    /// The subject is an ARN of this shape.
    Shape(ArnShape),
    /// The subject stands for `Not…`.
    Negated(bool),
    /// The subject's text.
    Text(TextTest),
    /// Sort of principal.
    PrincipalType(Vec<PrincipalType>),
    /// Form of principal.
    PrincipalForm(Vec<PrincipalForm>),
    /// Account of principal: inside or outside.
    PrincipalAccount(bool, Vec<AccountRef>),
    /// The statement is bound.
    BoundedBy(Bound),
    /// Condition key globs.
    Key(Vec<String>),
    /// Condition operators without set prefix and `IfExists`.
    Operator(Vec<String>),
    /// Whether AWS has the operator.
    KnownOperator(bool),
    /// Whether the operator ends in `IfExists`.
    IfExists(bool),
    /// Set operator.
    Quantifier(Quantifier),
    /// Values of the condition: every one, or some.
    Values(bool, TextTest),
    /// JSONPath.
    Path(Box<PathTest>),
    /// A setting of the resource.
    Fact(Box<FactTest>),
}
