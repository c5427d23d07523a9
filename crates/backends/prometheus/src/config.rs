//! Config of the Prometheus backend.

use std::net::{Ipv4Addr, SocketAddr};

use quipu_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::{Push, RemoteWrite};

/// Name of the backend.
pub(crate) const NAME: &str = "prometheus";

/// Port that OpenTelemetry names for Prometheus exporters (`OTEL_EXPORTER_PROMETHEUS_PORT`).
const PORT: u16 = 9464;

/// Config of the Prometheus backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address of the backend's own server, such as `127.0.0.1:9464`; port 0 takes a free one. `None`, in
    /// files `"off"`, means no server: another server mounts [`crate::Prometheus::handler`].
    #[serde(with = "address")]
    pub listen: Option<SocketAddr>,
    /// Path of the page: a slash, then letters, digits and `/ . _ ~ -`.
    pub path: String,
    /// Largest number of series, counted by source: the same series of two processes counts twice. Further
    /// ones are left out and counted in `quipu_prometheus_dropped_series_total`.
    pub max_series: usize,
    /// Largest size of the page's records in bytes, estimated from their names and labels. Series beyond it
    /// are left out and counted in `quipu_prometheus_dropped_series_total`.
    pub max_page_bytes: usize,
    /// Minutes after which a series without a new point is removed; `None` keeps it for the life of the
    /// process.
    pub stale_after_minutes: Option<u64>,
    /// Resource attributes that every series gets as labels, such as `service.name`. The default is none,
    /// because `target_info` has all of them.
    pub resource_labels: Vec<String>,
    /// Whether OpenMetrics pages have exemplars.
    pub exemplars: bool,
    /// A remote-write receiver for every new point, as the cumulative figures of its series.
    pub remote_write: Option<RemoteWrite>,
    /// A Pushgateway that gets the page at every flush and at close.
    pub push: Option<Push>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))),
            path: "/metrics".to_owned(),
            max_series: 20_000,
            max_page_bytes: 32 << 20,
            stale_after_minutes: None,
            resource_labels: Vec::new(),
            exemplars: true,
            remote_write: None,
            push: None,
        }
    }
}

impl Config {
    /// The defaults with this address.
    pub fn at(listen: SocketAddr) -> Self {
        Self { listen: Some(listen), ..Self::default() }
    }

    /// Rejects a path that the server cannot route.
    pub(crate) fn check(&self) -> Result<()> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "/._~-".contains(c);
        if self.path.starts_with('/') && self.path.chars().all(fits) {
            return Ok(());
        }
        let what = format!("path {:?} is not a slash followed by letters, digits and / . _ ~ -", self.path);
        Err(Error::new(ErrorKind::Invalid, "open backend", what).of_backend(NAME))
    }
}

/// An address as text; `off` for `None`.
mod address {
    use std::net::SocketAddr;

    use serde::{Deserialize, Deserializer, Serializer, de};

    const OFF: &str = "off";

    pub(super) fn serialize<S: Serializer>(address: &Option<SocketAddr>, to: S) -> Result<S::Ok, S::Error> {
        match address {
            Some(address) => to.collect_str(address),
            None => to.serialize_str(OFF),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
        let text = String::deserialize(from)?;
        if text == OFF {
            return Ok(None);
        }
        let wrong = || {
            de::Error::custom(format!("{text:?} is neither an address such as 127.0.0.1:9464 nor \"off\""))
        };
        text.parse().map(Some).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn files_can_say_all_of_it_and_nothing_else() {
        let config: Config =
            toml::from_str("listen = \"off\"\nmax_series = 5\nstale_after_minutes = 10").unwrap();
        assert_eq!((config.listen, config.max_series, config.stale_after_minutes), (None, 5, Some(10)));
        assert_eq!(toml::from_str::<Config>("").unwrap(), Config::default());
        let again: Config = toml::from_str(&toml::to_string(&Config::default()).unwrap()).unwrap();
        assert_eq!(again, Config::default());
        assert!(toml::from_str::<Config>("port = 1").unwrap_err().to_string().contains("port"));
        assert!(toml::from_str::<Config>("listen = \"here\"").unwrap_err().to_string().contains("here"));
    }

    #[test]
    fn a_path_that_no_router_takes_is_refused_by_name() {
        for path in ["metrics", "/{x", "/a b", ""] {
            let refused = Config { path: path.to_owned(), ..Config::default() }.check().unwrap_err();
            assert!(refused.to_string().contains(&format!("{path:?}")), "{refused}");
        }
        assert!(Config::default().check().is_ok());
    }
}
