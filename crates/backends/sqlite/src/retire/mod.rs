//! Retention: runs over the days that rewrite the files with expired or removed records.

mod renew;
mod run;

pub(crate) use renew::scrub;
pub(crate) use run::retire;
