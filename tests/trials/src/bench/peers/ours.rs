//! Quipu, started with its default configuration.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::product::{Product, Question, Running, Sent};
use super::{length, number};
use crate::integration::{Http, Server};

/// The binary under test.
pub struct Quipu {
    /// Path of the binary.
    pub binary: PathBuf,
    /// Client for the count of stored spans.
    pub http: Http,
}

impl Product for Quipu {
    fn name(&self) -> &'static str {
        "quipu"
    }

    fn start(&self, folder: &Path) -> Result<Running> {
        Ok(Running::ours(Server::on(&self.binary, folder, &[])?))
    }

    fn stored(&self, running: &Running, _folder: &Path) -> Result<u64> {
        let url = format!("{}/api/v1/status", running.api);
        let status = self.http.json(&url)?;
        status.pointer("/store/spans").and_then(Value::as_u64).with_context(|| format!("{url}: {status}"))
    }

    fn fold(&self, _folder: &Path) -> Result<()> {
        Ok(())
    }

    fn questions(&self, api: &str, sent: &Sent) -> Vec<Question> {
        let at = |path: &str| format!("{api}/api/v1/{path}");
        let one = format!("traces/{}", sent.trace);
        vec![
            Question::list(at("traces?limit=50"), None, |seen| length(&seen["traces"])),
            Question::trace(at(&one), |seen| length(&seen["spans"])),
            Question::tokens(at("usage"), None, sent, |seen| number(&seen["total"]["tokens"]["total"])),
        ]
    }
}
