//! Password hashing, with a limit of parallel hashes.

mod common;

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use quipu_core::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// OWASP's parameters for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Passwords hashed at once: 38 MiB and two cores at most.
const AT_ONCE: usize = 2;
/// Logins that wait for a hash; further ones are rejected.
const WAITING: usize = 32;
/// Limits of a new password in characters (OWASP ASVS 4.0.3, 2.1.1 and 2.1.2).
const SHORTEST: usize = 12;
const LONGEST: usize = 128;
/// Distinct characters that a new password needs.
const DIFFERENT: usize = 5;

/// A stored password: an argon2id hash as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct HashedPassword(String);

impl HashedPassword {
    /// Hashes a new password of a user. This takes some tens of milliseconds and 19 MiB.
    ///
    /// # Errors
    /// The password is too short, too long or too easily guessed.
    pub fn of_new(password: &str, user: &str) -> Result<Self> {
        if let Some(why) = unfit(password, user) {
            return Err(Error::new(ErrorKind::Invalid, "set a password", why));
        }
        let hash = argon().hash_password(password.as_bytes()).map_err(|error| {
            Error::new(ErrorKind::Internal, "set a password", "it cannot be hashed")
                .caused_by(error.to_string())
        })?;
        Ok(Self(hash.to_string()))
    }

    pub(crate) const fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the hash matches the password, with the parameters stored in the hash.
    fn is_of(&self, password: &str) -> bool {
        let hash = PasswordHash::new(&self.0);
        hash.is_ok_and(|hash| argon().verify_password(password.as_bytes(), &hash).is_ok())
    }
}

impl fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn argon() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Returns why a user cannot have this password; `None` if it is valid.
fn unfit(password: &str, user: &str) -> Option<String> {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Some(format!("a password needs {SHORTEST} to {LONGEST} characters, this one has {length}"));
    }
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < DIFFERENT {
        return Some(format!("a password needs at least {DIFFERENT} different characters"));
    }
    let (password, user) = (password.to_lowercase(), user.to_lowercase());
    if user.len() > 3 && password.contains(&user) {
        return Some("the password contains the user's name".into());
    }
    common::is_common(&password).then(|| "the password is a common one, or consists of common ones".into())
}

/// Error: too many logins are waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowded;

/// A permit to wait for a hash.
pub struct HashPermit(OwnedSemaphorePermit);

/// A pool that hashes two passwords at a time.
#[derive(Clone)]
pub struct Hashing {
    at_once: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
        }
    }
}

impl Hashing {
    /// Takes a permit. A login without a permit is rejected before it counts as a failed attempt.
    ///
    /// # Errors
    /// Too many logins are waiting.
    pub fn place(&self) -> Result<HashPermit, Crowded> {
        Arc::clone(&self.places).try_acquire_owned().map(HashPermit).map_err(|_| Crowded)
    }

    /// Returns whether a password matches the stored one. Without a stored password it returns `false` after
    /// the same time.
    ///
    /// # Errors
    /// The hashing task did not finish.
    pub async fn verify(
        &self,
        place: HashPermit,
        password: String,
        stored: Option<HashedPassword>,
    ) -> Result<bool, Crowded> {
        self.run(place, move || match stored {
            Some(stored) => stored.is_of(&password),
            None => {
                let mut out = [0_u8; Params::DEFAULT_OUTPUT_LEN];
                let _ = argon().hash_password_into(password.as_bytes(), &[0; 16], &mut out);
                std::hint::black_box(out);
                false
            }
        })
        .await
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// Too many logins are waiting. The inner result has the errors of [`HashedPassword::of_new`].
    pub async fn hash(&self, password: String, user: String) -> Result<Result<HashedPassword>, Crowded> {
        self.run(self.place()?, move || HashedPassword::of_new(&password, &user)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        place: HashPermit,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Crowded> {
        let turn = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| Crowded)?;
        // The task owns both permits, so a disconnected client does not free them for further work.
        let done = spawn_blocking(move || {
            let done = work();
            drop((place.0, turn));
            done
        });
        done.await.map_err(|_| Crowded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_stored_as_argon2id_with_owasps_parameters_and_a_salt_of_its_own() {
        let [one, two] = [(); 2].map(|()| HashedPassword::of_new("correct horse battery", "ada").unwrap());
        assert!(one.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.as_str());
        assert_ne!(one, two);
        assert!(one.is_of("correct horse battery") && !one.is_of("correct horse batterz"));
        assert_eq!(format!("{one:?}"), "***");
    }

    #[test]
    fn passwords_that_are_easily_guessed_are_refused() {
        for (password, said) in [
            ("short", "12 to 128"),
            (&"x".repeat(129), "12 to 128"),
            ("aaaaaaaaaaaaaa", "different"),
            ("Adalovelace12345", "name"),
            ("1qaz2WSX3edc", "common one"),
            ("Password!2026", "common one"),
        ] {
            let error = HashedPassword::of_new(password, "adaLovelace").unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains(password), "{error}");
        }
    }

    #[test]
    fn what_is_stored_but_no_hash_lets_nobody_in() {
        assert!(!HashedPassword::from_stored("plain text".into()).is_of("plain text"));
    }
}
