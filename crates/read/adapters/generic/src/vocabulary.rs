//! Words of attribute keys, by their meaning.

use quipu_core::Kind;

/// Words of limits, prices and estimates. Such a figure is no usage.
pub(crate) const BOUNDS: &[&str] = &[
    "max",
    "maximum",
    "min",
    "minimum",
    "limit",
    "limits",
    "limiter",
    "quota",
    "quotas",
    "budget",
    "budgets",
    "remaining",
    "available",
    "allowed",
    "reserved",
    "threshold",
    "capacity",
    "ratelimit",
    "price",
    "prices",
    "pricing",
    "avg",
    "average",
    "mean",
    "median",
    "p50",
    "p90",
    "p95",
    "p99",
    "estimate",
    "estimated",
    "estimates",
    "expected",
    "predicted",
];
/// Words of amounts of money.
pub(crate) const COSTS: &[&str] = &["cost", "costs", "usd"];
/// Words of speeds, positions and similar measures. Such a figure alone is no usage.
pub(crate) const MEASURES: &[&str] = &[
    "window", "rate", "per", "second", "seconds", "minute", "target", "ms", "latency", "id", "ids", "index",
    "offset", "version", "expires", "ttl", "vocab", "chunk", "chunks", "time", "first", "duration",
    "elapsed", "sec", "secs", "ttft", "speed",
];
/// Words of records of earlier calls.
pub(crate) const HISTORY: &[&str] =
    &["history", "previous", "prior", "messages", "memory", "example", "examples", "past"];
/// Words of sums over several calls.
pub(crate) const SUMS: &[&str] = &[
    "cumulative",
    "session",
    "aggregate",
    "aggregated",
    "accumulated",
    "running",
    "sum",
    "overall",
    "lifetime",
    "conversation",
    "daily",
    "today",
    "far",
    "accrued",
    "monthly",
    "weekly",
];
/// Words of buckets without a separate price.
pub(crate) const PARTS: &[&str] =
    &["audio", "image", "images", "video", "prediction", "accepted", "rejected", "miss"];
pub(crate) const CACHE: &[&str] = &["cache", "cached", "caching"];
pub(crate) const UNCACHED: &[&str] = &["uncached", "noncached"];
/// Words that turn a word for a cache into its opposite.
pub(crate) const NEGATIONS: &[&str] = &["non", "not"];
pub(crate) const WRITE: &[&str] = &["write", "written", "writes", "creation", "created", "create"];
pub(crate) const REASONING: &[&str] = &["reasoning", "thinking", "thought", "thoughts"];
pub(crate) const INPUT: &[&str] =
    &["input", "inputs", "in", "prompt", "prompts", "sent", "request", "question"];
pub(crate) const OUTPUT: &[&str] = &[
    "output",
    "outputs",
    "out",
    "completion",
    "completions",
    "generated",
    "generation",
    "candidates",
    "candidate",
    "response",
    "answer",
    "received",
    "reply",
];
pub(crate) const TOTAL: &[&str] = &["total", "totals", "all"];
/// Words that do not identify the call of a figure.
pub(crate) const FILLERS: &[&str] = &[
    "count", "counts", "number", "num", "n", "usage", "used", "details", "detail", "read", "hit", "hits",
    "content",
];
/// Words of requests.
pub(crate) const SENT: &[&str] =
    &["request", "req", "input", "inputs", "prompt", "params", "parameters", "args", "arguments", "config"];
/// Words of answers.
pub(crate) const ANSWERED: &[&str] = &[
    "response",
    "resp",
    "result",
    "results",
    "output",
    "outputs",
    "answer",
    "completion",
    "reply",
    "usage",
    "returned",
];

/// Words of the model that answered, beside those of answers.
pub(crate) const SERVED: &[&str] = &[
    "served",
    "serving",
    "actual",
    "resolved",
    "effective",
    "answering",
    "main",
    "used",
    "routed",
    "selected",
    "chosen",
];
/// Words of a model that was asked for, after the word for it.
pub(crate) const ASKED: &[&str] = &["requested", "asked"];
/// Words of models that do other work for a call than to answer it.
pub(crate) const ASIDE: &[&str] = &["embedding", "tokenizer", "draft"];

/// Words of the name of a log record about one call of a model.
pub(crate) const ABOUT_CALLS: &[&str] = &[
    "api",
    "request",
    "response",
    "llm",
    "chat",
    "completion",
    "completions",
    "generation",
    "inference",
    "invocation",
    "call",
    "message",
    "model",
    "token",
    "tokens",
    "usage",
];
/// Words of the name of a log record about several calls, or about none.
pub(crate) const ABOUT_SEVERAL: &[&str] = &[
    "session", "summary", "total", "totals", "exit", "run", "agent", "workflow", "turn", "daily", "monthly",
    "budget", "limit", "report",
];
/// Words of the name of a log record about the beginning or the end of something.
pub(crate) const PHASES: &[&str] = &["start", "started", "end", "ended", "finish", "finished", "stop"];
/// Words of one request. A phase directly after one of them is of this request.
pub(crate) const ONE_REQUEST: &[&str] =
    &["request", "call", "completion", "generation", "inference", "invocation", "response", "stream"];

/// Words of the name of a span that requests an answer of a model.
pub(crate) const REQUESTS: &[&str] = &[
    "llm",
    "chat",
    "completion",
    "completions",
    "generation",
    "generate",
    "inference",
    "messages",
    "responses",
];

/// Words of a span, one of which can stand before the word for its kind.
pub(crate) const SPANS: &[&str] =
    &["span", "call", "operation", "observation", "event", "node", "run", "step", "trace", "attributes"];
/// Names of the kinds of model calls. Words such as `chat` and `generate` are not among them, because
/// requests to a program are named so, too.
pub(crate) const CALLS: &[(&str, Kind)] = &[
    ("inference", Kind::Llm),
    ("llm", Kind::Llm),
    ("llm_call", Kind::Llm),
    ("model_call", Kind::Llm),
    ("generation", Kind::Llm),
    ("chat_completion", Kind::Llm),
    ("text_completion", Kind::Llm),
    ("embedding", Kind::Embedding),
    ("embeddings", Kind::Embedding),
    ("rerank", Kind::Rerank),
];
