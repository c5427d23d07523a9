//! Keys of groups: a group as JSON, in the order of its names.

use std::collections::BTreeMap;

use crate::{MeasuredGroup, Rule};

/// The group as the key of states and episodes.
pub(crate) fn group_key(group: &BTreeMap<String, String>) -> String {
    serde_json::to_string(group).unwrap_or_default()
}

/// The group of a key.
pub(crate) fn group_of(key: &str) -> BTreeMap<String, String> {
    serde_json::from_str(key).unwrap_or_default()
}

/// The key of a group, as [`group_key`] writes it.
pub(crate) fn key_of(rule: &Rule, group: &MeasuredGroup) -> String {
    let mut pairs: Vec<(&str, &str)> = rule
        .group_by
        .iter()
        .zip(&group.key)
        .map(|(name, value)| (name.as_str(), value.as_deref().unwrap_or_default()))
        .collect();
    pairs.sort_unstable();
    let mut key = Vec::with_capacity(64);
    for (name, value) in pairs {
        key.push(if key.is_empty() { b'{' } else { b',' });
        let written = serde_json::to_writer(&mut key, name);
        key.push(b':');
        // Writing text to memory does not fail.
        let _ = written.and_then(|()| serde_json::to_writer(&mut key, value));
    }
    if key.is_empty() {
        key.push(b'{');
    }
    key.push(b'}');
    String::from_utf8(key).unwrap_or_default()
}

/// Keys and values of a group.
pub(crate) fn names(rule: &Rule, group: &MeasuredGroup) -> BTreeMap<String, String> {
    let keys = rule.group_by.iter().zip(&group.key);
    keys.map(|(key, value)| (key.clone(), value.clone().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_groups_are_sorted_and_escaped() {
        let rule = r#"kind = "calls"
            above = 1
            group_by = ["user", "model"]"#;
        let rule = Rule::new("r", toml::from_str(rule).unwrap()).unwrap();
        for value in [None, Some("ada"), Some("a\"b\\c\n\u{1}ü")] {
            let key = vec![value.map(str::to_owned), Some("gpt-4o".to_owned())];
            let group = MeasuredGroup { key, ..MeasuredGroup::default() };
            let key = key_of(&rule, &group);
            assert_eq!(key, group_key(&names(&rule, &group)));
            assert_eq!(group_of(&key), names(&rule, &group));
        }
        let alone = Rule::new("r", toml::from_str("kind = \"calls\"\nabove = 1").unwrap()).unwrap();
        assert_eq!(key_of(&alone, &MeasuredGroup::default()), group_key(&BTreeMap::new()));
    }
}
