//! The samples of the design documents, in their order.

/// A sample.
pub struct Row {
    /// The document: A developer guide, B framework review, C enterprise design, D agent telemetry, E
    /// integration guide.
    pub document: char,
    /// The sample in the words of its document.
    pub sample: &'static str,
    /// Lines of the sample: its calls, or for a class its length.
    pub lines: usize,
    /// The same with Quipu.
    pub here: Here,
    /// Reason for more lines.
    pub reason: &'static str,
}

/// A place that shows a sample.
pub enum Here {
    /// A block of this folder.
    Block(&'static str),
    /// Tests or suites elsewhere: the lines that a user writes, and file and name of each.
    Elsewhere(usize, &'static [(&'static str, &'static str)]),
}

use Here::{Block, Elsewhere};

const fn row(document: char, sample: &'static str, lines: usize, here: Here) -> Row {
    Row { document, sample, lines, here, reason: "" }
}

const TERMINAL: &str = "crates/cli/tests/it/terminal.rs";
const SUITES: &str = "tests/trials/src/integration/mod.rs";

/// All samples.
pub const ROWS: [Row; 42] = [
    row('A', "logger, `set_session_context`, `log_agent_start`", 3, Block("log_agent_start")),
    row('A', "`EventFilter` with level, frameworks and predicate", 1, Block("event_filter")),
    row('A', "`trace_agent_operation`", 1, Block("trace_agent_operation")),
    row('A', "`@trace_function(operation_name, attributes)`", 1, Block("trace_function")),
    row('A', "`track_llm_usage(..., duration_ms)` and its `cost_usd`", 2, Block("track_llm_usage")),
    row('A', "`add_pricing_model(ModelPricing(...))`", 1, Block("add_pricing_model")),
    row('A', "`estimate_cost`", 1, Block("estimate_cost")),
    row('A', "`set_budget` and a callback", 2, Block("set_budget")),
    row('A', "`add_exporter(\"otlp\", endpoint)`", 1, Block("add_exporter")),
    row(
        'A',
        "wrapper classes for LangGraph and CrewAI",
        40,
        Elsewhere(5, &[(SUITES, "frameworks"), (SUITES, "rust-frameworks")]),
    ),
    Row {
        document: 'A',
        sample: "`CustomProvider` with prices and tokens, `add_provider`",
        lines: 6,
        here: Block("add_provider"),
        reason: "a tokenizer also states its models and its error",
    },
    row(
        'A',
        "test client of `/api/metrics`",
        1,
        Elsewhere(1, &[("crates/server/api/tests/it/work.rs", "the_summary_of_a_range_by_framework")]),
    ),
    row('B', "`record_agent_execution(...)`, seven values", 1, Block("record_agent_execution")),
    row('B', "`record_histogram`, `get_histogram_stats`", 2, Block("record_histogram")),
    row('B', "`start_span`, `trace_function`", 1, Block("start_span")),
    row('B', "presets", 1, Block("presets")),
    row('B', "`flush`, `get_finished_spans`", 2, Block("get_finished_spans")),
    row(
        'B',
        "PagerDuty, anomalies, service levels",
        3,
        Elsewhere(
            3,
            &[(
                "crates/server/alert/tests/it/channels.rs",
                "pagerduty_gets_one_key_for_trigger_acknowledge_and_resolve",
            )],
        ),
    ),
    row('C', "`@observe(metric=, log_level=, trace=)`", 1, Block("observe")),
    row('C', "`observe_span(\"llm_call\", model=...)`", 1, Block("observe_span")),
    row('C', "`logger.bind(...).info(\"...\", tasks=5)`", 1, Block("logger_bind")),
    row(
        'D',
        "two variables for a vendor's OTLP endpoint",
        2,
        Elsewhere(
            2,
            &[(
                "crates/backends/otlp/tests/it/environment.rs",
                "one_endpoint_serves_all_signals_with_headers_and_packing",
            )],
        ),
    ),
    row(
        'D',
        "`summary`",
        1,
        Elsewhere(1, &[(TERMINAL, "periods_and_the_summary_equal_the_interface_from_both_sources")]),
    ),
    row(
        'D',
        "`export --output`",
        1,
        Elsewhere(1, &[(TERMINAL, "an_export_equals_the_store_and_is_imported_again")]),
    ),
    row('D', "`grafana-check`", 1, Elsewhere(1, &[(TERMINAL, "the_grafana_check_has_one_verdict")])),
    row(
        'D',
        "`benchmark --iterations`",
        1,
        Elsewhere(1, &[("crates/cli/tests/it/benchmark.rs", "figures_are_measured_in_a_folder_of_its_own")]),
    ),
    row('D', "`@track_tool_execution(\"x\")`", 1, Block("track_tool_execution")),
    Row {
        document: 'D',
        sample: "`log_tool_usage(...)`, five values",
        lines: 1,
        here: Block("log_tool_usage"),
        reason: "one line has at most 110 columns",
    },
    row('D', "`track_llm_request(model, tokens, response_time)`", 1, Block("track_llm_request")),
    row('D', "`log_performance_metrics(...)`, four values", 1, Block("log_performance_metrics")),
    row('D', "`log_business_event(name, {...})`", 1, Block("log_business_event")),
    row(
        'D',
        "`set_performance_baseline`, `get_tool_performance_report`",
        2,
        Block("get_tool_performance_report"),
    ),
    row('D', "`create_counter`, `add`", 2, Block("custom_counter")),
    row('E', "`initialize_observability(...)`", 1, Block("initialize_observability")),
    row('E', "`ObservabilityConfig` with 14 fields", 14, Block("observability_config")),
    row('E', "`step1 >> step2 >> step3`", 1, Block("sequence")),
    row('E', "router, cache, timeout", 3, Block("router_cache_timeout")),
    row('E', "manual span with attribute and event", 3, Block("manual_span")),
    row('E', "`monitored_operation`", 40, Block("monitored_operation")),
    row(
        'E',
        "`tracked_llm_call`",
        50,
        Elsewhere(3, &[("crates/agent/http/tests/it/client.rs", "every_provider_is_read_and_passed_on")]),
    ),
    Row {
        document: 'E',
        sample: "`instrument()` of the HTTP client",
        lines: 1,
        here: Block("httpx_instrument"),
        reason: "one chain for each client; Rust patches no foreign code",
    },
    row('E', "error log and span error of `risky_operation`", 2, Block("risky_operation")),
];
