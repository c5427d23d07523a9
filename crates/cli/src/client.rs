//! HTTP clients for servers of Quipu, with a key and TLS certificates. Commands have no runtime of their own,
//! so the calls wait.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use clap::Args as ClapArgs;
use quipu_send::{Http, HttpConfig, Incoming, Secret, Tls};
use tokio::runtime::Runtime;

/// Holds the key, for those who do not want it in a file.
const KEY: &str = "QUIPU_API_KEY";
/// Redirects of one download that are followed.
const REDIRECTS: usize = 5;

/// Credentials of both sides. A key is never an argument: other processes can see arguments.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Servers")]
pub struct Credentials {
    /// File with the API key for servers that want one; QUIPU_API_KEY holds the key itself
    #[arg(long, value_name = "FILE", env = "QUIPU_API_KEY_FILE", global = true)]
    api_key_file: Option<PathBuf>,
    /// PEM file with the authorities that may vouch for a server [default: those of Mozilla]
    #[arg(long, value_name = "FILE", env = "QUIPU_CA_FILE", global = true)]
    ca_file: Option<PathBuf>,
    /// PEM file with our certificate and its key, for servers that want one
    #[arg(long, value_name = "FILE", env = "QUIPU_CLIENT_CERT_FILE", global = true)]
    client_cert_file: Option<PathBuf>,
    /// Project to ask about, where the key or the server has several
    #[arg(long, value_name = "NAME", env = "QUIPU_PROJECT", global = true)]
    in_project: Option<String>,
}

/// Configuration of requests to servers of Quipu.
static SETTINGS: OnceLock<HttpConfig> = OnceLock::new();

/// Takes up what the command line and the environment say, once.
pub fn settle(credentials: &Credentials) -> Result<()> {
    let mut headers = BTreeMap::new();
    if let Some(key) = key(credentials)? {
        if HeaderValue::from_str(&key).is_err() {
            // The error must not show it.
            bail!("the API key has characters that a header cannot have: is it a key?");
        }
        headers.insert("authorization".to_owned(), Secret::from(format!("Bearer {key}")));
    }
    if let Some(project) = &credentials.in_project {
        headers.insert("quipu-project".to_owned(), Secret::from(project.clone()));
    }
    let settings = HttpConfig { headers, tls: tls(credentials)?, ..HttpConfig::default() };
    // A wrong file or name is an error now, and not at the first request.
    Http::new(&settings)?;
    let _ = SETTINGS.set(settings);
    Ok(())
}

/// An answer that was read completely.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A client. Answers of any status are answers; one that takes longer than `patience` is none.
#[derive(Clone)]
pub struct Client {
    http: Http,
    patience: Option<Duration>,
}

impl Client {
    /// A client for our own servers.
    pub fn of_quipu(patience: Option<Duration>) -> Result<Self> {
        let settings = SETTINGS.get().cloned().unwrap_or_default();
        Ok(Self { http: Http::new(&settings)?, patience })
    }

    /// A client for other servers: without key, project and certificates.
    pub fn of_others(patience: Option<Duration>) -> Result<Self> {
        Ok(Self { http: Http::new(&HttpConfig::default())?, patience })
    }

    /// Gets an answer of at most `most` bytes.
    pub fn get(&self, url: &str, most: usize) -> Result<Answer> {
        self.ask(Method::GET, url, HeaderMap::new(), Vec::new(), most)
    }

    /// Sends JSON.
    pub fn send_json(&self, method: Method, url: &str, body: String, most: usize) -> Result<Answer> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        self.ask(method, url, headers, body.into_bytes(), most)
    }

    /// Sends any request, and reads an answer of at most `most` bytes.
    pub fn ask(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Vec<u8>,
        most: usize,
    ) -> Result<Answer> {
        self.wait(async {
            let mut incoming = self.http.open(method, url, headers, body).await?;
            let status = incoming.status;
            Ok(Answer { status, body: whole(&mut incoming, most).await? })
        })
    }

    /// Passes the body of a successful answer on in pieces; another answer is returned.
    pub fn pieces(
        &self,
        url: &str,
        most: usize,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<Option<Answer>> {
        self.wait(async {
            let mut incoming = self.http.open(Method::GET, url, HeaderMap::new(), Vec::new()).await?;
            let status = incoming.status;
            if status != 200 {
                return Ok(Some(Answer { status, body: whole(&mut incoming, most).await? }));
            }
            while let Some(piece) = incoming.piece().await.context("the answer was interrupted")? {
                take(&piece)?;
            }
            Ok(None)
        })
    }

    /// Downloads a file, through redirects. None leads from https to http.
    pub fn download(&self, url: &str, most: usize) -> Result<Vec<u8>> {
        self.wait(async {
            let mut from = url.to_owned();
            for _ in 0..=REDIRECTS {
                let mut incoming = self.http.open(Method::GET, &from, HeaderMap::new(), Vec::new()).await?;
                match (incoming.status, incoming.headers.get(LOCATION)) {
                    (200, _) => return whole(&mut incoming, most).await,
                    (301 | 302 | 303 | 307 | 308, Some(to)) => from = redirected(&from, to.to_str()?)?,
                    (status, _) => bail!("the server answers with status {status}"),
                }
            }
            bail!("it has more than {REDIRECTS} redirects")
        })
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        runtime()?.block_on(async {
            match self.patience {
                None => work.await,
                Some(patience) => tokio::time::timeout(patience, work)
                    .await
                    .with_context(|| format!("no answer within {} s", patience.as_secs()))?,
            }
        })
    }
}

/// Headers of requests to our own servers, for clients of other protocols.
///
/// # Errors
/// A header cannot be sent.
pub fn own_headers() -> Result<HeaderMap> {
    let settings = SETTINGS.get().cloned().unwrap_or_default();
    settings
        .headers
        .iter()
        .map(|(name, value)| Ok((HeaderName::try_from(name)?, HeaderValue::try_from(value.expose())?)))
        .collect()
}

/// The runtime of all clients. Its thread lives as long as the process.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let made = builder.worker_threads(1).thread_name("quipu-client").enable_all().build()?;
    Ok(RUNTIME.get_or_init(|| made))
}

async fn whole(incoming: &mut Incoming, most: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = incoming.piece().await? {
        if body.len().saturating_add(piece.len()) > most {
            bail!("the answer has more bytes than the limit of {most}");
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The address of a redirect: whole, or a path on the same server.
fn redirected(from: &str, to: &str) -> Result<String> {
    let scheme = from.split_once("://").map_or("", |(scheme, _)| scheme);
    if to.starts_with('/') && !to.starts_with("//") {
        let rest = from.get(scheme.len() + 3..).unwrap_or_default();
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        return Ok(format!("{scheme}://{host}{to}"));
    }
    if to.starts_with("https://") || (scheme == "http" && to.starts_with("http://")) {
        return Ok(to.to_owned());
    }
    bail!("the server redirects to an address that is not https")
}

fn key(credentials: &Credentials) -> Result<Option<String>> {
    match &credentials.api_key_file {
        Some(file) => {
            let text = std::fs::read_to_string(file);
            let text = text.with_context(|| format!("cannot read {}", file.display()))?;
            Ok(Some(text.trim().to_owned()))
        }
        None => Ok(variable(KEY)),
    }
}

/// An environment variable with a secret; an empty one counts as unset.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn tls(credentials: &Credentials) -> Result<Tls> {
    let (ca_file, own) = (credentials.ca_file.clone(), credentials.client_cert_file.clone());
    let tls = Tls { ca_only: ca_file.is_some(), ca_file, cert_file: own.clone(), key_file: own };
    tls.client().context("the certificates cannot be used")?;
    Ok(tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_encrypted() {
        let from = "https://example.com/list?x=1";
        assert_eq!(redirected(from, "/other").unwrap(), "https://example.com/other");
        assert_eq!(redirected(from, "https://cdn.example/list").unwrap(), "https://cdn.example/list");
        assert_eq!(redirected("http://a/x", "http://b/y").unwrap(), "http://b/y");
        for to in ["http://example.com/list", "//cdn.example/list", "file:///etc/passwd", "other"] {
            assert!(redirected(from, to).is_err(), "{to}");
        }
    }
}
