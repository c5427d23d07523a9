//! Channels: where notices go, and how each kind of receiver takes them.

mod config;
mod email;
mod events;
mod messages;

use std::io::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};
use quipu_core::{Error, ErrorKind, Result, Retry, Timestamp};
use quipu_send::{Http, HttpConfig, Tls};
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::{Value, json};

pub use config::ChannelConfig;
pub(crate) use config::ChannelKind;

use crate::template::Template;
use crate::{AlertError, Notice, NoticeStatus};
use email::Email;

/// Signature of a webhook body: HMAC-SHA256 as lower-case hexadecimal digits.
const SIGNATURE: HeaderName = HeaderName::from_static("x-quipu-signature");
/// Notices that one message shows.
pub(crate) const SHOWN: usize = 10;
const JSON: &str = "application/json";
const SEND: &str = "send a notice";

/// One message: at most [`SHOWN`] notices, and the number of further ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    pub notices: &'a [Notice],
    pub more: usize,
    /// Time at which Alertmanager forgets an alert that is not repeated.
    pub forget_at: Timestamp,
}

impl Message<'_> {
    /// The title of the message.
    pub(crate) fn title(&self) -> String {
        match self.notices {
            [one] if self.more == 0 => one.title(),
            all => {
                let firing = all.iter().filter(|notice| notice.status == NoticeStatus::Firing).count();
                let rule = all.first().map_or("", |notice| notice.rule.as_str());
                format!("[{firing} FIRING] {rule}: {} notices", all.len() + self.more)
            }
        }
    }

    /// The text about notices that are not shown.
    pub(crate) fn rest(&self) -> Option<String> {
        (self.more > 0).then(|| format!("and {} more", self.more))
    }
}

/// An open channel.
#[derive(Debug)]
pub struct Channel {
    name: String,
    config: ChannelConfig,
    kind: ChannelKind,
    wire: Wire,
    templates: Templates,
}

/// Templates of the config.
#[derive(Debug, Default)]
struct Templates {
    title: Option<Template>,
    text: Option<Template>,
    body: Option<Template>,
}

#[derive(Debug)]
enum Wire {
    None,
    Http(Box<Http>),
    Email(Box<Email>),
    Call(Callback),
}

/// A function that gets notices. It must not block.
#[derive(Clone)]
pub struct Callback(std::sync::Arc<dyn Fn(&Notice) + Send + Sync>);

impl Callback {
    /// Of a function.
    pub fn new(call: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        Self(std::sync::Arc::new(call))
    }
}

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Callback")
    }
}

impl Channel {
    /// Checks the config; does not connect.
    ///
    /// # Errors
    /// A key is missing or invalid. The text has no value.
    pub fn open(name: &str, config: ChannelConfig) -> Result<Self, AlertError> {
        let kind = config.check(name)?;
        let told = |error: Error| AlertError::Channel {
            channel: name.to_owned(),
            key: "headers or ca_file",
            expected: error.to_string(),
        };
        let wire = match kind {
            ChannelKind::Console | ChannelKind::Log => Wire::None,
            ChannelKind::Email => Wire::Email(Box::new(Email::open(name, &config)?)),
            _ => {
                let tls = Tls { ca_file: config.ca_file.clone(), ..Tls::default() };
                let http = HttpConfig {
                    headers: config.headers.clone(),
                    timeout_ms: config.timeout_ms,
                    tls,
                    ..HttpConfig::default()
                };
                Wire::Http(Box::new(Http::new(&http).map_err(told)?))
            }
        };
        let templates = Templates::of(name, &config)?;
        Ok(Self { name: name.to_owned(), config, kind, wire, templates })
    }

    /// A channel that calls a function.
    pub fn callback(name: &str, call: Callback) -> Self {
        let (kind, config) = (ChannelKind::Callback, ChannelConfig::default());
        let templates = Templates::default();
        Self { name: name.to_owned(), config, kind, wire: Wire::Call(call), templates }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Word of its kind.
    pub fn kind(&self) -> &'static str {
        self.kind.word()
    }

    /// Channel that gets the notices that this one cannot deliver.
    pub fn fallback(&self) -> Option<&str> {
        self.config.fallback.as_deref()
    }

    /// Whether the channel takes notices of this status.
    pub fn takes(&self, status: NoticeStatus) -> bool {
        match status {
            NoticeStatus::Acknowledged => matches!(self.kind, ChannelKind::PagerDuty | ChannelKind::Opsgenie),
            NoticeStatus::Resolved | NoticeStatus::Withdrawn => self.config.send_resolved,
            NoticeStatus::Firing | NoticeStatus::Test => true,
        }
    }

    /// Whether its receiver keeps an incident for each episode, so that it need not be told again.
    pub(crate) const fn keeps_episodes(&self) -> bool {
        matches!(self.kind, ChannelKind::PagerDuty | ChannelKind::Opsgenie)
    }

    /// Whether only its recipients see its notices, so that they may have an acknowledgement link. Incident
    /// systems have acknowledgements of their own.
    pub(crate) const fn takes_links(&self) -> bool {
        matches!(
            self.kind,
            ChannelKind::Webhook
                | ChannelKind::Slack
                | ChannelKind::Discord
                | ChannelKind::Teams
                | ChannelKind::Email
        )
    }

    /// Sends a message. Whether a retry may help is in the error.
    ///
    /// # Errors
    /// The receiver does not answer, or rejects the message. The text has no secret and no address.
    pub(crate) async fn send(&self, message: Message<'_>) -> Result<()> {
        let written: Vec<Notice> = message.notices.iter().map(|notice| self.written(notice)).collect();
        let message = Message { notices: &written, ..message };
        match (&self.wire, self.kind) {
            (Wire::Call(call), _) => {
                message.notices.iter().for_each(|notice| (call.0)(notice));
                Ok(())
            }
            (Wire::Email(email), _) => email.send(message).await,
            (Wire::Http(http), kind) => self.post_all(http, kind, message).await,
            (Wire::None, ChannelKind::Console) => print(message),
            (Wire::None, _) => {
                for notice in message.notices {
                    tracing::warn!(rule = %notice.rule, episode = %notice.episode, "alert: {}", notice.title());
                }
                Ok(())
            }
        }
    }

    async fn post_all(&self, http: &Http, kind: ChannelKind, message: Message<'_>) -> Result<()> {
        let url = self.config.url.expose();
        match kind {
            ChannelKind::PagerDuty => {
                for notice in message.notices {
                    let body = events::pagerduty(notice, self.config.routing_key.expose());
                    self.post(http, events::pagerduty_url(url), HeaderMap::new(), &body).await?;
                }
                Ok(())
            }
            ChannelKind::Opsgenie => {
                let headers = self.opsgenie_headers()?;
                for notice in message.notices {
                    let (url, body) = events::opsgenie(notice, url);
                    self.post(http, &url, headers.clone(), &body).await?;
                }
                Ok(())
            }
            ChannelKind::Alertmanager => {
                let url = format!("{}/api/v2/alerts", url.trim_end_matches('/'));
                self.post(http, &url, HeaderMap::new(), &events::alertmanager(message)).await
            }
            ChannelKind::Slack => self.post(http, url, HeaderMap::new(), &messages::slack(message)).await,
            ChannelKind::Discord => self.post(http, url, HeaderMap::new(), &messages::discord(message)).await,
            ChannelKind::Teams => self.post(http, url, HeaderMap::new(), &messages::teams(message)).await,
            _ => self.post(http, url, HeaderMap::new(), &self.body(message)).await,
        }
    }

    /// The notice with the texts of the templates. A template that fails leaves the text as it is.
    fn written(&self, notice: &Notice) -> Notice {
        let mut notice = notice.clone();
        if matches!(self.kind, ChannelKind::Discord | ChannelKind::Teams) {
            messages::without_links(&mut notice);
        }
        let render = |key, template: &Option<Template>| match template.as_ref()?.text(&notice) {
            Ok(text) => Some(text),
            Err(why) => {
                tracing::error!(channel = self.name, key, why, "a template of a channel failed");
                None
            }
        };
        let (title, text) = (render("title", &self.templates.title), render("text", &self.templates.text));
        (notice.own_title, notice.own_text) = (title, text);
        notice
    }

    /// The body of a webhook, by its template if it has one that gives JSON.
    fn body(&self, message: Message<'_>) -> Value {
        let Some(template) = &self.templates.body else { return webhook(message) };
        let told = |why: String| {
            tracing::error!(channel = self.name, key = "body", why, "a template of a channel failed")
        };
        let text = template.message(message.notices, message.more);
        let body = text.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
        body.map_err(told).unwrap_or_else(|()| webhook(message))
    }

    fn opsgenie_headers(&self) -> Result<HeaderMap> {
        let wrong = || Error::new(ErrorKind::Invalid, SEND, "the API key cannot be a header");
        let text = format!("GenieKey {}", self.config.api_key.expose());
        let mut value = HeaderValue::from_str(&text).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok(HeaderMap::from_iter([(http::header::AUTHORIZATION, value)]))
    }

    async fn post(&self, http: &Http, url: &str, mut headers: HeaderMap, body: &Value) -> Result<()> {
        let body = body.to_string().into_bytes();
        if !self.config.secret.is_empty() {
            let key = Key::new(HMAC_SHA256, self.config.secret.expose().as_bytes());
            let hex: String = sign(&key, &body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            if let Ok(value) = HeaderValue::from_str(&hex) {
                headers.insert(SIGNATURE, value);
            }
        }
        let answer = http.post(url, JSON, headers, body).await?;
        match answer.is_success() {
            true => Ok(()),
            false => Err(answer.error(SEND)),
        }
    }
}

impl Templates {
    fn of(name: &str, config: &ChannelConfig) -> std::result::Result<Self, AlertError> {
        let read = |key, source: &Option<String>, is_json| {
            let wrong = |why| AlertError::Channel {
                channel: name.to_owned(),
                key,
                expected: format!("a template: {why}"),
            };
            source.as_deref().map(|source| Template::new(source, is_json).map_err(wrong)).transpose()
        };
        Ok(Self {
            title: read("title", &config.title, false)?,
            text: read("text", &config.text, false)?,
            body: read("body", &config.body, true)?,
        })
    }
}

/// The body of a webhook: one notice, or several with the number of further ones.
fn webhook(message: Message<'_>) -> Value {
    match message.notices {
        [one] if message.more == 0 => json!(one),
        all => json!({ "notices": all, "more": message.more }),
    }
}

fn print(message: Message<'_>) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let mut line = |text: &str| writeln!(out, "{}", text.replace(char::is_control, " "));
    let mut write = || {
        for notice in message.notices {
            line(&notice.title())?;
            notice.lines().iter().try_for_each(|text| line(&format!("  {text}")))?;
        }
        message.rest().map_or(Ok(()), |rest| line(&rest))
    };
    let told = |cause| {
        Error::new(ErrorKind::Io, SEND, "cannot write to standard output")
            .with_retry(Retry::Yes)
            .caused_by(cause)
    };
    write().map_err(told)
}
