//! `palisade catalog`: what the embedded catalogue of AWS knows.

use super::{Exit, Terminal, Usage};
use crate::catalog;
use crate::cli::{CatalogArgs, PlainFormat};
use crate::text::glob::{Case, matches};
use crate::text::suggest::did_you_mean;
use serde_json::{Value, json};

/// Run it.
pub fn run(args: &CatalogArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let Some(pattern) = &args.actions else { return summary(args.format, terminal) };
    let found: Vec<_> = catalog::services()
        .filter(|service| matches(pattern.split(':').next().unwrap_or_default(), service, Case::Insensitive))
        .flat_map(|service| {
            catalog::actions(service).into_iter().flatten().map(move |action| (format!("{service}:{}", action.name), action))
        })
        .filter(|(name, _)| matches(pattern, name, Case::Insensitive))
        .collect();
    if found.is_empty() {
        let service = pattern.split(':').next().unwrap_or_default();
        let help = did_you_mean(service, catalog::services()).unwrap_or_else(|| "write a pattern such as `s3:Get*`".to_owned());
        return Err(Usage::new(format!("`{pattern}` matches no action of the catalogue of {}", catalog::date()), help).into());
    }
    match args.format {
        PlainFormat::Json => {
            let list: Vec<Value> = found
                .iter()
                .map(|(name, a)| json!({ "action": name, "access_level": a.level.as_str(), "resource_types": a.types().collect::<Vec<_>>() }))
                .collect();
            writeln!(terminal.out, "{:#}", Value::from(list))?;
        }
        PlainFormat::Text => {
            for (name, action) in found {
                writeln!(
                    terminal.out,
                    "{name:48} {:24} {}",
                    action.level.as_str(),
                    action.types().collect::<Vec<_>>().join(", ")
                )?;
            }
        }
    }
    Ok(Exit::Clean)
}

fn summary(format: PlainFormat, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let services = catalog::services().count();
    let actions: usize = catalog::services().map(|s| catalog::actions(s).into_iter().flatten().count()).sum();
    match format {
        PlainFormat::Json => {
            let value =
                json!({ "date": catalog::date(), "source": catalog::action::source(), "services": services, "actions": actions });
            writeln!(terminal.out, "{value:#}")?;
        }
        PlainFormat::Text => {
            writeln!(terminal.out, "{services} services, {actions} actions, as of {}", catalog::date())?;
            writeln!(terminal.out, "from {}", catalog::action::source())?;
        }
    }
    Ok(Exit::Clean)
}
