//! Fuzz target: the filter language, parameters, times.

use quipu_core::Limits;
use quipu_query::{
    EVENT_PARAMS, MAX_FILTER_TERMS, Params, TRACE_PARAMS, parse_terms, parse_time, parse_trace_filter,
};
use quipu_recordings::NOW;

use crate::choice;

/// The first byte chooses: terms, a time, or a query string.
pub fn feed(bytes: &[u8]) {
    let Some((first, rest)) = choice(bytes) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match first % 3 {
        0 => terms(text),
        1 => drop(parse_time(text, NOW)),
        _ => params(text),
    }
}

fn terms(text: &str) {
    match parse_terms(text) {
        Ok(terms) => assert!(terms.len() <= MAX_FILTER_TERMS),
        // Screens underline it.
        Err(error) => assert!(error.position().is_none_or(|at| at <= text.chars().count())),
    }
}

fn params(text: &str) {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    };
    let params = Params::new(text.split('&').map(pair).collect(), NOW, &Limits::default());
    let _ = params.allow(&[TRACE_PARAMS, EVENT_PARAMS], &[]);
    drop(parse_trace_filter(&params));
}
