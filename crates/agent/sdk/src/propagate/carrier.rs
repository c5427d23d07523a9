//! Carriers of a context: headers of HTTP or messages, or any other names with values.

use std::collections::{BTreeMap, HashMap};

/// Source of headers. Names are requested in lower case; a match of HTTP names ignores case.
///
/// It is implemented for maps and lists of pairs. An implementation for other headers:
///
/// ```
/// use quipu_sdk::propagate::Extractor;
///
/// struct Line<'a>(&'a str);
///
/// impl Extractor for Line<'_> {
///     fn get(&self, name: &str) -> Option<&str> {
///         let (header, value) = self.0.split_once(": ")?;
///         header.eq_ignore_ascii_case(name).then_some(value)
///     }
/// }
///
/// # if cfg!(not(feature = "enable")) { return; }
/// let line = Line("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
/// let context = quipu_sdk::Context::default().extract(&line);
/// assert_eq!(context.is_sampled(), Some(true));
/// ```
pub trait Extractor {
    /// The first value of a header.
    fn get(&self, name: &str) -> Option<&str>;

    /// Every value of a header in order. Default: the value of [`Extractor::get`].
    fn get_all(&self, name: &str) -> Vec<&str> {
        self.get(name).into_iter().collect()
    }

    /// All header names, in any case. Only Jaeger's baggage needs them, because its keys are part of header
    /// names. Default: none.
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// Destination of headers. Values are ASCII without control characters.
pub trait Injector {
    /// Sets a header and replaces its previous value. Names are in lower case, except the keys of Jaeger's
    /// baggage.
    fn set(&mut self, name: &str, value: String);
}

fn all<'a, K: AsRef<str> + 'a, V: AsRef<str> + 'a>(
    pairs: impl Iterator<Item = (&'a K, &'a V)>,
    name: &str,
) -> impl Iterator<Item = &'a str> {
    pairs.filter(move |(key, _)| key.as_ref().eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
}

macro_rules! extracts {
    ($([$($parameters:tt)*] $type:ty, $held:ident => $pairs:expr;)*) => {$(
        impl<$($parameters)*> Extractor for $type {
            fn get(&self, name: &str) -> Option<&str> {
                let $held = self;
                all($pairs, name).next()
            }

            fn get_all(&self, name: &str) -> Vec<&str> {
                let $held = self;
                all($pairs, name).collect()
            }

            fn names(&self) -> Vec<&str> {
                let $held = self;
                $pairs.map(|(name, _)| name.as_ref()).collect()
            }
        }
    )*};
}

extracts! {
    [K: AsRef<str>, V: AsRef<str>] [(K, V)], held => held.iter().map(|(name, value)| (name, value));
    [K: AsRef<str>, V: AsRef<str>] Vec<(K, V)>, held => held.iter().map(|(name, value)| (name, value));
    [K: AsRef<str>, V: AsRef<str>, const N: usize] [(K, V); N], held => held.iter().map(|(name, value)| (name, value));
    [K: AsRef<str>, V: AsRef<str>, S] HashMap<K, V, S>, held => held.iter();
    [K: AsRef<str>, V: AsRef<str>] BTreeMap<K, V>, held => held.iter();
}

impl Injector for Vec<(String, String)> {
    fn set(&mut self, name: &str, value: String) {
        self.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.push((name.to_owned(), value));
    }
}

impl<S: std::hash::BuildHasher> Injector for HashMap<String, String, S> {
    fn set(&mut self, name: &str, value: String) {
        self.insert(name.to_owned(), value);
    }
}

impl Injector for BTreeMap<String, String> {
    fn set(&mut self, name: &str, value: String) {
        self.insert(name.to_owned(), value);
    }
}

/// Any closure of a name and a value.
impl<F: FnMut(&str, String)> Injector for F {
    fn set(&mut self, name: &str, value: String) {
        self(name, value);
    }
}
