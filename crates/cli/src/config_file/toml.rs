//! TOML documents, changed key by key.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike};

/// A TOML text.
pub struct Toml(DocumentMut);

impl Toml {
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self(text.parse()?))
    }

    pub fn get(&self, path: &[String]) -> Option<Value> {
        let mut item = self.0.as_item();
        for name in path {
            item = item.get(name)?;
        }
        json(item)
    }

    pub fn set(&mut self, path: &[String], value: &Value) -> Result<()> {
        let (name, tables) = path.split_last().context("the path is empty")?;
        let gap = if self.0.is_empty() { "" } else { "\n" };
        let mut table: &mut dyn TableLike = self.0.as_table_mut();
        for (depth, name) in tables.iter().enumerate() {
            let new = || {
                let mut new = Table::new();
                new.decor_mut().set_prefix(gap);
                Item::Table(new)
            };
            let inner = table.entry(name).or_insert_with(new).as_table_like_mut();
            table = inner.with_context(|| format!("`{}` is no table", path[..=depth].join(".")))?;
        }
        let is_same = table.get(name).and_then(json).as_ref() == Some(value);
        if !is_same {
            table.insert(name, Item::Value(input(value)?));
        }
        Ok(())
    }

    pub fn remove(&mut self, path: &[String]) {
        let Some((name, tables)) = path.split_last() else { return };
        let mut table: &mut dyn TableLike = self.0.as_table_mut();
        for name in tables {
            match table.get_mut(name).and_then(Item::as_table_like_mut) {
                Some(inner) => table = inner,
                None => return,
            }
        }
        table.remove(name);
    }

    pub fn text(&self) -> String {
        self.0.to_string()
    }
}

/// The value of an item; times become texts.
fn json(item: &Item) -> Option<Value> {
    if let Some(table) = item.as_table_like() {
        let members = table.iter().filter_map(|(name, item)| Some((name.to_owned(), json(item)?)));
        return Some(Value::Object(members.collect()));
    }
    if let Some(tables) = item.as_array_of_tables() {
        return Some(tables.iter().filter_map(|table| json(&Item::Table(table.clone()))).collect());
    }
    let value = item.as_value()?;
    if let Some(list) = value.as_array() {
        return Some(list.iter().filter_map(|value| json(&Item::Value(value.clone()))).collect());
    }
    let number = || value.as_integer().map(Value::from).or_else(|| value.as_float().map(Value::from));
    let text = || value.as_str().map(Value::from);
    text()
        .or_else(|| value.as_bool().map(Value::from))
        .or_else(number)
        .or_else(|| value.as_datetime().map(|time| Value::from(time.to_string())))
}

fn input(value: &Value) -> Result<toml_edit::Value> {
    Ok(match value {
        Value::Null => bail!("TOML has no null"),
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64().context("a number is too large for TOML")?.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(list) => list.iter().map(input).collect::<Result<toml_edit::Array>>()?.into(),
        Value::Object(object) => {
            let members = object.iter().map(|(name, value)| Ok((name.as_str(), input(value)?)));
            members.collect::<Result<InlineTable>>()?.into()
        }
    })
}
