//! The ClickHouse store against a real engine, behind the feature `server`.
//!
//! Verb: JUDGE the whole.
//! Takes: a server, whose address is in the environment (`cargo xtask integration clickhouse` starts one).
//! Gives: whether the store answers as the others do, through cuts, repeats and merges (`tests/it`).
//! Never: ships.
