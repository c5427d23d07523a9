//! Writer of a copy: a folder, or an archive that `tar --zstd` can read.

use std::fs::{self, File, TryLockError};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use quipu_core::{ErrorKind, Result};
use sha2::{Digest, Sha256};
use tar::Header;
use zstd::Encoder;

use super::manifest::{self, Entry, Manifest};
use super::{PIECE, error, failed};
use crate::private;

/// Compression level of an archive; low, because bodies are already compressed.
const LEVEL: i32 = 3;

/// Entries of a copy's folder.
const PARTS: [&str; 3] = ["data", "store", manifest::FILE];
/// Magic number of an archive: a zstd frame (RFC 8878, 3.1.1).
const ARCHIVE: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A copy in progress.
pub(super) struct Pack {
    out: PathBuf,
    partial: PathBuf,
    to: Option<To>,
}

enum To {
    /// Kept open and locked until the copy has its final name.
    Folder(Option<File>),
    Archive(Box<tar::Builder<Encoder<'static, BufWriter<File>>>>),
}

/// Removes an unfinished copy.
impl Drop for Pack {
    fn drop(&mut self) {
        if self.to.take().is_some() {
            let _ = if self.partial.is_dir() {
                fs::remove_dir_all(&self.partial)
            } else {
                fs::remove_file(&self.partial)
            };
        }
    }
}

/// Whether a copy of this name is an archive.
pub(super) fn is_archive(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name.ends_with(".tar.zst") || name.ends_with(".tzst")
}

impl Pack {
    pub(super) fn new(out: &Path) -> Result<Self> {
        let mut name = out.as_os_str().to_owned();
        name.push(".partial");
        let partial = PathBuf::from(name);
        clear(&partial)?;
        let to = if is_archive(out) {
            let file = private::options(File::options().create_new(true))
                .open(&partial)
                .map_err(failed("back up", &partial))?;
            lock(&file, &partial)?;
            let encoder = Encoder::new(BufWriter::with_capacity(PIECE, file), LEVEL);
            let encoder = encoder.and_then(|mut encoder| encoder.include_checksum(true).map(|()| encoder));
            To::Archive(Box::new(tar::Builder::new(encoder.map_err(failed("back up", &partial))?)))
        } else {
            private::folder(&partial).map_err(failed("back up", &partial))?;
            To::Folder(hold_folder(&partial)?)
        };
        Ok(Self { out: out.to_owned(), partial, to: Some(to) })
    }

    /// A temporary folder on the same disk, removed on drop.
    pub(super) fn scratch_folder(&self) -> Result<tempfile::TempDir> {
        let folder = self.out.parent().filter(|parent| !parent.as_os_str().is_empty());
        tempfile::tempdir_in(folder.unwrap_or(Path::new("."))).map_err(failed("back up", &self.out))
    }

    /// The path of a file in a copy that is a folder.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.partial.join(name)
    }

    /// An unnamed temporary file on the same disk.
    pub(super) fn scratch(&self) -> Result<File> {
        let folder = self.out.parent().filter(|parent| !parent.as_os_str().is_empty());
        tempfile::tempfile_in(folder.unwrap_or(Path::new("."))).map_err(failed("back up", &self.out))
    }

    /// Adds a file of exactly `bytes` bytes.
    pub(super) fn put(&mut self, name: &str, from: impl Read, bytes: u64) -> Result<Entry> {
        let mut from = Summed { from, sum: Sha256::new(), bytes: 0 };
        let path = self.partial.join(name);
        let put = match &mut self.to {
            Some(To::Folder(_)) => put_in_folder(&path, &mut from),
            Some(To::Archive(archive)) => {
                let mut header = Header::new_gnu();
                header.set_size(bytes);
                header.set_mode(0o600);
                archive.append_data(&mut header, name, &mut from)
            }
            None => Ok(()),
        };
        put.map_err(failed("back up", &path))?;
        if from.bytes != bytes {
            let text = format!("{name}: expected {bytes} bytes, got {}", from.bytes);
            return Err(error(ErrorKind::Io, "back up", text));
        }
        let sha256 = hex(&from.sum.finalize());
        Ok(Entry { name: name.to_owned(), bytes, sha256, damaged: false })
    }

    /// Adds the manifest, and gives the copy its final name.
    pub(super) fn finish(mut self, manifest: &Manifest) -> Result<()> {
        let text = serde_json::to_vec_pretty(manifest).map_err(|cause| {
            error(ErrorKind::Internal, "back up", "the manifest cannot be written").caused_by(cause)
        })?;
        self.put(manifest::FILE, text.as_slice(), text.len() as u64)?;
        let ended = match self.to.take() {
            Some(To::Archive(archive)) => archive
                .into_inner()
                .and_then(Encoder::finish)
                .and_then(|buffer| buffer.into_inner().map_err(std::io::IntoInnerError::into_error))
                .and_then(|file| file.sync_all().map(|()| Some(file))),
            Some(To::Folder(held)) => sync_folders(&self.partial).map(|()| held),
            None => Ok(None),
        };
        // Locked until it has its final name.
        let _held = ended
            .and_then(|held| fs::rename(&self.partial, &self.out).map(|()| held))
            .map_err(failed("back up", &self.out))?;
        sync_parent(&self.out).map_err(failed("back up", &self.out))
    }
}

/// Removes the remains of a killed copy. A copy in progress is locked. A file or folder of that name that is
/// no copy stays.
fn clear(partial: &Path) -> Result<()> {
    let Ok(meta) = fs::symlink_metadata(partial) else { return Ok(()) };
    // Not every platform can open a folder. There, open files prevent its removal.
    if meta.is_file() || (meta.is_dir() && cfg!(unix)) {
        let left = File::options().read(true).write(meta.is_file()).open(partial);
        if !lock(&left.map_err(failed("back up", partial))?, partial)? {
            let text = "this disk has no file locks, so another copy may be running; remove it if none is";
            return Err(error(ErrorKind::Locked, "back up", format!("{}: {text}", partial.display())));
        }
    }
    if !is_of_a_copy(partial, &meta).map_err(failed("back up", partial))? {
        let text = "it exists and is not from a copy; move it away, or choose another name for the copy";
        return Err(error(ErrorKind::Invalid, "back up", format!("{}: {text}", partial.display())));
    }
    let removed = if meta.is_dir() { fs::remove_dir_all(partial) } else { fs::remove_file(partial) };
    removed.map_err(failed("back up", partial))
}

/// Whether it may be the remains of a copy: a folder with only a copy's entries, or the start of an archive.
fn is_of_a_copy(partial: &Path, meta: &fs::Metadata) -> std::io::Result<bool> {
    if meta.is_dir() {
        for entry in fs::read_dir(partial)? {
            if !PARTS.iter().any(|part| entry.as_ref().is_ok_and(|entry| entry.file_name() == *part)) {
                return entry.map(|_| false);
            }
        }
        return Ok(true);
    }
    if !meta.is_file() {
        return Ok(false);
    }
    let mut begin = Vec::with_capacity(ARCHIVE.len());
    File::open(partial)?.take(ARCHIVE.len() as u64).read_to_end(&mut begin)?;
    Ok(begin.is_empty() || begin == ARCHIVE)
}

/// Locks a file until it is closed; `false` if the file system has no locks.
///
/// # Errors
/// Another process has locked it.
fn lock(file: &File, path: &Path) -> Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => {
            let text = format!("{}: another copy is being made there", path.display());
            Err(error(ErrorKind::Locked, "back up", text))
        }
        Err(TryLockError::Error(_)) => Ok(false),
    }
}

/// Locks a folder, on platforms that can open one.
fn hold_folder(path: &Path) -> Result<Option<File>> {
    if !cfg!(unix) {
        return Ok(None);
    }
    let folder = File::open(path).map_err(failed("back up", path))?;
    lock(&folder, path)?;
    Ok(Some(folder))
}

fn put_in_folder(path: &Path, from: &mut impl Read) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        private::folder(folder)?;
    }
    let mut to =
        BufWriter::with_capacity(PIECE, private::options(File::options().create_new(true)).open(path)?);
    std::io::copy(from, &mut to)?;
    to.flush()?;
    to.get_ref().sync_all()
}

/// Syncs the directory entries below a folder, so they survive a power cut.
pub(super) fn sync_folders(path: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(path)?.sync_all()
}

/// Syncs a file's directory entry, so it survives a power cut.
pub(super) fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// A reader that computes the checksum of its data.
pub(super) struct Summed<R> {
    pub(super) from: R,
    pub(super) sum: Sha256,
    pub(super) bytes: u64,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(into)?;
        self.sum.update(&into[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Formats bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
