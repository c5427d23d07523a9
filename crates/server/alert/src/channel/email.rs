//! Mail over SMTP: STARTTLS, implicit TLS or plain, with or without a login.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error as SmtpError};
use lettre::{AsyncTransport as _, Message as Mail, Tokio1Executor};
use quipu_core::{Error, ErrorKind, Result, Retry};

use super::{ChannelConfig, Message, SEND};
use crate::AlertError;

/// An open mail channel.
pub(super) struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
    timeout: Duration,
}

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Email").field("to", &self.to.len()).finish_non_exhaustive()
    }
}

impl Email {
    pub(super) fn open(name: &str, config: &ChannelConfig) -> Result<Self, AlertError> {
        let wrong = |key, expected: &str| AlertError::Channel {
            channel: name.to_owned(),
            key,
            expected: expected.to_owned(),
        };
        let address = |key, text: &str| {
            text.parse::<Mailbox>().map_err(|_| wrong(key, "a mail address such as Ops <ops@example.com>"))
        };
        if config.host.is_empty() {
            return Err(wrong("host", "the host of the mail server"));
        }
        if config.to.is_empty() {
            return Err(wrong("to", "at least one mail address"));
        }
        let tls = || -> Result<TlsParameters, AlertError> {
            let mut builder = TlsParameters::builder(config.host.clone());
            if let Some(file) = &config.ca_file {
                let pem = std::fs::read(file).map_err(|_| wrong("ca_file", "a readable PEM file"))?;
                let root = Certificate::from_pem(&pem)
                    .map_err(|_| wrong("ca_file", "a PEM file of a certificate"))?;
                builder = builder.add_root_certificate(root);
            }
            builder.build().map_err(|_| wrong("host", "a host name that TLS can verify"))
        };
        let (tls, port) = match config.encryption.as_str() {
            "starttls" => (Tls::Required(tls()?), 587),
            "tls" => (Tls::Wrapper(tls()?), 465),
            "none" => (Tls::None, 25),
            _ => return Err(wrong("encryption", "one of starttls, tls, none")),
        };
        let timeout = Duration::from_millis(config.timeout_ms);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(config.host.as_str())
            .port(config.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(timeout));
        if !config.user.is_empty() {
            let password = config.password.expose().to_owned();
            builder = builder.credentials(Credentials::new(config.user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from: address("from", &config.from)?,
            to: config.to.iter().map(|text| address("to", text)).collect::<Result<_, _>>()?,
            timeout,
        })
    }

    pub(super) async fn send(&self, message: Message<'_>) -> Result<()> {
        let mail = self.mail(message).map_err(|cause| {
            Error::new(ErrorKind::Invalid, SEND, "the mail cannot be written").caused_by(cause.to_string())
        })?;
        match tokio::time::timeout(self.timeout, self.transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => {
                Err(Error::new(ErrorKind::Unavailable, SEND, "no answer in time").with_retry(Retry::Yes))
            }
        }
    }

    fn mail(&self, message: Message<'_>) -> Result<Mail, lettre::error::Error> {
        let title = message.title().replace(char::is_control, " ");
        let mut body = String::new();
        for notice in message.notices {
            body.push_str(&notice.title());
            body.push_str("\r\n");
            notice.lines().iter().for_each(|line| {
                body.push_str("  ");
                body.push_str(line);
                body.push_str("\r\n");
            });
        }
        body.extend(message.rest().map(|rest| format!("{rest}\r\n")));
        let first = message.notices.first();
        // The same for a repeated delivery, so a mail server can drop the second one.
        let id = first.map(|notice| format!("<{}.{}@quipu>", notice.episode, notice.status.as_str()));
        let mut builder = Mail::builder().from(self.from.clone()).subject(title).message_id(id);
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        builder.header(ContentType::TEXT_PLAIN).body(body)
    }
}

/// A rejection with a 5xx code is final. All else, such as greylisting or a broken connection, may be
/// retried.
fn told(error: &SmtpError) -> Error {
    let code = error.status().map(|code| format!("answered {code}"));
    let (kind, retry, text) = match code {
        Some(text) if error.is_permanent() => (ErrorKind::Invalid, Retry::No, text),
        Some(text) => (ErrorKind::Unavailable, Retry::Yes, text),
        None if error.is_timeout() => (ErrorKind::Unavailable, Retry::Yes, "no answer in time".to_owned()),
        None => (ErrorKind::Unavailable, Retry::Yes, "the mail server cannot be reached".to_owned()),
    };
    Error::new(kind, SEND, text).with_retry(retry)
}
