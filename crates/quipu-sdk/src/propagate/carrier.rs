//! What carries a context: headers of HTTP, of messages, or anything else with names and values.

use std::collections::{BTreeMap, HashMap};

/// Headers to read from. Names are asked for in lower case; HTTP's are equal in any case.
///
/// Ready for maps and lists of pairs. For another library's headers:
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
    /// The value of a header; of one that was sent several times, the first.
    fn get(&self, name: &str) -> Option<&str>;

    /// Every value of a header, in the order sent. By default the one of [`Extractor::get`].
    fn get_all(&self, name: &str) -> Vec<&str> {
        self.get(name).into_iter().collect()
    }

    /// The names that are there, in any case. Needed for Jaeger's baggage only, whose keys are part of the names; by default
    /// none.
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// Headers to write to. Values are ASCII without control characters.
pub trait Injector {
    /// Sets a header in place of what it had. Names are in lower case but for the keys of Jaeger's baggage.
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

/// Any closure that takes a name and a value.
impl<F: FnMut(&str, String)> Injector for F {
    fn set(&mut self, name: &str, value: String) {
        self(name, value);
    }
}
