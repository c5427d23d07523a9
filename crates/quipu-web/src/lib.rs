//! The dashboard: the built files of `ui/`, embedded in the binary and handed out by path.
//!
//! Verb: SHOW in a browser.
//! Takes: the path of a request.
//! Gives: an [`Asset`] with its bytes, content type, entity tag and how long it may be cached.
//! Never: serves HTTP itself, reads a disk at run time, asks another origin.

mod asset;
mod policy;

pub use asset::{Asset, asset};
pub use policy::content_security_policy;
