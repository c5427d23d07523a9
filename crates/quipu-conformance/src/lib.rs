//! One list of cases that every backend and adapter runs.
