//! Bearer tokens from a program or a metadata server, renewed before they expire.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use quipu_core::Result;
use quipu_send::{Authorize, Http, HttpConfig, Secret};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::command::{failed, output};
use crate::variables::wrong;

/// Age below which a rejected token is not replaced, because another one would be rejected too.
pub(super) const FRESH: Duration = Duration::from_secs(60);
/// Time before its expiry at which a token is replaced.
const MARGIN: Duration = Duration::from_secs(120);

/// A token from a program, or from a metadata server like those of Google's and Azure's machines. Exactly one
/// of the two is set.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bearer {
    /// Program and arguments. It prints the token, or JSON with `access_token` or `accessToken` and
    /// optionally `expires_in`.
    pub command: Vec<String>,
    /// Address that returns such JSON.
    pub url: Option<String>,
    /// Headers of the request to it.
    pub url_headers: BTreeMap<String, Secret>,
    /// Seconds until a token without an expiry is replaced.
    pub keep_s: u64,
}

impl Default for Bearer {
    fn default() -> Self {
        Self { command: Vec::new(), url: None, url_headers: BTreeMap::new(), keep_s: 1_800 }
    }
}

impl Bearer {
    /// A token that a program prints.
    pub fn from_command(command: &[&str]) -> Self {
        Self { command: command.iter().map(|&word| word.to_owned()).collect(), ..Self::default() }
    }

    pub(crate) fn open(self) -> Result<Tokens> {
        let source = match (&self.url, self.command.is_empty()) {
            (Some(url), true) => {
                let settings = HttpConfig { headers: self.url_headers.clone(), ..HttpConfig::default() };
                Source::Url(url.clone(), Http::new(&settings)?)
            }
            (None, false) => Source::Command(self.command.clone()),
            _ => return Err(wrong("auth.bearer: set either command or url")),
        };
        Ok(Tokens {
            source,
            keep: Duration::from_secs(self.keep_s),
            held: Mutex::default(),
            stale: Default::default(),
        })
    }
}

enum Source {
    Command(Vec<String>),
    Url(String, Http),
}

#[derive(Clone)]
struct Token {
    header: HeaderValue,
    got: Instant,
    until: Instant,
}

/// Fetches tokens and caches the last one.
pub(crate) struct Tokens {
    source: Source,
    keep: Duration,
    held: Mutex<Option<Token>>,
    /// Time at which the server last rejected a token.
    stale: quipu_core::locks::Mutex<Option<Instant>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    async fn fetch(&self) -> Result<Token> {
        let text = match &self.source {
            Source::Command(words) => output(words).await?,
            Source::Url(url, http) => {
                let answer = http.get(url).await?;
                if !answer.is_success() {
                    return Err(answer.error("get credentials"));
                }
                String::from_utf8(answer.body.to_vec())
                    .map_err(|_| failed("the token server's response is not text"))?
            }
        };
        let (token, seconds) =
            read(&text).ok_or_else(|| failed("the token server's response has no token"))?;
        let mut header = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .map_err(|_| failed("the token is not valid in a header"))?;
        header.set_sensitive(true);
        let good = seconds.map_or(self.keep, |seconds| Duration::from_secs(seconds).saturating_sub(MARGIN));
        let got = Instant::now();
        Ok(Token { header, got, until: got + good })
    }
}

/// The token and its lifetime in seconds.
fn read(text: &str) -> Option<(Secret, Option<u64>)> {
    if !text.starts_with('{') {
        let token = text.lines().next().unwrap_or_default().trim();
        return (!token.is_empty()).then(|| (Secret::from(token), None));
    }
    let json: Value = serde_json::from_str(text).ok()?;
    let token = ["access_token", "accessToken", "token"].iter().find_map(|key| json.get(key)?.as_str())?;
    let seconds = json.get("expires_in");
    let seconds = seconds.and_then(|said| said.as_u64().or_else(|| said.as_str()?.parse().ok()));
    (!token.is_empty()).then(|| (Secret::from(token), seconds))
}

#[async_trait]
impl Authorize for Tokens {
    async fn authorize(&self, _url: &str, _body: &[u8]) -> Result<HeaderMap> {
        let mut held = self.held.lock().await;
        let stale = *self.stale.lock();
        let now = Instant::now();
        let good =
            held.clone().filter(|token| token.until > now && stale.is_none_or(|stale| token.got > stale));
        let token = match good {
            Some(token) => token,
            None => self.fetch().await?,
        };
        let header = token.header.clone();
        *held = Some(token);
        Ok(HeaderMap::from_iter([(AUTHORIZATION, header)]))
    }

    fn refused(&self) -> bool {
        // A concurrent request is fetching a new token.
        let Ok(held) = self.held.try_lock() else { return true };
        let old = held.as_ref().is_some_and(|token| token.got.elapsed() > FRESH);
        if old {
            *self.stale.lock() = Some(Instant::now());
        }
        old
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_in_every_form_that_programs_print() {
        let plain = |text| read(text).map(|(token, seconds)| (token.expose().to_owned(), seconds));
        assert_eq!(plain("ya29.abc\n"), Some(("ya29.abc".to_owned(), None)));
        let google = r#"{"access_token":"ya29","expires_in":3599,"token_type":"Bearer"}"#;
        assert_eq!(plain(google), Some(("ya29".to_owned(), Some(3_599))));
        let azure = r#"{"access_token":"eyJ0","expires_in":"86399"}"#;
        assert_eq!(plain(azure), Some(("eyJ0".to_owned(), Some(86_399))));
        assert_eq!(
            plain(r#"{"accessToken":"eyJ1","expiresOn":"2026-11-22"}"#),
            Some(("eyJ1".to_owned(), None))
        );
        assert_eq!(plain(""), None);
        assert_eq!(plain("{}"), None);
    }
}
