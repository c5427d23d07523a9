//! The programs of the suite, with their packages, commands and configs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;

use crate::integration::Bench;
use crate::integration::frameworks::environment::{self, Ready, Unready};
use crate::integration::frameworks::pins::{Case, Pins};
use crate::shell;

/// A program with its command.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// The framework of `versions.json` that brings its packages.
    #[serde(default)]
    pin: Option<String>,
    /// Its packages with their versions.
    #[serde(default)]
    packages: Vec<String>,
    /// The folder of its crate.
    #[serde(rename = "crate", default)]
    cargo: Option<String>,
    /// Command with its arguments, with placeholders.
    command: Vec<String>,
    /// Flags of `quipu run`. Without telemetry, tool runs are inferred from recorded conversations.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Variables, with placeholders.
    env: BTreeMap<String, String>,
    /// Files under the home folder.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// A budget that a few scaled calls exceed, in US dollars.
    pub budget: String,
    /// Ways whose figures are known to be wrong, each with the reason.
    #[serde(default)]
    pub open: BTreeMap<String, String>,
}

impl Program {
    /// Reads the list; without names all of it.
    ///
    /// # Errors
    /// The list is invalid, or has no such name.
    pub fn list(folder: &Path, only: &[String]) -> Result<Vec<Self>> {
        let file = folder.join("run/programs.json");
        let text = fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
        let all: Vec<Self> = serde_json::from_str(&text).with_context(|| format!("{}", file.display()))?;
        match only.iter().find(|name| !all.iter().any(|program| program.name == **name)) {
            Some(name) => Err(anyhow!("no program of the suite is called {name}")),
            None => Ok(all.into_iter().filter(|one| only.is_empty() || only.contains(&one.name)).collect()),
        }
    }

    /// Installs it, unless it is installed.
    ///
    /// # Errors
    /// The machine lacks a program, or a registry does not give the packages.
    pub fn prepare(&self, bench: &Bench, folder: &Path) -> Result<Installed, Unready> {
        let cache = bench.cache.join("frameworks");
        if let Some(crate_folder) = &self.cargo {
            let target = bench.cache.join("run-rust");
            let mut build = shell::cargo();
            build.current_dir(folder.join("run").join(crate_folder));
            build.args(["build", "--quiet", "--locked", "--target-dir"]).arg(&target);
            shell::capture(&mut build).map_err(Unready::Failed)?;
            return Ok(Installed { folders: vec![target.join("debug")], ready: None });
        }
        let pins = Pins::read(&folder.join("versions.json"))?;
        let packages = match &self.pin {
            Some(name) => pins.chosen(std::slice::from_ref(name))?[0].packages.clone(),
            None => self.packages.clone(),
        };
        let is_python = self.command.first().is_some_and(|program| program == "python");
        let script = if is_python { "agent.py" } else { "agent.sh" };
        let name = self.pin.clone().unwrap_or_else(|| self.name.clone());
        let case = Case { name, script: script.to_owned(), packages, lacks: Vec::new() };
        let ready = environment::prepare(&case, &pins.node, &cache)?;
        Ok(Installed { folders: ready.folders.clone(), ready: Some(ready) })
    }
}

/// A program that is installed.
pub struct Installed {
    /// Search path of its programs.
    pub folders: Vec<PathBuf>,
    ready: Option<Ready>,
}

/// A home folder of a program, and the address of its model server.
pub struct Home<'a> {
    /// Folder with its configs.
    pub folder: &'a Path,
    /// Address of the model server.
    pub models: &'a str,
    /// Its question.
    pub prompt: &'a str,
}

impl Home<'_> {
    /// Writes the configs of a program; gives its command and variables.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn furnish(&self, program: &Program, installed: &Installed) -> Result<Furnished> {
        let trials = shell::root().join("tests/trials/frameworks");
        let home = self.folder.display().to_string();
        let (scripts, agents) = (trials.join("run"), trials.join("agents").display().to_string());
        let filled = |text: &str| {
            let text = text.replace("{models}", self.models).replace("{home}", &home);
            text.replace("{agents}", &agents).replace("{prompt}", self.prompt)
        };
        for (path, text) in &program.files {
            let file = self.folder.join(path);
            fs::create_dir_all(file.parent().unwrap_or(self.folder))?;
            fs::write(file, filled(text))?;
        }
        let place = |word: &String| match (word.strip_prefix("{scripts}/"), &installed.ready) {
            (Some(script), Some(ready)) => {
                Ok(ready.place(&scripts.join(script))?.to_string_lossy().into_owned())
            }
            _ => Ok(filled(word)),
        };
        let command = program.command.iter().map(place).collect::<Result<Vec<_>>>()?;
        let env = program.env.iter().map(|(name, value)| (name.clone(), filled(value))).collect();
        Ok(Furnished { command, env })
    }
}

/// Command and variables of a program at its place.
pub struct Furnished {
    /// Program with its arguments.
    pub command: Vec<String>,
    env: BTreeMap<String, String>,
}

impl Furnished {
    /// Gives the command an environment of its own: variables of the session around it stay outside.
    ///
    /// # Errors
    /// A folder cannot be in a search path.
    pub fn environment(&self, command: &mut Command, home: &Path, installed: &Installed) -> Result<()> {
        command
            .current_dir(home)
            .env_clear()
            .env("PATH", crate::integration::frameworks::search_path(&installed.folders)?)
            .env("HOME", home)
            .env("LANG", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(&self.env);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twelve_programs_and_an_unknown_name_is_refused() {
        let folder = shell::root().join("tests/trials/frameworks");
        let all = Program::list(&folder, &[]).unwrap();
        assert_eq!(all.len(), 12);
        for program in &all {
            let kinds = [program.pin.is_some(), !program.packages.is_empty(), program.cargo.is_some()];
            assert_eq!(kinds.iter().filter(|kind| **kind).count(), 1, "{}", program.name);
            assert!(program.command.iter().any(|word| word == "{prompt}"), "{}", program.name);
            let script = program.command.iter().find_map(|word| word.strip_prefix("{scripts}/"));
            assert!(script.is_none_or(|script| folder.join("run").join(script).is_file()), "{script:?}");
        }
        assert!(Program::list(&folder, &["langgraf".to_owned()]).is_err());
    }
}
