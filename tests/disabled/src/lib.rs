//! What is left in a program of the library that is compiled out.
//!
//! Verb: JUDGE the whole.
//! Takes: a small program, with and without instrumentation.
//! Gives: whether the compiler made the same of both (`tests/it`).
//! Never: ships.
