//! Config of the embedded store.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use quipu_core::{Error, ErrorKind};
use quipu_pages::KeySource;
use serde::{Deserialize, Serialize};

use crate::fault::NAME;

/// Durability of a commit, and so of an acknowledgement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The operating system has the commit: it survives the death of the process at any moment. A power cut
    /// may lose commits since the last write to the disk, on Linux up to some 30 s. It never leaves half a
    /// commit.
    #[serde(alias = "process")]
    Os,
    /// The disk has the commit: it survives a power cut, if the disk keeps acknowledged writes.
    #[default]
    #[serde(alias = "machine")]
    Disk,
}

impl Durability {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Os => "os",
            Self::Disk => "disk",
        }
    }
}

impl FromStr for Durability {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "os" | "process" => Ok(Self::Os),
            "disk" | "machine" => Ok(Self::Disk),
            other => {
                let text = format!("durability: expected os or disk, got {other:?}");
                Err(Error::new(ErrorKind::Invalid, "open store", text).of_backend(NAME))
            }
        }
    }
}

/// Config of the embedded store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the store; created if missing.
    pub path: PathBuf,
    /// Durability of a commit.
    pub durability: Durability,
    /// Whether the full text index is updated. Without updates, a search uses the spans indexed before.
    pub search: bool,
    /// Maximum number of spans in one transaction if several batches wait (group commit).
    pub group_spans: usize,
    /// Maximum number of batches that wait for the writer thread.
    pub queue_batches: usize,
    /// Maximum number of days open for writing.
    pub write_days: usize,
    /// Number of traces whose home day is cached.
    pub known_traces: usize,
    /// Maximum number of idle connections for reading.
    pub read_connections: usize,
    /// KiB of page cache of each writing connection.
    pub write_cache_kib: u32,
    /// KiB of page cache of each reading connection.
    pub read_cache_kib: u32,
    /// Number of spans after which the store trains its own compression dictionary, and again after 50 times
    /// as many; 0 for never.
    pub train_after_spans: u64,
    /// Whether the pages of new files have checksums. Existing checksums are always verified, and encrypted
    /// pages are authenticated.
    pub checksums: bool,
    /// Source of the encryption key; without it, the files are not encrypted. It cannot be added or changed
    /// later: a store is encrypted from its first file on.
    pub encryption: Option<KeySource>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: PathBuf::from("quipu-data"),
            durability: Durability::default(),
            search: true,
            group_spans: 4_000,
            queue_batches: 64,
            write_days: 5,
            known_traces: 32_768,
            read_connections: 64,
            write_cache_kib: 2_048,
            read_cache_kib: 256,
            train_after_spans: 2_000,
            checksums: true,
            encryption: None,
        }
    }
}

impl Config {
    /// Defaults for a process whose main task is not to keep records: less memory, for fewer concurrent
    /// records. It trains no dictionary, which would need some 12 MiB. A later process with the other
    /// defaults trains one.
    pub fn lean() -> Self {
        Self {
            // Such a process must not wait for the disk.
            durability: Durability::Os,
            group_spans: 1_000,
            queue_batches: 8,
            write_days: 2,
            known_traces: 4_096,
            read_connections: 4,
            write_cache_kib: 1_024,
            train_after_spans: 0,
            ..Self::default()
        }
    }

    /// Parses the text after `sqlite:` in a URI: a folder, otherwise `folder`, and options, as in
    /// `sqlite:/var/lib/quipu?durability=os`.
    ///
    /// # Errors
    /// An unknown option, or an invalid value.
    pub fn of_uri(rest: &str, folder: &Path) -> Result<Self, Error> {
        let (path, settings) = rest.split_once('?').unwrap_or((rest, ""));
        let mut config = Self::at(if path.is_empty() { folder } else { Path::new(path) });
        for setting in settings.split('&').filter(|setting| !setting.is_empty()) {
            match setting.split_once('=') {
                Some(("durability", value)) => config.durability = value.parse()?,
                Some(("checksums", "on")) => config.checksums = true,
                Some(("checksums", "off")) => config.checksums = false,
                Some(("key_file", file)) if !file.is_empty() => {
                    config.encryption.get_or_insert_default().key_file = Some(PathBuf::from(file));
                }
                Some(("key_env", name)) if !name.is_empty() => {
                    config.encryption.get_or_insert_default().key_env = Some(name.to_owned());
                }
                _ => {
                    let text = format!(
                        "{setting:?} is not an option of the store; the options are durability=os|disk, \
                         checksums=on|off, key_file=FILE and key_env=NAME"
                    );
                    return Err(Error::new(ErrorKind::Invalid, "open store", text).of_backend(NAME));
                }
            }
        }
        Ok(config)
    }

    /// The defaults, with this folder.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_the_folder_and_when_a_commit_is_safe() {
        let of = |rest: &str| Config::of_uri(rest, Path::new("data"));
        assert_eq!(of("").unwrap(), Config::at("data"));
        assert_eq!(of("/else").unwrap(), Config::at("/else"));
        for (word, durability) in
            [("os", Durability::Os), ("disk", Durability::Disk), ("machine", Durability::Disk)]
        {
            let config = of(&format!("?durability={word}")).unwrap();
            assert_eq!(config, Config { durability, ..Config::at("data") });
            assert_eq!(spelled(word), durability);
        }
        let sealed = of("?durability=os&key_file=/run/secrets/key").unwrap();
        let source = KeySource { key_file: Some("/run/secrets/key".into()), ..KeySource::default() };
        assert_eq!((sealed.durability, sealed.encryption), (Durability::Os, Some(source)));
        assert_eq!(of("?key_env=KEY").unwrap().encryption.unwrap().key_env.as_deref(), Some("KEY"));
        assert!(!of("?checksums=off").unwrap().checksums);
        for wrong in ["?durability=often", "?durability", "?speed=1", "?checksums=no", "?key_file="] {
            let error = of(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        }
    }

    fn spelled(word: &str) -> Durability {
        use serde::de::IntoDeserializer;
        let word: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = word.into_deserializer();
        Durability::deserialize(word).unwrap()
    }
}
