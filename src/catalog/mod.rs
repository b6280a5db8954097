//! Facts of AWS, compiled in and read only: services, actions, resource types, condition keys, short lists. No rule, no
//! opinion. A newer catalogue can take the place of the embedded one before the first look-up.

pub mod action;
pub mod binary;
pub mod condition_key;
pub mod level;
pub mod partition;
pub mod quota;
pub mod resource_type;
pub mod tables;
mod verify;

pub use action::{Action, Service};
pub use binary::{Catalog, CatalogError};
pub use condition_key::{ConditionKey, KeyType};
pub use level::AccessLevel;
pub use partition::{Partition, is_region};
pub use resource_type::{Formats, ResourceType};
pub use tables::Table;

use std::sync::OnceLock;

static CURRENT: OnceLock<Catalog> = OnceLock::new();

/// The catalogue in force.
pub fn current() -> &'static Catalog {
    CURRENT.get_or_init(Catalog::embedded)
}

/// Put a catalogue file in the place of the embedded one, for the rest of the process.
///
/// # Errors
/// When the bytes are no catalogue of this version that holds together. Once a look-up was made it is too late, and the
/// call changes nothing.
pub fn install(bytes: Vec<u8>) -> Result<(), CatalogError> {
    // One file, once a process: it lives as long as the process does.
    let catalog = Catalog::from_file(Vec::leak(bytes))?;
    CURRENT.get_or_init(|| catalog);
    Ok(())
}

/// The actions of a service, sorted; `None` for a service the catalogue does not have. Letter case is ignored.
pub fn actions(service: &str) -> Option<impl Iterator<Item = Action> + use<>> {
    Some(current().service(service)?.actions())
}

/// One action by service and name, letter case ignored.
pub fn action(service: &str, name: &str) -> Option<Action> {
    current().action(service, name)
}

/// All service prefixes, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    current().services().map(Service::prefix)
}

/// The names of action sets: one for each access level, and the hand-kept ones.
pub fn action_sets() -> impl Iterator<Item = String> {
    let levels = AccessLevel::ALL.into_iter().map(|level| format!("@{}", level.as_str().to_ascii_lowercase().replace(' ', "-")));
    levels.chain(current().table_names().filter_map(|name| name.strip_prefix("set-")).map(|name| format!("@{name}")))
}

/// The day the data was taken, `YYYY-MM-DD`.
pub fn date() -> &'static str {
    current().date()
}

#[cfg(test)]
#[path = "catalog_tests.rs"]
mod tests;
