//! Look-up of environment variables, for code that must not read the environment itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use toml::Value;

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Source of variables.
///
/// ```
/// use quipu_runtime::Variables;
///
/// let variables = Variables::of([("SHOP".to_owned(), "north".to_owned())].into());
/// assert_eq!(variables.get("SHOP").as_deref(), Some("north"));
/// assert_eq!(variables.get("OTHER"), None);
/// ```
#[derive(Clone)]
pub struct Variables(Arc<Lookup>);

impl Variables {
    /// Variables of this process.
    pub fn of_process() -> Self {
        Self(Arc::new(|name| std::env::var(name).ok()))
    }

    /// These variables only.
    pub fn of(variables: BTreeMap<String, String>) -> Self {
        Self(Arc::new(move |name| variables.get(name).cloned()))
    }

    /// The value of a variable; an empty one counts as unset.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|text| !text.trim().is_empty())
    }

    /// Replaces each `${NAME}` in the texts of a value by the variable; `$${` is an escaped `${`.
    ///
    /// # Errors
    /// A variable is not set, or a `${` is not closed.
    pub(crate) fn fill(&self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(text) if text.contains("${") => {
                *text = self.filled(text)?;
                Ok(())
            }
            Value::Array(values) => values.iter_mut().try_for_each(|value| self.fill(value)),
            Value::Table(table) => table.iter_mut().try_for_each(|(_, value)| self.fill(value)),
            _ => Ok(()),
        }
    }

    /// Replaces each `${NAME}` in a text by the variable, as [`Variables`] do in the tables of backends.
    ///
    /// # Errors
    /// A variable is not set, or a `${` is not closed.
    pub fn filled(&self, text: &str) -> Result<String, String> {
        let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
        while let Some((before, after)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                filled.push_str(before);
                filled.push_str("${");
                rest = after;
                continue;
            }
            let (name, behind) = after.split_once('}').ok_or("a ${ is not closed by }")?;
            let value = self.get(name).ok_or_else(|| format!("the variable {name} is not set"))?;
            filled.push_str(before);
            filled.push_str(value.trim());
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

impl Default for Variables {
    /// No variables.
    fn default() -> Self {
        Self::of(BTreeMap::new())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_wherever_a_text_is() {
        let set = [("KEY", " k1 "), ("EMPTY", " ")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        let variables = Variables::of(set.into());
        let fill = |text: &str| {
            let mut value = Value::try_from(BTreeMap::from([("a", vec![text])])).unwrap();
            variables.fill(&mut value).map(|()| value["a"][0].as_str().unwrap().to_owned())
        };
        assert_eq!(fill("Bearer ${KEY}/${KEY}!").unwrap(), "Bearer k1/k1!");
        assert_eq!(fill("costs $5, $${KEY}").unwrap(), "costs $5, ${KEY}");
        assert_eq!(fill("${OTHER}").unwrap_err(), "the variable OTHER is not set");
        assert_eq!(fill("${EMPTY}").unwrap_err(), "the variable EMPTY is not set");
        assert_eq!(fill("${KEY").unwrap_err(), "a ${ is not closed by }");
    }
}
