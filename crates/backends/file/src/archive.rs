//! The thread that compresses past files, and removes them by age and size.

use std::fs;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use jiff::Span;
use quipu_core::{Clock, Result};

use crate::active::private;
use crate::fault::failed;
use crate::folder::{Folder, PART, day};
use crate::state::FileState;
use crate::{Compression, Config};

/// Handle of the thread. Its drop waits for the current file; the next start does the rest.
pub(crate) struct Archive {
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Keeper {
    config: Config,
    folder: Folder,
    clock: Arc<dyn Clock>,
    state: Arc<FileState>,
}

impl Archive {
    pub fn start(config: &Config, clock: Arc<dyn Clock>, state: Arc<FileState>) -> io::Result<Self> {
        let keeper = Keeper { config: config.clone(), folder: Folder::of(config), clock, state };
        let (wake, woken) = channel();
        let thread = thread::Builder::new().name("quipu-file-past".to_owned());
        let thread = thread.spawn(move || keeper.run(&woken))?;
        let archive = Self { wake: Some(wake), thread: Some(thread) };
        archive.wake();
        Ok(archive)
    }

    /// Wakes the thread.
    pub fn wake(&self) {
        if let Some(wake) = &self.wake {
            // The thread ends only after this.
            let _ = wake.send(());
        }
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        self.wake = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread for past files panicked");
        }
    }
}

impl Keeper {
    fn run(&self, woken: &Receiver<()>) {
        while woken.recv().is_ok() {
            while woken.try_recv().is_ok() {}
            let made = self.compress_all();
            // Also after a failed compression for lack of space, because this frees space.
            let result = made.and(self.remove());
            if let Err(error) = &result {
                tracing::warn!(%error, "cannot compress or remove past files");
            }
            self.state.archived(&result);
        }
    }

    fn compress_all(&self) -> Result<()> {
        let said = |cause| failed("compress file", &self.folder.path, cause);
        self.folder.remove_parts().map_err(said)?;
        for past in self.folder.past().map_err(said)?.iter().filter(|past| !past.is_compressed()) {
            if self.state.is_closing() {
                return Ok(());
            }
            self.compress(&past.path).map_err(|cause| failed("compress file", &past.path, cause))?;
        }
        Ok(())
    }

    fn compress(&self, path: &Path) -> io::Result<()> {
        let ending = match self.config.compression {
            Compression::None => return Ok(()),
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        };
        let with = |ending: &str| PathBuf::from(format!("{}{ending}", path.display()));
        let (whole, part) = (with(ending), with(&format!("{ending}{PART}")));
        let packed = self.pack(path, &part).and_then(|done| {
            if done {
                fs::rename(&part, &whole)?;
                sync_folder(&self.folder.path)?;
                fs::remove_file(path)?;
            }
            Ok(done)
        });
        if !matches!(packed, Ok(true)) {
            // The first error, or the request to close, takes precedence.
            let _ = fs::remove_file(&part);
        }
        packed.map(drop)
    }

    /// Writes the compressed copy and forces it to the disk; `false` if it was aborted by a close.
    fn pack(&self, from: &Path, to: &Path) -> io::Result<bool> {
        let from = BufReader::new(fs::File::open(from)?);
        let to = private(fs::OpenOptions::new().write(true).create(true).truncate(true)).open(to)?;
        let to = match self.config.compression {
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(BufWriter::new(to), 3)?;
                encoder.include_checksum(true)?;
                if !self.copy(from, &mut encoder)? {
                    return Ok(false);
                }
                encoder.finish()?
            }
            Compression::None | Compression::Gzip => {
                let mut encoder =
                    flate2::write::GzEncoder::new(BufWriter::new(to), flate2::Compression::default());
                if !self.copy(from, &mut encoder)? {
                    return Ok(false);
                }
                encoder.finish()?
            }
        };
        to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(true)
    }

    /// Copies in steps, so that a close does not wait for a large file.
    fn copy(&self, mut from: impl Read, to: &mut impl Write) -> io::Result<bool> {
        let mut step = vec![0; 256 << 10];
        loop {
            match from.read(&mut step)? {
                0 => return Ok(true),
                _ if self.state.is_closing() => return Ok(false),
                read => to.write_all(&step[..read])?,
            }
        }
    }

    /// Removes expired files, then the oldest ones until the rest fits.
    fn remove(&self) -> Result<()> {
        let said = |cause| failed("remove file", &self.folder.path, cause);
        let mut past = self.folder.past().map_err(said)?;
        if self.config.keep_days > 0 {
            let today = day(self.clock.now());
            let oldest = today.saturating_sub(Span::new().days(i64::from(self.config.keep_days)));
            let gone = past.iter().take_while(|past| past.day < oldest).count();
            past.drain(..gone).try_for_each(|past| self.remove_one(&past.path))?;
        }
        if self.config.keep_bytes > 0 {
            let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
            let mut total = size(&self.folder.active());
            total += past.iter().map(|past| size(&past.path)).sum::<u64>();
            for past in past {
                if total <= self.config.keep_bytes {
                    break;
                }
                total -= size(&past.path).min(total);
                self.remove_one(&past.path)?;
            }
        }
        Ok(())
    }

    fn remove_one(&self, path: &Path) -> Result<()> {
        tracing::debug!(path = %path.display(), "a past file is removed, by age or size");
        match fs::remove_file(path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(failed("remove file", path, cause)),
            _ => Ok(()),
        }
    }
}

/// Forces a new file name to the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
