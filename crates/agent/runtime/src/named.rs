//! Configuration of backends by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use quipu_core::locks::Mutex;
use quipu_core::{Error, ErrorKind, Level, Result};
use quipu_pipeline::{DeliveryConfig, ExporterRules};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Spanned, Table, Value};

use crate::syntax::{FILE_NAME, discreet, place};
use crate::tables::{BackendEntry, Open};
use crate::variables::Variables;

/// Folder in the data folder that holds a folder for each exporter, with its spool and dead letters.
const FOLDER: &str = "exporters";
/// Name of that folder in earlier builds.
const FORMER_FOLDER: &str = "exits";

/// Backend part of a configuration; the library and the server share it.
///
/// ```
/// fn names(configs: &quipu_runtime::BackendConfigs) -> String { configs.list.join(", ") }
/// # let _ = names;
/// ```
#[derive(Debug, Clone)]
pub struct BackendConfigs {
    /// `NAME` or `NAME:PATH`, each name once.
    pub list: Vec<String>,
    /// Tables of the backends by name.
    pub tables: BTreeMap<String, Spanned<Table>>,
    /// Default delivery config.
    pub delivery: DeliveryConfig,
    /// Default for disk storage: spools of remote backends, and dead letters of all backends.
    pub keep: bool,
    /// Data folder.
    pub data_dir: PathBuf,
    /// Minimum level of recorded events.
    pub level: Level,
    /// The configuration file.
    pub file: Option<PathBuf>,
    /// Variables for `${NAME}` in texts, and for backends with their own variables.
    pub variables: Variables,
    /// Names that only a preset lists. This build can lack them.
    pub by_preset: BTreeSet<String>,
}

/// One listed backend.
pub(crate) struct Entry<'a> {
    pub name: &'a str,
    /// Kind of backend: the value of `use`, else its name.
    pub kind: String,
    pub delivery: DeliveryConfig,
    /// Whether its table configures the spool and the dead letters.
    pub says: Says,
    pub rules: ExporterRules,
    pub folder: PathBuf,
    pub place: BackendEntry<'a>,
}

/// Kinds that open in place of the preset's backends if the build has none of those, in order of preference.
const STAND_INS: [&str; 3] = ["memory", "console", "prometheus"];

/// Presence of disk options in a backend's table.
pub(crate) struct Says {
    pub spool: bool,
    pub dead_letters: bool,
}

/// Keys that every backend's table accepts in addition to the backend's own.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Reserved {
    r#use: Option<String>,
    delivery: Table,
    rules: ExporterRules,
}

impl BackendConfigs {
    /// Lists a backend of the build if only a preset lists backends, and the build has none of those. The
    /// cargo features alone then choose the backend.
    pub(crate) fn stand_in(&mut self, known: &[(&'static str, Open)]) {
        let knows = |name: &str| known.iter().any(|(kind, _)| *kind == name);
        let is_absent = |name: &str| self.by_preset.contains(name) && !knows(name);
        let is_free = !self.list.is_empty()
            && self.list.iter().all(|uri| is_absent(uri.split(':').next().unwrap_or_default()));
        if is_free && let Some(kind) = STAND_INS.into_iter().find(|kind| knows(kind)) {
            self.list.push(format!("{kind}:"));
        }
    }

    /// The folder that holds a folder for each exporter. It has its former name until the next start.
    pub fn folder(data_dir: &Path) -> PathBuf {
        let [folder, former] = [FOLDER, FORMER_FOLDER].map(|name| data_dir.join(name));
        if former.exists() && !folder.exists() { former } else { folder }
    }

    /// Renames the folder of an earlier build. If that fails, its spools stay in use under the former name.
    pub(crate) fn rename_former_folder(&self) {
        let used = Self::folder(&self.data_dir);
        if used.ends_with(FORMER_FOLDER) {
            let _ = std::fs::rename(used, self.data_dir.join(FOLDER));
        }
    }

    /// Delivery config of a backend.
    ///
    /// # Errors
    /// Its table is invalid.
    pub fn delivery_of(&self, name: &str) -> Result<DeliveryConfig> {
        Ok(self.entry(name)?.delivery)
    }

    /// Kind of a listed backend: the value of `use` in its table, else its name.
    pub fn kind_of(&self, listed: &str) -> String {
        let name = listed.split(':').next().unwrap_or_default();
        let said = self.tables.get(name).and_then(|table| table.get_ref().get("use")?.as_str());
        said.unwrap_or(name).to_owned()
    }

    /// Complete config of a listed backend.
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
            place: BackendEntry {
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

    /// Tables without a listed backend, which are most likely mistakes.
    pub(crate) fn unused(&self) -> impl Iterator<Item = String> + '_ {
        let listed = |name: &str| self.list.iter().any(|uri| uri.split(':').next() == Some(name));
        let unused = self.tables.keys().filter(move |name| !listed(name));
        unused
            .map(|name| format!("{}: {name:?} is not in `backends`, so it is not used", self.place_of(name)))
    }

    /// `FILE:LINE: backend.NAME`, as far as it can be determined.
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

/// Merges a table over a delivery config, including nested tables.
fn over(settings: &DeliveryConfig, said: Table) -> std::result::Result<DeliveryConfig, String> {
    let mut whole = Table::try_from(settings).map_err(|error| error.to_string())?;
    for (key, value) in said {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(value)) => under.extend(value),
            (_, value) => drop(whole.insert(key, value)),
        }
    }
    read(whole)
}

/// Whether a name is valid; names are also folder names.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&name.len()) && name.chars().all(fits)
}
