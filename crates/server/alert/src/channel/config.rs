//! Configuration of a channel, and its check.

use std::collections::BTreeMap;
use std::path::PathBuf;

use quipu_send::{Secret, check_url};
use serde::{Deserialize, Serialize};

use crate::AlertError;

/// Kinds of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelKind {
    Console,
    Log,
    Webhook,
    Slack,
    Discord,
    Teams,
    PagerDuty,
    Opsgenie,
    Alertmanager,
    Email,
    /// A function of the program, which no config file names.
    Callback,
}

const KINDS: [(&str, ChannelKind); 10] = [
    ("console", ChannelKind::Console),
    ("log", ChannelKind::Log),
    ("webhook", ChannelKind::Webhook),
    ("slack", ChannelKind::Slack),
    ("discord", ChannelKind::Discord),
    ("teams", ChannelKind::Teams),
    ("pagerduty", ChannelKind::PagerDuty),
    ("opsgenie", ChannelKind::Opsgenie),
    ("alertmanager", ChannelKind::Alertmanager),
    ("email", ChannelKind::Email),
];

impl ChannelKind {
    pub(crate) fn word(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("callback", |(word, _)| word)
    }
}

/// Configuration of a channel. Knowledge of a URL often suffices to post to it, so URLs are kept like
/// secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelConfig {
    /// `console`, `log`, `webhook`, `slack`, `discord`, `teams`, `pagerduty`, `opsgenie`, `alertmanager` or
    /// `email`.
    pub kind: String,
    /// Address of the receiver. PagerDuty and Opsgenie have a default.
    pub url: Secret,
    /// Key of the signature in `X-Quipu-Signature`; without it, bodies are not signed.
    pub secret: Secret,
    /// Integration key of PagerDuty.
    pub routing_key: Secret,
    /// API key of Opsgenie.
    pub api_key: Secret,
    /// Additional headers of every request.
    pub headers: BTreeMap<String, Secret>,
    /// Host of the mail server.
    pub host: String,
    /// Port of the mail server; default 587 with `starttls`, 465 with `tls`, 25 with `none`.
    pub port: Option<u16>,
    /// `starttls` (default), `tls` or `none`.
    pub encryption: String,
    /// User at the mail server; none by default.
    pub user: String,
    /// Password of the user.
    pub password: Secret,
    /// Sender of mails.
    pub from: String,
    /// Recipients of mails.
    pub to: Vec<String>,
    /// PEM file of a further root certificate.
    pub ca_file: Option<PathBuf>,
    /// Timeout of a request in milliseconds; default 10,000.
    pub timeout_ms: u64,
    /// Whether the channel gets notices of ended episodes; default true.
    pub send_resolved: bool,
    /// Channel that gets the notices that this one cannot deliver.
    pub fallback: Option<String>,
    /// Template of the title of a notice.
    pub title: Option<String>,
    /// Template of the text of a notice.
    pub text: Option<String>,
    /// Template of the JSON body of a webhook.
    pub body: Option<String>,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self {
            kind: String::new(),
            url: Secret::default(),
            secret: Secret::default(),
            routing_key: Secret::default(),
            api_key: Secret::default(),
            headers: BTreeMap::new(),
            host: String::new(),
            port: None,
            encryption: "starttls".to_owned(),
            user: String::new(),
            password: Secret::default(),
            from: String::new(),
            to: Vec::new(),
            ca_file: None,
            timeout_ms: 10_000,
            send_resolved: true,
            fallback: None,
            title: None,
            text: None,
            body: None,
        }
    }
}

impl ChannelConfig {
    /// Replaces `${NAME}` in each secret and address by what `filled` returns.
    ///
    /// # Errors
    /// The first error of `filled`, with the key.
    pub fn fill(&mut self, filled: impl Fn(&str) -> Result<String, String>) -> Result<(), String> {
        let secrets = [
            ("url", &mut self.url),
            ("secret", &mut self.secret),
            ("routing_key", &mut self.routing_key),
            ("api_key", &mut self.api_key),
            ("password", &mut self.password),
        ];
        for (key, secret) in secrets {
            *secret = filled(secret.expose()).map_err(|why| format!("{key}: {why}"))?.into();
        }
        for (name, secret) in &mut self.headers {
            *secret = filled(secret.expose()).map_err(|why| format!("headers.{name}: {why}"))?.into();
        }
        for (key, text) in [("host", &mut self.host), ("user", &mut self.user), ("from", &mut self.from)] {
            *text = filled(text).map_err(|why| format!("{key}: {why}"))?;
        }
        Ok(())
    }

    /// Checks the keys of the kind.
    pub(crate) fn check(&self, name: &str) -> Result<ChannelKind, AlertError> {
        let wrong = |key, expected: String| AlertError::Channel { channel: name.to_owned(), key, expected };
        let words = || KINDS.map(|(word, _)| word).join(", ");
        let kind = KINDS.iter().find(|(word, _)| *word == self.kind).map(|(_, kind)| *kind);
        let kind = kind.ok_or_else(|| wrong("kind", format!("one of {}", words())))?;
        if self.timeout_ms == 0 {
            return Err(wrong("timeout_ms", "at least 1".to_owned()));
        }
        let needs_url = !matches!(
            kind,
            ChannelKind::Console
                | ChannelKind::Log
                | ChannelKind::Email
                | ChannelKind::PagerDuty
                | ChannelKind::Opsgenie
        );
        if needs_url || !self.url.is_empty() {
            check_url(self.url.expose())
                .map_err(|error| wrong("url", format!("an http or https URL: {}", error.context())))?;
        }
        if kind == ChannelKind::PagerDuty && self.routing_key.is_empty() {
            return Err(wrong(
                "routing_key",
                "the integration key of an Events API v2 integration".to_owned(),
            ));
        }
        if self.body.is_some() && kind != ChannelKind::Webhook {
            return Err(wrong("body", "no such key: only channels of kind webhook have it".to_owned()));
        }
        if kind == ChannelKind::Opsgenie && self.api_key.is_empty() {
            return Err(wrong("api_key", "the API key of an API integration".to_owned()));
        }
        Ok(kind)
    }
}
