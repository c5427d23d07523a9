// guide: docs/guide/start/rust.md rust 1
