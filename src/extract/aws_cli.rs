//! To be written.

use super::entity::Entity;
use super::found::Place;
use crate::policy::Context;

/// What it speaks of.
pub fn entities(_root: &Place, _said: &Context) -> Vec<Entity> {
    Vec::new()
}
