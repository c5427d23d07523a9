//! Moves records from the entrances to the backends.
