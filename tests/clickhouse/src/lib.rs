//! Tests of the ClickHouse store against a real engine. They are in `tests/`, behind the feature `server`.
