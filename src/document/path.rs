//! Nodes to paths and back: JSON Pointer (RFC 6901) and normalized JSONPath (RFC 9535).

use super::node::{Kind, Node};
use std::cell::RefCell;
use std::collections::HashMap;

/// One step from a container to a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member by key.
    Key(String),
    /// An element by 0-based index.
    Index(usize),
}

/// The steps from `root` to `target`, and whether `target` is a key rather than a value.
pub fn steps(root: Node<'_>, target: Node<'_>) -> (Vec<Step>, bool) {
    Children::default().steps(root, target)
}

/// The elements of arrays, listed when first asked: nothing is stored for the many nodes nobody blames, and a document
/// with a finding in each of its thousands of statements is not walked from its start for each.
#[derive(Debug, Default)]
pub struct Children(RefCell<HashMap<u32, Vec<u32>>>);

impl Children {
    /// As [`steps`].
    pub fn steps(&self, root: Node<'_>, target: Node<'_>) -> (Vec<Step>, bool) {
        let mut here = root;
        let mut steps = Vec::new();
        while here.id() != target.id() {
            let Some((step, child, on_key)) = self.step(here, target) else { break };
            steps.push(step);
            if on_key {
                return (steps, true);
            }
            here = child;
        }
        (steps, false)
    }

    /// The step from a container towards `target`, the child there, and whether `target` is the key of that step.
    pub fn step<'d>(&self, here: Node<'d>, target: Node<'d>) -> Option<(Step, Node<'d>, bool)> {
        match here.kind() {
            Kind::Array => {
                let mut lists = self.0.borrow_mut();
                let ids = lists.entry(here.id()).or_insert_with(|| here.elements().map(Node::id).collect());
                let index = ids.partition_point(|id| *id <= target.id()).checked_sub(1)?;
                let child = here.document().node(*ids.get(index)?)?;
                holds(child, target).then_some((Step::Index(index), child, false))
            }
            Kind::Object => here.members().find_map(|(key, value)| {
                let on_key = key.id() == target.id();
                (on_key || holds(value, target)).then(|| (Step::Key(key.scalar().to_owned()), value, on_key))
            }),
            Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::String => None,
        }
    }
}

fn holds(child: Node<'_>, target: Node<'_>) -> bool {
    child.id() <= target.id() && target.id() < child.subtree_end()
}

/// RFC 6901 text of some steps.
pub fn pointer(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        out.push('/');
        match step {
            Step::Key(key) => out.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Step::Index(i) => out.push_str(&i.to_string()),
        }
    }
    out
}

/// The node at an RFC 6901 pointer.
pub fn resolve<'d>(root: Node<'d>, pointer: &str) -> Option<Node<'d>> {
    let mut here = root;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        here = match here.kind() {
            Kind::Array => here.elements().nth(token.parse().ok()?)?,
            Kind::Object => here.get(&token)?,
            Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::String => return None,
        };
    }
    Some(here)
}

/// A pointer for each of the simple JSONPaths that rule tests use to name a place: `$.Statement[0].Resource["a b"]`.
///
/// Returns `None` for anything that is not a singular path.
pub fn pointer_of_json_path(path: &str) -> Option<String> {
    let mut rest = path.strip_prefix('$')?;
    let mut out = Vec::new();
    while !rest.is_empty() {
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (key, tail) = name.split_at(end);
            out.push(Step::Key(key.to_owned()));
            rest = tail;
        } else {
            let (inside, tail) = rest.strip_prefix('[')?.split_once(']')?;
            rest = tail;
            out.push(match inside.parse() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Key(inside.trim_matches(['\'', '"']).to_owned()),
            });
        }
    }
    Some(pointer(&out))
}
