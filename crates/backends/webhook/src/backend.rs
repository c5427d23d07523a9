//! The webhook backend: posts the bodies of a batch one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use quipu_core::{
    Backend, Batch, Clock as _, Error, ErrorKind, Finding, Health, Leftover, Result, SystemClock,
};
use quipu_send::Http;

use crate::body::{Bodies, picked};
use crate::fault::{NAME, closed};
use crate::signature::Signer;
use crate::{Config, probe};

/// HTTP status of a body that is too large.
const TOO_LARGE: u16 = 413;

/// Posts records as JSON. A write succeeds once every request was answered with 2xx.
pub struct Webhook {
    config: Config,
    http: Http,
    signer: Signer,
    closed: AtomicBool,
}

impl Webhook {
    /// Checks the config; does not connect yet.
    ///
    /// # Errors
    /// A config value is invalid.
    pub fn open(config: Config) -> Result<Self> {
        config.check()?;
        let http = Http::new(&config.http()).map_err(|error| error.of_backend(NAME))?;
        let signer = Signer::new(&config)?;
        Ok(Self { config, http, signer, closed: AtomicBool::new(false) })
    }

    /// Posts one body.
    ///
    /// # Errors
    /// The server does not answer, or the answer is not 2xx.
    pub(crate) async fn post(&self, body: Vec<u8>) -> Result<()> {
        let headers = self.signer.headers(&body, SystemClock.now());
        let answer = self.http.post(self.config.url.expose(), "application/json", headers, body).await;
        let answer = answer.map_err(|error| error.of_backend(NAME))?;
        match answer.status {
            200..=299 => Ok(()),
            TOO_LARGE => {
                let context = format!("answered 413: set max_bytes below {}", self.config.max_bytes);
                Err(Error::new(ErrorKind::Invalid, "post records", context).of_backend(NAME))
            }
            _ => Err(answer.error("post records").of_backend(NAME)),
        }
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    async fn deliver(&self, batch: &Batch) -> Result<()> {
        let mut bodies = Bodies::new(batch, &self.config);
        let (mut taken, mut refused, mut again) = (0, Vec::new(), Vec::new());
        let mut first: Option<Error> = None;
        while let Some(body) = bodies.make() {
            match self.post(body.bytes).await {
                Ok(()) => taken += body.records.len(),
                // The receiver rejects this body; it may accept the next one.
                Err(error) if error.kind() == ErrorKind::Invalid => {
                    refused.extend(body.records);
                    first.get_or_insert(error);
                }
                Err(error) => {
                    again.extend(body.records);
                    again.extend(bodies.next()..batch.len());
                    first = Some(error);
                    break;
                }
            }
        }
        let is_whole = taken == 0 && refused.is_empty() && bodies.too_large.is_empty();
        match first {
            Some(error) if is_whole => return Err(error),
            None if bodies.too_large.is_empty() => return Ok(()),
            _ => {}
        }
        let too_large = bodies.too_large.len();
        refused.append(&mut bodies.too_large);
        let mut context = format!("{taken} records accepted, {} to retry", again.len());
        if too_large > 0 {
            context += &format!("; {too_large} larger than max_bytes ({})", self.config.max_bytes);
        }
        if let Some(error) = &first {
            context += &format!("; {}", error.context());
        }
        let leftover =
            Leftover { again: picked(batch, &again), refused: picked(batch, &refused), unnamed: 0 };
        let kind = first.as_ref().map_or(ErrorKind::Invalid, Error::kind);
        let told = Error::new(kind, "post records", context).of_backend(NAME).leaving(leftover);
        Err(match first.as_ref().and_then(Error::retry_after) {
            Some(wait) => told.with_retry_after(wait),
            None => told,
        })
    }
}

#[async_trait]
impl Backend for Webhook {
    fn name(&self) -> &str {
        NAME
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(closed("post records"));
        }
        self.deliver(&batch).await
    }

    fn health(&self) -> Health {
        match self.closed.load(Ordering::Relaxed) {
            true => Health::Down("closed".to_owned()),
            false => Health::Ready,
        }
    }

    async fn probe(&self) -> Vec<Finding> {
        probe::findings(self).await
    }

    async fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Relaxed);
        Ok(())
    }
}
