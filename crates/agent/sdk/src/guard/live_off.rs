//! Empty recording state, for builds without recording.

use std::fmt::Display;

use quipu_core::{SpanId, SpanKind, Status, TraceId, Usage, Usd};

use super::ended::Ended;
use crate::at::At;
use crate::place::CurrentSpan;
use crate::wire::Key;
use crate::{Bound, Content, Field};

/// An uninhabited type: an `Option` of it is always `None` and takes no space.
#[derive(Debug)]
pub(crate) enum Live {}

macro_rules! never {
    ($($call:ident($($of:ty),*) -> $answer:ty;)*) => {
        impl Live {
            $(
                #[inline]
                pub fn $call(&self $(, _: $of)*) -> $answer {
                    match *self {}
                }
            )*
        }
    };
}

never! {
    trace_id() -> Option<TraceId>;
    span_id() -> Option<SpanId>;
    at() -> At;
    is_full() -> bool;
    change(impl FnOnce(&mut Bound)) -> ();
    text(Key, &str) -> ();
    int(Key, i64) -> ();
    double(Key, f64) -> ();
    flag(Key, bool) -> ();
    attribute(&str, &Field<'_>) -> ();
    usage(&Usage) -> ();
    cost(Usd) -> ();
    content(Key, Key, Content<'_>) -> ();
    event(&str, &[(&str, Field<'_>)]) -> ();
    link(CurrentSpan) -> ();
    fail(&str, impl Display) -> ();
    rename(&str) -> ();
    span_kind(SpanKind) -> ();
    status(Status, &str) -> ();
    first_token() -> ();
    first_token_after(f64) -> ();
    end() -> Ended;
}

impl Live {
    #[inline]
    pub fn begin(_: &At, _: u8, _: &'static str, _: &str) -> Option<Self> {
        None
    }

    #[inline]
    pub fn foreign(_: &At, _: &'static str, _: &str) -> Option<Self> {
        None
    }
}
