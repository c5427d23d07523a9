//! Gaps of recordings: data that is nowhere in their telemetry, so no reader can find it.

/// Recording, how the difference begins, why it cannot be mended. An excuse without a difference fails the
/// test.
pub const UNSENT: &[(&str, &str, &str)] = &[
    ("anthropic--openinference", "tool", "run by the script, without a span"),
    ("anthropic--openllmetry", "tool", "run by the script, without a span"),
    ("openai--openinference", "tool", "run by the script, without a span"),
    ("openai--openlit", "tool", "run by the script, without a span"),
    ("openai--openllmetry", "tool", "run by the script, without a span"),
    ("openai--openllmetry--responses", "tool", "run by the script, without a span"),
    ("openai--otel-contrib-v2", "tool", "run by the script, without a span"),
    ("openai--otel-contrib-v2--latest", "tool", "run by the script, without a span"),
    ("ollama--openllmetry", "tool", "run by the script, without a span"),
    ("litellm--native", "tool", "run by the script, without a span"),
    ("google-genai--openinference", "tool", "run inside the SDK, without a span"),
    ("google-genai--openllmetry", "tool", "run inside the SDK, without a span"),
    ("multi--oi", "calls 13", "of the two requests of google-genai's function calling only the last is told"),
    ("multi--oi", "tool", "run inside the SDK, without a span"),
    ("multi--traceloop-all-in", "calls 14", "clients of Mistral 3 and Cohere 7 get no spans"),
    ("multi--traceloop-all-in", "tool", "run inside the SDK, without a span"),
    ("openai--openlit-all-in", "calls 15", "the stream that was closed early has no span"),
    ("claude-agent-sdk--openinference", "calls", "one span for a whole run, and none for its calls"),
    ("google-adk--native", "users {}", "no signal names the user"),
    ("openai--langwatch", "calls 7", "of OpenAI's interfaces only chat completions have spans"),
    ("google-adk--openinference", "calls 4", "the last call of an agent overwrites the calls before it"),
    (
        "langgraph--openlit",
        "sessions {\"thread-7\"}",
        "the graph's thread is sent, the script's session is not",
    ),
    ("langgraph--openlit", "users {}", "no signal names the user"),
    (
        "haystack--native",
        "agent breaker",
        "agents go by their component's name, and one that runs alone has none",
    ),
    ("haystack--openinference", "tool", "agents run their tools without a span"),
    ("autogen--native", "calls 0,", "no call has a span, and messages tell of some only"),
    ("llamaindex--native", "failed calls 0", "the span of a stream ends well before its request fails"),
    ("llamaindex--openllmetry", "calls 0,", "but for one that failed, calls have no spans of their own"),
    ("llamaindex--openllmetry", "agent ", "agents are named only inside the contents of workflow steps"),
    ("openai-agents--openinference", "sessions {}", "no signal names the session"),
    ("continue-cli--metrics", "calls 0,", "its metrics count tokens, not calls"),
    ("smolagents--openinference", "agent failer", "the span of the agent that failed was never sent"),
    (
        "openai+anthropic--judgeval+native-sdk",
        "calls",
        "embeddings and calls of OpenAI in threads of a pool get no spans",
    ),
    ("openai+anthropic--judgeval+native-sdk", "failed calls 3", "a stream that fails gets no span"),
    ("voltagent-js--native", "calls", "one record for all steps of a turn"),
];

/// Splits off the differences that only the source could mend; excuses that are no longer needed are
/// differences too.
pub fn excused(name: &str, wrong: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mine = || UNSENT.iter().filter(|(recording, ..)| *recording == name);
    let (lacking, mut wrong): (Vec<_>, Vec<_>) =
        wrong.into_iter().partition(|what| mine().any(|(_, excuse, _)| what.starts_with(excuse)));
    for (_, excuse, why) in mine() {
        if !lacking.iter().any(|what| what.starts_with(excuse)) {
            wrong.push(format!("`{excuse}` is excused ({why}) but nothing of it is lacking"));
        }
    }
    (lacking, wrong)
}
