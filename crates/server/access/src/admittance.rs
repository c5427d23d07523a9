//! Authentication: maps the credential of a request to a principal.

use std::sync::Arc;

use quipu_admission::PrincipalKind;
use quipu_core::Error;

use crate::access::Access;
use crate::credential::Credential;
use crate::grantee::Grantee;
use crate::secret::{Hashed, KeyText};

/// The reason why a credential identifies no principal.
#[derive(Debug)]
pub enum Stranger {
    /// The credential is not valid; the text goes to the client.
    Wrong(&'static str),
    /// The credential cannot be looked up now.
    Unclear(Error),
}

impl From<Error> for Stranger {
    fn from(error: Error) -> Self {
        Self::Unclear(error)
    }
}

const NO_SUCH_KEY: &str = "The key is unknown.";

impl Access {
    /// Returns the principal of a credential.
    ///
    /// # Errors
    /// The credential is not valid, or the register cannot be read.
    pub(crate) fn admit(&self, credential: &Credential) -> Result<Grantee, Stranger> {
        match credential {
            Credential::Key(text) => self.admit_key(text),
            Credential::Session(token) => self.admit_session(token),
            Credential::Unreadable => Err(Stranger::Wrong(
                "The credentials cannot be read: send `Authorization: Bearer KEY`, `x-quipu-key: KEY`, or the key as the password of Basic.",
            )),
        }
    }

    fn admit_key(&self, text: &str) -> Result<Grantee, Stranger> {
        let hash = Hashed::of(text);
        if self.bootstrap.as_ref().is_some_and(|bootstrap| bootstrap.is(&hash)) {
            return Ok(Grantee::bootstrap());
        }
        let read = KeyText::read(text).ok_or(Stranger::Wrong(NO_SUCH_KEY))?;
        let stored = self.register.look_up_key(read.id())?.ok_or(Stranger::Wrong(NO_SUCH_KEY))?;
        // A wrong secret gets the same answer as an unknown id, so an id alone reveals nothing.
        if !stored.hash.is(&hash) {
            return Err(Stranger::Wrong(NO_SUCH_KEY));
        }
        let now = self.now();
        match stored.key.ended(now) {
            Some("revoked") => return Err(Stranger::Wrong("The key was revoked.")),
            Some(_) => return Err(Stranger::Wrong("The key has expired.")),
            None => {}
        }
        if stored.is_due(now) {
            let stored = Arc::clone(&stored);
            self.in_passing(move |register| register.note_key_used(&stored.key.id, now));
        }
        Ok(Grantee::of_key(&stored.key))
    }

    fn admit_session(&self, token: &str) -> Result<Grantee, Stranger> {
        let hash = Hashed::of(token);
        let ended = Stranger::Wrong("The session has ended; log in again.");
        let now = self.now();
        let Some(session) = self.register.look_up_session(&hash)? else { return Err(ended) };
        if !session.lasts(now, self.sessions()) {
            return Err(ended);
        }
        if session.is_due(now) {
            self.in_passing(move |register| register.note_session_used(&hash, now));
        }
        Ok(Grantee::of_user(&session.user, hash))
    }

    /// Runs an update in the background; no caller waits for it. Without a runtime the update is skipped.
    fn in_passing(
        &self,
        work: impl FnOnce(&crate::Register) -> Result<(), crate::RegisterError> + Send + 'static,
    ) {
        let register = self.register.clone();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn_blocking(move || {
            if let Err(error) = work(&register) {
                tracing::debug!(%error, "cannot store the last use");
            }
        });
    }

    /// Looks up a principal again and returns its present rights; `None` if it would be rejected now.
    pub(crate) fn recheck(&self, grantee: &Grantee) -> Option<Grantee> {
        let now = self.now();
        match (grantee.kind(), grantee.session()) {
            (PrincipalKind::Local, _) => (!self.is_required()).then(Grantee::local),
            (PrincipalKind::User, Some(hash)) => {
                let session = self.register.look_up_session(hash).ok().flatten()?;
                session.lasts(now, self.sessions()).then(|| Grantee::of_user(&session.user, *hash))
            }
            (PrincipalKind::User, None) => None,
            (PrincipalKind::Key, _) if self.bootstrap.is_some() && grantee.id() == "bootstrap" => {
                Some(Grantee::bootstrap())
            }
            (PrincipalKind::Key, _) => {
                let stored = self.register.look_up_key(grantee.id()).ok().flatten()?;
                stored.key.ended(now).is_none().then(|| Grantee::of_key(&stored.key))
            }
        }
    }
}
