//! Frameworks and their pinned versions.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The list of frameworks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// The npm package that brings Node.js where the machine's own is too old.
    pub node: String,
    /// Every framework.
    pub frameworks: Vec<Case>,
}

/// A framework and the script that runs an agent with it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Name of the framework, and of its guide.
    pub name: String,
    /// Script in `tests/trials/frameworks/agents`; its extension selects the runtime.
    pub script: String,
    /// Packages with their versions, the framework itself first.
    pub packages: Vec<String>,
    /// Data that the framework does not send.
    #[serde(default)]
    pub lacks: Vec<Lack>,
}

/// A figure that falls short because it is not sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lack {
    /// `input`, `output`, `calls` or `tools`.
    pub figure: String,
    /// Why.
    pub why: String,
}

impl Pins {
    /// Reads the list.
    ///
    /// # Errors
    /// The file is invalid.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{}", file.display()))
    }

    /// The frameworks with these names; none means all.
    ///
    /// # Errors
    /// No case has a requested name.
    pub fn chosen(&self, only: &[String]) -> Result<Vec<&Case>> {
        if let Some(name) = only.iter().find(|name| !self.frameworks.iter().any(|case| case.name == **name)) {
            let names: Vec<_> = self.frameworks.iter().map(|case| case.name.as_str()).collect();
            bail!("no framework is called {name}; there are {}", names.join(" "));
        }
        Ok(self.frameworks.iter().filter(|case| only.is_empty() || only.contains(&case.name)).collect())
    }
}

impl Case {
    /// The version of the framework itself.
    pub fn version(&self) -> &str {
        let package = self.packages.first().map_or("", String::as_str);
        package.rsplit(['=', '@']).next().unwrap_or_default()
    }

    /// Whether it comes from the npm registry rather than from PyPI.
    pub fn is_node(&self) -> bool {
        !self.script.ends_with(".py")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell;

    fn pins() -> Pins {
        Pins::read(&shell::root().join("tests/trials/frameworks/versions.json")).unwrap()
    }

    #[test]
    fn every_script_is_there_and_every_framework_has_a_guide_and_a_version() {
        for case in pins().frameworks {
            let root = shell::root();
            assert!(
                root.join("tests/trials/frameworks/agents").join(&case.script).is_file(),
                "{}",
                case.script
            );
            let guide = root.join(format!("docs/guide/sources/{}.md", case.name));
            let text = std::fs::read_to_string(&guide).unwrap_or_default();
            assert!(text.contains(case.version()), "{} does not name {}", guide.display(), case.version());
            assert!(case.version().starts_with(|first: char| first.is_ascii_digit()), "{}", case.name);
        }
    }

    #[test]
    fn an_unknown_name_is_refused() {
        assert_eq!(pins().chosen(&["langgraph".to_owned()]).unwrap().len(), 1);
        assert!(pins().chosen(&["langgraf".to_owned()]).is_err());
    }
}
