//! Credentials that expire: tokens from a program or a server, and signatures.

mod bearer;
mod command;
mod sigv4;

use std::sync::Arc;

use quipu_core::Result;
use quipu_send::Authorize;
use serde::Deserialize;

pub use bearer::Bearer;
pub use sigv4::Sigv4;

/// Authorization of requests, other than by a fixed header.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// A token that is fetched, and replaced before it expires.
    Bearer(Bearer),
    /// AWS's signature, version 4.
    Sigv4(Sigv4),
}

impl Auth {
    /// Creates the authorizer of requests.
    pub(crate) fn open(&self) -> Result<Arc<dyn Authorize>> {
        match self {
            Self::Bearer(bearer) => Ok(Arc::new(bearer.clone().open()?)),
            Self::Sigv4(sigv4) => Ok(Arc::new(sigv4.clone().open()?)),
        }
    }
}
