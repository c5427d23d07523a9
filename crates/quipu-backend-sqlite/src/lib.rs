//! The embedded store: SQLite, one file a day.
