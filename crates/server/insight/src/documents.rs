//! Documents of users, such as saved views and dashboards: small JSON documents, each in its own file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use quipu_core::Timestamp;
use serde_json::Value;

use crate::erase::Ids;

/// Kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shelf {
    /// Saved views.
    Views,
    /// Dashboards.
    Dashboards,
}

impl Shelf {
    /// The word for it, which is the name of its folder.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Views => "views",
            Self::Dashboards => "dashboards",
        }
    }
}

/// A stored document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// 1 to 64 characters of `a-z`, `0-9` and `-`.
    pub id: String,
    /// Contents of the document.
    pub content: Value,
    /// When it was stored.
    pub updated_at: Timestamp,
}

/// Why a document could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The id cannot name a file.
    #[error("the id {0:?} is not 1 to 64 characters of a-z, 0-9 and -")]
    Id(String),
    /// There are as many as there may be.
    #[error("the limit of {most} {shelf} is reached; remove one first")]
    Full {
        /// Kind.
        shelf: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// The document is too long.
    #[error("it has {bytes} bytes, more than the limit of {most} for a document")]
    Long {
        /// Bytes of it.
        bytes: usize,
        /// Bytes that it may have.
        most: usize,
    },
    /// The disk failed.
    #[error("{path}: {cause}")]
    Io {
        /// File or folder.
        path: PathBuf,
        /// Cause of the error.
        cause: io::Error,
    },
}

type Result<T> = std::result::Result<T, DocumentError>;

/// Documents in a folder, or in memory. Clones are the same documents; several processes may use one folder.
#[derive(Clone, Debug)]
pub struct Documents(Arc<DocumentPlace>);

#[derive(Debug)]
enum DocumentPlace {
    Memory(Mutex<BTreeMap<(Shelf, String), Document>>),
    /// Held while one is written.
    Folder(PathBuf, Mutex<()>),
}

impl Documents {
    /// Documents of one kind that are kept.
    pub const MOST: usize = 500;
    /// Bytes of one as JSON.
    pub const BYTES: usize = 256 << 10;

    /// Whether a text is a valid id: 1 to 64 characters of `a-z`, `0-9` and `-`. Such a text can name a file
    /// and no other folder.
    pub fn is_id(id: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=64).contains(&id.len()) && id.bytes().all(fits)
    }

    /// A store in memory: nothing outlives the process.
    pub fn in_memory() -> Self {
        Self(Arc::new(DocumentPlace::Memory(Mutex::default())))
    }

    /// In a folder, which is made with the first document.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self(Arc::new(DocumentPlace::Folder(folder.into(), Mutex::default())))
    }

    /// Ids of all documents of a kind, in order. All documents together can take more memory than a server
    /// has, so a request reads them one by one.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn ids(&self, shelf: Shelf) -> Result<Vec<String>> {
        match &*self.0 {
            DocumentPlace::Memory(all) => {
                let all = locked(all);
                Ok(all.keys().filter(|(kind, _)| *kind == shelf).map(|(_, id)| id.clone()).collect())
            }
            DocumentPlace::Folder(folder, _) => ids(&folder.join(shelf.as_str())),
        }
    }

    /// One document; `None` if it is missing.
    ///
    /// # Errors
    /// The id names no document, or the file cannot be read.
    pub fn get(&self, shelf: Shelf, id: &str) -> Result<Option<Document>> {
        check_id(id)?;
        match &*self.0 {
            DocumentPlace::Memory(all) => Ok(locked(all).get(&(shelf, id.to_owned())).cloned()),
            DocumentPlace::Folder(folder, _) => read(folder, shelf, id.to_owned()),
        }
    }

    /// Stores a document, or replaces it. A reader sees all of the old one or all of the new one, also after
    /// a power loss.
    ///
    /// # Errors
    /// The id names no document, there are too many, it is too long, or it cannot be written. The old
    /// document then stays.
    pub fn put(&self, shelf: Shelf, id: &str, content: &Value, now: Timestamp) -> Result<()> {
        check_id(id)?;
        let text = serde_json::to_vec_pretty(content).unwrap_or_default();
        let bytes = serde_json::to_vec(content).map_or(0, |text| text.len());
        if bytes > Self::BYTES {
            return Err(DocumentError::Long { bytes, most: Self::BYTES });
        }
        match &*self.0 {
            DocumentPlace::Memory(all) => {
                let mut all = locked(all);
                let others = all.keys().filter(|(kind, other)| *kind == shelf && other != id).count();
                check_count(shelf, others)?;
                let document = Document { id: id.to_owned(), content: content.clone(), updated_at: now };
                all.insert((shelf, id.to_owned()), document);
                Ok(())
            }
            DocumentPlace::Folder(folder, writing) => {
                let _turn = locked(writing);
                let folder = folder.join(shelf.as_str());
                check_count(shelf, ids(&folder)?.iter().filter(|other| *other != id).count())?;
                write(&folder, id, &text)
            }
        }
    }

    /// Takes ids out of all documents, of their names as well; gives how many had any. With `dry_run` nothing
    /// changes. Drafts that a process left that ended while it wrote are removed.
    ///
    /// # Errors
    /// A document cannot be read or written; repeating it is safe.
    pub fn erase(&self, ids: &Ids, dry_run: bool, now: Timestamp) -> Result<u64> {
        let mut found = 0;
        for shelf in [Shelf::Views, Shelf::Dashboards] {
            if let (DocumentPlace::Folder(folder, writing), false) = (&*self.0, dry_run) {
                let _turn = locked(writing);
                remove_drafts(&folder.join(shelf.as_str()));
            }
            for id in self.ids(shelf)? {
                let Some(mut document) = self.get(shelf, &id)? else { continue };
                let named = ids.taken_out(&document.id).is_some();
                if !ids.take_out(&mut document.content) && !named {
                    continue;
                }
                found += 1;
                if dry_run {
                    continue;
                }
                if named {
                    self.remove(shelf, &document.id)?;
                    document.id = self.nameless(shelf)?;
                }
                self.put(shelf, &document.id, &document.content, now)?;
            }
        }
        Ok(found)
    }

    /// An id that no document has.
    fn nameless(&self, shelf: Shelf) -> Result<String> {
        let known = self.ids(shelf)?;
        let free =
            (1..=Self::MOST + 1).map(|number| format!("forgotten-{number}")).find(|id| !known.contains(id));
        free.ok_or(DocumentError::Full { shelf: shelf.as_str(), most: Self::MOST })
    }

    /// Removes one; returns whether it existed.
    ///
    /// # Errors
    /// The id names no document, or the file cannot be removed.
    pub fn remove(&self, shelf: Shelf, id: &str) -> Result<bool> {
        check_id(id)?;
        match &*self.0 {
            DocumentPlace::Memory(all) => Ok(locked(all).remove(&(shelf, id.to_owned())).is_some()),
            DocumentPlace::Folder(folder, writing) => {
                let _turn = locked(writing);
                let path = file(folder, shelf, id);
                match fs::remove_file(&path) {
                    Ok(()) => Ok(true),
                    Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
                    Err(cause) => Err(DocumentError::Io { path, cause }),
                }
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check_id(id: &str) -> Result<()> {
    if Documents::is_id(id) { Ok(()) } else { Err(DocumentError::Id(id.chars().take(80).collect())) }
}

fn check_count(shelf: Shelf, others: usize) -> Result<()> {
    if others < Documents::MOST {
        return Ok(());
    }
    Err(DocumentError::Full { shelf: shelf.as_str(), most: Documents::MOST })
}

fn file(folder: &Path, shelf: Shelf, id: &str) -> PathBuf {
    folder.join(shelf.as_str()).join(format!("{id}.json"))
}

/// The ids of the files of a folder, in order.
fn ids(folder: &Path) -> Result<Vec<String>> {
    let failed = |cause| DocumentError::Io { path: folder.to_owned(), cause };
    let entries = match fs::read_dir(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        ids.extend(
            name.to_str()
                .and_then(|name| name.strip_suffix(".json"))
                .filter(|id| Documents::is_id(id))
                .map(str::to_owned),
        );
    }
    ids.sort_unstable();
    Ok(ids)
}

fn read(folder: &Path, shelf: Shelf, id: String) -> Result<Option<Document>> {
    let path = file(folder, shelf, &id);
    let text = match fs::read(&path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|cause| DocumentError::Io { path: path.clone(), cause })?,
    };
    let written = fs::metadata(&path).and_then(|about| about.modified()).unwrap_or(UNIX_EPOCH);
    let content = serde_json::from_slice(&text).ok();
    Ok(content.map(|content| Document { id, content, updated_at: stamp(written) }))
}

/// Removes drafts of interrupted writes.
fn remove_drafts(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "draft") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn stamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Writes a draft next to the file, and renames it over the file once it is on the disk.
fn write(folder: &Path, id: &str, text: &[u8]) -> Result<()> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| DocumentError::Io { path, cause }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    // The process's number keeps drafts of several apart.
    let draft = folder.join(format!(".{id}.{}.draft", std::process::id()));
    let written = File::create(&draft).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    let path = folder.join(format!("{id}.json"));
    written.and_then(|()| fs::rename(&draft, &path)).map_err(|cause| {
        // The rest of the draft is useless.
        let _ = fs::remove_file(&draft);
        DocumentError::Io { path: path.clone(), cause }
    })?;
    sync_folder(folder);
    Ok(())
}

/// Syncs the folder, so the name is on the disk as well. File systems whose folders cannot be synced do it
/// themselves.
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}
