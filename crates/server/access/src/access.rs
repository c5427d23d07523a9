//! Access to a server: opened once and shared by every listener.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_audit::Audit;
use quipu_core::locks::{Mutex, RwLock};
use quipu_core::{Clock, Error, ErrorKind, Meter, Result, Timestamp};
use quipu_oidc::Provider;

use crate::attempts::{Attempts, SavedAttempts};
use crate::config::AccessConfig;
use crate::flood::Flood;
use crate::grantee::Grantee;
use crate::logins::Logins;
use crate::password::Hashing;
use crate::refusal::Refusal;
use crate::register::{Register, RegisterError, Sessions};
use crate::secret::Hashed;
use crate::{DEFAULT_PROJECT, Permission, check_project};

/// Access control of a server. Clones share all state.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

/// The state that clones share.
pub struct Inner {
    pub(crate) settings: AccessConfig,
    pub(crate) register: Register,
    pub(crate) audit: Audit,
    pub(crate) meter: Arc<dyn Meter>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hashing: Hashing,
    pub(crate) attempts: Mutex<Attempts>,
    /// Limits how many failed logins the audit log records.
    pub(crate) failures: Flood,
    pub(crate) oidc: Option<Provider>,
    pub(crate) logins: Logins,
    pub(crate) bootstrap: Option<Hashed>,
    projects: RwLock<Vec<String>>,
    pub(crate) required: AtomicBool,
}

impl std::ops::Deref for Access {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("register", &self.0.register).finish_non_exhaustive()
    }
}

impl Access {
    /// Opens the register of a data folder. Requests need credentials until [`Access::settle`] decides
    /// otherwise.
    ///
    /// # Errors
    /// A setting is invalid, or the register cannot be opened.
    pub fn open(
        folder: &Path,
        settings: AccessConfig,
        audit: Audit,
        meter: Arc<dyn Meter>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        settings.check()?;
        let bootstrap = settings.bootstrap()?.map(|key| Hashed::of(key.expose()));
        let oidc = settings.oidc.clone().map(Provider::new).transpose()?;
        let register = Register::open(folder, Arc::clone(&clock))?;
        let attempts = Attempts::restored(register.attempts(clock.now())?, clock.now());
        Ok(Self(Arc::new(Inner {
            settings,
            register,
            audit,
            meter,
            clock,
            hashing: Hashing::default(),
            attempts: Mutex::new(attempts),
            failures: Flood::default(),
            oidc,
            logins: Logins::default(),
            bootstrap,
            projects: RwLock::new(vec![DEFAULT_PROJECT.to_owned()]),
            required: AtomicBool::new(true),
        })))
    }

    /// Sets the projects of the server. The default project is always included.
    ///
    /// # Errors
    /// A name is not a valid project name.
    pub fn serve_projects<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let mut all = vec![DEFAULT_PROJECT.to_owned()];
        for name in names {
            check_project(name)
                .map_err(|error| Error::new(ErrorKind::Invalid, "serve projects", error.to_string()))?;
            all.push(name.to_owned());
        }
        all.sort_unstable();
        all.dedup();
        *self.projects.write() = all;
        Ok(())
    }

    /// Returns the projects in the order of their names.
    pub fn projects(&self) -> Vec<String> {
        self.projects.read().clone()
    }

    /// Returns whether requests need credentials.
    pub fn is_required(&self) -> bool {
        self.required.load(Ordering::Relaxed)
    }

    /// Returns whether a user or key with admin rights exists. Without one, a caller should print a warning.
    ///
    /// # Errors
    /// The register cannot be read.
    pub fn has_admin(&self) -> Result<bool> {
        Ok(self.bootstrap.is_some() || self.register.has_admin()?)
    }

    /// Returns the register, for changes made without the routes.
    pub fn register(&self) -> &Register {
        &self.register
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn sessions(&self) -> Sessions {
        Sessions { idle: self.settings.idle(), absolute: self.settings.absolute() }
    }

    /// Runs work on the register in a blocking thread, because it waits for the disk.
    pub(crate) async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Register) -> T + Send + 'static,
    ) -> Result<T> {
        let register = self.register.clone();
        tokio::task::spawn_blocking(move || work(&register)).await.map_err(|_| {
            Error::new(ErrorKind::Internal, "use the register of access", "the task did not finish")
        })
    }

    /// Writes an entry to the audit log. A failed write is logged and counted, but not returned: the act is
    /// already done.
    pub(crate) async fn note(&self, entry: quipu_audit::Entry) {
        if let Err(error) = self.audit.note(entry).await {
            tracing::error!(%error, "cannot write an audit entry");
            self.meter.add("quipu_audit_lost_total", &[], 1);
        }
    }

    /// Writes the entry of an act or an answer that has not happened yet.
    ///
    /// # Errors
    /// The entry cannot be written, and `[audit] required` forbids acts without an entry.
    pub(crate) async fn note_or_refuse(&self, entry: quipu_audit::Entry) -> Result<(), Refusal> {
        if self.audit.is_required() {
            return self.audit.note(entry).await.map_err(|error| Refusal::unnoted(&error));
        }
        self.note(entry).await;
        Ok(())
    }

    /// Records a failed login, unless its address has reached its limit of entries.
    pub(crate) async fn note_failure(&self, entry: quipu_audit::Entry) {
        if let Some(entry) = self.failures.let_through(entry, self.now()) {
            self.note(entry).await;
        }
    }

    /// Counts a login attempt before its result is known. `Err` holds the nanoseconds that the caller has to
    /// wait.
    pub(crate) async fn begin_attempt(&self, user: &str, address: Option<IpAddr>) -> Result<(), i64> {
        let kept = self.attempts.lock().begin(user, address, self.now())?;
        self.keep_attempts(kept).await;
        Ok(())
    }

    /// Records that the attempt succeeded.
    pub(crate) async fn attempt_succeeded(&self, user: &str, address: Option<IpAddr>) {
        let kept = self.attempts.lock().succeeded(user, address);
        self.keep_attempts(kept).await;
    }

    /// Stores the counts that a restart must keep. If the write fails, the counts hold until the process
    /// ends.
    async fn keep_attempts(&self, kept: Vec<SavedAttempts>) {
        if kept.is_empty() {
            return;
        }
        let now = self.now();
        let written = self.off_thread(move |register| register.keep_attempts(&kept, now)).await;
        if let Err(error) = written.map_err(RegisterError::from).flatten() {
            tracing::warn!(%error, "cannot store failed logins");
        }
    }

    /// Returns whether a principal may still read a project with its present roles or scopes. Connections
    /// that outlive their first request call this. A principal that cannot be looked up may not read.
    pub fn still_knows(&self, grantee: &Grantee, project: &str) -> bool {
        self.recheck(grantee).is_some_and(|now| now.may(Permission::Read, project))
    }
}
