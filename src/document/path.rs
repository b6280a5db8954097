//! Nodes to paths and back: JSON Pointer (RFC 6901) and normalized JSONPath (RFC 9535).

use super::node::{Kind, Node};

/// One step from a container to a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member by key.
    Key(String),
    /// An element by 0-based index.
    Index(usize),
}

/// Where a node hangs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parent {
    /// The container; the root is its own.
    id: u32,
    /// Its number among the children; keys and values of an object are counted alike.
    child: u32,
}

/// The parents of nodes in the order of the text, by where their subtrees end. A document with a finding in each of its
/// thousands of statements is thus walked once, not from its start for each.
pub(super) fn parents(ends: impl ExactSizeIterator<Item = u32>) -> Vec<Parent> {
    let mut all = Vec::with_capacity(ends.len());
    // Containers around the node: their ids, their ends and how many children they have had.
    let mut open: Vec<(u32, u32, u32)> = Vec::new();
    for (id, end) in (0u32..).zip(ends) {
        while open.pop_if(|(_, end, _)| *end <= id).is_some() {}
        all.push(match open.last_mut() {
            Some((parent, _, children)) => {
                *children += 1;
                Parent { id: *parent, child: *children - 1 }
            }
            None => Parent { id, child: 0 },
        });
        if end > id + 1 {
            open.push((id, end, 0));
        }
    }
    all
}

/// The steps from `root` to `target`, and whether `target` is a key rather than a value.
pub fn steps(root: Node<'_>, target: Node<'_>) -> (Vec<Step>, bool) {
    let document = root.document();
    let mut steps = Vec::new();
    let mut on_key = false;
    let mut here = target;
    while here.id() != root.id() && holds(root, here) {
        let Some(parent) = document.parents().get(here.id() as usize) else { break };
        let Some(container) = document.node(parent.id).filter(|container| container.id() < here.id()) else { break };
        on_key |= here.id() == target.id() && is_key(container, *parent);
        steps.push(step_to(container, here, *parent));
        here = container;
    }
    steps.reverse();
    (steps, on_key)
}

/// The child of a container that `target` is or lies in; `None` for a key of it, and for what lies elsewhere.
pub fn child_towards<'d>(container: Node<'d>, target: Node<'d>) -> Option<Node<'d>> {
    let document = container.document();
    let mut here = target;
    while holds(container, here) {
        let parent = document.parents().get(here.id() as usize)?;
        if parent.id == container.id() {
            return (here.id() != container.id() && !is_key(container, *parent)).then_some(here);
        }
        here = document.node(parent.id).filter(|above| above.id() < here.id())?;
    }
    None
}

fn is_key(container: Node<'_>, parent: Parent) -> bool {
    container.kind() == Kind::Object && parent.child.is_multiple_of(2)
}

fn step_to(container: Node<'_>, child: Node<'_>, parent: Parent) -> Step {
    if container.kind() != Kind::Object {
        return Step::Index(parent.child as usize);
    }
    // The key of a value stands right before it.
    let before = || child.id().checked_sub(1).and_then(|id| child.document().node(id));
    let key = if is_key(container, parent) { Some(child) } else { before() };
    Step::Key(key.map(|key| key.scalar().to_owned()).unwrap_or_default())
}

fn holds(container: Node<'_>, target: Node<'_>) -> bool {
    container.id() <= target.id() && target.id() < container.subtree_end()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    #[test]
    fn every_node_has_its_pointer() {
        let document = json::parse(r#"{"a":[1,{"b/c":[[],{},[2]]},"x"],"d":{},"e":{"f":null}}"#.to_owned());
        let root = document.root().unwrap();
        for id in 0..u32::try_from(document.len()).unwrap() {
            let node = document.node(id).unwrap();
            let (steps, on_key) = steps(root, node);
            let found = resolve(root, &pointer(&steps)).unwrap();
            assert_eq!(if on_key { found.id() - 1 } else { found.id() }, id, "{}", pointer(&steps));
            let child = child_towards(root, node);
            assert_eq!(child.is_none(), steps.is_empty() || (on_key && steps.len() == 1), "{}", pointer(&steps));
            assert!(child.is_none_or(|child| child.id() <= id && id < child.subtree_end()));
        }
        // Below another node than the root.
        let inner = root.get("e").unwrap();
        let null = inner.get("f").unwrap();
        assert_eq!(pointer(&steps(inner, null).0), "/f");
        assert!(child_towards(null, inner).is_none());
    }
}
