//! Tables of the store as SQL, for one server or a cluster.

use crate::sql::{identifier, text};

/// Version of the tables' layout. A store with a newer one is not opened.
pub const LAYOUT: u32 = 1;

/// Names of the cluster whose servers get the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Name of the cluster in the server's configuration.
    pub name: String,
}

/// Engine of a table, as the part of its name before `MergeTree`, with its arguments.
enum Engine {
    Plain,
    /// Keeps the row with the greatest value of the column.
    Replacing(&'static str),
    Aggregating,
}

struct Table {
    name: &'static str,
    engine: Engine,
    columns: &'static str,
    partition: &'static str,
    order: &'static str,
    settings: &'static str,
}

/// Inserts whose tokens a table remembers.
const DEDUPLICATION_WINDOW: u32 = 10_000;

/// Rows with texts are large; the default of 10 MiB would make granules of a few rows.
const LARGE_ROWS: &str = ", index_granularity_bytes = 67108864";

const TABLES: [Table; 10] = [
    Table {
        name: "layout",
        engine: Engine::Plain,
        columns: "version UInt32",
        partition: "",
        order: "version",
        settings: "",
    },
    Table {
        name: "spans",
        engine: Engine::Replacing("version"),
        columns: "\
    day Int32,
    trace_id FixedString(16),
    span_id FixedString(8),
    parent_id FixedString(8),
    version UInt64 CODEC(Delta, ZSTD),
    start Int64 CODEC(Delta, ZSTD),
    ended Int64 CODEC(Delta, ZSTD),
    running UInt8,
    started_at DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(start, 'UTC'),
    name LowCardinality(String),
    kind LowCardinality(String),
    status LowCardinality(String),
    service LowCardinality(String),
    framework LowCardinality(String),
    agent LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    tool LowCardinality(String),
    session String CODEC(ZSTD),
    user String CODEC(ZSTD),
    project LowCardinality(String),
    commit String CODEC(ZSTD),
    branch LowCardinality(String),
    tags Array(LowCardinality(String)),
    words Array(String) CODEC(ZSTD),
    head String CODEC(ZSTD(3)),
    contents String CODEC(ZSTD(3)),
    INDEX start_range start TYPE minmax GRANULARITY 1,
    INDEX sessions session TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX users user TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX words_text words TYPE text(tokenizer = 'array')",
        partition: "day",
        order: "(trace_id, span_id)",
        settings: LARGE_ROWS,
    },
    Table {
        name: "refused",
        engine: Engine::Replacing("version"),
        columns: "\
    trace_id FixedString(16),
    span_id FixedString(8),
    version UInt64,
    versions String CODEC(ZSTD(3))",
        partition: "",
        order: "(trace_id, span_id)",
        settings: LARGE_ROWS,
    },
    Table {
        name: "ledger",
        engine: Engine::Replacing("version"),
        columns: "\
    day Int32,
    trace_id FixedString(16),
    span_id FixedString(8),
    version UInt64 CODEC(Delta, ZSTD),
    time Int64 CODEC(Delta, ZSTD),
    counts UInt8,
    is_usage UInt8,
    kind LowCardinality(String),
    rule LowCardinality(String),
    service LowCardinality(String),
    framework LowCardinality(String),
    agent LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    tool LowCardinality(String),
    tools Array(LowCardinality(String)),
    input_tokens UInt64,
    output_tokens UInt64,
    cost_usd Decimal(76, 24),
    body String CODEC(ZSTD(3)),
    INDEX time_range time TYPE minmax GRANULARITY 1",
        partition: "day",
        order: "(trace_id, span_id)",
        settings: "",
    },
    Table {
        name: "usage_hours",
        engine: Engine::Aggregating,
        columns: "\
    hour Int64,
    named UInt8,
    billing UInt8,
    model LowCardinality(String),
    provider LowCardinality(String),
    agent LowCardinality(String),
    framework LowCardinality(String),
    service LowCardinality(String),
    convention LowCardinality(String),
    tool LowCardinality(String),
    rows SimpleAggregateFunction(sum, Int64),
    calls SimpleAggregateFunction(sum, Int64),
    errors SimpleAggregateFunction(sum, Int64),
    deviating SimpleAggregateFunction(sum, Int64),
    input SimpleAggregateFunction(sum, Int64),
    output SimpleAggregateFunction(sum, Int64),
    cache_read SimpleAggregateFunction(sum, Int64),
    cache_write SimpleAggregateFunction(sum, Int64),
    reasoning SimpleAggregateFunction(sum, Int64),
    cost SimpleAggregateFunction(sum, Decimal(76, 24)),
    cost_rows SimpleAggregateFunction(sum, Int64),
    subscription SimpleAggregateFunction(sum, Decimal(76, 24)),
    subscription_rows SimpleAggregateFunction(sum, Int64),
    reported SimpleAggregateFunction(sum, Decimal(76, 24)),
    reported_rows SimpleAggregateFunction(sum, Int64),
    unpriced SimpleAggregateFunction(sumMap, Map(UInt16, Int64)),
    latency SimpleAggregateFunction(sumMap, Map(UInt16, Int64)),
    latency_sum SimpleAggregateFunction(sum, Int64),
    estimated_calls SimpleAggregateFunction(sum, Int64),
    estimated_input SimpleAggregateFunction(sum, Int64),
    estimated_output SimpleAggregateFunction(sum, Int64),
    estimated_low SimpleAggregateFunction(sum, Decimal(76, 24)),
    estimated_cost SimpleAggregateFunction(sum, Decimal(76, 24)),
    estimated_high SimpleAggregateFunction(sum, Decimal(76, 24)),
    estimated_rows SimpleAggregateFunction(sum, Int64)",
        partition: "intDiv(hour, 2592000000000000)",
        order: "(hour, named, billing, model, provider, agent, framework, service, convention, tool)",
        settings: "",
    },
    Table {
        name: "commits",
        engine: Engine::Replacing("done"),
        columns: "\
    version UInt64,
    done UInt8,
    ledger String CODEC(ZSTD),
    usage String CODEC(ZSTD)",
        partition: "",
        order: "version",
        settings: LARGE_ROWS,
    },
    Table {
        name: "events",
        engine: Engine::Replacing("rank"),
        columns: "\
    day Int32,
    time Int64 CODEC(Delta, ZSTD),
    identity FixedString(16),
    number Int64,
    rank UInt64 MATERIALIZED bitNot(toUInt64(number)),
    level UInt8,
    name LowCardinality(String),
    trace_id FixedString(16),
    session String CODEC(ZSTD),
    agent LowCardinality(String),
    framework LowCardinality(String),
    service LowCardinality(String),
    body String CODEC(ZSTD(3)),
    INDEX traces trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX sessions session TYPE bloom_filter(0.01) GRANULARITY 1",
        partition: "day",
        order: "(time, identity)",
        settings: LARGE_ROWS,
    },
    Table {
        name: "metrics",
        engine: Engine::Replacing("rank"),
        columns: "\
    name LowCardinality(String),
    series FixedString(16),
    rank UInt64,
    service LowCardinality(String),
    series_key String CODEC(ZSTD(3)),
    body String CODEC(ZSTD(3))",
        partition: "",
        order: "(name, series)",
        settings: "",
    },
    Table {
        name: "points",
        engine: Engine::Replacing("rank"),
        columns: "\
    day Int32,
    name LowCardinality(String),
    series FixedString(16),
    time Int64 CODEC(Delta, ZSTD),
    rank UInt64 CODEC(Delta, ZSTD),
    traces Array(FixedString(16)),
    body String CODEC(ZSTD)",
        partition: "day",
        order: "(name, series, time)",
        settings: "",
    },
    Table {
        name: "meetings",
        engine: Engine::Replacing("version"),
        columns: "\
    day Int32,
    meeting Int64,
    trace_id FixedString(16),
    version UInt64 CODEC(Delta, ZSTD)",
        partition: "day",
        order: "(meeting, trace_id)",
        settings: "",
    },
];

const HOLDS: Table = Table {
    name: "holds",
    engine: Engine::Replacing("version"),
    columns: "\
    trace_id FixedString(16),
    version UInt64,
    released UInt8,
    since Int64,
    by String,
    note String",
    partition: "",
    order: "trace_id",
    settings: "",
};

/// Place of the server among the shards of a store; empty for a store in one server.
const SHARD: Table = Table {
    name: "shard",
    engine: Engine::Plain,
    columns: "number UInt32, of UInt32",
    partition: "",
    order: "number",
    settings: "",
};

/// The statement that makes the table of the place among shards, in a database of an earlier version.
pub(crate) fn shard_statement(database: &str) -> String {
    SHARD.statement(&identifier(database), "", false)
}

/// The statements that make the database and its tables, in order; each may run again. With a cluster, the
/// tables are replicated within each shard.
pub fn statements(database: &str, cluster: Option<&Cluster>) -> Vec<String> {
    let on = cluster.map(|cluster| format!(" ON CLUSTER {}", text(&cluster.name))).unwrap_or_default();
    let database = identifier(database);
    let first = format!("CREATE DATABASE IF NOT EXISTS {database}{on}");
    let tables =
        TABLES.iter().chain([&HOLDS, &SHARD]).map(|table| table.statement(&database, &on, cluster.is_some()));
    let last = format!(
        "INSERT INTO {database}.layout SELECT {LAYOUT} WHERE (SELECT count() FROM {database}.layout) = 0"
    );
    [first].into_iter().chain(tables).chain([last]).collect()
}

impl Table {
    fn statement(&self, database: &str, on: &str, replicated: bool) -> String {
        let Self { name, columns, order, settings, .. } = self;
        let partition = match self.partition {
            "" => String::new(),
            by => format!("\nPARTITION BY {by}"),
        };
        let window = if replicated { "replicated" } else { "non_replicated" };
        let separator = if columns.starts_with(' ') { "\n" } else { "\n    " };
        format!(
            "CREATE TABLE IF NOT EXISTS {database}.{name}{on} ({separator}{columns}\n)\nENGINE = {}{partition}\n\
             ORDER BY {order}\nSETTINGS {window}_deduplication_window = {DEDUPLICATION_WINDOW}{settings}",
            self.engine(replicated)
        )
    }

    fn engine(&self, replicated: bool) -> String {
        let (kind, column) = match self.engine {
            Engine::Plain => ("", ""),
            Engine::Replacing(column) => ("Replacing", column),
            Engine::Aggregating => ("Aggregating", ""),
        };
        if !replicated {
            return format!("{kind}MergeTree({column})");
        }
        let place = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
        let column = if column.is_empty() { String::new() } else { format!(", {column}") };
        format!("Replicated{kind}MergeTree({place}{column})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_needs_no_keeper() {
        let all = statements("quipu", None).join(";\n");
        assert!(!all.contains("Replicated") && !all.contains("ON CLUSTER"));
        assert!(all.contains("ENGINE = ReplacingMergeTree(version)"));
        assert_eq!(all.matches("non_replicated_deduplication_window = 10000").count(), 12);
        assert!(!all.contains("MATERIALIZED VIEW"), "a view would count a repeated batch again");
    }

    #[test]
    fn a_cluster_gets_replicated_tables() {
        let all = statements("quipu", Some(&Cluster { name: "main".into() }));
        let tables: Vec<_> = all.iter().filter(|one| one.starts_with("CREATE TABLE")).collect();
        assert_eq!(tables.len(), 12);
        for table in tables {
            assert!(
                table.contains(" ON CLUSTER 'main' (") && table.contains("ENGINE = Replicated"),
                "{table}"
            );
            assert!(table.contains("SETTINGS replicated_deduplication_window"), "{table}");
        }
    }

    #[test]
    fn names_are_quoted() {
        let all = statements("a`; DROP", Some(&Cluster { name: "it's".into() }));
        assert_eq!(all[0], r"CREATE DATABASE IF NOT EXISTS `a\`; DROP` ON CLUSTER 'it\'s'");
    }
}
