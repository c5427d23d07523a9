//! Tests of dictionaries, on bodies of recorded spans.

use super::*;

#[test]
fn bodies_of_any_size_come_back() {
    let dictionaries = Dictionaries::new(Arc::new(Dictionary::shipped()));
    let current = dictionaries.current();
    let mut packer = Packer::new(&current).unwrap();
    for length in [0_usize, 1, 7, 100, 5_000, 1 << 20] {
        let plain: Vec<u8> = (0..length).map(|at| (at % 7 * (at / 900)) as u8).collect();
        let mut packed = Vec::new();
        packer.pack(&plain, &mut packed).unwrap();
        assert!(packed.len() <= plain.len() + 1);
        assert_eq!(dictionaries.unpack(&packed, |_| Err(Fault::Damaged("none"))).unwrap(), plain);
    }
}

/// Bodies of spans that real frameworks sent, from recordings.
fn recorded(is_wanted: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let root =
        std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/fixtures/recordings"));
    let now = quipu_core::Timestamp::from_nanos(1_795_000_000_000_000_000);
    let limits = quipu_core::Limits { future_seconds: 400_000_000, ..quipu_core::Limits::of_any_age() };
    let mut bodies = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap();
        if !is_wanted(folder.file_name().to_str().unwrap()) {
            continue;
        }
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            if path.to_str().unwrap().ends_with(".traces.pb") {
                let bytes = std::fs::read(&path).unwrap();
                let decoded =
                    quipu_otlp::decode_traces(&bytes, quipu_otlp::Encoding::Protobuf, &limits, now).unwrap();
                for span in decoded.batch.spans {
                    let mut body = Vec::new();
                    crate::codec::encode_span(&span, &mut body).unwrap();
                    bodies.push(body);
                }
            }
        }
    }
    bodies.sort();
    bodies
}

/// Recordings from after the training of the shipped dictionary.
const LATER: [&str; 35] = [
    "ag2--native",
    "ai-sdk-v6--builtin-multi",
    "ai-sdk-v6--traceloop",
    "anthropic--logfire",
    "anthropic--native-sdk",
    "anthropic--oi+ollm+logfire+contrib",
    "anthropic--traceloop-all-in",
    "bedrock--botocore+openllmetry",
    "beeai--oi",
    "cohere--openinference",
    "continue-cli--metrics",
    "copilot-cli--byok-chat",
    "dspy--oi-cached",
    "genkit-js--own",
    "instructor--oi+ollm",
    "langchain--langsmith+logfire",
    "langchain--oi-langchain+oi-openai",
    "langchain--oi-langchain+traceloop",
    "langchain--traceloop-all-in",
    "langchain-claude--oi+native-sdk",
    "langchain-js--oi+oi-openai",
    "langchain-js--openinference+traceloop",
    "litellm--otel+openinference",
    "mastra--otel-exporter-failing",
    "multi--oi",
    "multi--traceloop-all-in",
    "openai+anthropic--judgeval+native-sdk",
    "openai+anthropic--langsmith-wrap",
    "openai--logfire+ollm",
    "openai--monocle",
    "openai--openlit-all-in",
    "openai--traceai",
    "pydantic-ai--logfire-responses",
    "smolagents--openinference+litellm",
    "voltagent-js--native",
];

fn packed(bodies: &[Vec<u8>], dictionary: &Dictionary) -> usize {
    let mut packer = Packer::new(dictionary).unwrap();
    let mut packed = Vec::new();
    bodies.iter().for_each(|body| packer.pack(body, &mut packed).unwrap());
    packed.len()
}

#[test]
fn the_shipped_dictionary_saves_a_fifth_of_spans_that_it_was_not_trained_with() {
    let bodies = recorded(|name| LATER.contains(&name));
    assert!(bodies.len() > 100, "{} recorded spans", bodies.len());
    let bare = packed(&bodies, &Dictionary::read(Vec::new()).unwrap());
    let shipped = packed(&bodies, &Dictionary::shipped());
    assert!(shipped * 5 < bare * 4, "{shipped} bytes with the dictionary, {bare} without");
}

/// With `QUIPU_TRAIN=1` in the environment, the shipped dictionary is trained again on the recordings.
#[test]
fn the_shipped_dictionary_halves_recorded_spans() {
    let bodies = recorded(|name| !LATER.contains(&name));
    assert!(bodies.len() > 200, "{} recorded spans", bodies.len());
    if std::env::var("QUIPU_TRAIN").is_ok_and(|value| value == "1") {
        let trained = zstd::dict::from_samples(&bodies, 64 << 10).unwrap();
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/data/default.dict"), trained).unwrap();
        return;
    }
    let bare = packed(&bodies, &Dictionary::read(Vec::new()).unwrap());
    let shipped = packed(&bodies, &Dictionary::shipped());
    let plain: usize = bodies.iter().map(Vec::len).sum();
    println!("{} spans: {plain} bytes plain, {bare} compressed, {shipped} with the dictionary", bodies.len());
    assert!(shipped * 2 < bare, "{shipped} bytes with the dictionary, {bare} without");
}

#[test]
fn a_trained_dictionary_has_words_and_comes_back() {
    let bodies = recorded(|_| true);
    let trained = Dictionary::train(&bodies, 16 << 10).unwrap();
    let read = Arc::new(Dictionary::read(trained.bytes.clone()).unwrap());
    assert_eq!((read.id, read.inner()), (trained.id, trained.inner()));
    let mut packer = Packer::new(&trained).unwrap();
    let dictionaries = Dictionaries::new(Arc::new(Dictionary::shipped()));
    let mut worded = 0;
    for body in &bodies {
        let mut packed = Vec::new();
        packer.pack(body, &mut packed).unwrap();
        worded += usize::from(packed[0] == WORDS);
        assert_eq!(&dictionaries.unpack(&packed, |_| Ok(trained.bytes.clone())).unwrap(), body);
    }
    assert!(worded * 2 > bodies.len(), "{worded} of {}", bodies.len());
}

#[test]
fn damage_is_an_error_not_a_panic() {
    let dictionaries = Dictionaries::new(Arc::new(Dictionary::shipped()));
    for packed in [&[][..], &[9], &[1], &[1, 200], &[1, 1, 1, 1], &[2], &[2, 1, 1, 1]] {
        assert!(dictionaries.unpack(packed, |_| Err(Fault::Damaged("none"))).is_err());
    }
}
