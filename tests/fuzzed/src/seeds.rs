//! Seeds of the fuzz targets: contents of the recordings.

use quipu_recordings::{Encoding, Signal, bodies, names};

/// Largest seed: a search that begins with more spends its time on copying.
const LARGEST: usize = 32 << 10;
/// Seeds of one target.
const MOST: usize = 400;

const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Logs, Signal::Metrics];

/// The seeds of a target.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut seeds = match target {
        "otlp_protobuf" => requests(Encoding::Protobuf),
        "otlp_json" => requests(Encoding::Json),
        "import" => requests(Encoding::Json).iter().map(|body| prefixed(3, &body[1..])).collect(),
        "language" => LANGUAGE.iter().map(|(first, text)| prefixed(*first, text.as_bytes())).collect(),
        "config" => CONFIG.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "prices" => vec![PRICES.as_bytes().to_vec()],
        "redact" => REDACT.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "jaeger" => vec![prefixed(4, ZIPKIN.as_bytes())],
        "model_wire" => {
            ANSWERS.iter().map(|(first, text)| prefixed(*first, format!("\u{7}{text}").as_bytes())).collect()
        }
        "jsonl" => lines(),
        _ => vec![vec![0; 8], (0..64).collect()],
    };
    seeds.retain(|seed| seed.len() <= LARGEST);
    seeds.truncate(MOST);
    seeds
}

fn prefixed(first: u8, rest: &[u8]) -> Vec<u8> {
    [&[first], rest].concat()
}

fn requests(encoding: Encoding) -> Vec<Vec<u8>> {
    let all = names().into_iter().flat_map(|name| bodies(&name));
    let those = all.filter(|body| body.encoding == encoding);
    those
        .map(|body| {
            let at = SIGNALS.iter().position(|signal| *signal == body.signal).unwrap_or(0);
            prefixed(u8::try_from(at).unwrap_or(0), &body.plain())
        })
        .collect()
}

fn lines() -> Vec<Vec<u8>> {
    let batch = quipu_conformance::sample::agent_run(1, 1);
    let mut text = Vec::new();
    quipu_jsonl::batch(&mut text, &batch);
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

const LANGUAGE: &[(u8, &str)] = &[
    (0, r#"status:error cost>0.05 model:gpt-* -tag:test "rate limit""#),
    (0, "tokens>=1k duration<2.5s agent:planner,writer session:s-1"),
    (1, "-7d"),
    (1, "2026-11-01T00:00:00.123456789Z"),
    (2, "since=-24h&service=shop&status=error&limit=50&filter=cost>1"),
];

const CONFIG: &[&str] = &[
    "[limits]\nbody_bytes = 1024\n[delivery]\nbatch_records = 10\n[budgets.daily]\nlimit_usd = \"5\"\nperiod = \"day\"",
    "[redact]\nsecrets = true\npatterns = ['ORDER-\\d+']\n[access]\nmode = \"required\"\nhosts = [\"quipu.example.org\"]",
    "[backend.vendor]\nuse = \"otlp\"\nendpoint = \"https://example.org\"\n[proxy]\nlisten = \"127.0.0.1:0\"",
];

const PRICES: &str =
    "[[price]]\nprovider = \"openai\"\nmodel = \"gpt-5*\"\ninput = \"1.25\"\noutput = \"10\"\n";

const REDACT: &[&str] = &[
    "mail bob@example.org or +1 415 555 0100, card 4111 1111 1111 1111, IBAN DE89370400440532013000",
    r#"{"role":"user","content":"key sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAA and 192.168.0.1"}"#,
    "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----",
];

const ZIPKIN: &str = r#"[{"traceId":"5af7183fb1d4cf5f5af7183fb1d4cf5f","id":"352bff9a74ca9ad2","name":"get","timestamp":1556604172355737,
"duration":1431,"kind":"SERVER","localEndpoint":{"serviceName":"backend"},"tags":{"a":"b"}}]"#;

const ANSWERS: &[(u8, &str)] = &[
    (
        0,
        r#"{"id":"c","model":"gpt-4o","choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
    ),
    (
        0,
        "data: {\"choices\":[{\"delta\":{\"content\":\"h\"}}]}\n\ndata: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n",
    ),
    (
        3,
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":5}}}\n\n",
    ),
    (
        5,
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hi\"}]}}],\"usageMetadata\":{\"promptTokenCount\":4}}\r\n\r\n",
    ),
];
