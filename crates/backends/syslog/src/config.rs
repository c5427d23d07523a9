//! Config of the syslog backend.

use quipu_core::Result;
use quipu_send::Tls;
use serde::{Deserialize, Serialize};

use crate::fault::wrong;

/// Facility: RFC 5424, table 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Facility {
    /// 1, user programs.
    User = 1,
    /// 3, daemons.
    Daemon = 3,
    /// 13, audit.
    Audit = 13,
    /// 16
    #[default]
    Local0 = 16,
    /// 17
    Local1 = 17,
    /// 18
    Local2 = 18,
    /// 19
    Local3 = 19,
    /// 20
    Local4 = 20,
    /// 21
    Local5 = 21,
    /// 22
    Local6 = 22,
    /// 23
    Local7 = 23,
}

/// Contents of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A readable line; figures are in the structured data.
    #[default]
    Text,
    /// The whole record as JSON, in the form of the file backend.
    Json,
}

/// Config of the syslog backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address of the receiver: `tcp://HOST:PORT` or `tls://HOST:PORT`. Default ports are 601 and 6514.
    pub url: String,
    /// TLS config, for `tls`.
    pub tls: Tls,
    /// Name in the receiver's certificate, if it differs from that of `url`.
    pub server_name: String,
    /// Facility.
    pub facility: Facility,
    /// Host name for records without one; empty means none.
    pub hostname: String,
    /// Name of the program for records without a service.
    pub app_name: String,
    /// Id of the structured data: a name, `@`, and your private enterprise number. 32473 is reserved for
    /// examples.
    pub sd_id: String,
    /// Contents of a message.
    pub format: Format,
    /// Largest size of a message in bytes; a longer one is cut. At least 480, which every receiver accepts.
    pub max_bytes: usize,
    /// Timeout in milliseconds for the connection, and for the write of a batch.
    pub timeout_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: "tcp://127.0.0.1:601".to_owned(),
            tls: Tls::default(),
            server_name: String::new(),
            facility: Facility::Local0,
            hostname: String::new(),
            app_name: "quipu".to_owned(),
            sd_id: "quipu@32473".to_owned(),
            format: Format::Text,
            max_bytes: 8_192,
            timeout_ms: 10_000,
        }
    }
}

/// Message size that every receiver accepts: RFC 5424, 6.1.
const LEAST_BYTES: usize = 480;

/// Address of a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub host: String,
    pub port: u16,
    pub is_tls: bool,
}

impl Config {
    /// The defaults with this address.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Checks all values before anything is sent.
    pub(crate) fn check(&self) -> Result<Target> {
        if self.max_bytes < LEAST_BYTES {
            return Err(wrong(format!("max_bytes: expected at least {LEAST_BYTES}")));
        }
        // RFC 5424, 6.3.2: the name of unregistered structured data.
        let number = |text: &str| text.split('.').all(|part| part.parse::<u32>().is_ok());
        let name = |text: &str| !text.is_empty() && text.bytes().all(is_sd_name);
        let is_id = |(first, second): (&str, &str)| name(first) && number(second);
        if self.sd_id.len() > 32 || !self.sd_id.split_once('@').is_some_and(is_id) {
            return Err(wrong("sd_id: expected NAME@NUMBER, at most 32 characters"));
        }
        self.target()
    }

    fn target(&self) -> Result<Target> {
        let shape =
            || wrong("url: expected tcp://HOST:PORT or tls://HOST:PORT, with an IPv6 address in brackets");
        let (scheme, rest) = self.url.split_once("://").ok_or_else(shape)?;
        let (is_tls, usual) = match scheme {
            "tcp" => (false, 601),
            "tls" => (true, 6514),
            _ => return Err(shape()),
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| shape())?),
            _ => (rest, usual),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if host.is_empty() || host.contains(['/', '@']) || (bare.is_none() && host.contains(':')) {
            return Err(shape());
        }
        Ok(Target { host: bare.unwrap_or(host).to_owned(), port, is_tls })
    }
}

/// Whether a name in structured data may contain the byte: RFC 5424, 6, `SD-NAME`; `@` only precedes the
/// number.
pub(crate) const fn is_sd_name(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'=' | b']' | b'"' | b'@')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn urls_name_a_host_and_a_port() {
        let target =
            |url: &str| Config::at(url).check().map(|target| (target.host, target.port, target.is_tls));
        let is = |host: &str, port, is_tls| (host.to_owned(), port, is_tls);
        assert_eq!(target("tcp://logs:514").unwrap(), is("logs", 514, false));
        assert_eq!(target("tcp://logs").unwrap(), is("logs", 601, false));
        assert_eq!(target("tls://logs/").unwrap(), is("logs", 6514, true));
        assert_eq!(target("tls://[::1]:7").unwrap(), is("::1", 7, true));
        assert_eq!(target("tls://[::1]").unwrap(), is("::1", 6514, true));
        for wrong in
            ["", "logs:514", "udp://logs:514", "tcp://", "tcp://:514", "tcp://a:b", "tcp://::1", "tcp://u@h"]
        {
            assert!(target(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_of_structured_data_are_checked() {
        let with = |id: &str| Config { sd_id: id.to_owned(), ..Config::default() }.check().is_ok();
        assert!(with("quipu@32473") && with("a@32473.1.2"));
        for wrong in
            ["", "quipu", "@1", "q@", "q@x", "a b@1", "a]@1", "a\"@1", "a=@1", "a@@1", &"q".repeat(33)]
        {
            assert!(!with(wrong), "{wrong}");
        }
        assert!(Config { max_bytes: 479, ..Config::default() }.check().is_err());
    }
}
