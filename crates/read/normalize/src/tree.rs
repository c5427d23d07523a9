//! Reassembly of flattened lists and objects such as `llm.input_messages.0.message.role`.

use std::collections::BTreeMap;

use quipu_core::{Attributes, Value};

/// Maximum number of leaves of one tree.
const MOST_LEAVES: usize = 10_000;
/// Maximum depth of one tree.
const DEEPEST: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step<'a> {
    Index(u32),
    Name(&'a str),
}

/// A value that was flattened into several attributes.
#[derive(Debug, Default)]
pub struct Tree<'a> {
    leaf: Option<&'a Value>,
    children: BTreeMap<Step<'a>, Tree<'a>>,
}

impl<'a> Tree<'a> {
    /// Assembles all attributes whose keys start with `prefix`. The rest of each key is its path, split at
    /// the dots. Gaps between indices are allowed. Attributes beyond 10,000 or below 16 levels are omitted.
    pub fn under(attributes: &'a Attributes, prefix: &str) -> Self {
        let mut root = Self::default();
        let paths = attributes.iter().filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)));
        for (path, value) in paths.take(MOST_LEAVES) {
            root.insert(path, value);
        }
        root
    }

    /// Whether the tree is empty.
    pub fn is_empty(&self) -> bool {
        self.leaf.is_none() && self.children.is_empty()
    }

    /// The value of this node.
    pub fn leaf(&self) -> Option<&'a Value> {
        self.leaf
    }

    /// The value at the end of a path of names, split at the dots.
    pub fn value(&self, path: &str) -> Option<&'a Value> {
        self.at(path)?.leaf
    }

    /// The text at the end of a path of names.
    pub fn text(&self, path: &str) -> Option<&'a str> {
        self.value(path).and_then(Value::as_str)
    }

    /// The subtree at the end of a path of names.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |tree, name| {
            let wanted = step(name);
            tree.children.iter().find(|(step, _)| **step == wanted).map(|(_, child)| child)
        })
    }

    /// The subtrees under indices, in their order.
    pub fn items(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(|(step, _)| matches!(step, Step::Index(_))).map(|(_, tree)| tree)
    }

    /// The subtrees under indices at the end of a path of names, in their order.
    pub fn list(&self, path: &str) -> impl Iterator<Item = &Self> {
        self.at(path).into_iter().flat_map(Self::items)
    }

    fn insert(&mut self, path: &'a str, value: &'a Value) {
        if path.split('.').count() > DEEPEST {
            return;
        }
        let end = path.split('.').fold(self, |tree, name| tree.children.entry(step(name)).or_default());
        end.leaf.get_or_insert(value);
    }

    /// The leaf itself, or the assembled value of all descendants.
    pub fn to_value(&self) -> Value {
        if let Some(leaf) = self.leaf {
            return leaf.clone();
        }
        if self.children.keys().all(|step| matches!(step, Step::Index(_))) {
            return Value::Array(self.items().map(Self::to_value).collect());
        }
        let pair = |(step, tree): (&Step<'_>, &Self)| match step {
            Step::Name(name) => ((*name).into(), tree.to_value()),
            Step::Index(index) => (compact_str::format_compact!("{index}"), tree.to_value()),
        };
        Value::Map(self.children.iter().map(pair).collect())
    }
}

fn step(name: &str) -> Step<'_> {
    let is_index = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    is_index.then(|| name.parse().ok()).flatten().map_or(Step::Name(name), Step::Index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_order_and_gaps_are_fine() {
        let attributes: Attributes = [
            ("m.10.role", "c"),
            ("m.2.role", "b"),
            ("m.0.role", "a"),
            ("m.0.parts.1.text", "y"),
            ("m.0.parts.0.text", "x"),
        ]
        .into_iter()
        .collect();
        let tree = Tree::under(&attributes, "m.");
        let roles: Vec<_> = tree.items().filter_map(|item| item.text("role")).collect();
        assert_eq!(roles, ["a", "b", "c"]);
        let texts: Vec<_> =
            tree.items().next().unwrap().list("parts").filter_map(|part| part.text("text")).collect();
        assert_eq!(texts, ["x", "y"]);
    }

    #[test]
    fn odd_paths_do_no_harm() {
        let attributes: Attributes =
            [("m.", "a"), ("m...", "b"), ("m.99999999999.x", "c"), ("m.0", "d"), ("m.0.x", "e")]
                .into_iter()
                .collect();
        let tree = Tree::under(&attributes, "m.");
        assert!(!tree.is_empty());
        assert_eq!(tree.items().count(), 1);
        assert!(matches!(tree.to_value(), Value::Map(_)));
        assert!(Tree::under(&attributes, "other.").is_empty());
    }
}
