//! The configuration of access control.

use std::path::PathBuf;

use ipnet::IpNet;
use quipu_core::{Error, ErrorKind, Result, Timestamp};
use quipu_send::Secret;
use serde::Deserialize;

/// The maximum idle time in hours, and the maximum lifetime in days: one year.
const YEAR_HOURS: u32 = 366 * 24;
const YEAR_DAYS: u32 = 366;

/// Whether requests need credentials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Off while only this machine can reach the server and no user was made; otherwise required.
    #[default]
    Auto,
    /// Off. A server that other machines can reach also needs `--insecure`.
    Off,
    /// Required.
    Required,
}

/// The table `[access]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessConfig {
    /// Whether requests need credentials.
    pub mode: Mode,
    /// Host names that the server answers to while access is off, in addition to those of this machine.
    pub hosts: Vec<String>,
    /// Networks of trusted proxies, whose headers about a client's address and scheme are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Hours after which an unused session ends.
    pub session_idle_hours: u32,
    /// Days after which every session ends.
    pub session_days: u32,
    /// An OpenID Connect issuer.
    pub oidc: Option<quipu_oidc::OidcConfig>,
    /// A file with a key that has every right, for the first start of a container.
    pub bootstrap_key_file: Option<PathBuf>,
    /// The same key as text, from the environment instead of the file.
    #[serde(skip)]
    pub bootstrap_key: Option<Secret>,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            session_idle_hours: 12,
            session_days: 7,
            oidc: None,
            bootstrap_key_file: None,
            bootstrap_key: None,
        }
    }
}

impl AccessConfig {
    /// Checks the configuration.
    ///
    /// # Errors
    /// Names the key with an invalid value.
    pub fn check(&self) -> Result<()> {
        let bad = |text: String| Err(Error::new(ErrorKind::Invalid, "read [access]", text));
        if !(1..=YEAR_HOURS).contains(&self.session_idle_hours) {
            return bad(format!(
                "session_idle_hours expects 1 to {YEAR_HOURS}, got {}",
                self.session_idle_hours
            ));
        }
        if !(1..=YEAR_DAYS).contains(&self.session_days) {
            return bad(format!("session_days expects 1 to {YEAR_DAYS}, got {}", self.session_days));
        }
        let wrong = |host: &&String| host.is_empty() || host.contains(['/', ':', '*', ' ', '@']);
        match self.hosts.iter().find(wrong) {
            Some(host) => bad(format!(
                "hosts expects host names without scheme and port, such as quipu.example.org, got {host:?}"
            )),
            None => Ok(()),
        }
    }

    /// Nanoseconds after which an unused session ends.
    pub(crate) fn idle(&self) -> i64 {
        i64::from(self.session_idle_hours) * Timestamp::HOUR
    }

    /// Nanoseconds after which every session ends.
    pub(crate) fn absolute(&self) -> i64 {
        i64::from(self.session_days) * Timestamp::DAY
    }

    /// Returns the bootstrap key, if one is configured.
    ///
    /// # Errors
    /// The file cannot be read, both sources are set, or the key is too weak.
    pub(crate) fn bootstrap(&self) -> Result<Option<Secret>> {
        let fault = |text: String| Error::new(ErrorKind::Invalid, "read the bootstrap key", text);
        let text = match (&self.bootstrap_key, &self.bootstrap_key_file) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(fault("QUIPU_BOOTSTRAP_KEY and bootstrap_key_file are both given".into()));
            }
            (Some(key), None) => key.expose().trim().to_owned(),
            (None, Some(file)) => std::fs::read_to_string(file)
                .map_err(|error| fault(file.display().to_string()).caused_by(error))?
                .trim()
                .to_owned(),
        };
        match crate::secret::too_weak(&text) {
            Some(why) => Err(fault(why)),
            None => Ok(Some(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named() {
        for (text, named) in [
            ("session_days = 0", "session_days"),
            ("session_idle_hours = 9000", "session_idle_hours"),
            ("hosts = [\"https://x\"]", "hosts"),
        ] {
            let error = toml::from_str::<AccessConfig>(text).unwrap().check().unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
        assert!(toml::from_str::<AccessConfig>("modes = 1").is_err());
        assert!(toml::from_str::<AccessConfig>("trusted_proxies = [\"10.0.0.0/33\"]").is_err());
        toml::from_str::<AccessConfig>("trusted_proxies = [\"10.0.0.0/8\", \"::1/128\"]")
            .unwrap()
            .check()
            .unwrap();
    }

    #[test]
    fn a_weak_bootstrap_key_is_refused_and_never_shown() {
        let settings = AccessConfig { bootstrap_key: Some("hunter2".into()), ..AccessConfig::default() };
        let error = settings.bootstrap().unwrap_err().to_string();
        assert!(error.contains("32") && !error.contains("hunter2"), "{error}");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
