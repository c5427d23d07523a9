//! A working server on a watched disk, and the times of its acknowledgements.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};

use super::{Bench, Chance, Model, Shim, materialise};
use crate::integration::Server;
use crate::integration::disk::log::{Record, read};
use crate::integration::disk::work::Work;
use crate::integration::disk::{Disk, stored};
use crate::shell;

const TRACES: u64 = 16;
/// Nothing listens at the exporter's address, so that its spool fills and is cut as well.
const CONFIG: &str = "backends = [\"otlp:http://127.0.0.1:1\"]\n[access]\nmode = \"off\"\n[audit]\n";
/// Seed of the key of the encrypted store.
const KEY: u64 = 4_711;
const PASSWORD: &str = "correct-horse-battery\n";
/// The command that an error names when it can be helped.
const REPAIR: &str = "check store --repair";

/// A recording.
pub struct Recorded {
    binary: PathBuf,
    config: PathBuf,
    key: Option<PathBuf>,
    log: Vec<u8>,
    records: Vec<Record>,
    work: Work,
    /// Names of users and keys, and the mark of the moment when their commands had ended.
    names: BTreeMap<(&'static str, String), u64>,
}

impl Recorded {
    /// Records users, keys, budgets, and spans over several days, with a restart in the middle.
    ///
    /// # Errors
    /// The server does not take something.
    pub fn make(
        bench: &Bench,
        shim: &Shim,
        folder: &Path,
        durability: &str,
        encrypted: bool,
    ) -> Result<Self> {
        let config = folder.join("quipu.toml");
        let key = encrypted.then(|| folder.join("key"));
        let mut text = format!("durability = \"{durability}\"\n{CONFIG}");
        if let Some(key) = &key {
            let bytes = Chance::new(KEY).bytes(32);
            fs::write(key, bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())?;
            fs::set_permissions(key, fs::Permissions::from_mode(0o600))?;
            text.push_str(&format!("[encryption]\nkey_file = \"{}\"\n", key.display()));
        }
        fs::write(&config, text)?;
        let disk = Disk::new(folder, true);
        fs::create_dir_all(&disk.root)?;
        let program = shim.program(&bench.binary, &disk, None)?;
        let mut made = Self {
            binary: bench.binary.clone(),
            config,
            key,
            log: Vec::new(),
            records: Vec::new(),
            work: Work::new(TRACES),
            names: BTreeMap::new(),
        };
        made.name(&program, &disk, "users", "adam", &["--role", "admin", "--own-password"])?;
        let half = made.work.all().end / 2;
        for (turn, part) in [0..half, half..made.work.all().end].into_iter().enumerate() {
            // The ready file and the server's own log are no files of the product.
            let server = made.server(&program, &disk.root)?;
            made.work.send(&server, part, true, || disk.logged());
            made.work.budget(&server, &format!("house-{turn}"), || disk.logged());
            made.name(
                &program,
                &disk,
                "users",
                ["edda", "vera"][turn],
                &["--role", "viewer", "--own-password"],
            )?;
            made.name(&program, &disk, "keys", ["agent", "board"][turn], &["--scope", "ingest"])?;
            made.work.budget(&server, &format!("team-{turn}"), || disk.logged());
            server.stop()?;
        }
        if made.work.acknowledged.len() as u64 != made.work.all().end || made.work.budgets.len() != 4 {
            bail!("a whole disk refuses {:?}", made.work.refused);
        }
        made.log = fs::read(disk.log.as_ref().context("the disk has no log")?)?;
        made.records = read(&made.log)?;
        Ok(made)
    }

    /// Changes that were logged.
    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// Writes the state after a cut at this many changes into a folder; returns its mark.
    pub fn lay(&self, model: Model, records: usize, chance: &mut Chance, into: &Path) -> Result<u64> {
        let before = &self.records[..records.min(self.records.len())];
        materialise(&self.log, before, model, chance, into)?;
        Ok(before.last().map_or(0, |record| record.end))
    }

    /// Starts the server on a folder and returns the errors.
    ///
    /// # Errors
    /// A command or an answer fails.
    pub fn look(&self, folder: &Path, mark: u64, repaired: &AtomicU64) -> Result<Vec<String>> {
        let data = folder.join("data");
        let server = match self.server(&self.binary, &data) {
            Ok(server) => server,
            Err(error) if format!("{error:#}").contains(REPAIR) => {
                repaired.fetch_add(1, Ordering::Relaxed);
                self.command(&self.binary, &data, &["check", "store", "--repair"], "")?;
                self.server(&self.binary, &data).context("after the repair that it asked for")?
            }
            Err(error) => return Err(error),
        };
        let mut wrong = stored::differs(&server, &self.work, mark)?;
        server.stop()?;
        wrong.extend(stored::damage(&self.binary, &data, &self.key_flag()));
        for kind in ["users", "keys"] {
            let said = self.command(&self.binary, &data, &[kind, "list", "--json"], "")?;
            let lost = self.names.iter().filter(|((of, name), at)| {
                *of == kind && **at <= mark && !said.contains(&format!("\"{name}\""))
            });
            wrong.extend(lost.map(|((_, name), _)| format!("{name} is not among the {kind}")));
        }
        if data.join("audit").is_dir() {
            wrong.extend(
                self.command(&self.binary, &data, &["audit", "verify"], "")
                    .err()
                    .map(|error| format!("{error:#}")),
            );
        }
        Ok(wrong)
    }

    /// Adds a user or a key.
    fn name(
        &mut self,
        program: &Path,
        disk: &Disk,
        kind: &'static str,
        name: &str,
        more: &[&str],
    ) -> Result<()> {
        self.command(program, &disk.root, &[&[kind, "add", name], more].concat(), PASSWORD)?;
        self.names.insert((kind, name.to_owned()), disk.logged());
        Ok(())
    }

    fn server(&self, program: &Path, data: &Path) -> Result<Server> {
        let config = self.config.to_str().context("the folder's name is no text")?;
        Server::beside(program, data, &["--config", config])
    }

    fn key_flag(&self) -> Vec<&str> {
        let key = self.key.as_ref().and_then(|key| key.to_str());
        key.map(|key| vec!["--key-file", key]).unwrap_or_default()
    }

    fn command(&self, program: &Path, data: &Path, words: &[&str], input: &str) -> Result<String> {
        let mut command = Command::new(program);
        command.args(words).arg("--data-dir").arg(data);
        if words[0] == "check" {
            command.args(self.key_flag());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("quipu")?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("quipu {}: {} {said} {}", words.join(" "), output.status, shell::tail(&error, 5));
        }
        Ok(said)
    }
}
