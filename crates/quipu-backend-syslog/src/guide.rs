//! The examples of the guide.

#[doc = include_str!("../../../docs/guide/syslog.md")]
struct Guide;
