//! A disk that answers with errors, and one that turns read-only, under a working server.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use super::load::{Load, SPANS, body};
use super::{CALM, Case, DRAIN, Http, Lacking, Outcome, Server};
use crate::integration::packages;
use crate::shell;

/// System calls of a server that write or sync files.
const WRITES: &str = "pwrite64,ftruncate,fallocate,fsync,fdatasync";
/// A number that no other request has.
const PROBE: u64 = 1 << 40;
const IMAGE_BYTES: u64 = 256 << 20;
const SETTLES: Duration = Duration::from_secs(10);

/// Fails the writes of a process by strace, for as long as it lives.
struct Failing(Child);

impl Failing {
    /// Begins to fail them with this error.
    ///
    /// # Errors
    /// This machine has no strace, or does not let it attach.
    fn start(cache: &Path, process: u32, error: &str) -> Result<Self> {
        let mut strace = Command::new(packages::apt(cache, "strace", "strace")?);
        strace.args(["-f", "-qq", "-o", "/dev/null", "-p", &process.to_string(), "-e"]);
        strace.arg(format!("trace={WRITES}")).arg("-e").arg(format!("inject={WRITES}:error={error}"));
        let child =
            strace.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("there is no strace")?;
        let failing = Self(child);
        let status = PathBuf::from(format!("/proc/{process}/status"));
        let traced = || {
            let text = fs::read_to_string(&status).ok()?;
            let tracer = text.lines().find_map(|line| line.strip_prefix("TracerPid:"))?.trim().to_owned();
            (tracer != "0").then_some(())
        };
        shell::poll(SETTLES, traced).context("strace may not attach here")?;
        Ok(failing)
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        // Asked to end it lets go of the process first.
        let _ = shell::signal("TERM", &[self.0.id().to_string()]);
        let _ = self.0.wait();
    }
}

/// A file system of its own, in a file.
struct Disk {
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    /// # Errors
    /// This machine does not let us.
    fn new(folder: &Path, at: &Path) -> Result<Self> {
        let image = folder.join("disk.img");
        File::create(&image)?.set_len(IMAGE_BYTES)?;
        shell::capture(Command::new("mkfs.ext4").arg("-q").arg(&image))?;
        fs::create_dir_all(at)?;
        let disk = Self { image, at: at.to_owned() };
        disk.mount()?;
        Ok(disk)
    }

    fn mount(&self) -> Result<()> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "ext4", "-o", "loop,errors=remount-ro"]).arg(&self.image).arg(&self.at);
        shell::capture(&mut mount).map(drop)
    }

    fn unmount(&self) -> Result<()> {
        shell::capture(Command::new("umount").arg(&self.at)).map(drop)
    }

    /// Has the file system find an error, upon which it takes nothing any more.
    fn turn_read_only(&self) -> Result<()> {
        let source = shell::capture(Command::new("findmnt").args(["-no", "SOURCE"]).arg(&self.at))?;
        let device = source.trim().rsplit('/').next().unwrap_or_default().to_owned();
        fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "1")?;
        match File::create(self.at.join("probe.tmp")) {
            Ok(_) => bail!("the file system takes files still"),
            Err(_) => Ok(()),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // One that is in use goes when it is not any more.
        let _ = shell::capture(Command::new("umount").arg("-l").arg(&self.at));
    }
}

impl Case {
    /// Every write, and forcing anything to the disk, fails for a while.
    pub(super) fn meets_errors(self, lasts: Duration) -> Result<Outcome> {
        let server = self.server()?;
        let load = Load::start(&server.otlp_http, 0);
        std::thread::sleep(CALM * 4);
        let failing =
            Failing::start(&self.cache, server.id(), "EIO").map_err(|error| Lacking(format!("{error:#}")))?;
        let mut wrong = refuses(&server, lasts);
        drop(failing);
        let begin = Instant::now();
        match shell::poll(DRAIN, || (ready(&server)? == 200).then_some(())) {
            Some(()) => {
                println!("{}: ready {:.1} s after the errors", self.name, begin.elapsed().as_secs_f64())
            }
            None => wrong.push("it does not recover by itself".into()),
        }
        std::thread::sleep(CALM);
        let (acknowledged, refused) = load.stop();
        let mut outcome = self.drained(&server, &acknowledged, refused, 0)?;
        wrong.extend(stored(&server, acknowledged.len() as u64)?);
        server.stop()?;
        let server = self.server()?;
        wrong.extend(stored(&server, acknowledged.len() as u64)?);
        outcome.wrong.extend(wrong);
        Ok(outcome)
    }

    /// The file system turns read-only, as ext4 does when it finds itself damaged; it is mounted anew for the
    /// next server.
    pub(super) fn turns_read_only(self, lasts: Duration) -> Result<Outcome> {
        let data = self.folder.path().join("data");
        let disk = Disk::new(self.folder.path(), &data).map_err(|error| Lacking(format!("{error:#}")))?;
        let server = self.server()?;
        let load = Load::start(&server.otlp_http, 0);
        std::thread::sleep(CALM * 4);
        disk.turn_read_only().map_err(|error| Lacking(format!("{error:#}")))?;
        let mut wrong = refuses(&server, lasts);
        let (acknowledged, refused) = load.stop();
        let mut outcome = self.drained(&server, &acknowledged, refused, 0)?;
        wrong.extend(stored(&server, acknowledged.len() as u64)?);
        server.kill();
        disk.unmount()?;
        disk.mount()?;
        let server = self.server()?;
        wrong.extend(stored(&server, acknowledged.len() as u64)?);
        drop(server);
        outcome.wrong.extend(wrong);
        Ok(outcome)
    }
}

/// While writes fail: senders are asked to retry, queries are answered, and the state shows the error.
fn refuses(server: &Server, lasts: Duration) -> Vec<String> {
    let mut wrong = Vec::new();
    let http = Http::new(SETTLES);
    let url = format!("{}/v1/traces", server.otlp_http);
    let told = shell::poll(lasts.max(DRAIN), || (ready(server)? == 503).then_some(()));
    if told.is_none() {
        wrong.push("/readyz does not say that nothing can be written".into());
    }
    let until = Instant::now() + lasts;
    for turn in 0.. {
        let sent = http.post(&url, &[("content-type", "application/json")], &body(PROBE + turn, "shop"));
        match sent.map(|answer| answer.status) {
            Ok(503) => {}
            other => wrong.push(format!("a sender is told {other:?}, not 503")),
        }
        match http.get(&server.api("traces?limit=20")).map(|answer| (answer.status, answer.text())) {
            Ok((200, page)) if page.contains("trace_id") => {}
            other => wrong.push(format!("a question is answered by {other:?}")),
        }
        if Instant::now() >= until || wrong.len() > 2 {
            return wrong;
        }
        std::thread::sleep(CALM / 4);
    }
    wrong
}

fn ready(server: &Server) -> Option<u16> {
    Some(Http::new(SETTLES).get(&format!("{}/readyz", server.http)).ok()?.status)
}

/// An error text if not all acknowledged requests are stored.
fn stored(server: &Server, requests: u64) -> Result<Option<String>> {
    let status = Http::new(SETTLES).json(&server.api("status"))?;
    let spans = status["store"]["spans"].as_u64().ok_or_else(|| anyhow!("no spans in {status}"))?;
    let want = requests * SPANS;
    Ok((spans < want).then(|| format!("{want} spans were acknowledged, {spans} are stored")))
}
