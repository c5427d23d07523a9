//! Reader of a copy: every file once, in any order, with its checksum. Databases are inspected; a log follows
//! its database.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Component, Path};

use quipu_core::{ErrorKind, Result};
use sha2::{Digest, Sha256};

use super::inspect::{Looked, Stores, is_looked_into};
use super::manifest::{self, Manifest};
use super::pack::{Summed, hex};
use super::{PIECE, error, failed};
use crate::folder::Folder;
use crate::private;

/// Length and SHA-256 of the read files, by name.
pub(super) type Sums = BTreeMap<String, (u64, String)>;

/// The read files of a copy, and its manifest.
pub(super) struct Contents {
    pub(super) manifest: Manifest,
    pub(super) sums: Sums,
    pub(super) stores: Stores,
}

impl Contents {
    /// The manifest with the days and spans found, if every database could be opened.
    pub(super) fn told(self) -> Manifest {
        let found = self.manifest.unread.is_empty().then(|| self.stores.entries());
        Manifest { stores: found.unwrap_or(self.manifest.stores), ..self.manifest }
    }
}

/// Target of the files that are read from a copy.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    /// All files stay in this folder.
    Folder(&'a Path),
    /// A database stays in this folder until it was inspected.
    Passing(&'a Path),
}

/// Reads the copy.
pub(super) fn read(from: &Path, into: Target<'_>) -> Result<Contents> {
    let (sums, stores, unread) = (Sums::new(), Stores::default(), Vec::new());
    let mut reading = Reading { from, into, manifest: None, sums, stores, unread, open: None };
    if from.is_dir() {
        reading.folder(from, "")?;
    } else {
        reading.archive()?;
    }
    reading.look_into_open();
    if let Target::Folder(folder) = into {
        reading.look_into_all(folder);
    }
    let Reading { manifest, sums, stores, unread, .. } = reading;
    let manifest = manifest.map(|manifest| Manifest { unread, ..manifest }).ok_or_else(|| {
        let text =
            format!("{}: it has no {}: it is not a backup, or is incomplete", from.display(), manifest::FILE);
        error(ErrorKind::Invalid, "restore", text)
    })?;
    Ok(Contents { manifest, sums, stores })
}

struct Reading<'a> {
    from: &'a Path,
    into: Target<'a>,
    manifest: Option<Manifest>,
    sums: Sums,
    stores: Stores,
    /// Databases that could not be opened.
    unread: Vec<String>,
    /// The last database, which is inspected once its log was read.
    open: Option<String>,
}

impl Reading<'_> {
    fn folder(&mut self, folder: &Path, above: &str) -> Result<()> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = entries.map_err(failed("restore", folder))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let name = format!("{above}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed("restore", &path))?;
            if kind.is_dir() {
                self.folder(&path, &format!("{name}/"))?;
            } else if kind.is_file() {
                let file = File::open(&path).map_err(failed("restore", &path))?;
                self.file(&name, BufReader::with_capacity(PIECE, file))?;
            } else {
                return Err(self.wrong(&format!("{name} is not a regular file")));
            }
        }
        Ok(())
    }

    fn archive(&mut self) -> Result<()> {
        let from = self.from;
        let file = File::open(from).map_err(failed("restore", from))?;
        let plain = zstd::Decoder::new(file).map_err(failed("restore", from))?;
        let mut archive = tar::Archive::new(plain);
        for entry in archive.entries().map_err(failed("restore", from))? {
            let entry = entry.map_err(failed("restore", from))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            if kind.is_dir() {
                continue;
            }
            if !kind.is_file() {
                return Err(self.wrong(&format!("{name} is not a regular file")));
            }
            self.file(name.trim_start_matches("./"), entry)?;
        }
        Ok(())
    }

    fn file(&mut self, name: &str, from: impl Read) -> Result<()> {
        if name == manifest::FILE {
            let mut text = Vec::new();
            let from_text = from.take(manifest::MOST_BYTES).read_to_end(&mut text);
            from_text.map_err(failed("restore", self.from))?;
            let manifest = serde_json::from_slice(&text);
            self.manifest = Some(manifest.map_err(|cause| self.wrong(manifest::FILE).caused_by(cause))?);
            return Ok(());
        }
        // The name becomes a path below our folder.
        let below = Path::new(name);
        let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || !["data/", "store/"].iter().any(|root| name.starts_with(root)) {
            return Err(self.wrong(&format!("{name:?} is not a file name of a backup")));
        }
        let of_open = self.open.as_ref().is_some_and(|open| name.strip_suffix("-wal") == Some(open));
        if !of_open {
            self.look_into_open();
        }
        let mut summed = Summed { from, sum: Sha256::new(), bytes: 0 };
        let read = match self.into {
            Target::Folder(into) => write(&into.join(below), &mut summed),
            Target::Passing(into) if of_open || is_looked_into(name) => write(&into.join(below), &mut summed),
            Target::Passing(_) => std::io::copy(&mut summed, &mut std::io::sink()).map(drop),
        };
        read.map_err(failed("restore", Path::new(name)))?;
        let sum = (summed.bytes, hex(&summed.sum.finalize()));
        if self.sums.insert(name.to_owned(), sum).is_some() {
            return Err(self.wrong(&format!("{name} is in it twice")));
        }
        if is_looked_into(name) && matches!(self.into, Target::Passing(_)) {
            self.open = Some(name.to_owned());
        }
        Ok(())
    }

    /// Inspects the last database, and removes it.
    fn look_into_open(&mut self) {
        let (Some(name), Target::Passing(folder)) = (self.open.take(), self.into) else { return };
        self.look_into(folder, &name);
        for path in Folder::with_companions(&folder.join(&name)) {
            let _ = fs::remove_file(path);
        }
    }

    /// Inspects all databases. All logs are present now.
    fn look_into_all(&mut self, folder: &Path) {
        let names: Vec<String> = self.sums.keys().filter(|name| is_looked_into(name)).cloned().collect();
        names.iter().for_each(|name| self.look_into(folder, name));
    }

    fn look_into(&mut self, folder: &Path, name: &str) {
        if self.sums.get(name).is_some_and(|(bytes, _)| *bytes == 0) {
            return;
        }
        let looked = match Looked::at(&folder.join(name)) {
            Ok(looked) => looked,
            Err(fault) => {
                tracing::debug!(name, error = %fault.at("restore", Path::new(name)), "a database of a copy cannot be opened");
                self.unread.push(name.to_owned());
                Looked::default()
            }
        };
        self.stores.note(name, looked);
    }

    fn wrong(&self, what: &str) -> quipu_core::Error {
        error(ErrorKind::Damaged, "restore", format!("{}: {what}", self.from.display()))
    }
}

fn write(path: &Path, from: &mut impl Read) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        private::folder(folder)?;
    }
    let mut to =
        BufWriter::with_capacity(PIECE, private::options(File::options().create_new(true)).open(path)?);
    std::io::copy(from, &mut to)?;
    to.flush()?;
    to.get_ref().sync_all()
}
