//! A model cluster that follows the rules of `_bulk`: strict about lines, actions, templates and types of
//! fields.

use std::collections::{BTreeMap, VecDeque};
use std::io::Read as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use quipu_backend_elasticsearch::{Config, Elasticsearch};
use serde_json::{Value, json};

use crate::strict::{Strict, refused, types};

/// Stands for the usual answer in place of a status.
pub const USUAL: u16 = 0;

/// State of the cluster and its received data.
#[derive(Default)]
pub struct Held {
    /// The answer to `GET /`.
    pub root: Value,
    /// Installed items by path.
    pub parts: BTreeMap<String, Value>,
    /// Documents by index, then id, with their versions.
    pub documents: BTreeMap<String, BTreeMap<String, (i64, String)>>,
    /// Headers of the last request.
    pub headers: HeaderMap,
    /// Number of `_bulk` requests.
    pub bulks: usize,
    /// Answers of the next `_bulk` requests instead of the usual one: status, `Retry-After`, body.
    pub answers: VecDeque<(u16, Option<&'static str>, String)>,
    /// Statuses and error types of the next documents.
    pub faults: VecDeque<Option<(u16, &'static str)>>,
    /// Larger bodies get 413.
    pub most_bytes: Option<usize>,
    /// Status for every path other than `_bulk`.
    pub elsewhere: Option<u16>,
}

pub type Shared = Arc<Mutex<Held>>;

/// A cluster, and a backend that writes to it.
pub struct Cluster {
    pub held: Shared,
    pub url: String,
}

impl Cluster {
    pub async fn start() -> Self {
        Self::with(json!({"version": {"number": "8.19.0", "build_flavor": "default"}})).await
    }

    pub async fn with(root: Value) -> Self {
        let held = Arc::new(Mutex::new(Held { root, ..Held::default() }));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&held));
        let app = app.layer(axum::extract::DefaultBodyLimit::disable());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { held, url }
    }

    pub fn backend(&self) -> Elasticsearch {
        self.open(Config::default())
    }

    pub fn open(&self, config: Config) -> Elasticsearch {
        Elasticsearch::open(Config { url: self.url.clone(), ..config }).unwrap()
    }

    pub fn set<T>(&self, change: impl FnOnce(&mut Held) -> T) -> T {
        change(&mut self.held.lock().unwrap())
    }

    /// The documents of an index, by id.
    pub fn documents(&self, index: &str) -> Vec<(String, Value)> {
        let held = self.held.lock().unwrap();
        let documents = held.documents.get(index).into_iter().flatten();
        documents.map(|(id, (_, text))| (id.clone(), serde_json::from_str(text).unwrap())).collect()
    }

    pub fn count(&self) -> usize {
        self.held.lock().unwrap().documents.values().map(BTreeMap::len).sum()
    }
}

async fn answer(
    State(held): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut held = held.lock().unwrap();
    let path = uri.path().trim_start_matches('/').to_owned();
    if path == "_bulk" {
        held.headers = headers.clone();
        held.bulks += 1;
        assert_eq!(headers["content-type"], "application/x-ndjson");
        let body = unpacked(&headers, &body);
        if held.most_bytes.is_some_and(|most| body.len() > most) {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
        if let Some((status, wait, body)) = held.answers.pop_front().filter(|(status, ..)| *status != USUAL) {
            let headers = wait.map(|wait| ("retry-after", wait));
            let mut answer = (StatusCode::from_u16(status).unwrap(), body).into_response();
            headers
                .into_iter()
                .for_each(|(name, value)| drop(answer.headers_mut().insert(name, value.parse().unwrap())));
            return answer;
        }
        return axum::Json(bulk(&mut held, &body)).into_response();
    }
    if let Some(status) = held.elsewhere {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    match (method.as_str(), path.as_str()) {
        ("GET", "") => axum::Json(held.root.clone()).into_response(),
        ("GET", path) => match held.parts.get(path) {
            Some(part) => axum::Json(told(path, part)).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        ("PUT", path) => {
            assert_eq!(headers["content-type"], "application/json");
            held.parts.insert(path.to_owned(), serde_json::from_slice(&body).unwrap());
            axum::Json(json!({"acknowledged": true})).into_response()
        }
        other => panic!("{other:?}"),
    }
}

/// An installed item as a later request returns it: a template in a list, with its version.
fn told(path: &str, part: &Value) -> Value {
    match path.split_once('/').unwrap() {
        ("_index_template", name) => json!({"index_templates": [{"name": name, "index_template": part}]}),
        ("_component_template", name) => {
            json!({"component_templates": [{"name": name, "component_template": part}]})
        }
        _ => part.clone(),
    }
}

fn unpacked(headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match headers.get("content-encoding").map(|name| name.to_str().unwrap()) {
        Some("gzip") => drop(flate2::read::GzDecoder::new(body).read_to_end(&mut plain).unwrap()),
        None => plain.extend_from_slice(body),
        other => panic!("{other:?}"),
    }
    plain
}

fn bulk(held: &mut Held, body: &[u8]) -> Value {
    let text = std::str::from_utf8(body).unwrap();
    assert!(text.ends_with('\n'), "the last line must end");
    let lines: Vec<&str> = text.lines().collect();
    let component = held.parts.iter().find(|(path, _)| path.starts_with("_component_template/"));
    let types = component.map(|(_, part)| types(&part["template"]["mappings"]));
    let mut items = Vec::new();
    for pair in lines.chunks(2) {
        let action: Value = serde_json::from_str(pair[0]).unwrap();
        let (name, about) = action.as_object().unwrap().iter().next().unwrap();
        let mut fault = held.faults.pop_front().flatten();
        let document: Strict =
            serde_json::from_str(pair[1]).unwrap_or_else(|error| panic!("{error}: {}", pair[1]));
        if let (Some(types), None) = (&types, fault) {
            let why = refused(types, &document);
            assert_eq!(why, None, "{}", &pair[1][..pair[1].len().min(400)]);
            fault = why.map(|_| (400, "document_parsing_exception"));
        }
        let (status, error) = match fault {
            Some((status, kind)) => (status, Some(kind)),
            None => put(held, name, about, pair[1]),
        };
        let mut item = json!({"status": status});
        if let Some(kind) = error {
            item["error"] = json!({"type": kind});
        }
        items.push(json!({ name: item }));
    }
    json!({"errors": true, "items": items})
}

fn put(held: &mut Held, action: &str, about: &Value, document: &str) -> (u16, Option<&'static str>) {
    let (index, id) = (about["_index"].as_str().unwrap(), about["_id"].as_str().unwrap());
    assert!(!id.is_empty() && id.len() <= 512 && index == index.to_lowercase(), "{about}");
    let kept = held.documents.entry(index.to_owned()).or_default();
    let conflict = (409, Some("version_conflict_engine_exception"));
    let version = about["version"].as_i64().unwrap_or_default();
    match (action, kept.get(id)) {
        ("create", Some(_)) => return conflict,
        ("create", None) => {}
        ("index", had) => {
            assert_eq!(about["version_type"], "external_gte");
            if had.is_some_and(|(had, _)| *had > version) {
                return conflict;
            }
        }
        other => panic!("{other:?}"),
    }
    kept.insert(id.to_owned(), (version, document.to_owned()));
    (201, None)
}
