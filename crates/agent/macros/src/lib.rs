//! The attribute macro `#[observe]`.
//!
//! Verb: INSTRUMENT.
//! Takes: a function or method, and options.
//! Gives: the same function, recorded as a span of the library.
//! Never: changes the return value.

mod arguments;
mod body;
mod check;
mod expand;
mod field;
mod words;

use proc_macro::TokenStream;

/// Observes a function: each call becomes a span, is counted and timed, and ends with an event. The return
/// value is not changed; errors and panics are recorded and passed on.
///
/// ```
/// # extern crate quipu_sdk as quipu;
/// # use quipu_macros::observe;
/// # struct Secret;
/// # struct Document;
/// # async fn ask(_: &str, _: &Secret) -> Result<Vec<Document>, std::io::Error> { Ok(Vec::new()) }
/// #[observe(kind = "tool", fields(query.bytes = query.len()))] // `#[quipu::observe(…)]`
/// async fn search(query: &str, token: &Secret) -> Result<Vec<Document>, std::io::Error> {
///     ask(query, token).await
/// }
/// ```
///
/// It applies to functions and methods, `async` or not, and to functions that return a future: `impl Future`,
/// `BoxFuture`, `Pin<Box<dyn Future>>` as from `async_trait`. The span of the latter starts with the call;
/// the span of an `async fn` starts with the first poll.
///
/// | argument | meaning |
/// |---|---|
/// | `kind = "tool"` | kind of span: `span` (the default), `agent`, `workflow`, `task`, `llm`, `embedding`, `rerank`, `tool`, `retrieval`, `memory`, `guardrail`, `evaluator`, `planning`, `session`, `context_assembly`, `file_operation`, `shell_command`, `vcs` |
/// | `name = "…"` | name of the span, in place of the function's; for a tool the tool's name |
/// | `level = "debug"` | level of the completion event: `trace`, `debug`, `info` (the default), `success`, `warning`, `error`, `critical`; failures have at least `error` |
/// | `provider = …`, `model = …` | for the kinds `llm`, `embedding` and `rerank`: any expression with a text |
/// | `fields(key = value, …)` | attributes: numbers, booleans and texts with their type, `%value` with `Display`, `?value` with `Debug`; an argument's name alone is a field, too |
/// | `args`, `args(a, b)` | records arguments under their names: all, or these |
/// | `skip(a, b)`, `skip_all` | omits arguments from `args` |
/// | `ret`, `ret(Display)` | records the return value as `quipu.return`, for a `Result` the value of `Ok`, with `Debug` or `Display` |
/// | `err`, `err(Debug)` | records the error as `quipu.error`, with `Display` or `Debug` |
/// | `crate = path` | path of the library, in place of `::quipu` |
///
/// Arguments are recorded only if `fields` or `args` request it, because they may be secret. For an error the
/// name of its type is recorded, and its text if it implements `Display`; `err` records the whole value in
/// addition.
///
/// Metrics with the labels `function` and `kind`: `quipu.function.duration` (histogram, s),
/// `quipu.function.calls` and `quipu.function.errors` (counters; a panic is an error). Events:
/// `function.complete`, `function.fail`, and `function.cancel` for a future that was dropped early.
#[proc_macro_attribute]
pub fn observe(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::observe(arguments.into(), item.into()).into()
}
