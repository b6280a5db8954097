//! `palisade catalog`: what the catalogue of AWS knows: its date and counts, actions, condition keys, resource types.

use super::{Exit, Terminal, Usage};
use crate::catalog::{self, Action, ConditionKey, ResourceType, Service};
use crate::cli::{CatalogArgs, CatalogCommand, PlainFormat};
use crate::text::glob::{Case, has_wildcard, matches};
use crate::text::suggest::did_you_mean;
use serde_json::{Value, json};

/// Run it.
pub fn run(args: &CatalogArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let format = args.format;
    match (&args.what, &args.pattern) {
        (Some(CatalogCommand::Actions { pattern }), _) | (None, Some(pattern)) => actions(pattern, format, terminal)?,
        (Some(CatalogCommand::Expand { pattern }), _) => expand(pattern, format, terminal)?,
        (Some(CatalogCommand::ConditionKeys { pattern }), _) => condition_keys(pattern, format, terminal)?,
        (Some(CatalogCommand::Resource { pattern }), _) => resources(pattern, format, terminal)?,
        (None, None) => summary(format, terminal)?,
    }
    Ok(Exit::Clean)
}

fn found(pattern: &str) -> anyhow::Result<Vec<Action>> {
    let prefix = pattern.split(':').next().unwrap_or_default();
    let services = catalog::current().services().filter(|service| matches(prefix, service.prefix(), Case::Insensitive));
    let found: Vec<Action> =
        services.flat_map(Service::actions).filter(|action| matches(pattern, &action.full_name(), Case::Insensitive)).collect();
    if found.is_empty() {
        let name = pattern.split_once(':').map_or("", |(_, name)| name);
        let service = catalog::current().service(prefix);
        let near = match service {
            Some(service) => crate::text::suggest::nearest(name, service.actions().map(Action::name))
                .map(|near| format!("did you mean `{}:{near}`?", service.prefix())),
            None => did_you_mean(prefix, catalog::services()),
        };
        return Err(nothing(pattern, "action", near, "write a pattern such as `s3:Get*`"));
    }
    Ok(found)
}

fn nothing(pattern: &str, what: &str, near: Option<String>, otherwise: &str) -> anyhow::Error {
    let message = format!("`{pattern}` matches no {what} of the catalogue of {}", catalog::date());
    Usage::new(message, near.unwrap_or_else(|| otherwise.to_owned())).into()
}

fn actions(pattern: &str, format: PlainFormat, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    let found = found(pattern)?;
    match format {
        PlainFormat::Json => {
            writeln!(terminal.out, "{:#}", Value::from(found.iter().copied().map(action_json).collect::<Vec<_>>()))?
        }
        PlainFormat::Text => {
            if let [only] = found.as_slice() {
                return one_action(*only, terminal);
            }
            let width = found.iter().map(|a| a.full_name().len()).max().unwrap_or(0);
            for action in found {
                let types = names(action.types().map(ResourceType::name));
                writeln!(terminal.out, "{:width$}  {:22}  {types}", action.full_name(), action.level().as_str())?;
            }
        }
    }
    Ok(())
}

fn names<'t>(names: impl Iterator<Item = &'t str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn action_json(action: Action) -> Value {
    json!({
        "action": action.full_name(),
        "access_level": action.level().as_str(),
        "resource_types": action.types().map(ResourceType::name).collect::<Vec<_>>(),
        "condition_keys": action.own_keys().map(ConditionKey::name).collect::<Vec<_>>(),
        "dependent_actions": action.dependent_actions().map(Action::full_name).collect::<Vec<_>>(),
    })
}

fn one_action(action: Action, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    writeln!(terminal.out, "{}  {}", action.full_name(), action.level())?;
    let types: Vec<_> = action.types().collect();
    if types.is_empty() {
        writeln!(terminal.out, "  resource        only \"*\"")?;
    }
    for kind in types {
        writeln!(terminal.out, "  resource        {:24} {}", kind.name(), kind.arn())?;
    }
    for key in action.own_keys() {
        writeln!(terminal.out, "  condition key   {}", key.name())?;
    }
    for needed in action.dependent_actions() {
        writeln!(terminal.out, "  needs           {}", needed.full_name())?;
    }
    Ok(())
}

/// One action a line, for pasting and for pipes.
fn expand(pattern: &str, format: PlainFormat, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    let found: Vec<String> = found(pattern)?.into_iter().map(Action::full_name).collect();
    match format {
        PlainFormat::Json => writeln!(terminal.out, "{:#}", Value::from(found))?,
        PlainFormat::Text => {
            for name in found {
                writeln!(terminal.out, "{name}")?;
            }
        }
    }
    Ok(())
}

fn condition_keys(pattern: &str, format: PlainFormat, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    let catalog = catalog::current();
    let mut found: Vec<ConditionKey> = catalog.keys().filter(|k| matches(pattern, k.name(), Case::Insensitive)).collect();
    // A key with a tag of one's own is that of the template.
    found.extend(catalog.key(pattern).filter(|key| !has_wildcard(pattern) && found.is_empty() && key.is_template()));
    if found.is_empty() {
        let near = did_you_mean(pattern, catalog.keys().map(ConditionKey::name));
        return Err(nothing(pattern, "condition key", near, "write a pattern such as `s3:*`"));
    }
    let values = |key: &ConditionKey| if key.is_list() { "list of" } else { "one" };
    match format {
        PlainFormat::Json => {
            let list = found
                .iter()
                .map(|k| json!({ "key": k.name(), "type": k.kind().as_str(), "list": k.is_list(), "global": k.is_global() }));
            writeln!(terminal.out, "{:#}", Value::from(list.collect::<Vec<_>>()))?;
        }
        PlainFormat::Text => {
            let width = found.iter().map(|k| k.name().len()).max().unwrap_or(0);
            for key in found {
                let global = if key.is_global() { "  global" } else { "" };
                writeln!(terminal.out, "{:width$}  {:7} {}{global}", key.name(), values(&key), key.kind().as_str())?;
            }
        }
    }
    Ok(())
}

fn resources(pattern: &str, format: PlainFormat, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    let (prefix, name) = pattern.split_once(':').unwrap_or((pattern, "*"));
    let services = || catalog::current().services().filter(|s| matches(prefix, s.prefix(), Case::Insensitive));
    let found: Vec<(Service, ResourceType)> = services()
        .flat_map(|service| service.resource_types().map(move |kind| (service, kind)))
        .filter(|(_, kind)| matches(name, kind.name(), Case::Insensitive))
        .collect();
    if found.is_empty() {
        let near = match services().next() {
            Some(service) => did_you_mean(name, service.resource_types().map(ResourceType::name)),
            None => did_you_mean(prefix, catalog::services()),
        };
        return Err(nothing(pattern, "resource type", near, "write a pattern such as `s3:*` or `rekognition:projectversion`"));
    }
    let scoped = |service: Service, kind: ResourceType| -> Vec<&'static str> {
        service.actions().filter(|a| a.has_resource_type(kind.name())).map(Action::name).collect()
    };
    match format {
        PlainFormat::Json => {
            let list = found.iter().map(|(service, kind)| {
                json!({
                    "service": service.prefix(), "resource_type": kind.name(), "arn": kind.arn(),
                    "condition_keys": kind.keys().map(ConditionKey::name).collect::<Vec<_>>(), "actions": scoped(*service, *kind),
                })
            });
            writeln!(terminal.out, "{:#}", Value::from(list.collect::<Vec<_>>()))?;
        }
        PlainFormat::Text => {
            if let [(service, kind)] = found.as_slice() {
                writeln!(terminal.out, "{}:{}  {}", service.prefix(), kind.name(), kind.arn())?;
                for key in kind.keys() {
                    writeln!(terminal.out, "  condition key   {}", key.name())?;
                }
                for action in scoped(*service, *kind) {
                    writeln!(terminal.out, "  action          {}:{action}", service.prefix())?;
                }
                return Ok(());
            }
            let full = |(service, kind): &(Service, ResourceType)| format!("{}:{}", service.prefix(), kind.name());
            let width = found.iter().map(|pair| full(pair).len()).max().unwrap_or(0);
            for pair in &found {
                writeln!(terminal.out, "{:width$}  {}", full(pair), pair.1.arn())?;
            }
        }
    }
    Ok(())
}

fn summary(format: PlainFormat, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    let catalog = catalog::current();
    let counts = [
        ("services", catalog.services().count()),
        ("actions", catalog.action_count()),
        ("resource types", catalog.resource_type_count()),
        ("condition keys", catalog.keys().count()),
        ("regions", catalog.regions().count()),
        ("service principals", catalog.table("service-principals").iter().count()),
    ];
    match format {
        PlainFormat::Json => {
            let mut value = json!({ "date": catalog.date(), "source": catalog.source() });
            if let Some(map) = value.as_object_mut() {
                map.extend(counts.map(|(name, count)| (name.replace(' ', "_"), Value::from(count))));
            }
            writeln!(terminal.out, "{value:#}")?;
        }
        PlainFormat::Text => {
            let list: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
            writeln!(terminal.out, "{}, as of {}", list.join(", "), catalog.date())?;
            writeln!(terminal.out, "from {}", catalog.source())?;
        }
    }
    Ok(())
}
