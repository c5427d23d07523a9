//! A stand-in for `legacy` in builds without the feature: it cannot be opened.

use std::convert::Infallible;
use std::sync::Arc;

use quipu_core::{Batch, Error, ErrorKind, Finding, Result};

use crate::Config;
use crate::fault::NAME;
use crate::state::SenderState;

/// A type without values.
#[derive(Debug)]
pub(crate) struct Legacy(Infallible);

impl Legacy {
    pub fn open(_: &Config, _: &Arc<SenderState>) -> Result<Self> {
        let context = "this build has no feature `legacy-agent`, which agents and Thrift need: send OTLP, \
            which Jaeger supports since 1.35";
        Err(Error::new(ErrorKind::Unsupported, "open backend", context).of_backend(NAME))
    }

    pub async fn write(&self, _: Arc<Batch>) -> Result<()> {
        match self.0 {}
    }

    pub async fn probe(&self, _: Batch) -> Vec<Finding> {
        match self.0 {}
    }
}
