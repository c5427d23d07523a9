//! Rights that expire: tokens that a program or a server gives, and signatures.

mod bearer;
mod command;
mod sigv4;

use std::sync::Arc;

use quipu_core::Result;
use quipu_send::Authorize;
use serde::Deserialize;

pub use bearer::Bearer;
pub use sigv4::Sigv4;

/// What lets requests in, where a fixed header does not.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// A token that is fetched, and fetched again before it expires.
    Bearer(Bearer),
    /// AWS's signature, version 4.
    Sigv4(Sigv4),
}

impl Auth {
    /// What signs requests with it.
    pub(crate) fn open(&self) -> Result<Arc<dyn Authorize>> {
        match self {
            Self::Bearer(bearer) => Ok(Arc::new(bearer.clone().open()?)),
            Self::Sigv4(sigv4) => Ok(Arc::new(sigv4.clone().open()?)),
        }
    }
}
