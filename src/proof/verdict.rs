//! What a proof answers.

use super::certificate::Certificate;
use crate::evaluate::Request;

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Proved for every request.
    Pass,
    /// A request was found that shows the contrary, and the evaluator agrees.
    Fail,
    /// Neither could be shown.
    Unknown,
}

impl Verdict {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// A statement that takes part in an answer, by where its policy stands in the list that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responsible {
    /// Which policy, counted over all that were handed in.
    pub policy: usize,
    /// Which statement of it.
    pub statement: usize,
    /// The node to point at, in that policy's document.
    pub node: u32,
    /// What it does: `allows it`, `does not apply: aws:PrincipalTag/env is absent`.
    pub note: String,
}

/// An answer with what shows it.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The answer.
    pub verdict: Verdict,
    /// For `Fail`: the request. It was replayed through the evaluator.
    pub witness: Option<Request>,
    /// For `Fail` and `Unknown`: the statements that decide, the telling one first.
    pub responsible: Vec<Responsible>,
    /// For `Unknown`: the construct that could not be decided; else a sentence for people.
    pub reason: Option<String>,
    /// What the answer rests on besides the policies: the catalogue's date, the world of actions, what was assumed.
    pub assumptions: Vec<String>,
    /// For `Pass`: what shows it, where it was asked for.
    pub certificate: Option<Certificate>,
}

impl Proof {
    /// An answer; the rest is added where there is any.
    pub fn of(verdict: Verdict) -> Self {
        Self { verdict, witness: None, responsible: Vec::new(), reason: None, assumptions: Vec::new(), certificate: None }
    }

    /// No answer, and why.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::of(Verdict::Unknown) }
    }
}
