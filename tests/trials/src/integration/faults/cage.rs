//! Servers on a disk that is too small, and under a clock that jumps.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::integration::packages;
use crate::shell;

/// A program that runs the server after `before`, with the server's own arguments.
///
/// # Errors
/// It cannot be written.
fn script(folder: &Path, before: &str, binary: &Path) -> Result<PathBuf> {
    let path = folder.join("caged.sh");
    fs::write(&path, format!("#!/bin/sh\nset -e\n{before}\nexec '{}' \"$@\"\n", binary.display()))?;
    shell::capture(Command::new("chmod").arg("+x").arg(&path))?;
    Ok(path)
}

/// A server with its own file system of this many KiB at `disk`, in a private mount name space.
///
/// # Errors
/// This machine does not let us.
pub fn small_disk(folder: &Path, disk: &Path, kib: u64, binary: &Path) -> Result<PathBuf> {
    fs::create_dir_all(disk)?;
    let mount = format!("mount -t tmpfs -o size={kib}k,mode=0700 tmpfs '{}'", disk.display());
    let inner = script(folder, &mount, binary)?;
    shell::capture(Command::new("unshare").args(["-rm", "sh", "-c", &mount]))
        .context("this machine does not let us mount a small disk")?;
    let outer = folder.join("small-disk.sh");
    fs::write(&outer, format!("#!/bin/sh\nexec unshare -rm '{}' \"$@\"\n", inner.display()))?;
    shell::capture(Command::new("chmod").arg("+x").arg(&outer))?;
    Ok(outer)
}

/// A server whose wall clock is moved by the contents of a file, while its monotonic clock goes on. The
/// effect is that of an operator or NTP setting the time.
pub struct Clock {
    /// Runs the server.
    pub binary: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// Prepares it, with the library libfaketime.
    ///
    /// # Errors
    /// That cannot be had.
    pub fn new(cache: &Path, folder: &Path, binary: &Path) -> Result<Self> {
        let library = library(cache)?;
        let file = folder.join("clock");
        fs::write(&file, "+0\n")?;
        let variables = format!(
            "export LD_PRELOAD='{}' FAKETIME_TIMESTAMP_FILE='{}' FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
             DONT_FAKE_MONOTONIC=1",
            library.display(),
            file.display()
        );
        Ok(Self { binary: script(folder, &variables, binary)?, file })
    }

    /// Moves the clock of the day to so far from the right time: `+1d`, `-2h`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn jump(&self, by: &str) -> Result<()> {
        Ok(fs::write(&self.file, format!("{by}\n"))?)
    }
}

fn library(cache: &Path) -> Result<PathBuf> {
    let below = |root: &Path| {
        let libraries = fs::read_dir(root.join("usr/lib")).ok()?;
        let file = |folder: PathBuf| folder.join("faketime/libfaketime.so.1");
        libraries.flatten().map(|entry| file(entry.path())).find(|file| file.is_file())
    };
    if let Some(found) = below(Path::new("/")) {
        return Ok(found);
    }
    let root = packages::bring(cache, "libfaketime").context("libfaketime is not installed")?;
    below(&root).context("the package libfaketime has no library")
}
