//! Way from an OTLP message to the intake.

use std::fmt;
use std::sync::Arc;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use prost::Message;
use quipu_core::{Clock as _, Intake, Limits, SystemClock};
use quipu_otlp::{Encoding, Signal, decode};

/// Intake of one exporter.
#[derive(Clone)]
pub(crate) struct Feed(Arc<dyn Intake>);

impl Feed {
    pub fn new(intake: Arc<dyn Intake>) -> Self {
        Self(intake)
    }

    /// Submits the records of an export request.
    ///
    /// # Errors
    /// The intake refuses the batch, or an item is invalid; the valid items are submitted.
    pub async fn submit(&self, signal: Signal, request: impl Message) -> OTelSdkResult {
        let (body, limits) = (request.encode_to_vec(), Limits::default());
        let decoded = decode(signal, &body, Encoding::Protobuf, &limits, SystemClock.now());
        let decoded = decoded.map_err(|error| failure(&error))?;
        self.0.submit_raw(decoded.batch).await.map_err(|error| failure(&error))?;
        match decoded.rejected.count() {
            0 => Ok(()),
            count => Err(OTelSdkError::InternalFailure(format!("quipu: {count} items are invalid"))),
        }
    }
}

fn failure(error: &quipu_core::Error) -> OTelSdkError {
    OTelSdkError::InternalFailure(format!("quipu: {error}"))
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Feed")
    }
}
