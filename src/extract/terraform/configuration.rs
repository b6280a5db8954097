//! What the configuration of a plan says: which arguments are set, and which resources they refer to, through variables
//! and outputs of modules.

use crate::extract::found::Place;
use std::collections::HashMap;

/// References through more modules than this are not followed.
const DEPTH: usize = 8;

/// The configuration of a plan; a state has none.
pub struct Configuration {
    /// By the prefix of addresses, such as `module.a.module.b.`; the root's is empty.
    modules: HashMap<String, Place>,
    /// The calls of modules, by the prefix of the called.
    calls: HashMap<String, Place>,
    /// Resources by address, without keys.
    resources: HashMap<String, Place>,
}

impl Configuration {
    /// Read it from a plan.
    pub fn read(root: &Place) -> Self {
        let mut all = Self { modules: HashMap::new(), calls: HashMap::new(), resources: HashMap::new() };
        if let Some(module) = root.any(&["configuration"]).and_then(|c| c.any(&["root_module"])) {
            all.module(&module, String::new());
        }
        all
    }

    fn module(&mut self, module: &Place, prefix: String) {
        for resource in module.list(&["resources"]) {
            if let Some(address) = resource.text(&["address"]) {
                self.resources.insert(format!("{prefix}{address}"), resource);
            }
        }
        if let Some(calls) = module.any(&["module_calls"]) {
            for (name, call) in calls.node().members() {
                let call = calls.at(call);
                let prefix = format!("{prefix}module.{}.", name.scalar());
                if let Some(inner) = call.any(&["module"]) {
                    self.module(&inner, prefix.clone());
                }
                self.calls.insert(prefix, call);
            }
        }
        self.modules.insert(prefix, module.clone());
    }

    /// Whether an argument of a resource is set; `None` when the configuration does not have the resource.
    pub fn sets(&self, address: &str, argument: &str) -> Option<bool> {
        let resource = self.resources.get(&without_keys(address))?;
        Some(resource.any(&["expressions"]).is_some_and(|e| e.any(&[argument]).is_some()))
    }

    /// Addresses, without keys, that an argument of a resource refers to.
    pub fn references(&self, address: &str, argument: &str) -> Vec<String> {
        let address = without_keys(address);
        let mut found = Vec::new();
        if let Some(resource) = self.resources.get(&address) {
            let expression = resource.any(&["expressions"]).and_then(|e| e.any(&[argument]));
            self.follow(expression.as_ref(), &prefix_of(&address), DEPTH, &mut found);
        }
        found
    }

    fn follow(&self, expression: Option<&Place>, prefix: &str, depth: usize, found: &mut Vec<String>) {
        let (Some(expression), Some(depth)) = (expression, depth.checked_sub(1)) else { return };
        for reference in expression.list(&["references"]) {
            let reference = without_keys(reference.node().scalar());
            let steps: Vec<&str> = reference.split('.').collect();
            match steps.as_slice() {
                ["var", name, ..] => {
                    let value = self.calls.get(prefix).and_then(|call| call.any(&["expressions"])?.any(&[name]));
                    self.follow(value.as_ref(), &outer(prefix), depth, found);
                }
                ["module", module, output, ..] => {
                    let inner = format!("{prefix}module.{module}.");
                    let outputs =
                        self.modules.get(&inner).and_then(|m| m.any(&["outputs"])?.any(&[output])?.any(&["expression"]));
                    self.follow(outputs.as_ref(), &inner, depth, found);
                }
                ["data", kind, name, ..] => found.push(format!("{prefix}data.{kind}.{name}")),
                ["local" | "each" | "count" | "path" | "terraform" | "self" | "module", ..] => {}
                [kind, name, ..] => found.push(format!("{prefix}{kind}.{name}")),
                _ => {}
            }
        }
    }
}

/// An address without the keys of instances: `module.m["a"].aws_iam_role.r[0]` is `module.m.aws_iam_role.r`.
pub fn without_keys(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let (mut inside, mut quoted, mut escaped) = (false, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if inside => quoted = !quoted,
            '[' if !quoted => inside = true,
            ']' if !quoted => inside = false,
            _ if inside => {}
            _ => out.push(c),
        }
    }
    out
}

/// The modules of an address without keys, up to and with the last dot.
fn prefix_of(address: &str) -> String {
    let steps: Vec<&str> = address.split('.').collect();
    let modules = steps.chunks(2).take_while(|pair| pair.first() == Some(&"module"));
    modules.map(|pair| format!("{}.", pair.join("."))).collect()
}

/// The prefix of the module that calls the module of this prefix.
fn outer(prefix: &str) -> String {
    let steps: Vec<&str> = prefix.trim_end_matches('.').split('.').collect();
    let kept = steps.len().saturating_sub(2);
    steps.iter().take(kept).map(|step| format!("{step}.")).collect()
}
