//! Source of answers: a server over HTTP, or the same routes over the files, in this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use quipu::Access;
use quipu::core::{Error, ErrorKind, Store};
use quipu::pipeline::Unstored;
use quipu_api::SeesHost;
use serde_json::Value;
use tower::ServiceExt;

use super::Question;
use crate::args::{BookSource, Source};
use crate::client::Client;
use crate::folder::default_folder;
use crate::note::note;
use crate::serve::{self, Accounts};
use crate::trail;

/// Largest answer that is read.
const ANSWER_BYTES: usize = 1 << 30;
/// URI of a source without a store.
const NO_STORE: &str = "";
/// Default address of a server.
const SERVER: &str = "http://127.0.0.1:8080";

/// The store's URI and the data folder that a source means.
pub fn place(source: &Source) -> Result<(String, PathBuf)> {
    let folder = match &source.data_dir {
        Some(folder) => folder.clone(),
        None => default_folder()?,
    };
    Ok((source.store.clone().unwrap_or_else(|| "sqlite:".into()), folder))
}

/// Sends a request that needs price books and budgets, and no store.
pub fn ask_books(source: &BookSource, question: &Question) -> Result<Value> {
    if let Some(url) = &source.url {
        return ask_server(url, question);
    }
    let folder = book_folder(source)?;
    let accounts = match (question.path.starts_with("/api/v1/budgets"), question.method) {
        (true, "PUT") => Accounts::Make,
        (true, _) => Accounts::IfThere,
        (false, _) => Accounts::Leave,
    };
    if accounts == Accounts::Make {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    }
    let store =
        if accounts == Accounts::Leave { Arc::new(Unstored) } else { store_if_there(source, &folder) };
    ask_routes(serve::routes_over(store, NO_STORE, &folder, accounts)?, question)
}

/// The store, from which a new budget begins; none if it is missing or not requested.
fn store_if_there(source: &BookSource, folder: &Path) -> Arc<dyn Store> {
    let uri = source.store.as_deref().unwrap_or("sqlite:");
    quipu::open(uri, folder, Access::Read).unwrap_or_else(|_| Arc::new(Unstored))
}

/// The data folder that a source of price books means.
pub fn book_folder(source: &BookSource) -> Result<PathBuf> {
    source.data_dir.clone().map_or_else(default_folder, Ok)
}

/// Asks a question that changes the store if it `writes`: a server, or the files if no server has them open.
pub fn ask_to_write(source: &Source, question: &Question, writes: bool) -> Result<Value> {
    if !writes {
        return ask(source, question);
    }
    ask_to_change(source, question, |_, _| {})
}

/// Sends a request that changes the store, as [`ask_to_write`]. If the data folder is known, `finish` adds to
/// the answer facts that the routes do not know, before it goes into the audit log.
pub fn ask_to_change(
    source: &Source,
    question: &Question,
    finish: impl FnOnce(&Path, &mut Value),
) -> Result<Value> {
    if source.url.is_some() {
        return ask(source, question);
    }
    let (uri, folder) = place(source)?;
    match quipu::open(&uri, &folder, Access::Write) {
        Ok(store) => {
            let routes = serve::routes_over(store, &uri, &folder, Accounts::Leave)?;
            let mut answer = ask_routes(routes, question).inspect_err(|_| note_failure(&folder, question))?;
            finish(&folder, &mut answer);
            note_answer(&folder, question, &answer)?;
            Ok(answer)
        }
        Err(error) if error.kind() == ErrorKind::Locked => {
            let mut answer = ask_server(&server_with(&uri, &folder, error)?, question)?;
            finish(&folder, &mut answer);
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes the action to the audit log, as a server would: with the dry-run flag, and the proof of a deletion.
fn note_answer(folder: &Path, question: &Question, answer: &Value) -> Result<()> {
    let known = ["kind", "id_sha256", "salt", "traces", "remaining", "complete", "matched", "deleted"];
    let detail = known.iter().filter_map(|name| {
        let said = answer.get(*name)?;
        let text = said.as_str().map(str::to_owned).or_else(|| said.is_number().then(|| said.to_string()));
        Some((*name, text.or_else(|| said.as_bool().map(|said| said.to_string()))?))
    });
    trail::note_with(folder, action(question), &question.path, detail.collect())
}

/// Notes that it failed. Some of it may have been done.
fn note_failure(folder: &Path, question: &Question) {
    // The caller needs the original error, even if this write fails.
    if let Err(error) = trail::note_failed(folder, action(question), &question.path) {
        note(&format!("{error:#}"));
    }
}

fn action(question: &Question) -> &'static str {
    let tried = question.body.as_ref().is_some_and(|body| body["dry_run"] == true);
    if tried { "cli.change.preview" } else { "cli.change" }
}

/// The server that has a store open, if it listens on the default address.
pub fn server_with(uri: &str, folder: &Path, locked: Error) -> Result<String> {
    if let Some(url) = server_of(&quipu::store_folder(uri, folder)) {
        note(&format!("a server has the store open: querying {url}"));
        return Ok(url);
    }
    Err(anyhow!(locked)
        .context("another process has the store open; if it is a server, pass its address with --url"))
}

/// The server at the usual place, if its store is in this folder.
pub fn server_of(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let status = ask_server(SERVER, &Question::get("/api/v1/status")).ok()?;
    let theirs = status["store"]["uri"].as_str()?;
    let theirs = Path::new(theirs.split_once(':').map_or(theirs, |(_, path)| path)).canonicalize().ok()?;
    (theirs == folder).then(|| SERVER.to_owned())
}

/// Sends a request to the source.
pub fn ask(source: &Source, question: &Question) -> Result<Value> {
    OpenSource::open(source)?.ask(question)
}

/// A source for more than one request.
pub enum OpenSource {
    /// A server's URL.
    Server(String),
    /// The routes over the files.
    Files(Router),
}

impl OpenSource {
    /// Opens the files, or takes the server's URL.
    pub fn open(source: &Source) -> Result<Self> {
        Self::open_as(source, Accounts::Leave)
    }

    /// The same with the budgets of the data folder.
    pub fn open_with_budgets(source: &Source) -> Result<Self> {
        Self::open_as(source, Accounts::IfThere)
    }

    fn open_as(source: &Source, accounts: Accounts) -> Result<Self> {
        if let Some(url) = &source.url {
            return Ok(Self::Server(url.clone()));
        }
        let (uri, folder) = place(source)?;
        Ok(Self::Files(serve::routes_over(open(&uri, &folder)?, &uri, &folder, accounts)?))
    }

    /// Sends a request.
    pub fn ask(&self, question: &Question) -> Result<Value> {
        match self {
            Self::Server(url) => ask_server(url, question),
            Self::Files(routes) => ask_routes(routes.clone(), question),
        }
    }

    /// Sends a request; a server has to answer within a time.
    pub fn ask_within(&self, question: &Question, patience: Duration) -> Result<Value> {
        match self {
            Self::Server(url) => ask_server_within(url, question, Some(patience)),
            Self::Files(routes) => ask_routes(routes.clone(), question),
        }
    }

    /// Sends a request and passes the body of the answer on in pieces.
    ///
    /// # Errors
    /// The answer is a problem or ends early, or `take` fails.
    pub fn stream(&self, question: &Question, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        match self {
            Self::Server(url) if let Some(body) = &question.body => {
                let url = format!("{}{}", url.trim_end_matches('/'), target(question));
                let method = Method::from_bytes(question.method.as_bytes())?;
                let answer =
                    Client::of_quipu(None)?.send_json(method, &url, body.to_string(), ANSWER_BYTES)?;
                if answer.is_success() {
                    take(&answer.body)
                } else {
                    decode(answer.status, &answer.body).map(drop)
                }
            }
            Self::Server(url) => {
                let url = format!("{}{}", url.trim_end_matches('/'), target(question));
                let refused = Client::of_quipu(None)?.pieces(&url, ANSWER_BYTES, take)?;
                refused.map_or(Ok(()), |answer| decode(answer.status, &answer.body).map(drop))
            }
            Self::Files(routes) => in_runtime(async {
                let answer = routes.clone().oneshot(request(question)?).await?;
                let status = answer.status().as_u16();
                let mut body = answer.into_body();
                if status != 200 {
                    return decode(status, &to_bytes(body, ANSWER_BYTES).await?).map(drop);
                }
                while let Some(frame) = body.frame().await {
                    let frame = frame.context("the answer was interrupted")?;
                    frame.data_ref().map_or(Ok(()), |piece| take(piece))?;
                }
                Ok(())
            }),
        }
    }
}

fn open(uri: &str, folder: &Path) -> Result<Arc<dyn Store>> {
    quipu::open(uri, folder, Access::Read)
        .context("cannot read the store (is --data-dir right? use --url for a running server)")
}

fn target(question: &Question) -> String {
    let pairs: Vec<_> =
        question.params.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    match pairs.is_empty() {
        true => question.path.clone(),
        false => format!("{}?{}", question.path, pairs.join("&")),
    }
}

/// Percent-encodes all reserved characters of a URL (RFC 3986, section 2.3 lists the unreserved ones).
pub fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn ask_routes(routes: Router, question: &Question) -> Result<Value> {
    in_runtime(async {
        let answer = routes.oneshot(request(question)?).await?;
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), ANSWER_BYTES).await?;
        decode(status, &body)
    })
}

fn in_runtime<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

fn request(question: &Question) -> Result<Request<Body>> {
    // The caller can read the folder's files.
    let request = Request::builder().method(question.method).uri(target(question)).extension(SeesHost);
    Ok(match &question.body {
        Some(body) => {
            request.header("content-type", "application/json").body(Body::from(body.to_string()))?
        }
        None => request.body(Body::empty())?,
    })
}

/// Sends a request to a server.
pub fn ask_server(url: &str, question: &Question) -> Result<Value> {
    ask_server_within(url, question, None)
}

fn ask_server_within(url: &str, question: &Question, patience: Option<Duration>) -> Result<Value> {
    let url = format!("{}{}", url.trim_end_matches('/'), target(question));
    let client = Client::of_quipu(patience)?;
    let method = Method::from_bytes(question.method.as_bytes())?;
    let answer = match &question.body {
        Some(body) => client.send_json(method, &url, body.to_string(), ANSWER_BYTES),
        None => client.ask(method, &url, HeaderMap::new(), Vec::new(), ANSWER_BYTES),
    };
    let answer = answer.with_context(|| format!("cannot reach {url}"))?;
    decode(answer.status, &answer.body)
}

/// A problem (RFC 9457) that a source answered: it is reachable, and rejects the request.
#[derive(Debug)]
pub struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Reports the parts of the store that an answer lacks.
fn note_missing(answer: &Value) {
    if answer["partial"] == true {
        let names: Vec<&str> =
            answer["missing"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        note(&format!("PARTIAL ANSWER: it lacks the records of {}", names.join(", ")));
    }
}

/// The answer's JSON, null where it has no body; a problem (RFC 9457) becomes the error.
fn decode(status: u16, body: &[u8]) -> Result<Value> {
    if status == 204 {
        return Ok(Value::Null);
    }
    let answer: Value =
        serde_json::from_slice(body).with_context(|| format!("the answer (status {status}) is not JSON"))?;
    if status < 400 {
        note_missing(&answer);
        return Ok(answer);
    }
    let said = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
    Err(Refused(format!("{}: {}", said("title"), said("detail"))).into())
}
