//! The decision at start whether access is required, and warnings while it is off.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use quipu_audit::{ActorKind, Noted, Outcome};
use quipu_core::{Error, ErrorKind, Result};

use crate::access::Access;
use crate::config::Mode;
use crate::register::Holds;

/// Why access is required.
struct Why {
    text: String,
    /// Whether the only reason is that other machines can reach the server.
    reachable: bool,
}

impl Why {
    fn of(text: &str) -> Self {
        Self { text: text.to_owned(), reachable: false }
    }
}

impl Access {
    /// Decides whether requests need credentials, and returns the decision. `insecure` is the flag
    /// `--insecure`: every client that reaches the server has all rights.
    ///
    /// With [`Mode::Auto`] access is required if the server listens beyond this machine, or if users, an
    /// issuer or trusted proxies are set up. It is also required if it was required in this data folder
    /// before. The decision "required" is recorded in the data folder for good.
    ///
    /// # Errors
    /// - `Denied`: the server listens beyond this machine while access is off and `insecure` was not given.
    /// - `Denied`: access is required and no login is possible; the error names the command that helps.
    /// - Other kinds: the register or the audit log cannot be read.
    pub fn settle(&self, listening: &[SocketAddr], insecure: bool) -> Result<bool> {
        let denied = |text: String| Err(Error::new(ErrorKind::Denied, "settle access", text));
        let beyond = listening.iter().find(|address| !address.ip().to_canonical().is_loopback());
        let why = match self.settings.mode {
            Mode::Required => Some(Why::of("[access] mode is \"required\"")),
            Mode::Off => None,
            Mode::Auto if insecure => None,
            Mode::Auto => self.why_required(beyond)?,
        };
        if let (None, Some(beyond), false) = (&why, beyond, insecure) {
            return denied(format!(
                "access is off, but {beyond} can be reached from other hosts: omit `mode = \"off\"`, listen \
                 on 127.0.0.1, or pass --insecure"
            ));
        }
        let Some(why) = why else {
            self.required.store(false, Ordering::Relaxed);
            return Ok(false);
        };
        if !self.lets_somebody_in()? {
            return denied(self.nobody(&why)?);
        }
        self.register.require().map_err(|error| {
            Error::new(ErrorKind::Io, "settle access", "cannot record that access is required")
                .caused_by(error)
        })?;
        self.required.store(true, Ordering::Relaxed);
        Ok(true)
    }

    /// Returns why [`Mode::Auto`] requires access; `None` if it does not.
    fn why_required(&self, beyond: Option<&SocketAddr>) -> Result<Option<Why>> {
        if let Some(beyond) = beyond {
            let text = format!("{beyond} can be reached from other hosts, so access is required");
            return Ok(Some(Why { text, reachable: true }));
        }
        if self.oidc.is_some() {
            return Ok(Some(Why::of("[access.oidc] is set, so access is required")));
        }
        if !self.settings.trusted_proxies.is_empty() {
            return Ok(Some(Why::of("[access] trusted_proxies is set, so access is required")));
        }
        if self.register.is_required()? {
            return Ok(Some(Why::of(
                "access was required in this data folder earlier, so it stays required",
            )));
        }
        if self.audit.any(&shows_access)? {
            return Ok(Some(Why::of(
                "the audit log of this data folder has logins or users, so access stays required",
            )));
        }
        Ok(None)
    }

    fn lets_somebody_in(&self) -> Result<bool> {
        Ok(self.bootstrap.is_some() || self.oidc.is_some() || self.register.lets_in(false)?)
    }

    /// The error of a server that requires access but has no possible login.
    fn nobody(&self, why: &Why) -> Result<String> {
        let command = self.register.remedy()?;
        let otherwise = match (why.reachable, self.register.is_required()?) {
            (true, false) => "or listen on 127.0.0.1, or pass --insecure",
            (true, true) => "or pass --insecure",
            (false, _) => "or set [access] mode = \"off\" to switch access off on this machine",
        };
        Ok(format!(
            "{}, and no user can log in: run `{command}`, set QUIPU_BOOTSTRAP_KEY or [access] \
             bootstrap_key_file, or configure [access.oidc]; \
             {otherwise}",
            why.text
        ))
    }

    /// Returns the signs of an earlier use of access, for a warning while it is off: users, keys, sessions,
    /// logins. The list is empty if there are none.
    ///
    /// # Errors
    /// The register or the audit log cannot be read.
    pub fn against_off(&self) -> Result<Vec<String>> {
        let Holds { users, keys, sessions } = self.register.holds()?;
        let counted = [(users, "user"), (keys, "key"), (sessions, "session")];
        let mut found: Vec<String> =
            counted.iter().filter_map(|(count, what)| several(*count, what)).collect();
        let set_up = [
            (self.bootstrap.is_some(), "a bootstrap key"),
            (self.oidc.is_some(), "an issuer"),
            (!self.settings.trusted_proxies.is_empty(), "trusted proxies"),
        ];
        found.extend(set_up.iter().filter(|(is, _)| *is).map(|(_, what)| (*what).to_owned()));
        if self.register.is_required()? {
            found.push("a record that access was required".into());
        }
        if self.audit.any(&shows_keys_or_access)? {
            found.push("an audit log with logins, users or keys".into());
        }
        Ok(found)
    }
}

fn several(count: usize, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        more => Some(format!("{more} {what}s")),
    }
}

/// Users and keys are actors only on a server that requires access. The command line names users as objects.
fn shows_access(noted: &Noted) -> bool {
    let named = matches!(noted.actor.kind, ActorKind::User | ActorKind::Key);
    noted.outcome == Outcome::Done && (named || noted.action.starts_with("user."))
}

fn shows_keys_or_access(noted: &Noted) -> bool {
    shows_access(noted) || (noted.outcome == Outcome::Done && noted.action.starts_with("key."))
}
