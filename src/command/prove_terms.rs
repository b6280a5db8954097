//! What a question is about: actions and resources by their names, the world it is asked in, what is assumed.

use super::Usage;
use crate::catalog;
use crate::cli::{AccessArgs, TermArgs, WorldChoice};
use crate::proof::{Asked, Engine, World};
use crate::text::glob::{self, Case};
use crate::text::suggest::{did_you_mean, nearest};
use std::path::PathBuf;

/// Actions and resources, as globs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Actions; empty for any.
    pub actions: Vec<String>,
    /// Resources; empty for any.
    pub resources: Vec<String>,
}

/// How far an answer reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// All policies of an argument are those of one principal.
    pub together: bool,
    /// Which actions there are.
    pub world: Option<WorldChoice>,
    /// Keys that the catalogue does not list for an action are absent.
    pub closed_keys: bool,
    /// Resources have the forms that the catalogue gives for actions.
    pub typed: bool,
    /// Condition keys with their values, in the order they were given.
    pub assume: Vec<(String, String)>,
    /// Where the certificate goes.
    pub certificate: Option<PathBuf>,
}

impl Terms {
    /// As the command line has them.
    pub fn of(args: &TermArgs) -> Result<Self, Usage> {
        let assume = args.assume.iter().map(|text| {
            let split = text.split_once('=').filter(|(key, _)| key.contains(':'));
            let bad = || {
                Usage::new(
                    format!("`--assume {text}` is not KEY=VALUE"),
                    "write for example `--assume aws:RequestedRegion=eu-west-1`",
                )
            };
            split.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(bad)
        });
        Ok(Self {
            together: args.together,
            world: args.world,
            closed_keys: args.closed_keys,
            typed: args.typed_resources,
            assume: assume.collect::<Result<_, _>>()?,
            certificate: args.certificate.clone(),
        })
    }
}

impl Terms {
    /// An engine for questions on these terms.
    pub fn engine(&self) -> Engine {
        let mut engine = Engine::new(self.world());
        engine.assume = self.assume.clone();
        engine.closed_keys = self.closed_keys;
        engine.typed = self.typed;
        engine.certify = self.certificate.is_some();
        engine
    }

    /// The world of most questions.
    pub fn world(&self) -> World {
        match self.world {
            Some(WorldChoice::Open) => World::Open,
            Some(WorldChoice::Closed) | None => World::Closed,
        }
    }

    /// What every answer rests on.
    pub fn assumptions(&self, world: World) -> Vec<String> {
        let mut out = vec![match world {
            World::Closed => {
                format!("actions are those of the catalogue of {}, and those that the policies name", catalog::date())
            }
            World::Open => "any name in the form of an action is one, those to come as well".to_owned(),
        }];
        out.extend(self.assume.iter().map(|(key, value)| format!("`{key}` is `{value}`")));
        if self.typed {
            out.push("a resource has a form that the catalogue gives for its action".to_owned());
        }
        if self.closed_keys {
            out.push("a request carries only the condition keys that the catalogue lists for its action".to_owned());
        }
        out
    }
}

impl Access {
    /// As the engine is asked.
    pub fn asked(&self) -> Asked {
        Asked { actions: self.actions.clone(), resources: self.resources.clone() }
    }

    /// Sets are written out, and what the catalogue does not have is an error: nobody asks about it on purpose, and a policy
    /// would never grant it.
    ///
    /// # Errors
    /// When something is not an action, or nothing is asked for.
    pub fn of(args: &AccessArgs, world: World) -> Result<Self, Usage> {
        let mut actions = Vec::new();
        for text in args.actions.iter().map(|text| text.trim()) {
            match text.strip_prefix('@') {
                Some(set) => actions.extend(named_set(set)?),
                None => actions.push(action(text, world)?),
            }
        }
        let resources: Vec<String> = args.resources.iter().map(|text| text.trim().to_owned()).collect();
        if let Some(odd) = resources.iter().find(|text| *text != "*" && !text.starts_with("arn:")) {
            let help = "write `*` or an ARN such as `arn:aws:s3:::bucket/*`";
            return Err(Usage::new(format!("`{odd}` is not a resource"), help));
        }
        if actions.is_empty() && resources.is_empty() {
            return Err(Usage::new("nothing is asked for", "name actions with `--action` or resources with `--resource`"));
        }
        actions.sort();
        actions.dedup();
        Ok(Self { actions, resources })
    }

    /// Actions that the catalogue does not have, each with the next step: they may come, and they may be misspelled.
    pub fn unknown(&self) -> Vec<Usage> {
        self.actions.iter().filter_map(|text| action(text, World::Closed).err()).collect()
    }
}

/// An action or a glob over actions.
fn action(text: &str, world: World) -> Result<String, Usage> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    let Some((service, name)) = text.split_once(':').filter(|(service, name)| !service.is_empty() && !name.is_empty()) else {
        let help = "write `service:Name` such as `s3:GetObject`, `*` for all, or a set such as `@write`";
        return Err(Usage::new(format!("`{text}` is not an action"), help));
    };
    let known = if glob::has_wildcard(text) {
        actions(service).any(|action| glob::matches(text, &action, Case::Insensitive))
    } else {
        catalog::current().action_named(text).is_some()
    };
    if known || world == World::Open {
        return Ok(text.to_owned());
    }
    let near = || {
        let names: Vec<String> = actions(service).collect();
        let whole = format!("{service}:{name}");
        let services = || {
            nearest(service, catalog::services().filter(|known| *known != service))
                .map(|near| format!("did you mean the service `{near}`?"))
        };
        did_you_mean(&whole, names.iter().map(String::as_str)).or_else(services)
    };
    let help = near().unwrap_or_else(|| "`--world open` asks about actions that the catalogue does not have".to_owned());
    Err(Usage::new(format!("no action `{text}` in the catalogue of {}", catalog::date()), help))
}

/// The full names of the actions of the services that a prefix stands for.
fn actions(service: &str) -> impl Iterator<Item = String> {
    let fits = move |prefix: &&str| glob::matches(service, prefix, Case::Insensitive);
    let services = catalog::services().filter(fits).filter_map(catalog::actions);
    services.flatten().map(|action| action.full_name())
}

/// `@write` and its like are an access level, `@credentials-exposure` a table of the catalogue.
fn named_set(name: &str) -> Result<Vec<String>, Usage> {
    if let Ok(level) = name.parse::<catalog::AccessLevel>() {
        let all = catalog::services().filter_map(catalog::actions).flatten();
        return Ok(all.filter(|action| action.level() == level).map(|action| action.full_name()).collect());
    }
    let listed: Vec<String> = catalog::current().table(&format!("set-{name}")).iter().map(str::to_owned).collect();
    if !listed.is_empty() {
        return Ok(listed);
    }
    let known: Vec<String> = catalog::action_sets().collect();
    let help = did_you_mean(&format!("@{name}"), known.iter().map(String::as_str));
    Err(Usage::new(format!("no set `@{name}`"), help.unwrap_or_else(|| format!("there are {}", known.join(", ")))))
}
