//! Plug-ins of a whole program: every adapter table and backend table of this crate has them.

use std::sync::OnceLock;

use quipu_core::{Error, ErrorKind, Result};
use quipu_runtime::Registry;

static PLUG_INS: OnceLock<Registry> = OnceLock::new();

/// Adds plug-ins to [`crate::adapters`], [`crate::open_backends`] and all libraries of this program. A binary
/// of one's own calls it first; `quipu_cli::main_with` does so. A library of its own takes them by
/// [`crate::Builder::register`](quipu_runtime::Builder::register).
///
/// ```
/// quipu::install_plug_ins(quipu::Registry::new())?;
/// assert!(quipu::install_plug_ins(quipu::Registry::new()).is_err());
/// # Ok::<(), quipu::Error>(())
/// ```
///
/// # Errors
/// The program has installed plug-ins before.
pub fn install_plug_ins(plug_ins: Registry) -> Result<()> {
    let refused =
        |_| Error::new(ErrorKind::Invalid, "install plug-ins", "this program has installed them before");
    PLUG_INS.set(plug_ins).map_err(refused)
}

/// The installed plug-ins.
pub(crate) fn plug_ins() -> Registry {
    PLUG_INS.get().cloned().unwrap_or_default()
}
