//! Rust blocks of README and guide, within the code that their pages leave out. The build script puts the
//! blocks into the programs of `tests/guide`.

include!(concat!(env!("OUT_DIR"), "/guide/mod.rs"));
