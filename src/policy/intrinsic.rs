//! A template's intrinsic functions in the place of a value: `{"Ref": …}`, `{"Fn::Sub": …}`.
//!
//! CloudFormation User Guide, "Intrinsic function reference" and "Pseudo parameters reference".

use crate::document::{Kind, Node};

/// The function and its argument.
pub(crate) fn call<'d>(node: Node<'d>) -> Option<(&'d str, Node<'d>)> {
    let mut members = node.members();
    let (key, argument) = members.next()?;
    let name = key.scalar();
    let function = name == "Ref" || name.starts_with("Fn::");
    (function && members.next().is_none()).then_some((name, argument))
}

/// True for an object that is a function call.
pub(crate) fn is_intrinsic(node: Node<'_>) -> bool {
    call(node).is_some()
}

/// `{"Ref": "AWS::NoValue"}`, which takes out what it stands for.
pub(crate) fn is_no_value(node: Node<'_>) -> bool {
    call(node).is_some_and(|(name, argument)| name == "Ref" && argument.as_str() == Some("AWS::NoValue"))
}

/// What `Fn::If` gives when its condition holds, and when it does not.
pub(crate) fn choice<'d>(node: Node<'d>) -> Option<[Node<'d>; 2]> {
    let (_, argument) = call(node).filter(|(name, _)| *name == "Fn::If")?;
    let mut parts = argument.elements().skip(1);
    Some([parts.next()?, parts.next()?])
}

/// The text of `Fn::Sub`, with its `${…}` still in it.
pub(crate) fn substitution<'d>(node: Node<'d>) -> Option<Node<'d>> {
    let (_, argument) = call(node).filter(|(name, _)| *name == "Fn::Sub")?;
    let text = if argument.kind() == Kind::Array { argument.elements().next()? } else { argument };
    (text.kind() == Kind::String).then_some(text)
}

/// Whether a text stands inside a function, among the values of an element: its `${…}` are then the template's.
pub(crate) fn is_within_call(value: Node<'_>, text: Node<'_>) -> bool {
    value.one_or_many().any(|v| v.id() < text.id() && text.id() < v.subtree_end())
}

/// Whether some value, or some value of a map of values, depends on a condition of the template.
pub(crate) fn chooses(value: Node<'_>) -> bool {
    let depends = |value: Node<'_>| value.one_or_many().any(|v| choice(v).is_some());
    depends(value) || value.members().any(|(_, values)| depends(values))
}
