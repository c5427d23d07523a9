//! Requests to an issuer, and a cache of its answers.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use quipu_core::{Error, ErrorKind, Result};
use quipu_send::{Answer, Http};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::discovery::Discovery;
use crate::keys::Keys;

/// How long the discovery document and the keys of an issuer are cached.
const FRESH: Duration = Duration::from_secs(3_600);
/// The minimum interval of key requests caused by a token with an unknown key.
const AGAIN: Duration = Duration::from_secs(10);

/// A connection to an issuer.
pub(crate) struct Issuer {
    http: Http,
    address: String,
    discovery: Mutex<Option<(Instant, Arc<Discovery>)>>,
    keys: Mutex<Option<(Instant, Arc<Keys>)>>,
}

impl Issuer {
    pub(crate) fn new(http: Http, address: String) -> Self {
        Self { http, address, discovery: Mutex::default(), keys: Mutex::default() }
    }

    /// Returns the discovery document. Concurrent callers wait for one request.
    pub(crate) async fn discovery(&self) -> Result<Arc<Discovery>> {
        let mut kept = self.discovery.lock().await;
        if let Some((_, discovery)) = kept.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(Arc::clone(discovery));
        }
        let url = format!("{}/.well-known/openid-configuration", self.address.trim_end_matches('/'));
        let answer = self.get(&url, None).await?;
        let discovery = Arc::new(Discovery::read(&answer.body, &self.address)?);
        *kept = Some((Instant::now(), Arc::clone(&discovery)));
        Ok(discovery)
    }

    /// Returns the issuer's keys. With `missing` the cached set lacks a key: issuers rotate their keys.
    pub(crate) async fn keys(&self, url: &str, missing: bool) -> Result<Arc<Keys>> {
        let mut kept = self.keys.lock().await;
        let age = if missing { AGAIN } else { FRESH };
        if let Some((_, keys)) = kept.as_ref().filter(|(at, _)| at.elapsed() < age) {
            return Ok(Arc::clone(keys));
        }
        let answer = self.get(url, None).await?;
        let keys = Keys::read(&answer.body).ok_or_else(|| {
            Error::new(
                ErrorKind::Invalid,
                "log in",
                "the issuer's keys cannot be read: expected JSON with a list `keys`",
            )
        })?;
        let keys = Arc::new(keys);
        *kept = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }

    /// Sends a GET request, with a bearer token if one is given.
    pub(crate) async fn get(&self, url: &str, token: Option<&str>) -> Result<Answer> {
        let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, secret(format!("Bearer {token}"))?);
        }
        let answer = self.http.send(Method::GET, url, headers, Vec::new()).await?;
        if answer.is_success() { Ok(answer) } else { Err(answer.error("log in")) }
    }

    /// Posts a form, with an `Authorization` header if one is given, and returns any answer.
    pub(crate) async fn post(&self, url: &str, form: String, login: Option<String>) -> Result<Answer> {
        let mut headers = HeaderMap::from_iter([
            (ACCEPT, HeaderValue::from_static("application/json")),
            (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
        ]);
        if let Some(login) = login {
            headers.insert(AUTHORIZATION, secret(login)?);
        }
        self.http.send(Method::POST, url, headers, form.into_bytes()).await
    }
}

fn secret(text: String) -> Result<HeaderValue> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| Error::new(ErrorKind::Invalid, "log in", "a secret cannot be sent as a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
