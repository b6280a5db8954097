//! Guardrails of an organization: for every account whether its control policies stop some actions, the Deny that comes
//! nearest, and the policy that would close the gap. Read `cover.rs` first.

mod accounts;
mod attach;
mod cover;
mod home;
mod judge;
mod model;
mod nearest;
mod structural;
mod suggest;
mod texts;
mod words;

pub use attach::{Fallback, Room, Target};
pub use cover::cover;
pub use model::{Coverage, Group, Holds, Question, Spot};
pub use nearest::Nearest;
pub use structural::{Gap, GapCode};
pub use suggest::{Draft, Suggestion};
pub use texts::{Control, Text, Texts};

#[cfg(test)]
#[path = "cover_tests.rs"]
mod tests;
#[cfg(test)]
mod home_tests;
