//! Redaction settings of the server: their defaults and the key that values are hashed with.

use anyhow::Result;
use quipu::pipeline::{Capture, RedactConfig};
use quipu_runtime::Variables;
use serde::Deserialize as _;

/// The server's default redaction: secrets. Contents stay, because their senders want them stored.
pub fn redact() -> RedactConfig {
    RedactConfig { contents: Some(Capture::all(true)), ..RedactConfig::default() }
}

pub fn read_redact<'de, D: serde::Deserializer<'de>>(from: D) -> Result<RedactConfig, D::Error> {
    let said = RedactConfig::deserialize(from)?;
    let contents = said.contents.clone().or_else(|| redact().contents);
    Ok(RedactConfig { contents, ..said })
}

pub fn read_own_redact<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<RedactConfig>, D::Error> {
    read_redact(from).map(Some)
}

/// Puts what variables hold into the key that values are hashed with.
pub fn fill_key(table: &str, said: &mut RedactConfig) -> Result<()> {
    let Some(key) = &mut said.key else { return Ok(()) };
    let variables = Variables::of_process();
    key.change(|text| variables.filled(text)).map_err(|why| anyhow::anyhow!("{table}.key: {why}"))
}
