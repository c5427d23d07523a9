//! Lists of figures that each name their kind, such as `[{"type": "input", "tokens": 12}, …]`.

use std::collections::BTreeSet;

use compact_str::CompactString;
use quipu_core::Value;
use quipu_normalize::count_of;

use crate::words::{self, Meaning, Role};

/// Keys of the kind of tokens of an item.
const KINDS: [&str; 5] = ["type", "kind", "name", "unit", "direction"];
/// Maximum number of items of such a list.
const MOST: usize = 16;

/// The figures of a list by their kinds. `None` unless each item has a kind of its own that names tokens, and
/// one figure, and the kinds include input and output.
pub(crate) fn figures(items: &[Value], path: &[CompactString]) -> Option<Value> {
    if !(2..=MOST).contains(&items.len()) {
        return None;
    }
    let (mut pairs, mut roles) = (Vec::new(), Vec::new());
    for item in items {
        let (key, value) = figure(item)?;
        let mut cut = path.to_vec();
        words::cut(&key, &mut cut);
        let Meaning::Figure(role) = words::meaning(&cut) else { return None };
        if roles.contains(&role) {
            return None;
        }
        roles.push(role);
        pairs.push((key, value.clone()));
    }
    let has = |role: Role| roles.contains(&role);
    let keys: BTreeSet<&CompactString> = pairs.iter().map(|(key, _)| key).collect();
    (has(Role::Input) && has(Role::Output) && keys.len() == pairs.len()).then_some(Value::Map(pairs))
}

/// The kind of an item with the word of its figure, and the figure.
fn figure(item: &Value) -> Option<(CompactString, &Value)> {
    let Value::Map(members) = item else { return None };
    let kind = KINDS.iter().find_map(|key| item.get(key)?.as_str())?;
    let mut numbers = members.iter().filter(|(_, value)| count_of(value).is_some());
    let (word, value) = numbers.next().filter(|_| numbers.next().is_none())?;
    Some((compact_str::format_compact!("{kind}.{word}"), value))
}

#[cfg(test)]
mod tests {
    use quipu_normalize::parse;

    use super::*;

    fn keys(text: &str, path: &[&str]) -> Option<String> {
        let Some(Value::Array(items)) = parse(text) else { panic!("{text}") };
        let path: Vec<CompactString> = path.iter().map(|word| CompactString::from(*word)).collect();
        let Value::Map(pairs) = figures(&items, &path)? else { return None };
        let told = pairs.iter().map(|(key, value)| format!("{key}={}", count_of(value).unwrap_or(0)));
        Some(told.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn items_name_their_figures() {
        let list = r#"[{"type": "input", "tokens": 12}, {"type": "output", "tokens": 3}]"#;
        assert_eq!(keys(list, &["usage"]).as_deref(), Some("input.tokens=12 output.tokens=3"));
        let list = r#"[{"name": "prompt_tokens", "value": 12}, {"name": "completion_tokens", "value": 3}]"#;
        let told = keys(list, &["usage"]);
        assert_eq!(told.as_deref(), Some("prompt_tokens.value=12 completion_tokens.value=3"));
        for other in [
            r#"[{"type": "input", "tokens": 12}]"#,
            r#"[{"type": "input", "tokens": 12}, {"type": "input", "tokens": 3}]"#,
            r#"[{"type": "function", "tokens": 12}, {"type": "output", "tokens": 3}]"#,
            r#"[{"type": "input", "tokens": 12, "n": 1}, {"type": "output", "tokens": 3, "n": 1}]"#,
            r#"[{"modality": "TEXT", "tokenCount": 12}, {"modality": "IMAGE", "tokenCount": 3}]"#,
        ] {
            assert_eq!(keys(other, &["usage"]), None, "{other}");
        }
    }
}
