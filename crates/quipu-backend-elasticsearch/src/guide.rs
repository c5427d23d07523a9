//! The examples of the guide.

#[doc = include_str!("../../../docs/guide/elasticsearch.md")]
struct Guide;
