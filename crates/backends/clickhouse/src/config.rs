//! Configuration of the store, from its URI.

use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use quipu_core::{Error, ErrorKind, Result};
use quipu_send::Secret;

/// Name of the store in errors.
pub(crate) const NAME: &str = "clickhouse";

/// Limits of requests to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one insert; a larger batch is inserted in several.
    pub insert_bytes: usize,
    /// Rows of one insert.
    pub insert_rows: usize,
    /// Time until an insert or a change is answered.
    pub write_timeout: Duration,
    /// Time until a query is answered.
    pub read_timeout: Duration,
    /// Traces that are read at once.
    pub traces: usize,
    /// Traces that one query may read. A query for more is refused, with the advice to narrow it.
    pub most_traces: usize,
    /// Bytes of one answer of the server.
    pub answer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            insert_bytes: 32 << 20,
            insert_rows: 100_000,
            write_timeout: Duration::from_secs(60),
            read_timeout: Duration::from_secs(30),
            traces: 512,
            most_traces: 2_000_000,
            answer_bytes: 1 << 30,
        }
    }
}

/// Place of a server among the shards of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardPlace {
    /// Its number, from 1.
    pub number: u32,
    /// Number of shards.
    pub of: u32,
}

/// Location of the database, credentials and limits.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// Host and port of the server's HTTP interface.
    pub address: String,
    /// Whether to use HTTPS.
    pub tls: bool,
    /// Database.
    pub database: String,
    /// User; empty for the server's default.
    pub user: String,
    /// Password.
    pub password: Secret,
    /// Whether to compress inserts with LZ4.
    pub compress: bool,
    /// Its place among several shards; `None` for a store in one server.
    pub shard: Option<ShardPlace>,
    /// Limits.
    pub limits: Limits,
}

/// Prints no password.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("uri", &self.uri()).field("limits", &self.limits).finish()
    }
}

fn invalid(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "open store", text).of_backend(NAME)
}

impl Config {
    /// The servers of a URI: several hosts, separated by commas, are shards in this order.
    ///
    /// # Errors
    /// The errors of [`Self::of_uri`], and a host that is named twice.
    pub fn all_of_uri(rest: &str) -> Result<Vec<Self>> {
        let (login, others) = rest.rsplit_once('@').map_or(("", rest), |(login, others)| (login, others));
        let (hosts, path) = others.trim_start_matches("//").split_once('/').unwrap_or((others, ""));
        let hosts: Vec<&str> = hosts.split(',').collect();
        if hosts.len() == 1 {
            return Ok(vec![Self::of_uri(rest)?]);
        }
        let login = if login.is_empty() { "//".to_owned() } else { format!("{login}@") };
        let mut all: Vec<Self> = Vec::with_capacity(hosts.len());
        let of = u32::try_from(hosts.len()).map_err(|_| invalid("there are too many shards"))?;
        for (number, host) in (1..).zip(hosts) {
            let config = Self::of_uri(&format!("{login}{host}/{path}"))?;
            if let Some(same) = all.iter().find(|known| known.address == config.address) {
                return Err(invalid(format!("the shard {} is named twice", same.address)));
            }
            all.push(Self { shard: Some(ShardPlace { number, of }), ..config });
        }
        Ok(all)
    }

    /// Reads the part of `clickhouse://user:password@host:8123/database?tls=true&compress=false` after
    /// `clickhouse:`, with one host.
    ///
    /// # Errors
    /// The text has another form, or an unknown option. No error has the user or the password.
    pub fn of_uri(rest: &str) -> Result<Self> {
        const FORM: &str = "expected clickhouse://user:password@host:8123/database";
        let rest = rest.strip_prefix("//").ok_or_else(|| invalid(FORM))?;
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (rest, database) = rest.split_once('/').ok_or_else(|| invalid(FORM))?;
        let (login, address) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        if address.is_empty() || database.is_empty() || database.contains('/') {
            return Err(invalid(FORM));
        }
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:[]".contains(letter);
        if !address.chars().all(is_plain) {
            return Err(invalid("the host has characters other than letters, digits, `-._:[]`"));
        }
        let mut config = Self {
            address: if has_port(address) { address.to_owned() } else { format!("{address}:8123") },
            tls: false,
            database: decoded(database)?,
            user: decoded(user)?,
            password: decoded(password)?.into(),
            compress: true,
            shard: None,
            limits: Limits::default(),
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            config.set(option)?;
        }
        Ok(config)
    }

    fn set(&mut self, option: &str) -> Result<()> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let flag = || match value {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(invalid(format!("the option `{name}` expects true or false"))),
        };
        let seconds = || match value.parse::<u64>() {
            Ok(seconds @ 1..=3_600) => Ok(Duration::from_secs(seconds)),
            _ => Err(invalid(format!("the option `{name}` expects 1 to 3600 seconds"))),
        };
        match name {
            "tls" => self.tls = flag()?,
            "compress" => self.compress = flag()?,
            "read_timeout" => self.limits.read_timeout = seconds()?,
            "write_timeout" => self.limits.write_timeout = seconds()?,
            _ => {
                let known = "tls, compress, read_timeout or write_timeout";
                return Err(invalid(format!("unknown option `{name}`: expected {known}")));
            }
        }
        Ok(())
    }

    /// URL of the server's HTTP interface.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.address)
    }

    /// The URI without user and password.
    pub fn uri(&self) -> String {
        format!("clickhouse://{}/{}{}", self.address, self.database, if self.tls { "?tls=true" } else { "" })
    }
}

fn has_port(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    Ok(text.map_err(|_| invalid("a percent-encoded part of the URI is not valid UTF-8"))?.into_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_all_parts() {
        let config = Config::of_uri("//ada:p%40ss%2F@db.example:8443/quipu?tls=true&read_timeout=5").unwrap();
        assert_eq!((config.url().as_str(), config.database.as_str()), ("https://db.example:8443", "quipu"));
        assert_eq!((config.user.as_str(), config.password.expose()), ("ada", "p@ss/"));
        assert_eq!(config.limits.read_timeout, Duration::from_secs(5));
        let plain = Config::of_uri("//localhost/quipu").unwrap();
        assert_eq!((plain.url().as_str(), plain.user.as_str()), ("http://localhost:8123", ""));
    }

    #[test]
    fn several_hosts_are_shards_in_order() {
        let all = Config::all_of_uri("//ada:p%2C@a,b:9000,c/quipu?read_timeout=5").unwrap();
        let named: Vec<String> = all.iter().map(Config::uri).collect();
        let uris = ["clickhouse://a:8123/quipu", "clickhouse://b:9000/quipu", "clickhouse://c:8123/quipu"];
        assert_eq!(named, uris);
        assert_eq!(all[1].shard, Some(ShardPlace { number: 2, of: 3 }));
        assert_eq!((all[2].password.expose(), all[2].limits.read_timeout), ("p,", Duration::from_secs(5)));
        assert_eq!(Config::all_of_uri("//a/quipu").unwrap(), [Config::of_uri("//a/quipu").unwrap()]);
        for wrong in ["//a,b:8123,a:8123/q", "//a,/q", "//a,b", "//ada:hunter2@a,b c/q"] {
            let error = Config::all_of_uri(wrong).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        assert!(
            Config::all_of_uri("//a,b,a:8123/q").unwrap_err().to_string().contains("a:8123 is named twice")
        );
    }

    #[test]
    fn the_password_is_in_no_text() {
        let config = Config::of_uri("//ada:hunter2@db/quipu").unwrap();
        assert_eq!(config.uri(), "clickhouse://db:8123/quipu");
        assert!(!format!("{config:?}").contains("hunter2"));
        for wrong in ["ada:hunter2@db/q", "//ada:hunter2@db", "//ada:hunter2@d b/q", "//ada:hunter2@db/q?x=1"]
        {
            let error = Config::of_uri(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn wrong_options_are_named() {
        let error = |options: &str| Config::of_uri(&format!("//db/q?{options}")).unwrap_err().to_string();
        assert!(error("ttl=true").contains("unknown option `ttl`"));
        assert!(error("tls=yes").contains("`tls` expects true or false"));
        assert!(error("read_timeout=0").contains("1 to 3600 seconds"));
    }
}
