//! Tests of asynchronous functions, and of functions that return futures.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::BoxFuture;
use quipu_core::Status;
use quipu_macros::observe;

use crate::{recorded, run, span, value};

#[observe(crate = quipu_sdk, kind = "tool", name = "search")]
async fn find(query: &str, limit: usize) -> Result<Vec<String>, std::num::ParseIntError> {
    tokio::task::yield_now().await;
    inner(limit).await;
    let number: u8 = query.parse()?;
    Ok(vec![number.to_string(); limit])
}

#[observe(crate = quipu_sdk)]
async fn inner(_limit: usize) {}

#[observe(crate = quipu_sdk)]
fn opaque(number: u8) -> impl Future<Output = Result<u8, String>> + Send {
    async move { if number > 0 { Ok(number) } else { Err("zero".to_owned()) } }
}

#[observe(crate = quipu_sdk, ret)]
fn boxed(text: &str) -> BoxFuture<'_, usize> {
    Box::pin(async move { text.len() })
}

#[observe(crate = quipu_sdk, ret(Display))]
fn pinned<'a>(
    text: &'a mut String,
) -> Pin<Box<dyn Future<Output = Result<usize, std::fmt::Error>> + Send + 'a>> {
    Box::pin(async move {
        text.push('!');
        Ok(text.len())
    })
}

#[observe(crate = quipu_sdk)]
async fn endless() {
    std::future::pending().await
}

#[observe(crate = quipu_sdk)]
async fn breaking() -> u8 {
    tokio::task::yield_now().await;
    panic!("for the test")
}

struct Client {
    asked: u32,
}

impl Client {
    #[observe(crate = quipu_sdk, kind = "llm", provider = "openai", model = model)]
    async fn ask<'a>(&'a mut self, model: &str, prompt: impl Into<String> + Send) -> &'a u32 {
        self.asked += u32::try_from(prompt.into().len()).unwrap();
        &self.asked
    }
}

#[async_trait::async_trait]
trait Tool {
    async fn call(&self, arguments: &str) -> Result<String, String>;
}

struct Echo;

#[async_trait::async_trait]
impl Tool for Echo {
    #[observe(crate = quipu_sdk, kind = "tool", name = "echo", fields(bytes = arguments.len()))]
    async fn call(&self, arguments: &str) -> Result<String, String> {
        tokio::task::yield_now().await;
        if arguments.is_empty() {
            return Err("nothing to say".to_owned());
        }
        Ok(arguments.to_owned())
    }
}

#[test]
fn an_async_function_is_its_childrens_parent_across_awaits() {
    let (_, batch) = recorded(|| {
        run(async {
            let work = find("7", 2);
            assert_eq!(work.await.unwrap(), ["7", "7"]);
            assert!(quipu_sdk::Context::current().span_id().is_none());
        });
    });
    let found = span(&batch, "find");
    assert_eq!(span(&batch, "inner").parent_id, Some(found.span_id));
    assert_eq!(value(found, "gen_ai.tool.name"), "search".into());
    assert_eq!(found.status, Status::Unset);
}

#[test]
fn errors_are_recorded_and_passed_on() {
    let (_, batch) = recorded(|| {
        run(async {
            assert!(find("x", 1).await.is_err());
            assert_eq!(opaque(0).await, Err("zero".to_owned()));
        });
    });
    let found = span(&batch, "find");
    assert_eq!((found.status, value(found, "error.type")), (Status::Error, "ParseIntError".into()));
    assert_eq!(found.status_message, "invalid digit found in string");
    assert_eq!(span(&batch, "opaque").status_message, "zero");
}

#[test]
fn futures_that_are_returned_are_observed_to_their_end() {
    let (_, batch) = recorded(|| {
        run(async {
            assert_eq!(opaque(3).await, Ok(3));
            assert_eq!(boxed("four").await, 4);
            assert_eq!(pinned(&mut "ab".to_owned()).await, Ok(3));
            let mut client = Client { asked: 0 };
            assert_eq!(*client.ask("gpt-5", "hello").await, 5);
        });
    });
    assert_eq!(value(span(&batch, "boxed"), "quipu.return"), "4".into());
    assert_eq!(value(span(&batch, "pinned"), "quipu.return"), "3".into());
    let asked = span(&batch, "ask");
    assert_eq!(asked.name, "chat gpt-5");
    assert_eq!(value(asked, "gen_ai.provider.name"), "openai".into());
}

#[test]
fn methods_of_async_traits_are_observed() {
    let (_, batch) = recorded(|| {
        let tool: Box<dyn Tool + Send + Sync> = Box::new(Echo);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let work = async move { (tool.call("hi").await, tool.call("").await) };
        let work = quipu_sdk::FutureExt::in_current_context(work);
        let (good, bad) = runtime.block_on(runtime.spawn(work)).unwrap();
        assert_eq!((good.as_deref(), bad.is_err()), (Ok("hi"), true));
    });
    let mut bytes: Vec<_> = batch.spans.iter().map(|span| value(span, "bytes").as_int().unwrap()).collect();
    bytes.sort_unstable();
    assert_eq!(bytes, [0, 2]);
    assert!(batch.spans.iter().all(|span| span.name == "execute_tool echo"));
    assert_eq!(batch.spans.iter().filter(|span| span.status == Status::Error).count(), 1);
}

#[test]
fn a_future_that_is_dropped_says_that_it_was_cancelled() {
    let (recorder, batch) = recorded(|| {
        run(async {
            assert!(tokio::time::timeout(Duration::from_millis(5), endless()).await.is_err());
        });
    });
    assert_eq!(value(span(&batch, "endless"), "error.type"), "cancelled".into());
    assert_eq!(batch.events[0].name, "function.cancel");
    assert_eq!(recorder.metrics().total("quipu.function.calls"), Some(1.0));
    assert_eq!(recorder.metrics().total("quipu.function.errors").unwrap_or_default(), 0.0);
}

#[test]
fn a_panic_in_a_future_is_recorded_and_passed_on() {
    let (recorder, batch) = recorded(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let work = quipu_sdk::FutureExt::in_current_context(breaking());
        assert!(runtime.block_on(runtime.spawn(work)).unwrap_err().is_panic());
    });
    assert_eq!(value(span(&batch, "breaking"), "error.type"), "panic".into());
    assert_eq!(recorder.metrics().total("quipu.function.errors"), Some(1.0));
}
