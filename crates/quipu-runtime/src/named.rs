//! What a configuration says of backends, one by one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use quipu_core::{Error, ErrorKind, Level, Result};
use quipu_pipeline::{ExitRules, ExitSettings};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Spanned, Table, Value};

use crate::config::{FILE_NAME, discreet, place};
use crate::tables::Place;
use crate::variables::Variables;

/// Folder within the data folder, with one for each backend: what waits for it, and what it refused.
const FOLDER: &str = "exits";

/// The part of a configuration that names backends: the library's and the server's have it alike.
#[derive(Debug, Clone)]
pub struct Named {
    /// `NAME` or `NAME:PATH`, each name once.
    pub list: Vec<String>,
    /// What is said of each, by name.
    pub tables: BTreeMap<String, Spanned<Table>>,
    /// How all are delivered to where their tables say nothing else.
    pub delivery: ExitSettings,
    /// Whether what waits for a remote backend, and what any backend refuses, is kept on disk where its table says nothing of it.
    pub keep: bool,
    /// Folder of everything that is kept.
    pub data_dir: PathBuf,
    /// Events below it are not recorded.
    pub level: Level,
    /// The file that this stands in.
    pub file: Option<PathBuf>,
    /// For texts with `${NAME}`, and for backends that have variables of their own.
    pub variables: Variables,
    /// Whether backends that this build does not know are left out without a word.
    pub lenient: bool,
}

/// One backend of the list.
pub(crate) struct Entry<'a> {
    pub name: &'a str,
    /// The kind of backend: what `use` says, else its name.
    pub kind: String,
    pub delivery: ExitSettings,
    /// Whether its own table says how it spools, and what is kept of what it refuses.
    pub says: Says,
    pub rules: ExitRules,
    pub folder: PathBuf,
    pub place: Place<'a>,
}

/// What a backend's own table says of what is kept on disk.
pub(crate) struct Says {
    pub spool: bool,
    pub dead_letters: bool,
}

/// What every backend's table may say beside the backend's own settings.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Reserved {
    r#use: Option<String>,
    delivery: Table,
    rules: ExitRules,
}

impl Named {
    /// The folder within a data folder that has one for each backend.
    pub fn folder(data_dir: &Path) -> PathBuf {
        data_dir.join(FOLDER)
    }

    /// How a backend is delivered to.
    ///
    /// # Errors
    /// Its table is wrong.
    pub fn delivery_of(&self, name: &str) -> Result<ExitSettings> {
        Ok(self.entry(name)?.delivery)
    }

    /// The kind of a backend of the list: what its table says by `use`, else its name.
    pub fn kind_of(&self, listed: &str) -> String {
        let name = listed.split(':').next().unwrap_or_default();
        let said = self.tables.get(name).and_then(|table| table.get_ref().get("use")?.as_str());
        said.unwrap_or(name).to_owned()
    }

    /// Everything that is said of one backend of the list.
    pub(crate) fn entry<'a>(&'a self, listed: &'a str) -> Result<Entry<'a>> {
        let (name, path) = listed.split_once(':').unwrap_or((listed, ""));
        let at = self.place_of(name);
        let wrong = |why: &str| {
            let context = format!("{at}: {why}");
            Error::new(ErrorKind::Invalid, "read configuration", context).of_backend(name)
        };
        if !is_name(name) {
            return Err(wrong("a backend's name has letters, digits, - and _, 64 at most"));
        }
        let mut table = self.tables.get(name).map(|table| table.get_ref().clone()).unwrap_or_default();
        let reserved: Table =
            ["use", "delivery", "rules"].into_iter().filter_map(|key| table.remove_entry(key)).collect();
        let Reserved { r#use, delivery, rules } = read(reserved).map_err(|why| wrong(&why))?;
        rules.check().map_err(|error| wrong(error.context()))?;
        let says = Says {
            spool: delivery.contains_key("spool"),
            dead_letters: delivery.contains_key("dead_letter_bytes"),
        };
        let mut filled = Value::Table(table);
        self.variables.fill(&mut filled).map_err(|why| wrong(&why))?;
        let Value::Table(table) = filled else { return Err(wrong("not a table")) };
        Ok(Entry {
            name,
            kind: r#use.unwrap_or_else(|| name.to_owned()),
            delivery: over(&self.delivery, delivery).map_err(|why| wrong(&why))?,
            says,
            rules,
            folder: Self::folder(&self.data_dir).join(name),
            place: Place {
                scheme: name,
                path,
                data_dir: &self.data_dir,
                level: self.level,
                table,
                place: at,
                notes: Mutex::default(),
                variables: self.variables.clone(),
            },
        })
    }

    /// Tables that no entry of the list uses: most likely somebody forgot to name them there.
    pub(crate) fn unused(&self) -> impl Iterator<Item = String> + '_ {
        let listed = |name: &str| self.list.iter().any(|uri| uri.split(':').next() == Some(name));
        let unused = self.tables.keys().filter(move |name| !listed(name));
        unused
            .map(|name| format!("{}: {name:?} is not in `backends`, so it is not used", self.place_of(name)))
    }

    /// `FILE:LINE: backend.NAME`, as far as it can be told.
    fn place_of(&self, name: &str) -> String {
        let file = self.file.as_ref().map_or_else(|| FILE_NAME.into(), |path| path.display().to_string());
        let at = self.tables.get(name).map(|table| table.span().start).filter(|_| self.file.is_some());
        let text = self.file.as_ref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        let line = if at.is_some() { place(&text, at) } else { format!(": backend.{name}") };
        format!("{file}{line}")
    }
}

fn read<T: DeserializeOwned>(table: Table) -> std::result::Result<T, String> {
    table.try_into().map_err(|error: toml::de::Error| discreet(error.message()))
}

/// These settings with those of a table over them; tables within it are laid over those within.
fn over(settings: &ExitSettings, said: Table) -> std::result::Result<ExitSettings, String> {
    let mut whole = Table::try_from(settings).map_err(|error| error.to_string())?;
    for (key, value) in said {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(value)) => under.extend(value),
            (_, value) => drop(whole.insert(key, value)),
        }
    }
    read(whole)
}

/// Names are folders too.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&name.len()) && name.chars().all(fits)
}
