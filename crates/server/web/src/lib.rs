//! The dashboard: the built files of `ui/`, embedded in the binary and served by path.
//!
//! Verb: SHOW in a browser.
//! Takes: the path of a request.
//! Gives: an [`Asset`] with its bytes, content type, entity tag and cache lifetime.
//! Never: serves HTTP itself, reads a disk at run time, or contacts another origin.

mod asset;
mod policy;

pub use asset::{Asset, asset};
pub use policy::content_security_policy;
