//! Journal of a re-pricing, written before any change, so it can be undone.
//!
//! A journal is `<id>.jsonl`: a header line, then one line a row by time, trace and span. It is written under
//! another name and renamed when it is whole, so every visible journal is complete. An empty file next to it
//! records the state of the store: `<id>.applied`, `<id>.undone`.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind, Result, SpanId, Timestamp, TraceId};
use serde::{Deserialize, Serialize};

use super::verdict::Figure;
use super::{Past, Plan, RepriceState};

const FORMAT: u32 = 1;
/// Re-pricings that can begin within one second.
const SAME_SECOND: u32 = 1_000;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    quipu_reprice: u32,
    at: Timestamp,
    plan: Plan,
}

/// One row's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    pub trace: TraceId,
    pub span: SpanId,
    pub time: Timestamp,
    pub old: Figure,
    pub new: Figure,
}

fn failed(what: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let context = format!("{what} {}", path.display());
    move |why| Error::new(ErrorKind::Io, "write the journal of a re-pricing", context).caused_by(why)
}

fn damaged(path: &Path, line: usize, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let context = format!("{} line {line}", path.display());
    Error::new(ErrorKind::Damaged, "read the journal of a re-pricing", context).caused_by(why)
}

/// A folder of journals, locked while this process changes rows of the store.
pub(super) struct Journals {
    folder: PathBuf,
    _lock: File,
}

impl Journals {
    /// Opens the folder, and creates a missing one.
    ///
    /// # Errors
    /// It cannot be made, or another re-pricing runs.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(failed("make", folder))?;
        let path = folder.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(Error::new(
                ErrorKind::Locked,
                "price again",
                "another re-pricing of this store is running",
            )),
            Err(fs::TryLockError::Error(why)) => Err(failed("lock", &path)(why)),
        }
    }

    /// A journal to be filled.
    pub(super) fn begin(&self, plan: &Plan, at: Timestamp) -> Result<Draft> {
        let id = self.fresh_id(at)?;
        let path = self.folder.join(format!("{id}.part"));
        let mut file = BufWriter::new(File::create(&path).map_err(failed("make", &path))?);
        write_line(&mut file, &Header { quipu_reprice: FORMAT, at, plan: plan.clone() }, &path)?;
        Ok(Draft { id, path, file, rows: 0 })
    }

    fn fresh_id(&self, at: Timestamp) -> Result<String> {
        let digits: String =
            at.to_string().chars().take(19).filter(|c| c.is_ascii_digit() || *c == 'T').collect();
        let free = |id: &String| !self.folder.join(format!("{id}.jsonl")).exists();
        (1..=SAME_SECOND).map(|n| format!("{digits}-{n}")).find(free).ok_or_else(|| {
            Error::new(ErrorKind::Exhausted, "price again", format!("{SAME_SECOND} journals at {at}"))
        })
    }

    /// Makes a full draft a journal.
    pub(super) fn keep(&self, draft: Draft) -> Result<String> {
        let Draft { id, path, file, .. } = draft;
        let file = file.into_inner().map_err(|why| failed("write", &path)(why.into_error()))?;
        file.sync_all().map_err(failed("sync", &path))?;
        let whole = self.folder.join(format!("{id}.jsonl"));
        fs::rename(&path, &whole).map_err(failed("rename", &path))?;
        self.sync()?;
        Ok(id)
    }

    /// Records the state of the store.
    pub(super) fn mark(&self, id: &str, state: RepriceState) -> Result<()> {
        let path = self.folder.join(format!("{id}.{}", state.as_str()));
        File::create(&path).and_then(|file| file.sync_all()).map_err(failed("make", &path))?;
        self.sync()
    }

    /// Makes new names durable. If folders cannot be synced, as on Windows, the system does it.
    fn sync(&self) -> Result<()> {
        match File::open(&self.folder) {
            Ok(folder) if cfg!(unix) => folder.sync_all().map_err(failed("sync", &self.folder)),
            _ => Ok(()),
        }
    }

    /// The journal of this name.
    pub(super) fn read(&self, id: &str) -> Result<Reader> {
        Reader::open(&self.folder, id)
    }
}

/// Journals that are whole, latest first.
pub(super) fn past(folder: &Path) -> Result<Vec<Past>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(failed("read", folder)(why)),
    };
    let mut past = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed("read", folder))?.file_name();
        if let Some(id) = name.to_str().and_then(|name| name.strip_suffix(".jsonl")) {
            past.push(Reader::open(folder, id)?.past);
        }
    }
    past.sort_by(|one: &Past, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    Ok(past)
}

fn write_line(to: &mut impl Write, line: &impl Serialize, path: &Path) -> Result<()> {
    let mut text = serde_json::to_vec(line).map_err(|why| {
        Error::new(ErrorKind::Internal, "write a journal line", path.display().to_string()).caused_by(why)
    })?;
    text.push(b'\n');
    to.write_all(&text).map_err(failed("write", path))
}

/// A journal that is being filled; dropped before it is kept, it never was.
pub(super) struct Draft {
    id: String,
    path: PathBuf,
    file: BufWriter<File>,
    pub rows: u64,
}

impl Draft {
    pub(super) fn add(&mut self, line: &Line) -> Result<()> {
        self.rows += 1;
        write_line(&mut self.file, line, &self.path)
    }

    /// Away with it.
    pub(super) fn forget(self) -> Result<()> {
        fs::remove_file(&self.path).map_err(failed("remove", &self.path))
    }
}

/// A journal, read a batch at a time.
#[derive(Debug)]
pub(super) struct Reader {
    pub past: Past,
    path: PathBuf,
    lines: std::io::Lines<BufReader<File>>,
    read: usize,
}

impl Reader {
    fn open(folder: &Path, id: &str) -> Result<Self> {
        let known = !id.is_empty() && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
        let path = folder.join(format!("{id}.jsonl"));
        if !known || !path.exists() {
            let shown: String = id.chars().take(64).collect();
            return Err(Error::new(
                ErrorKind::NotFound,
                "find a re-pricing",
                format!("there is none with the id {shown:?}"),
            ));
        }
        let file = File::open(&path).map_err(failed("open", &path))?;
        let mut lines = BufReader::new(file).lines();
        let first =
            lines.next().ok_or_else(|| damaged(&path, 1, "it is empty"))?.map_err(failed("read", &path))?;
        let header: Header = serde_json::from_str(&first).map_err(|why| damaged(&path, 1, why))?;
        if header.quipu_reprice > FORMAT {
            let context = format!("{} has format {}", path.display(), header.quipu_reprice);
            return Err(Error::new(ErrorKind::Unsupported, "read the journal of a re-pricing", context));
        }
        let marked = |state: RepriceState| folder.join(format!("{id}.{}", state.as_str())).exists();
        let state = [RepriceState::Undone, RepriceState::Applied]
            .into_iter()
            .find(|state| marked(*state))
            .unwrap_or(RepriceState::Unfinished);
        let past = Past { id: id.to_owned(), at: header.at, plan: header.plan, state };
        Ok(Self { past, path, lines, read: 1 })
    }

    /// The next lines, at most `most`; none at the end.
    pub(super) fn next(&mut self, most: usize) -> Result<Vec<Line>> {
        let mut batch = Vec::new();
        for text in self.lines.by_ref().take(most) {
            let text = text.map_err(failed("read", &self.path))?;
            self.read += 1;
            batch.push(serde_json::from_str(&text).map_err(|why| damaged(&self.path, self.read, why))?);
        }
        Ok(batch)
    }
}
