//! Questions about what statements mean: three-valued answers, each with the nodes that decided it.
//!
//! A `True` is never wrong; where it cannot be told, the answer is `Unknown` or `False`. What the text shows is answered at
//! once, the rest is put to the proof engine.

pub mod action_set;
pub mod arn_shape;
pub mod ask;
mod asked;
pub mod bound;
pub mod cover;
mod implied;
pub mod layered;
pub mod question;
pub mod resource_set;
pub mod truth;

pub use action_set::ActionSet;
pub use arn_shape::ArnShape;
pub use bound::Bound;
pub use cover::Answer;
pub use layered::Layer;
pub use question::{Question, When, WhenTest, Who};
pub use truth::{Relation, Truth};
