//! Helpers shared by the tests.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use quipu_backend_console::{Config, Console};
use quipu_core::{Backend, Batch};

/// A writer that exposes its bytes and its number of writes.
#[derive(Clone, Default)]
pub struct Shown(pub Arc<Mutex<(Vec<u8>, usize)>>);

impl Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.lock().unwrap();
        held.0.extend_from_slice(bytes);
        held.1 += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shown {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap()
    }

    pub fn writes(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

pub async fn shown(config: Config, batch: Batch) -> String {
    let shown = Shown::default();
    let console = Console::with_writer(config, shown.clone()).unwrap();
    console.write(Arc::new(batch)).await.unwrap();
    console.close().await.unwrap();
    shown.text()
}
