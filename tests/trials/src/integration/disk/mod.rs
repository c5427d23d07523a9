//! A disk under the real binary that can be watched, failed and cut off.
//!
//! A small C library is preloaded into the program (`suites/disk/shim.c`). It counts each kind of call that
//! changes files below a folder, fails a chosen call, and logs all effects in their order.

pub mod log;
pub mod replay;
pub mod stored;
pub mod work;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::packages;
use crate::shell;

const SOURCE: &str = include_str!("../../../suites/disk/shim.c");
/// Kinds of calls, in the order of the shim's counters.
pub const KINDS: [&str; 9] =
    ["write", "sync", "truncate", "open", "rename", "unlink", "mkdir", "read", "memory"];

/// The compiled library.
#[derive(Clone)]
pub struct Shim {
    library: PathBuf,
}

/// A failure to inject: the call of this kind and number.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// The first is 1.
    pub number: u64,
    /// The number of the error, as of `errno.h`.
    pub errno: i32,
    /// Every later call of the kind fails too.
    pub lasts: bool,
}

impl Shim {
    /// Compiles the library.
    ///
    /// # Errors
    /// There is no C compiler for a Unix with glibc.
    pub fn build(cache: &Path) -> Result<Self> {
        let folder = cache.join("disk");
        fs::create_dir_all(&folder)?;
        let (source, library) = (folder.join("shim.c"), folder.join("shim.so"));
        if fs::read_to_string(&source).is_ok_and(|built| built == SOURCE) && library.is_file() {
            return Ok(Self { library });
        }
        let compiler = packages::system("gcc", "cc")?;
        let draft = folder.join("draft.c");
        fs::write(&draft, SOURCE)?;
        let mut compile = Command::new(compiler);
        compile.args(["-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o"]).arg(&library).arg(&draft);
        shell::capture(&mut compile).context("the shim does not compile")?;
        fs::rename(draft, source)?;
        Ok(Self { library })
    }

    /// Writes a program that runs `binary` on the watched disk, with the arguments that it gets. The counters
    /// of the calls are in `counts`; `log` takes all effects.
    ///
    /// # Errors
    /// The program cannot be written.
    pub fn program(&self, binary: &Path, disk: &Disk, failure: Option<Failure>) -> Result<PathBuf> {
        let mut lines = vec![
            format!("export DISK_ROOT='{}'", disk.root.display()),
            format!("export DISK_COUNTS='{}'", disk.counts.display()),
        ];
        lines.extend(disk.log.as_ref().map(|log| format!("export DISK_LOG='{}'", log.display())));
        lines.extend(failure.map(|failure| {
            let when = if failure.lasts { "on" } else { "once" };
            let Failure { kind, number, errno, .. } = failure;
            format!("export DISK_FAIL='{kind}:{number}:{errno}:{when}'")
        }));
        lines.push(format!("export LD_PRELOAD='{}'", self.library.display()));
        let path = disk.counts.with_extension("sh");
        let text = format!("#!/bin/sh\n{}\nexec '{}' \"$@\"\n", lines.join("\n"), binary.display());
        fs::write(&path, text)?;
        shell::capture(Command::new("chmod").arg("+x").arg(&path))?;
        Ok(path)
    }
}

/// Files of one watched disk.
pub struct Disk {
    /// The folder that is watched.
    pub root: PathBuf,
    /// The counters, outside of the folder.
    pub counts: PathBuf,
    /// File of the log of effects, outside of the folder.
    pub log: Option<PathBuf>,
}

impl Disk {
    /// A disk in `folder`, with its data in `folder/data`.
    pub fn new(folder: &Path, logged: bool) -> Self {
        let log = logged.then(|| folder.join("disk.log"));
        Self { root: folder.join("data"), counts: folder.join("counts"), log }
    }

    /// Calls of a kind so far; the kind `failed` counts the failed ones.
    pub fn count(&self, kind: &str) -> u64 {
        let at = KINDS.iter().position(|name| *name == kind).unwrap_or(KINDS.len()) * 8;
        let page = fs::read(&self.counts).unwrap_or_default();
        let bytes = page.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        u64::from_le_bytes(bytes)
    }

    /// Bytes logged so far.
    pub fn logged(&self) -> u64 {
        let log = self.log.as_ref().and_then(|log| fs::metadata(log).ok());
        log.map_or(0, |meta| meta.len())
    }
}
