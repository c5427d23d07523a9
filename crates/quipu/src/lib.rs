//! The facade: cargo features choose backends and adapters.
