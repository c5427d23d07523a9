//! JSON documents with comments, changed key by key.

use anyhow::{Context, Result, bail};
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::Value;

/// A UTF-8 byte order mark, as some editors write it.
const MARK: &str = "\u{feff}";

/// Root of a JSON text.
pub struct Json {
    root: CstRootNode,
    has_mark: bool,
}

impl Json {
    /// Parses JSON with comments and trailing commas; other extensions are errors.
    pub fn parse(text: &str) -> Result<Self> {
        let options = ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let bare = text.strip_prefix(MARK);
        let root = CstRootNode::parse(bare.unwrap_or(text), &options)?;
        if root.value().is_some_and(|value| value.as_object().is_none()) {
            bail!("its root is no object");
        }
        Ok(Self { root, has_mark: bare.is_some() })
    }

    pub fn get(&self, path: &[String]) -> Option<Value> {
        let mut value = self.root.to_serde_value()?;
        for name in path {
            value = value.get_mut(name)?.take();
        }
        Some(value)
    }

    pub fn set(&self, path: &[String], value: &Value) -> Result<()> {
        if self.get(path).as_ref() == Some(value) {
            return Ok(());
        }
        let (name, tables) = path.split_last().context("the path is empty")?;
        let mut object = self.root.object_value_or_create().context("its root is no object")?;
        for (depth, table) in tables.iter().enumerate() {
            let inner = object.object_value_or_create(table);
            object = inner.with_context(|| format!("`{}` is no object", path[..=depth].join(".")))?;
        }
        match object.get(name) {
            Some(member) => member.set_value(input(value)),
            None => drop(object.append(name, input(value))),
        }
        Ok(())
    }

    pub fn remove(&self, path: &[String]) {
        let Some((name, tables)) = path.split_last() else { return };
        let object = tables.iter().try_fold(self.root.object_value(), |object, table| {
            Some(Some(object?.object_value(table)?)) as Option<Option<CstObject>>
        });
        if let Some(member) = object.flatten().and_then(|object| object.get(name)) {
            member.remove();
        }
    }

    pub fn text(&self) -> String {
        format!("{}{}", if self.has_mark { MARK } else { "" }, self.root)
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(list) => CstInputValue::Array(list.iter().map(input).collect()),
        Value::Object(object) => {
            CstInputValue::Object(object.iter().map(|(name, value)| (name.clone(), input(value))).collect())
        }
    }
}
