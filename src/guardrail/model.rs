//! What is asked of an organization, and what comes of it.

use super::nearest::Nearest;
use super::structural::Gap;
use super::suggest::Suggestion;
use crate::evaluate::Request;
use crate::organization::Organization;
use crate::policy::PolicyKind;
use crate::proof::{Asked, Verdict, World};

/// What control policies must stop, for whom, and where.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The tree with what is attached where.
    pub organization: &'q Organization,
    /// Actions and resources, as globs.
    pub asked: &'q Asked,
    /// ARNs of principals that may do it all the same, as globs.
    pub except: &'q [String],
    /// Accounts and units that must be covered, by what names them; all when empty.
    pub scope: &'q [String],
    /// Which actions there are: an account is held when it is in each of these worlds.
    pub worlds: &'q [World],
}

/// A place in a control policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The policy, by its number among those of the organization.
    pub control: usize,
    /// Its statement.
    pub statement: usize,
    /// The node to point at.
    pub node: u32,
}

/// What holds accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holds {
    /// Service control policies: no principal of the accounts can do it, on whatever resource. Resource control policies:
    /// nobody can do it to resources of the accounts.
    pub kind: PolicyKind,
    /// One Deny that stops all of it by itself; none when it takes several, or when nothing allows it.
    pub by: Option<Spot>,
}

/// Accounts that stand alike: the policies above them that bear on the question are the same, and so is the answer.
#[derive(Clone, Debug)]
pub struct Group {
    /// Held, open, or not decided.
    pub verdict: Verdict,
    /// Ids of the accounts, sorted.
    pub accounts: Vec<String>,
    /// Ids of the units the accounts are in, sorted.
    pub units: Vec<String>,
    /// For PASS: what holds them.
    pub held: Vec<Holds>,
    /// For FAIL: a request of a principal of one of the accounts that gets through. The evaluator agrees.
    pub witness: Option<Request>,
    /// For UNKNOWN why; else a word on the answer.
    pub reason: Option<String>,
    /// For FAIL: statements that take part in the witness, with what they do: Denies that miss it, Allows that let it in.
    pub deciding: Vec<(Spot, String)>,
    /// Unless it is held: Denies that come near, the nearest first.
    pub nearest: Vec<Nearest>,
}

/// The answer for an organization.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Open groups first, then undecided ones, then held ones; larger ones first.
    pub groups: Vec<Group>,
    /// What no control policy stops, whatever it says; said once.
    pub gaps: Vec<Gap>,
    /// What would close it, where something is open.
    pub suggestion: Option<Suggestion>,
    /// What would keep everybody else from it as well, by the resources of the accounts: a resource control policy, where
    /// those bind all that is asked about and do not hold it yet.
    pub for_resources: Option<Suggestion>,
    /// Exemptions that are never needed: what they exempt is stopped all the same.
    pub unused: Vec<String>,
    /// Texts of scope that name nothing.
    pub nowhere: Vec<String>,
}

impl Coverage {
    /// The answer for all accounts that control policies bind.
    pub fn verdict(&self) -> Verdict {
        let has = |verdict| self.groups.iter().any(|group| group.verdict == verdict);
        match (has(Verdict::Fail), has(Verdict::Unknown)) {
            (true, _) => Verdict::Fail,
            (false, true) => Verdict::Unknown,
            (false, false) => Verdict::Pass,
        }
    }

    /// How many accounts have an answer.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.groups.iter().filter(|group| group.verdict == verdict).map(|group| group.accounts.len()).sum()
    }

    /// How many accounts were asked about.
    pub fn accounts(&self) -> usize {
        self.groups.iter().map(|group| group.accounts.len()).sum()
    }
}
