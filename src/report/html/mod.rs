//! One self-contained HTML file for people: summary, map of guardrails, trend, changes, findings to filter and search.
//!
//! It loads nothing. A strict content security policy names its style and its script by their hashes, so that whatever
//! a policy's text smuggles into the page is not run. The script builds what may be large from data in the page; without
//! scripts the summary, the map and the worst findings can still be read.

mod coverage;
mod data;
mod drift;
mod finding;
mod lists;
mod markup;
mod page;
mod summary;
mod trend;
mod tree;

pub use page::write;

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
