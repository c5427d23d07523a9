//! Decides which spans are calls, exactly once.
