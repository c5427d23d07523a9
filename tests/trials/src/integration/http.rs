//! A plain HTTP client: no certificates, limited redirects, whole bodies.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::typestate::WithBody;
use ureq::{Agent, RequestBuilder};

/// Bodies beyond this are not answers but accidents.
const MOST: u64 = 1 << 30;

/// A client that keeps its connections.
#[derive(Clone)]
pub struct Http(Agent);

/// Status and body.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body as sent.
    pub body: Vec<u8>,
}

impl Answer {
    /// The start of the body, for messages.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(200).collect()
    }
}

impl Http {
    /// A client that gives up after `patience`.
    pub fn new(patience: Duration) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(patience));
        Self(config.build().into())
    }

    /// Sends a GET request.
    ///
    /// # Errors
    /// No answer.
    pub fn get(&self, url: &str) -> Result<Answer> {
        let response = self.0.get(url).call().with_context(|| format!("GET {url}"))?;
        let status = response.status().as_u16();
        let body = response.into_body().into_with_config().limit(MOST).read_to_vec()?;
        Ok(Answer { status, body })
    }

    /// Sends a GET request for JSON.
    ///
    /// # Errors
    /// No answer, a status other than 200, or no JSON.
    pub fn json(&self, url: &str) -> Result<Value> {
        let answer = self.get(url)?;
        if answer.status != 200 {
            bail!("GET {url}: {} {}", answer.status, answer.text());
        }
        serde_json::from_slice(&answer.body).with_context(|| format!("GET {url}"))
    }

    /// Sends.
    ///
    /// # Errors
    /// No answer.
    pub fn post(&self, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
        send(self.0.post(url), headers, body).with_context(|| format!("POST {url}"))
    }

    /// Puts.
    ///
    /// # Errors
    /// No answer.
    pub fn put(&self, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
        send(self.0.put(url), headers, body).with_context(|| format!("PUT {url}"))
    }
}

fn send(request: RequestBuilder<WithBody>, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.send(body)?;
    let status = response.status().as_u16();
    let body = response.into_body().into_with_config().limit(MOST).read_to_vec()?;
    Ok(Answer { status, body })
}
