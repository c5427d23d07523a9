//! Target of the records: the store, a server, or none.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};
use flate2::Compression;
use flate2::write::GzEncoder;
use quipu::Access;
use quipu::core::{Clock, Error, ErrorKind, Intake, Limits, Span, Store, SystemClock};
use quipu::metrics::SelfMetrics;
use quipu::pipeline::Pipeline;
use quipu_api::Money;
use quipu_import::{Item, ItemError, Sink};
use quipu_otlp::{Encoding, Signal};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::wait;
use crate::args::Import;
use crate::client::{Answer, Client};
use crate::folder::default_folder;
use crate::{ask, serve};

/// How long a server may take to answer one request.
const PATIENCE: Duration = Duration::from_secs(60);
/// Waits before a request that a server had no room for is sent again.
const AGAIN: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];
/// Requests over this many bytes are compressed.
const PLAIN: usize = 64 << 10;
/// Largest answer that is read.
const ANSWER_BYTES: usize = 1 << 20;

/// Receiver of the records that were read.
pub enum Target<'a> {
    /// Counts only.
    Nowhere { limits: Limits },
    /// The pipeline before a store that this process has open.
    Store { runtime: &'a Runtime, pipeline: Pipeline, limits: Limits, name: String },
    /// A server.
    Server { client: Client, url: String, limits: Limits },
}

impl<'a> Target<'a> {
    /// The server of `--url`; else the store, or the server that has it open.
    pub fn open(args: &Import, runtime: &'a Runtime) -> Result<Self> {
        if args.dry_run {
            return Ok(Self::Nowhere { limits: Limits::of_any_age() });
        }
        if let Some(url) = &args.url {
            let server = Self::server(url)?;
            server.status()?;
            return Ok(server);
        }
        let folder = folder(args)?;
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
        let uri = args.store.clone().unwrap_or_else(|| "sqlite:".into());
        match quipu::open(&uri, &folder, Access::Write) {
            Ok(store) => {
                let money = serve::money_of(&folder, serve::Accounts::IfThere)?;
                wait(runtime, money.budgets.begin(store.as_ref()))?;
                Self::store(&store, &money, runtime)
            }
            Err(error) if error.kind() == ErrorKind::Locked => {
                Self::server(&ask::server_with(&uri, &folder, error)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A server at this address.
    pub fn server(url: &str) -> Result<Self> {
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self::Server { client: Client::of_quipu(Some(PATIENCE))?, url, limits: Limits::of_any_age() })
    }

    fn store(store: &Arc<dyn Store>, money: &Money, runtime: &'a Runtime) -> Result<Self> {
        let _inside = runtime.enter();
        let limits = Limits::of_any_age();
        let metrics = Arc::new(SelfMetrics::new());
        let redact = serve::redactor(&serve::redact(), &metrics)?;
        let stages = serve::stages(quipu::adapters(), &redact, money, None);
        let pipeline = serve::start(&limits, stages, store, Vec::new(), &metrics);
        let name = wait(runtime, store.info()).map_or_else(|_| "the store".to_owned(), |info| info.uri);
        Ok(Self::Store { runtime, pipeline, limits, name })
    }

    /// State that the server reports.
    pub fn status(&self) -> Result<Value> {
        let Self::Server { client, url, .. } = self else { return Ok(Value::Null) };
        let path = format!("{url}/api/v1/status");
        let answer = client.get(&path, ANSWER_BYTES).with_context(|| format!("cannot reach {url}"))?;
        if answer.status == 401 {
            bail!("{url} requires a key: set --api-key-file or QUIPU_API_KEY");
        }
        serde_json::from_slice(&answer.body).with_context(|| format!("{url} is not a Quipu server"))
    }

    /// Name of the target.
    pub fn name(&self) -> String {
        match self {
            Self::Nowhere { .. } => String::new(),
            Self::Store { name, .. } => name.clone(),
            Self::Server { url, .. } => url.clone(),
        }
    }

    /// Finishes running work.
    pub fn close(self) -> Result<()> {
        if let Self::Store { runtime, pipeline, .. } = self {
            wait(runtime, pipeline.close())?;
        }
        Ok(())
    }
}

/// The folder for all data.
pub fn folder(args: &Import) -> Result<PathBuf> {
    args.data_dir.clone().map_or_else(default_folder, Ok)
}

impl Sink for Target<'_> {
    fn take(&mut self, item: Item) -> Result<(u64, String), ItemError> {
        let now = SystemClock.now();
        match self {
            Self::Nowhere { limits } => {
                let (batch, _, refused) = item.into_batch(limits, now).map_err(wrong)?;
                Ok((count(batch.len()), refused))
            }
            Self::Store { runtime, pipeline, limits, .. } => {
                let (batch, _, refused) = item.into_batch(limits, now).map_err(wrong)?;
                let records = count(batch.len());
                wait(runtime, pipeline.submit_raw(batch))?;
                Ok((records, refused))
            }
            Self::Server { client, url, limits } => {
                let (signal, encoding, body) = match &item {
                    Item::Spans(spans) => (Signal::Traces, Encoding::Protobuf, protobuf(spans)),
                    Item::Request { signal, body } => (*signal, Encoding::Json, body.clone()),
                };
                let answer = send(client, &format!("{url}/v1/{}", signal.as_str()), encoding, &body)?;
                let (refused, words) = quipu_otlp::refused(signal, encoding, &answer);
                let records = item.into_batch(limits, now).map_or(0, |(batch, ..)| count(batch.len()));
                Ok((records.saturating_sub(refused), words))
            }
        }
    }
}

fn count(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX)
}

fn wrong(error: Error) -> ItemError {
    ItemError::Item(error.to_string())
}

fn protobuf(spans: &[Span]) -> Vec<u8> {
    quipu_otlp::encode_traces(spans, Encoding::Protobuf)
}

/// Sends a request until it is taken; gives the answer's body.
fn send(client: &Client, url: &str, encoding: Encoding, body: &[u8]) -> Result<Vec<u8>, ItemError> {
    let content = match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content));
    headers.insert(serve::IMPORT, HeaderValue::from_static("1"));
    let packed =
        (body.len() > PLAIN).then(|| pack(body)).transpose().map_err(|error| unsent(error.into()))?;
    if packed.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let body = packed.as_deref().unwrap_or(body);
    let mut waits = AGAIN.iter();
    loop {
        let answer = client.ask(Method::POST, url, headers.clone(), body.to_vec(), ANSWER_BYTES);
        let Answer { status, body: said } = answer.map_err(unsent)?;
        match (status, waits.next()) {
            (200, _) => return Ok(said),
            (429 | 502 | 503 | 504, Some(wait)) => std::thread::sleep(*wait),
            (400 | 413 | 422, _) => return Err(ItemError::Item(words(status, encoding, &said))),
            _ => {
                let context = format!("{url}: {}", words(status, encoding, &said));
                return Err(Error::new(ErrorKind::Unavailable, "send", context).into());
            }
        }
    }
}

fn pack(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(body)?;
    gzip.finish()
}

fn unsent(cause: anyhow::Error) -> ItemError {
    let context = format!("the server does not answer: {cause:#}");
    Error::new(ErrorKind::Unavailable, "send", context).into()
}

/// Error text of a rejected request.
fn words(status: u16, encoding: Encoding, said: &[u8]) -> String {
    let json: Option<Value> =
        (encoding == Encoding::Json).then(|| serde_json::from_slice(said).ok()).flatten();
    let message = json.as_ref().and_then(|json| json["message"].as_str()).unwrap_or_default();
    match message {
        "" => format!("the server answers with status {status}"),
        message => format!("the server answers with status {status}: {message}"),
    }
}
