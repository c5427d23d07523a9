//! Config files of other programs: single keys are read, set and removed; comments and all other text stay.

pub mod disk;
mod json;
mod shell;
mod toml;

use anyhow::{Result, bail};
use serde_json::Value;

/// Limit of a config file in bytes.
const MOST: usize = 4 << 20;

/// Syntax of a config file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON, also with comments and trailing commas.
    Json,
    /// TOML.
    Toml,
    /// Start file of a shell; a key is the name of a marked block of lines.
    Shell,
}

/// Text of a config file that can be changed key by key. A path names the tables from the outermost to the
/// key.
pub enum Document {
    Json(json::Json),
    Toml(Box<toml::Toml>),
    Shell(shell::Shell),
}

impl Document {
    /// Parses a text; a text without content is an empty document.
    ///
    /// # Errors
    /// The text has a syntax error, its root is no table, or it exceeds 4 MiB.
    pub fn parse(format: Format, text: &str) -> Result<Self> {
        if text.len() > MOST {
            bail!("it has {} bytes; the limit is {MOST}", text.len());
        }
        Ok(match format {
            Format::Json => Self::Json(json::Json::parse(text)?),
            Format::Toml => Self::Toml(Box::new(toml::Toml::parse(text)?)),
            Format::Shell => Self::Shell(shell::Shell::parse(text)?),
        })
    }

    /// The value at a path.
    pub fn get(&self, path: &[String]) -> Option<Value> {
        match self {
            Self::Json(json) => json.get(path),
            Self::Toml(toml) => toml.get(path),
            Self::Shell(shell) => shell.get(path),
        }
    }

    /// Sets the value at a path, with missing tables on the way.
    ///
    /// # Errors
    /// A table on the way is another value, or the format cannot hold the value.
    pub fn set(&mut self, path: &[String], value: &Value) -> Result<()> {
        match self {
            Self::Json(json) => json.set(path, value)?,
            Self::Toml(toml) => toml.set(path, value)?,
            Self::Shell(shell) => shell.set(path, value)?,
        }
        if self.get(path).as_ref() != Some(value) {
            bail!("`{}` cannot be set: is a key twice in the file?", path.join("."));
        }
        Ok(())
    }

    /// Removes the value at a path, if it is there.
    pub fn remove(&mut self, path: &[String]) {
        match self {
            Self::Json(json) => json.remove(path),
            Self::Toml(toml) => toml.remove(path),
            Self::Shell(shell) => shell.remove(path),
        }
    }

    /// Whether the text has neither a key nor a comment.
    pub fn is_empty(&self) -> bool {
        let text = self.text();
        match self {
            Self::Json(_) => text.chars().all(|letter| letter.is_whitespace() || "{}".contains(letter)),
            Self::Toml(_) | Self::Shell(_) => text.trim().is_empty(),
        }
    }

    /// The whole text.
    pub fn text(&self) -> String {
        match self {
            Self::Json(json) => json.text(),
            Self::Toml(toml) => toml.text(),
            Self::Shell(shell) => shell.text(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn a_key_is_set_once_and_all_else_stays() {
        let texts = [
            (
                Format::Json,
                "// mine\n{\n  \"z\": [1, {\"a\": \"}\\\"\"}], /* } */\n  \"t\": { \"other\": {} },\n}\n",
            ),
            (Format::Json, "\u{feff}{\r\n\t\"a\": 1 // last\r\n}\r\n"),
            (Format::Json, "{\"a\":1}"),
            (Format::Json, "{}"),
            (Format::Json, ""),
            (Format::Toml, "# mine\nmodel = 'o3' # why\n\n[t]\nother = 1\n\n[[x.y]]\n"),
            (Format::Toml, "t.other = 1\n"),
            (Format::Toml, "t = { other = 1 }\n"),
            (Format::Toml, ""),
            (Format::Shell, "alias ll='ls -l'\n"),
            (Format::Shell, "export A=1"),
            (Format::Shell, ""),
        ];
        for (format, text) in texts {
            let key = if format == Format::Shell { path("t") } else { path("t/quipu") };
            let value = if format == Format::Shell { json!("a\nb") } else { json!({"b": ["c"], "d": true}) };
            let mut document = Document::parse(format, text).unwrap();
            assert_eq!(document.text(), text);
            document.set(&key, &value).unwrap();
            let once = document.text();
            let mut again = Document::parse(format, &once).unwrap();
            assert_eq!(again.get(&key), Some(value.clone()), "{once}");
            again.set(&key, &value).unwrap();
            assert_eq!(again.text(), once);
            for comment in ["// mine", "/* } */", "// last", "# mine", "# why"] {
                assert_eq!(once.contains(comment), text.contains(comment), "{once}");
            }
            assert_eq!(once.contains('\r'), text.contains('\r'), "{once:?}");
            again.remove(&key);
            assert_eq!(again.get(&key), None, "{once}");
        }
    }

    #[test]
    fn a_removed_block_of_a_shell_leaves_the_bytes_of_before() {
        for text in ["alias ll='ls -l'\n", "export A=1", "", "\n\n", "a\r\n"] {
            let mut document = Document::parse(Format::Shell, text).unwrap();
            document.set(&path("one"), &json!("first")).unwrap();
            document.set(&path("two"), &json!("second")).unwrap();
            document.remove(&path("one"));
            document.remove(&path("two"));
            assert_eq!(document.text(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["[]", "{\"a", "/* open", "{\"t\": 7} x", "{'a': 1}", "{\"a\" 1}"] {
            assert!(Document::parse(Format::Json, text).is_err(), "{text}");
        }
        assert!(Document::parse(Format::Toml, "= nonsense").is_err());
        assert!(Document::parse(Format::Shell, "# >>> quipu connect: x >>>\n").is_err());
        assert!(Document::parse(Format::Shell, &"x".repeat(MOST + 1)).is_err());
        for (format, text) in [(Format::Json, "{\"t\": 7}"), (Format::Toml, "t = 7\n")] {
            let mut document = Document::parse(format, text).unwrap();
            let error = document.set(&path("t/quipu"), &json!(1)).unwrap_err().to_string();
            assert!(error.contains("`t`"), "{error}");
            assert_eq!(document.text(), text);
        }
        let mut twice = Document::parse(Format::Json, "{\"t\": 7, \"t\": 8}").unwrap();
        assert!(twice.set(&path("t"), &json!(1)).is_err());
    }
}
