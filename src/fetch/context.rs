//! What every part of a fetch has at hand.

use super::client::Aws;
use super::error::Trouble;
use super::event::Event;
use super::settings::Settings;
use super::store::Store;
use super::unit::Tally;
use crate::source::snapshot::{SourceState, State};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Who wants to know.
pub type Listener<'a> = dyn FnMut(&Event<'_>) + 'a;

/// At hand.
pub struct Context<'a> {
    /// What was asked for.
    pub settings: &'a Settings,
    /// The way to AWS.
    pub aws: &'a Aws,
    /// The disk.
    pub store: &'a Store,
    /// When the fetch began, RFC 3339.
    pub started: &'a str,
    /// Who wants to know how it goes.
    pub listener: &'a dyn Fn(&Event<'_>),
    /// What was read, and what was not.
    pub states: RefCell<Vec<SourceState>>,
    /// Units of IAM, and starts of units of S3 and Secrets Manager, that belong into the snapshot. Others may be on disk of an
    /// earlier attempt in which Config told less.
    pub kept: RefCell<BTreeSet<String>>,
}

/// What a state is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The source.
    pub source: &'a str,
    /// The account.
    pub account: Option<&'a str>,
    /// The region.
    pub region: Option<&'a str>,
    /// Which part.
    pub what: Option<&'a str>,
}

impl About<'_> {
    /// A state of it.
    pub fn state(&self, state: State, items: u64) -> SourceState {
        SourceState {
            source: self.source.to_owned(),
            account: self.account.map(str::to_owned),
            region: self.region.map(str::to_owned),
            what: self.what.map(str::to_owned),
            state,
            reason: None,
            help: None,
            items,
        }
    }

    /// Complete, or why not.
    pub fn tally(&self, tally: &Tally) -> SourceState {
        match &tally.trouble {
            None => self.state(State::Complete, tally.items),
            Some(trouble) => self.trouble(trouble, tally.items),
        }
    }

    /// Why it is not complete.
    pub fn trouble(&self, trouble: &Trouble, items: u64) -> SourceState {
        let reason = Some(trouble.message.clone());
        SourceState { reason, help: Some(trouble.next_step()), ..self.state(trouble.state(), items) }
    }
}

impl Context<'_> {
    /// Tell somebody.
    pub fn tell(&self, event: &Event<'_>) {
        (self.listener)(event);
    }

    /// So many more steps are ahead.
    pub fn ahead(&self, steps: usize) {
        self.tell(&Event::Ahead(steps as u64));
    }

    /// A step is done.
    pub fn step(&self, records: u64) {
        self.tell(&Event::Step(records));
    }

    /// Put a state into the manifest.
    pub fn report(&self, state: SourceState) {
        self.tell(&Event::Source(&state));
        self.states.borrow_mut().push(state);
    }
}
