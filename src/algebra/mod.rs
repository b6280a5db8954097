//! Questions about what statements mean: three-valued answers, each with the nodes that decided it.
//!
//! Sound, not complete: a `True` is never wrong; where the text alone cannot tell, the answer is `Unknown` or `False`.

pub mod action_set;
pub mod arn_shape;
pub mod bound;
pub mod cover;
mod implied;
pub mod question;
pub mod resource_set;
pub mod truth;

pub use action_set::ActionSet;
pub use arn_shape::ArnShape;
pub use bound::Bound;
pub use cover::Answer;
pub use question::{Question, When, WhenTest, Who};
pub use truth::{Relation, Truth};
