//! Packets to an agent, played by a UDP socket.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quipu_backend_jaeger::{Config, Jaeger};
use quipu_core::{Backend, ErrorKind, Health, Retry, Span, SpanKind, Value};
use tokio::net::UdpSocket;

use crate::sample::{batch, call, resource, span};
use crate::thrift::{Thrift, of_packet};

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Agent {
    place: String,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Agent {
    pub async fn start() -> Self {
        Self::at("127.0.0.1:0").await
    }

    async fn at(place: &str) -> Self {
        let socket = UdpSocket::bind(place).await.unwrap();
        let agent = Self { place: socket.local_addr().unwrap().to_string(), heard: Arc::default() };
        let heard = Arc::clone(&agent.heard);
        tokio::spawn(async move {
            let mut room = vec![0; 1 << 16];
            while let Ok(length) = socket.recv(&mut room).await {
                heard.lock().unwrap().push(room[..length].to_vec());
            }
        });
        agent
    }

    pub fn config(&self) -> Config {
        Config { endpoint: format!("udp://{}", self.place), ..Config::default() }
    }

    fn jaeger(&self) -> Jaeger {
        Jaeger::open(self.config()).unwrap()
    }

    /// The packets, once they have that many spans.
    async fn packets(&self, spans: usize) -> Vec<Vec<u8>> {
        let until = Instant::now() + PATIENCE;
        loop {
            let heard = self.heard.lock().unwrap().clone();
            let there: usize = heard.iter().map(|packet| of_packet(packet).list(2).len()).sum();
            if there >= spans {
                assert_eq!(there, spans);
                return heard;
            }
            assert!(Instant::now() < until, "{there} of {spans} spans in {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn spans(&self, spans: usize) -> Vec<Thrift> {
        let packets = self.packets(spans).await;
        packets.iter().flat_map(|packet| of_packet(packet).list(2).to_vec()).collect()
    }
}

#[tokio::test]
async fn a_span_comes_with_all_that_jaeger_shows() {
    let agent = Agent::start().await;
    agent.jaeger().write(batch([call()])).await.unwrap();
    let [packet] = agent.packets(1).await.try_into().unwrap();
    let heard = of_packet(&packet);
    assert_eq!(heard.at(1).text(1), "shop");
    let process = heard.at(1).tags(2);
    assert_eq!(process["host.name"], "box".into());
    assert!(process.keys().all(|key| !key.starts_with("telemetry.sdk")), "{process:?}: nobody said so");

    let span = &heard.list(2)[0];
    assert_eq!((span.at(1), span.at(2)), (&Thrift::Int(-2), &Thrift::Int(-1)));
    assert_eq!((span.at(3), span.at(4)), (&Thrift::Int(2), &Thrift::Int(1)));
    assert_eq!(span.text(5), "chat gpt-5");
    assert_eq!((span.at(7), span.at(9)), (&Thrift::Int(1), &Thrift::Int(1_000_000)));
    assert_eq!(span.at(8), &Thrift::Int(1_780_000_000_123_456));
    let reference = &span.list(6)[0];
    assert_eq!(
        (reference.at(1), reference.at(2), reference.at(4)),
        (&Thrift::Int(1), &Thrift::Int(7), &Thrift::Int(8))
    );
    let tags = span.tags(10);
    for (key, value) in [
        ("span.kind", Thrift::from("client")),
        ("error", Thrift::Bool(true)),
        ("otel.status_code", "ERROR".into()),
        ("otel.status_description", "too slow".into()),
        ("otel.scope.name", "openai".into()),
        ("otel.library.version", "1.2".into()),
        ("w3c.tracestate", "vendor=1".into()),
        ("otel.dropped_events_count", Thrift::Int(3)),
        ("gen_ai.operation.name", "chat".into()),
        ("gen_ai.usage.input_tokens", Thrift::Int(1200)),
        ("gen_ai.request.temperature", Thrift::Double(0.5)),
        ("gen_ai.stream", Thrift::Bool(true)),
        ("gen_ai.response.finish_reasons", r#"["stop"]"#.into()),
    ] {
        assert_eq!(tags.get(key), Some(&value), "{key}");
    }
    let log = &span.list(11)[0];
    assert_eq!(log.at(1), &Thrift::Int(1_780_000_001_123_456));
    let fields = log.tags(2);
    assert_eq!((&fields["event"], &fields["exception.type"]), (&"exception".into(), &"Timeout".into()));
}

#[tokio::test]
async fn packets_keep_to_65000_bytes_and_are_well_filled() {
    let agent = Agent::start().await;
    let spans = (1..=400).map(|number| {
        let mut span = span(number, "step");
        span.attributes.push("text", "x".repeat(1_000));
        span
    });
    agent.jaeger().write(batch(spans)).await.unwrap();
    let packets = agent.packets(400).await;
    let sizes: Vec<usize> = packets.iter().map(Vec::len).collect();
    assert!(sizes.iter().all(|size| *size <= 65_000), "{sizes:?}");
    assert!(sizes.len() <= 9, "{sizes:?}: 400 spans of 1,000 bytes and their tags fill 7");
    let mut ids: Vec<Thrift> = agent.spans(400).await.iter().map(|span| span.at(3).clone()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 400, "in order, each once");
}

#[tokio::test]
async fn a_smaller_packet_is_kept_to_as_well() {
    let agent = Agent::start().await;
    let config = Config { max_packet_bytes: 4_096, ..agent.config() };
    let spans = (1..=50).map(|number| {
        let mut span = call();
        span.span_id = crate::sample::span_id(number);
        span.attributes.push("text", "é".repeat(number as usize * 100));
        span
    });
    let jaeger = Jaeger::open(config).unwrap();
    jaeger.write(batch(spans)).await.unwrap();
    let sizes: Vec<usize> = agent.packets(50).await.iter().map(Vec::len).collect();
    assert!(sizes.iter().all(|size| *size <= 4_096), "{sizes:?}");
    assert!(jaeger.cut_spans() > 20);
}

#[tokio::test]
async fn long_values_are_cut_to_fit_and_short_ones_stay() {
    let agent = Agent::start().await;
    let jaeger = agent.jaeger();
    let mut long = call();
    long.attributes.push("prompt", "ü".repeat(300_000));
    long.attributes.push("answer", "a".repeat(20_000));
    long.events[0].attributes.push("stack", "s".repeat(80_000));
    jaeger.write(batch([long])).await.unwrap();
    let [heard] = agent.spans(1).await.try_into().unwrap();
    let (tags, fields) = (heard.tags(10), heard.list(11)[0].tags(2));
    let length = |value: &Thrift| match value {
        Thrift::Text(text) => text.len(),
        other => panic!("{other:?}"),
    };
    let (prompt, stack) = (length(&tags["prompt"]), length(&fields["stack"]));
    assert!((20_000..45_000).contains(&prompt) && prompt.abs_diff(stack) < 64, "{prompt} {stack}");
    assert_eq!(length(&tags["answer"]), 20_000);
    let Thrift::Text(text) = &tags["prompt"] else { panic!("text") };
    assert!(text.ends_with("üü… (cut, 600000 bytes)"), "{}", &text[text.len() - 40..]);
    assert_eq!(tags["gen_ai.operation.name"], "chat".into());
    assert_eq!((jaeger.cut_spans(), jaeger.unfit_spans()), (1, 0));
    assert_eq!(jaeger.health(), Health::Ready);
}

#[tokio::test]
async fn a_span_that_fits_no_packet_is_given_back_and_the_others_go() {
    let agent = Agent::start().await;
    let jaeger = agent.jaeger();
    let mut unfit = span(1, "wide");
    (0..3_000).for_each(|number| unfit.attributes.push(format!("key.{number}"), "12345678"));
    let mut error = jaeger.write(batch([unfit.clone(), span(2, "fine")])).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry(), error.backend()),
        (ErrorKind::Invalid, Retry::No, Some("jaeger"))
    );
    let leftover = error.take_leftover().unwrap();
    assert_eq!((leftover.refused.spans, leftover.again.len(), leftover.unnamed), (vec![unfit], 0, 0));
    assert_eq!(agent.spans(1).await[0].text(5), "fine");
    assert_eq!((jaeger.unfit_spans(), jaeger.health()), (1, Health::Ready));
}

#[tokio::test]
async fn each_process_has_packets_of_its_own() {
    let agent = Agent::start().await;
    let of = |number: u64, service: &str| Span { resource: resource(service), ..span(number, "s") };
    let nameless = Span { resource: Arc::default(), ..span(4, "s") };
    let spans = [of(1, "shop"), of(2, "bank"), of(3, "shop"), nameless];
    agent.jaeger().write(batch(spans)).await.unwrap();
    let packets = agent.packets(4).await;
    let heard: Vec<_> = packets
        .iter()
        .map(|packet| {
            let heard = of_packet(packet);
            (heard.at(1).text(1).to_owned(), heard.list(2).len())
        })
        .collect();
    assert_eq!(heard, [("shop".to_owned(), 2), ("bank".to_owned(), 1), ("unknown_service".to_owned(), 1)]);
}

#[tokio::test]
async fn a_process_of_any_size_leaves_room_for_spans() {
    let agent = Agent::start().await;
    let mut attributes = quipu_core::Attributes::new();
    (0..2_000).for_each(|number| attributes.push(format!("key.{number}"), "v".repeat(100)));
    attributes.push("service.name", "s".repeat(70_000));
    let resource = Arc::new(quipu_core::Resource { attributes, ..Default::default() });
    let big = Span { resource, ..span(1, "s") };
    agent.jaeger().write(batch([big])).await.unwrap();
    let [packet] = agent.packets(1).await.try_into().unwrap();
    assert!(packet.len() <= 65_000 / 4 + 1_000, "{}", packet.len());
    assert!(of_packet(&packet).at(1).text(1).starts_with("ssss"));
}

#[tokio::test]
async fn an_agent_that_is_not_there_is_noticed_and_found_again() {
    let gone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let place = gone.local_addr().unwrap().to_string();
    drop(gone);
    let config = Config { endpoint: format!("udp://{place}"), ..Config::default() };
    let jaeger = Jaeger::open(config).unwrap();
    let error = jaeger.write(batch([span(1, "s")])).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
    assert!(matches!(jaeger.health(), Health::Down(_)));
    let findings = jaeger.probe().await;
    assert!(!findings.last().unwrap().ok, "{findings:?}");
    let agent = Agent::at(&place).await;
    jaeger.write(batch([span(1, "s")])).await.unwrap();
    assert_eq!(agent.spans(1).await.len(), 1);
    assert_eq!(jaeger.health(), Health::Ready);
}

#[tokio::test]
async fn a_name_that_nobody_knows_may_be_known_later() {
    let config = Config { endpoint: "udp://no.such.host.invalid:6831".to_owned(), ..Config::default() };
    let error = Jaeger::open(config).unwrap().write(batch([span(1, "s")])).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
    assert!(error.to_string().contains("no.such.host.invalid"), "{error}");
}

#[tokio::test]
async fn attributes_named_as_jaegers_own_tags_win() {
    let agent = Agent::start().await;
    let mut span = span(1, "s");
    span.kind = SpanKind::Internal;
    span.attributes.push("span.kind", "server");
    span.attributes.push("nothing", Value::Null);
    agent.jaeger().write(batch([span])).await.unwrap();
    let tags = agent.spans(1).await[0].tags(10);
    assert_eq!((&tags["span.kind"], &tags["nothing"]), (&"server".into(), &"".into()));
}
