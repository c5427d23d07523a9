//! Tests of functions and methods of every shape.

use std::collections::BTreeMap;
use std::fmt::Display;

use quipu_macros::observe;

use crate::{recorded, span, value};

#[observe(crate = quipu_sdk)]
fn nothing() {}

/// Functions on one line, in a crate that allows no warning.
#[deny(warnings)]
mod strict {
    use quipu_macros::observe;

    #[rustfmt::skip]
    #[observe(crate = quipu_sdk)]
    pub fn one_line() -> u8 { 7 }
}

#[observe(crate = quipu_sdk)]
fn early(number: u32) -> Option<u32> {
    if number == 0 {
        return None;
    }
    Some(number.checked_sub(1)? + 1)
}

#[observe(crate = quipu_sdk)]
fn converting(text: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    let number: u16 = text.parse()?;
    Ok(number.try_into()?)
}

#[observe(crate = quipu_sdk)]
fn borrowing<'a, 'b: 'a>(first: &'a str, second: &'b str, entered: bool) -> &'a str {
    if entered { first } else { second }
}

#[observe(crate = quipu_sdk, kind = "task")]
fn generic<T, U: Default, const N: usize>(values: [T; N], show: impl Fn(&T) -> String) -> (Vec<String>, U)
where
    T: Display,
{
    (values.iter().map(show).collect(), U::default())
}

#[observe(crate = quipu_sdk)]
fn opaque<'a>(values: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
    values.iter().map(|value| value + 1)
}

#[observe(crate = quipu_sdk)]
fn patterns((left, right): (u8, u8), mut list: Vec<u8>, [.., last]: [u8; 2], _: u8) -> Vec<u8> {
    list.push(left + right + last);
    list
}

#[observe(crate = quipu_sdk)]
fn named_alike(observed: u8, answer: u8) -> u8 {
    // The attribute uses the same names internally.
    observed + answer
}

#[observe(crate = quipu_sdk)]
extern "C" fn foreign(r#type: i32) -> i32 {
    r#type
}

#[observe(crate = quipu_sdk)]
fn never() -> ! {
    panic!("for the test")
}

#[derive(Default)]
struct Store<T> {
    items: BTreeMap<String, T>,
}

impl<T: Clone + Default> Store<T> {
    #[observe(crate = quipu_sdk, kind = "memory")]
    fn new() -> Self {
        Self { items: BTreeMap::new() }
    }

    #[observe(crate = quipu_sdk, kind = "memory", name = "read", fields(items = self.items.len()))]
    fn get(&self, key: &str) -> Option<&T> {
        self.items.get(key)
    }

    #[observe(crate = quipu_sdk, kind = "memory", name = "write")]
    fn slot(&mut self, key: &str) -> &mut T {
        self.items.entry(key.to_owned()).or_default()
    }

    #[observe(crate = quipu_sdk)]
    fn into_items(self) -> impl IntoIterator<Item = T> {
        self.items.into_values()
    }
}

trait Greeter {
    #[observe(crate = quipu_sdk)]
    fn greet(&self) -> String {
        format!("hello {}", self.name())
    }

    fn name(&self) -> &'static str;
}

struct World;

impl Greeter for World {
    #[observe(crate = quipu_sdk)]
    fn name(&self) -> &'static str {
        "world"
    }
}

#[test]
fn what_is_returned_is_passed_on() {
    let (_, batch) = recorded(|| {
        nothing();
        assert_eq!((early(0), early(3)), (None, Some(3)));
        assert_eq!(converting("7").unwrap(), 7);
        assert!(converting("x").is_err() && converting("300").is_err());
        assert_eq!(borrowing("a", "b", false), "b");
        let (texts, number): (_, u8) = generic([1, 2], |value| value.to_string());
        assert_eq!((texts, number), (vec!["1".to_owned(), "2".to_owned()], 0));
        assert_eq!(opaque(&[1, 2]).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(patterns((1, 2), vec![9], [0, 4], 0), [9, 7]);
        assert_eq!((foreign(5), named_alike(1, 2)), (5, 3));
    });
    assert_eq!(batch.spans.len(), 12);
    assert_eq!(value(span(&batch, "generic"), "quipu.kind"), "task".into());
}

#[test]
fn methods_keep_their_borrows() {
    let (_, batch) = recorded(|| {
        let mut store = Store::<u8>::new();
        *store.slot("a") += 2;
        assert_eq!(store.get("a"), Some(&2));
        assert_eq!(store.into_items().into_iter().collect::<Vec<_>>(), [2]);
        assert_eq!(World.greet(), "hello world");
    });
    let read = span(&batch, "get");
    assert_eq!((value(read, "items"), value(read, "quipu.kind")), (1.into(), "memory".into()));
    assert_eq!(span(&batch, "name").parent_id, Some(span(&batch, "greet").span_id));
}

#[test]
fn a_function_that_never_returns_is_recorded_by_its_panic() {
    let (_, batch) = recorded(|| assert!(std::panic::catch_unwind(|| never()).is_err()));
    assert_eq!(value(span(&batch, "never"), "error.type"), "panic".into());
}

#[test]
fn without_a_recorder_functions_just_run() {
    assert_eq!(early(3), Some(3));
    assert!(converting("x").is_err());
}
