//! `Backend` of the pipeline: writes to the embedded store.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{Backend, Batch, Health, Result};

use crate::fault::NAME;
use crate::sqlite::Sqlite;
use crate::write::Request;

#[async_trait]
impl Backend for Sqlite {
    fn name(&self) -> &str {
        NAME
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        self.submit(batch, Vec::new()).await
    }

    fn health(&self) -> Health {
        self.shared.health()
    }

    async fn flush(&self) -> Result<()> {
        if self.shared.read_only {
            return Ok(());
        }
        self.request(|_, answer| Ok(Request::Flush(answer))).await
    }

    async fn close(&self) -> Result<()> {
        self.shut().await
    }
}
