//! A copy being read: every file once, in any order, with its sum.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Component, Path};

use quipu_core::{ErrorKind, Result};
use sha2::{Digest, Sha256};

use super::manifest::{self, Manifest};
use super::pack::{Summed, hex, private, private_folder};
use super::{PIECE, error, failed};

/// Length and SHA-256 of what was read, by name.
pub(super) type Sums = BTreeMap<String, (u64, String)>;

/// A copy's files as they were read, and its manifest.
pub(super) struct Contents {
    pub(super) manifest: Manifest,
    pub(super) sums: Sums,
}

/// Reads the copy; with a folder `into`, every file goes there too.
pub(super) fn read(from: &Path, into: Option<&Path>) -> Result<Contents> {
    let mut reading = Reading { from, into, manifest: None, sums: Sums::new() };
    if from.is_dir() {
        reading.folder(from, "")?;
    } else {
        reading.archive()?;
    }
    let Reading { manifest, sums, .. } = reading;
    let manifest = manifest.ok_or_else(|| {
        let text = format!(
            "{}: it has no {}: it is not a copy, or was never finished",
            from.display(),
            manifest::FILE
        );
        error(ErrorKind::Invalid, "restore", text)
    })?;
    Ok(Contents { manifest, sums })
}

struct Reading<'a> {
    from: &'a Path,
    into: Option<&'a Path>,
    manifest: Option<Manifest>,
    sums: Sums,
}

impl Reading<'_> {
    fn folder(&mut self, folder: &Path, above: &str) -> Result<()> {
        for entry in fs::read_dir(folder).map_err(failed("restore", folder))? {
            let entry = entry.map_err(failed("restore", folder))?;
            let path = entry.path();
            let name = format!("{above}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed("restore", &path))?;
            if kind.is_dir() {
                self.folder(&path, &format!("{name}/"))?;
            } else if kind.is_file() {
                let file = File::open(&path).map_err(failed("restore", &path))?;
                self.file(&name, BufReader::with_capacity(PIECE, file))?;
            } else {
                return Err(self.wrong(&format!("{name} is no plain file")));
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
                return Err(self.wrong(&format!("{name} is no plain file")));
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
        // The name becomes a path below a folder of ours.
        let below = Path::new(name);
        let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || !["data/", "store/"].iter().any(|root| name.starts_with(root)) {
            return Err(self.wrong(&format!("{name:?} is not a name that a copy has")));
        }
        let mut summed = Summed { from, sum: Sha256::new(), bytes: 0 };
        let read = match self.into {
            Some(into) => write(&into.join(below), &mut summed),
            None => std::io::copy(&mut summed, &mut std::io::sink()).map(drop),
        };
        read.map_err(failed("restore", Path::new(name)))?;
        let sum = (summed.bytes, hex(&summed.sum.finalize()));
        if self.sums.insert(name.to_owned(), sum).is_some() {
            return Err(self.wrong(&format!("{name} is in it twice")));
        }
        Ok(())
    }

    fn wrong(&self, what: &str) -> quipu_core::Error {
        error(ErrorKind::Damaged, "restore", format!("{}: {what}", self.from.display()))
    }
}

fn write(path: &Path, from: &mut impl Read) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    let mut to = BufWriter::with_capacity(PIECE, private(File::options().create_new(true)).open(path)?);
    std::io::copy(from, &mut to)?;
    to.flush()?;
    to.get_ref().sync_all()
}
