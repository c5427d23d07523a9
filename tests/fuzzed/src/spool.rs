//! Fuzz target: a spool with damaged files. Intact frames are delivered, damaged ones are skipped, and
//! nothing ends the process.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use quipu_backend_memory::Memory;
use quipu_conformance::sample::{batch, draft};
use quipu_core::{Backend, Batch, Error, ErrorKind, Intake as _, Result};
use quipu_pipeline::{DeliveryConfig, Exporter, Pipeline, PipelineParts};

use crate::store::{Files, patch, read_files, write_files};

/// An exporter that takes everything, or nothing.
struct Way {
    open: bool,
}

#[async_trait]
impl Backend for Way {
    fn name(&self) -> &'static str {
        "way"
    }

    async fn write(&self, _: Arc<Batch>) -> Result<()> {
        match self.open {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Unavailable, "write", "closed")),
        }
    }
}

fn settings() -> DeliveryConfig {
    DeliveryConfig { batch_delay_ms: 1, close_timeout_ms: 50, retry_first_ms: 1, ..DeliveryConfig::default() }
}

fn pipeline(folder: &Path, open: bool) -> Pipeline {
    let exporter = Exporter {
        config: settings(),
        folder: Some(folder.to_path_buf()),
        ..Exporter::new(Arc::new(Way { open }))
    };
    Pipeline::start(PipelineParts {
        exporters: vec![exporter],
        ..PipelineParts::new(Arc::new(Memory::new()))
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A spool with a few batches in it, made once.
fn spool() -> &'static Files {
    static SPOOL: OnceLock<Files> = OnceLock::new();
    SPOOL.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        runtime().block_on(async {
            let pipeline = pipeline(folder.path(), false);
            for trace in 1..=4 {
                let spans: Vec<_> = (1..=3).map(|number| draft(trace, number).span()).collect();
                pipeline.submit(batch(spans, [])).await.unwrap();
            }
            pipeline.close().await.unwrap();
        });
        read_files(folder.path())
    })
}

/// Triples of where and what: bytes of the spool's files are replaced.
pub fn feed(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &patch(spool(), bytes));
    runtime().block_on(async {
        let pipeline = pipeline(folder.path(), true);
        pipeline.flush().await.unwrap();
        pipeline.close().await.unwrap();
    });
}
