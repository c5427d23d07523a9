//! Debian's Alertmanager as a program of the suites.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::packages;
use super::tools::{self, Program};
use super::{Http, prometheus};
use crate::shell;

/// Debian's Alertmanager reads its templates from here; the path is compiled in.
const TEMPLATES: &str = "/usr/share/prometheus/alertmanager/default.tmpl";

/// A running Alertmanager.
pub struct Alertmanager {
    _program: Program,
    http: Http,
    url: String,
}

impl Alertmanager {
    /// Finds the program, or brings Debian's package.
    ///
    /// # Errors
    /// It is not there and cannot be brought.
    pub fn find(cache: &Path) -> Result<PathBuf> {
        let program = packages::apt(cache, "prometheus-alertmanager", "prometheus-alertmanager")?;
        if !Path::new(TEMPLATES).is_file() {
            bail!("{TEMPLATES} is lacking: only root can install it");
        }
        Ok(program)
    }

    /// Starts it with the text of a configuration file, on a port.
    ///
    /// # Errors
    /// It is not ready in time.
    pub fn start(program: &Path, folder: &Path, config: &str, port: u16) -> Result<Self> {
        let file = folder.join("alertmanager.yml");
        fs::write(&file, config)?;
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.join("alerts").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--cluster.listen-address=");
        let program = Program::start(&mut command, &folder.join("alertmanager.log"))?;
        let (http, url) = (Http::new(Duration::from_secs(5)), format!("http://127.0.0.1:{port}"));
        let ready = || http.get(&format!("{url}/-/ready")).ok().filter(|answer| answer.status == 200);
        shell::poll(Duration::from_secs(15), || ready().or_else(prometheus::pause))
            .ok_or_else(|| anyhow!("Alertmanager is not ready: {}", shell::tail(&program.said(), 5)))?;
        Ok(Self { _program: program, http, url })
    }

    /// Starts it on a free port.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn fresh(program: &Path, folder: &Path, config: &str) -> Result<Self> {
        Self::start(program, folder, config, tools::free_port()?)
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Posts to its API, version 2.
    ///
    /// # Errors
    /// It does not answer, or rejects the body.
    pub fn post(&self, what: &str, body: &Value) -> Result<()> {
        let headers = [("content-type", "application/json")];
        let url = format!("{}/api/v2/{what}", self.url);
        let answer = self.http.post(&url, &headers, body.to_string().as_bytes())?;
        if answer.status != 200 {
            bail!("POST {url}: {} {}", answer.status, answer.text());
        }
        Ok(())
    }

    /// Reads from its API, version 2.
    ///
    /// # Errors
    /// It does not answer well.
    pub fn get(&self, what: &str) -> Result<Value> {
        self.http.json(&format!("{}/api/v2/{what}", self.url)).context("Alertmanager")
    }
}
