//! Memory limit of 512 MiB around a server, by a cgroup if possible.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::shell;

/// The limit that the Compose, Kubernetes and Helm files set.
const LIMIT: u64 = 512 << 20;

/// Kinds of limits, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    V2,
    V1,
    /// No page of a file counts, so the suite's own bound on RSS is the stricter one.
    Data,
}

/// A limit that is in place, and a program that runs the server within it.
pub struct Cage {
    kind: Kind,
    /// The cgroup; removed in the end.
    group: Option<PathBuf>,
    pub binary: PathBuf,
}

impl Cage {
    /// Finds the first kind of limit that holds on this machine. Each server has a limit of its own.
    ///
    /// # Errors
    /// No kind holds.
    pub fn around(binary: &Path, folder: &Path) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("quipu-floods-{}-{number}", std::process::id());
        for kind in [Kind::V2, Kind::V1, Kind::Data] {
            let group = group(kind, &name);
            let path = folder.join(format!("caged-{number}.sh"));
            let lines = lines(kind, group.as_deref());
            fs::write(&path, format!("#!/bin/sh\nset -e\n{lines}\nexec \"${{0%.sh}}\" \"$@\"\n"))?;
            shell::capture(Command::new("chmod").arg("+x").arg(&path))?;
            let cage = Self { kind, group, binary: path };
            if cage.holds()? {
                cage.put(binary)?;
                return Ok(cage);
            }
        }
        anyhow::bail!("no limit of memory holds on this machine: neither a cgroup nor RLIMIT_DATA")
    }

    /// Sets the program that runs within the limit.
    fn put(&self, program: &Path) -> Result<()> {
        let link = self.binary.with_extension("");
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(program, link)?;
        Ok(())
    }

    /// Whether a small program runs within the limit, and one that needs more memory does not.
    fn holds(&self) -> Result<bool> {
        self.put(Path::new("/bin/sh"))?;
        let run = |script: &str| {
            let mut command = Command::new(&self.binary);
            shell::capture(command.args(["-c", script])).is_ok()
        };
        // `tail` keeps a whole line in memory.
        let reads = |bytes: u64| format!("head -c {bytes} /dev/zero | tail -n 1 | wc -c | grep -qx {bytes}");
        Ok(run(&reads(1 << 20)) && !run(&reads(LIMIT + (64 << 20))))
    }

    /// Words for the table.
    pub const fn as_str(&self) -> &'static str {
        match self.kind {
            Kind::V2 => "cgroup v2",
            Kind::V1 => "cgroup v1",
            Kind::Data => "RLIMIT_DATA",
        }
    }

    /// Number of processes that the limit killed; `None` if the kind does not tell.
    pub fn kills(&self) -> Option<u64> {
        let file = match self.kind {
            Kind::V2 => "memory.events",
            Kind::V1 => "memory.oom_control",
            Kind::Data => return None,
        };
        let text = fs::read_to_string(self.group.as_ref()?.join(file)).ok()?;
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok())
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        let Some(group) = &self.group else { return };
        // A process that was just killed is in it for a moment.
        let _ = shell::poll(Duration::from_secs(5), || fs::remove_dir(group).ok());
    }
}

fn group(kind: Kind, name: &str) -> Option<PathBuf> {
    match kind {
        Kind::V2 => Some(Path::new("/sys/fs/cgroup").join(name)),
        Kind::V1 => Some(Path::new("/sys/fs/cgroup/memory").join(name)),
        Kind::Data => None,
    }
}

/// Lines of a shell that set the limit for the shell itself. They fail where the files are not those of a
/// cgroup: `/sys/fs/cgroup` may be a plain folder, in which any file can be created. No swap is used.
fn lines(kind: Kind, group: Option<&Path>) -> String {
    let group = group.map(|group| group.display().to_string()).unwrap_or_default();
    let name = group.rsplit('/').next().unwrap_or_default();
    match kind {
        Kind::V2 => format!(
            "[ -f /sys/fs/cgroup/cgroup.controllers ]\nmkdir -p {group}\n[ -f {group}/memory.max ]\n\
             echo {LIMIT} > {group}/memory.max\necho 0 > {group}/memory.swap.max || true\n\
             echo $$ > {group}/cgroup.procs\ngrep -q '/{name}$' /proc/self/cgroup"
        ),
        Kind::V1 => format!(
            "[ -f /sys/fs/cgroup/memory/memory.limit_in_bytes ]\nmkdir -p {group}\n\
             [ -f {group}/memory.limit_in_bytes ]\necho {LIMIT} > {group}/memory.limit_in_bytes\n\
             echo $$ > {group}/cgroup.procs\ngrep -q ':memory:.*/{name}$' /proc/self/cgroup"
        ),
        Kind::Data => format!("ulimit -d {}", LIMIT >> 10),
    }
}

/// Fails if the limit killed a process.
///
/// # Errors
/// It did.
pub fn unharmed(cage: &Cage, before: Option<u64>) -> Result<()> {
    let kills = cage.kills();
    ensure!(kills == before, "the limit of 512 MiB killed a process ({kills:?}, {before:?} before)");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cage_lets_a_small_program_run_and_stops_a_large_one() {
        let folder = tempfile::tempdir().unwrap();
        let cage = Cage::around(Path::new("/bin/true"), folder.path()).unwrap();
        assert!(Command::new(&cage.binary).status().unwrap().success());
        assert!(cage.holds().unwrap(), "{}", cage.as_str());
        let group = cage.group.clone();
        drop(cage);
        assert!(group.is_none_or(|group| !group.exists()));
    }
}
