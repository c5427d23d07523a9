//! Tests of captured arguments, fields and results.

use std::sync::Arc;

use quipu_core::Value;
use quipu_macros::observe;

use crate::{recorded, span, value};

#[derive(Debug)]
struct Secret(&'static str);

/// An error without `Display`.
#[derive(Debug)]
struct Silent;

type Answer = Result<u8, Silent>;

#[observe(crate = quipu_sdk)]
fn plain(password: &str, secret: &Secret) -> usize {
    password.len() + secret.0.len()
}

#[observe(crate = quipu_sdk, args, skip(secret))]
fn most(user: &str, count: u64, secret: Secret, list: Vec<u8>, note: Option<&str>) -> usize {
    user.len() + usize::try_from(count).unwrap() + secret.0.len() + list.len() + note.map_or(0, str::len)
}

#[observe(crate = quipu_sdk, args(user), skip_all)]
fn none(user: &str) -> usize {
    user.len()
}

#[observe(crate = quipu_sdk, args(right))]
fn one(left: u8, (right, _other): (u8, u8)) -> u8 {
    left + right
}

const ORDER: &str = "o-1";

#[observe(
    crate = quipu_sdk,
    skip(secret),
    fields(
        order.id = ORDER,
        gen_ai.request.model = model.as_deref(),
        "odd key" = secret.0.len(),
        user,
        %shown,
        debugged = ?secret.0,
        late = %shown + 1,
        shared = Arc::new(true),
    )
)]
fn fields(user: String, shown: u8, secret: Secret, model: Option<String>) -> String {
    drop((secret, model));
    user
}

#[observe(crate = quipu_sdk, ret, err(Debug))]
fn both(fails: bool) -> Result<Secret, Silent> {
    if fails { Err(Silent) } else { Ok(Secret("shown")) }
}

#[observe(crate = quipu_sdk, ret, err)]
fn text(fails: bool) -> Result<(), String> {
    if fails { Err("displayed".to_owned()) } else { Ok(()) }
}

#[observe(crate = quipu_sdk)]
fn alias() -> Answer {
    Err(Silent)
}

#[observe(crate = quipu_sdk)]
fn dynamic() -> Result<(), Arc<dyn std::error::Error>> {
    Err(Arc::new(std::fmt::Error))
}

#[test]
fn arguments_are_not_recorded_unless_asked_for() {
    let (_, batch) = recorded(|| {
        plain("hunter2", &Secret("s3cret"));
    });
    let said = format!("{:?} {:?}", batch.spans, batch.events);
    assert!(!said.contains("hunter2") && !said.contains("s3cret"));
    assert!(!said.contains("password"));
}

#[test]
fn arguments_that_are_asked_for_keep_their_types() {
    let (_, batch) = recorded(|| {
        most("u", 3, Secret("s3cret"), vec![1, 2], None);
        none("u");
        one(1, (2, 3));
    });
    let all = span(&batch, "most");
    assert_eq!((value(all, "user"), value(all, "count")), ("u".into(), Value::Int(3)));
    assert_eq!(value(all, "list"), "[1, 2]".into());
    assert!(all.attributes.get("secret").is_none() && all.attributes.get("note").is_none());
    assert!(span(&batch, "none").attributes.get("user").is_none());
    let one = span(&batch, "one");
    assert_eq!((value(one, "right"), one.attributes.get("left")), (2.into(), None));
}

#[test]
fn fields_are_any_expressions() {
    let (_, batch) = recorded(|| {
        assert_eq!(fields("ann".to_owned(), 4, Secret("s"), Some("m".to_owned())), "ann");
    });
    let span = span(&batch, "fields");
    let keys = ["order.id", "gen_ai.request.model", "odd key", "user", "shown", "debugged", "late", "shared"];
    let expected: [Value; 8] = [
        "o-1".into(),
        "m".into(),
        1.into(),
        "ann".into(),
        "4".into(),
        "\"s\"".into(),
        "5".into(),
        true.into(),
    ];
    assert_eq!(keys.map(|key| value(span, key)), expected);
}

#[test]
fn values_that_are_returned_are_recorded_on_request() {
    let (_, batch) = recorded(|| {
        assert!(both(false).is_ok() && both(true).is_err());
        assert!(text(false).is_ok() && text(true).is_err());
    });
    let said = |key: &str, wanted: &str| {
        let is = |span: &&quipu_core::Span| span.attributes.text(key) == Some(wanted);
        assert_eq!(batch.spans.iter().filter(is).count(), 1, "{key} {wanted}");
    };
    said("quipu.return", "Secret(\"shown\")");
    said("quipu.error", "Silent");
    said("quipu.return", "()");
    said("quipu.error", "displayed");
}

#[test]
fn errors_have_their_types_name_whether_they_can_be_displayed_or_not() {
    let (_, batch) = recorded(|| {
        assert!(alias().is_err() && dynamic().is_err());
    });
    let (alias, dynamic) = (span(&batch, "alias"), span(&batch, "dynamic"));
    assert_eq!((value(alias, "error.type"), alias.status_message.as_str()), ("Silent".into(), ""));
    assert_eq!(dynamic.status_message, std::fmt::Error.to_string());
}
