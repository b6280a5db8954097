//! Declarative rules: YAML in, judgements out. A rule is data: no code, no network, bounded work.

pub mod active;
mod applies;
pub mod bundle;
pub mod checked;
pub mod compile;
pub mod compiler;
mod eval;
mod eval_json;
mod leaf;
pub mod expr;
mod inline_settings;
pub mod inline_test;
pub mod judge;
pub mod lint;
mod matcher;
mod matcher_more;
mod matcher_value;
pub mod meta;
pub mod param;
mod prefilter;
mod question;
pub mod raised;
mod reach;
pub mod registry;
pub mod scaffold;
mod subject;
mod template;
mod witness;

pub use compile::{Compiled, compile};
pub use judge::judge;
pub use meta::Rule;
pub use raised::{Judgement, Raised};
pub use reach::{Digits, Reach};
pub use registry::{Registry, RuleSource};
