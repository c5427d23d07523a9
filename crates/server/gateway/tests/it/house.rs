//! A test gateway before a test provider, with ledger and prices behind it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quipu_adapter_quipu::Quipu;
use quipu_admission::MemoryPool;
use quipu_budget::{Budget, Budgets};
use quipu_core::{Adapters, Batch, Cost, Error, ErrorKind, Intake, Retry, Span, Stage};
use quipu_gateway::{Gateway, GatewayConfig, GatewayParts, Recording, UpstreamConfig};
use quipu_metrics::SelfMetrics;
use quipu_pipeline::{Pipeline, Priced, Read, Stages, Unstored};
use quipu_prices::Books;
use tokio::sync::watch;

use crate::provider::Provider;

/// A client's key. No record may contain it.
pub const KEY: &str = "sk-secret-0123456789abcdef";

/// The size of the memory pool for bodies, in bytes.
pub const MEMORY: usize = 96 << 20;

/// Keeps the counted records.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<(Vec<Span>, Vec<Cost>)>>);

impl Stage for Kept {
    fn name(&self) -> &'static str {
        "kept"
    }

    fn apply(&self, batch: &mut Batch) {
        let mut kept = self.0.lock().unwrap();
        kept.0.extend(batch.spans.iter().cloned());
        for cost in &batch.costs {
            kept.1.retain(|known| (known.trace_id, known.span_id) != (cost.trace_id, cost.span_id));
            kept.1.push(cost.clone());
        }
    }
}

/// The upstreams, with the paths of their base URLs.
const UPSTREAMS: [(&str, &str); 4] =
    [("openai", "/v1"), ("anthropic", ""), ("gemini", ""), ("groq", "/openai/v1")];

/// The pipeline, behind a store that can be full.
pub struct Full {
    pipeline: Arc<Pipeline>,
    pub is_full: AtomicBool,
}

#[async_trait::async_trait]
impl Intake for Full {
    fn read(&self, batch: &mut Batch) {
        self.pipeline.read(batch);
    }

    async fn submit(&self, batch: Batch) -> quipu_core::Result<()> {
        if self.is_full.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Exhausted, "write", "the disk is full").with_retry(Retry::Yes));
        }
        self.pipeline.submit(batch).await
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_gzip().build().unwrap()
}

pub struct House {
    pub intake: Arc<Full>,
    pub provider: Provider,
    pub upstream: SocketAddr,
    pub url: String,
    pub client: reqwest::Client,
    pub kept: Kept,
    pub metrics: Arc<SelfMetrics>,
    pub budgets: Budgets,
    pub memory: MemoryPool,
    close: watch::Sender<bool>,
    recording: Mutex<Option<Recording>>,
    pipeline: Arc<Pipeline>,
}

impl House {
    pub async fn open() -> Self {
        Self::with(|_| (), BTreeMap::new()).await
    }

    pub async fn with(change: impl FnOnce(&mut GatewayConfig), budgets: BTreeMap<String, Budget>) -> Self {
        let provider = Provider::default();
        let upstream = provider.serve().await;
        let mut config = GatewayConfig::default();
        for (name, path) in UPSTREAMS {
            config.upstreams.insert(name.into(), UpstreamConfig::at(format!("http://{upstream}{path}")));
        }
        change(&mut config);
        let (kept, metrics) = (Kept::default(), Arc::new(SelfMetrics::new()));
        let budgets = Budgets::new(budgets);
        let prices = Arc::new(Books::vendored());
        let pipeline = Arc::new(Pipeline::start(quipu_pipeline::PipelineParts {
            stages: Stages {
                read: Read::new(Adapters::new(vec![Arc::new(Quipu)])),
                after: vec![
                    Arc::new(Priced::new(prices.clone())),
                    Arc::new(budgets.clone()),
                    Arc::new(kept.clone()),
                ],
                ..Stages::default()
            },
            ..quipu_pipeline::PipelineParts::new(Arc::new(Unstored))
        }));
        let intake = Arc::new(Full { pipeline: Arc::clone(&pipeline), is_full: AtomicBool::new(false) });
        let recording = Recording::start(&config, intake.clone(), metrics.clone()).unwrap();
        let memory = MemoryPool::new(MEMORY, metrics.clone());
        let gateway = Gateway::new(GatewayParts {
            config,
            recorder: recording.recorder(),
            delivery: recording.delivery(),
            prices,
            budgets: Some(budgets.clone()),
            meter: metrics.clone(),
            memory: memory.clone(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (close, mut closed) = watch::channel(false);
        let routes = gateway.unwrap().routes();
        let door = quipu_receiver::Door::new(&quipu_core::Limits::default(), metrics.clone());
        tokio::spawn(async move {
            let shutdown = async move { drop(closed.wait_for(|closed| *closed).await) };
            quipu_receiver::serve(listener, routes, door, shutdown).await.unwrap();
        });
        let (client, recording) = (client(), Mutex::new(Some(recording)));
        Self {
            intake,
            provider,
            upstream,
            url,
            client,
            kept,
            metrics,
            budgets,
            memory,
            close,
            recording,
            pipeline,
        }
    }

    pub fn post(&self, path: &str, body: &'static str) -> reqwest::RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.url)).body(body);
        request.header("authorization", format!("Bearer {KEY}")).header("content-type", "application/json")
    }

    /// Returns the costs, once there are `count`.
    pub async fn costs(&self, count: usize) -> Vec<Cost> {
        self.wait(|| {
            let costs = self.kept.0.lock().unwrap().1.clone();
            (costs.len() >= count).then_some(costs)
        })
        .await
    }

    /// Returns the spans, once there are `count`.
    pub async fn spans(&self, count: usize) -> Vec<Span> {
        self.wait(|| {
            let spans = self.kept.0.lock().unwrap().0.clone();
            (spans.len() >= count).then_some(spans)
        })
        .await
    }

    pub async fn wait<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(begin.elapsed() < Duration::from_secs(10), "nothing came; {}", self.metrics.text());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Shuts everything down in order, as a server does.
    pub async fn close(&self) {
        let _ = self.close.send(true);
        let recording = self.recording.lock().unwrap().take();
        if let Some(recording) = recording {
            recording.close().await.unwrap();
        }
        self.pipeline.close().await.unwrap();
    }

    /// All kept records and metrics, as text.
    pub fn all(&self) -> String {
        format!("{:?}\n{}", self.kept.0.lock().unwrap(), self.metrics.text())
    }
}

pub const CHAT: &str =
    r#"{"model":"gpt-4o","messages":[{"role":"user","content":"What is the weather in Paris?"}]}"#;
pub const CHAT_STREAM: &str = r#"{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"What is the weather in Paris?"}]}"#;
pub const CHAT_ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"18 degrees."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"prompt_tokens_details":{"cached_tokens":600}}}"#;
pub const MESSAGES: &str =
    r#"{"model":"claude-sonnet-4-5","max_tokens":200,"messages":[{"role":"user","content":"Hello"}]}"#;
pub const MESSAGES_ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[{"type":"text","text":"Hi."}],"stop_reason":"end_turn","usage":{"input_tokens":100,"cache_creation_input_tokens":40,"cache_read_input_tokens":60,"output_tokens":50}}"#;
pub const GEMINI: &str = r#"{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}"#;
pub const GEMINI_ANSWER: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":20,"thoughtsTokenCount":5,"totalTokenCount":125},"modelVersion":"gemini-2.5-pro","responseId":"g1"}"#;
