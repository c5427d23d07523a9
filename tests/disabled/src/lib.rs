//! Programs with the library compiled out, for tests of its remains.
//!
//! Verb: JUDGE the whole.
//! Takes: a small program, with and without instrumentation.
//! Gives: whether the compiler made the same code of both (`tests/it`).
//! Never: ships.
