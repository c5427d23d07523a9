//! What can be set.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use quipu_core::{Error, ErrorKind};
use quipu_pages::KeySource;
use serde::{Deserialize, Serialize};

use crate::fault::NAME;

/// When a commit counts as safe, and with it what an acknowledgement means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The operating system has it: it survives the death of the process at any moment. A power cut may take what was acknowledged since
    /// the disk was last written to, on Linux up to some 30 s, and never leaves half a commit.
    #[serde(alias = "process")]
    Os,
    /// The disk has it: it survives a power cut, if the disk keeps what it said it wrote.
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
                let text = format!("durability is {other:?}, and can be os or disk");
                Err(Error::new(ErrorKind::Invalid, "open store", text).of_backend(NAME))
            }
        }
    }
}

/// Settings of the embedded store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the store; made when missing.
    pub path: PathBuf,
    /// When a commit counts as safe.
    pub durability: Durability,
    /// Whether full text search is kept up. Without it a search for words answers from what was indexed before.
    pub search: bool,
    /// Spans that one transaction takes at most when several batches wait (group commit).
    pub group_spans: usize,
    /// Batches that may wait for the writing thread.
    pub queue_batches: usize,
    /// Days that are open for writing at once.
    pub write_days: usize,
    /// Traces of which it is known without looking which day they are kept with.
    pub known_traces: usize,
    /// Connections for reading that stay open while nobody reads.
    pub read_connections: usize,
    /// KiB of page cache of each connection that writes.
    pub write_cache_kib: u32,
    /// KiB of page cache of each connection that reads.
    pub read_cache_kib: u32,
    /// Spans after which the store trains a compression dictionary of its own, and once more after 50 times as many; 0 for
    /// never.
    pub train_after_spans: u64,
    /// Whether the pages of new files have checksums. Those that have them are verified in any case, and encrypted ones are authenticated.
    pub checksums: bool,
    /// Where the key comes from that the files are encrypted with; in the clear without it. It cannot be said or changed later: a store is
    /// encrypted from its first file on.
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
    /// The defaults for a process that has other things to do than to keep records: less memory, for fewer records at once, and
    /// no training, which needs some 12 MiB while it lasts. Whoever opens the store later with the other defaults trains.
    pub fn lean() -> Self {
        Self {
            // A process that has other work is not to wait for the disk.
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

    /// What comes after `sqlite:` in a URI: a folder, else `folder`, and settings, as in `sqlite:/var/lib/quipu?durability=os`.
    ///
    /// # Errors
    /// A setting that there is not, or with a value that it cannot have.
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
                        "{setting:?} is not a setting of the store; there are durability=os|disk, checksums=on|off, key_file=FILE and \
                         key_env=NAME"
                    );
                    return Err(Error::new(ErrorKind::Invalid, "open store", text).of_backend(NAME));
                }
            }
        }
        Ok(config)
    }

    /// The defaults, in this folder.
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
