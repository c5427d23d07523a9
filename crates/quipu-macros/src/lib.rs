//! The attribute that observes a function.
//!
//! Verb: INSTRUMENT.
//! Takes: a function or method, and what to say of it.
//! Gives: the same function, recorded by a guard of the library.
//! Never: changes what the function returns.

mod arguments;
mod body;
mod check;
mod expand;
mod field;
mod words;

use proc_macro::TokenStream;

/// Observes a function: each call is a span, is counted and timed, and ends in an event. What the function returns is passed
/// on as it is; errors and panics are recorded on their way.
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
/// It goes on functions and methods, `async` or not, and on those that return a future: `impl Future`, `BoxFuture`,
/// `Pin<Box<dyn Future>>` as `async_trait` makes them. The span of these begins with the call; that of an `async fn` with its
/// first poll.
///
/// | argument | meaning |
/// |---|---|
/// | `kind = "tool"` | what kind of span: `span` (the default), `agent`, `workflow`, `task`, `llm`, `embedding`, `rerank`, `tool`, `retrieval`, `memory`, `guardrail`, `evaluator`, `planning`, `session`, `context_assembly`, `file_operation`, `shell_command`, `vcs` |
/// | `name = "…"` | its name, in place of the function's; for a tool that of the tool |
/// | `level = "debug"` | level of the event of completion: `trace`, `debug`, `info` (the default), `success`, `warning`, `error`, `critical`; failures are told at `error` or above |
/// | `provider = …`, `model = …` | for the kinds `llm`, `embedding` and `rerank`: any expression that gives a text |
/// | `fields(key = value, …)` | attributes: numbers, truth values and texts as they are, `%value` as displayed, `?value` as `Debug`; an argument's name alone stands for itself |
/// | `args`, `args(a, b)` | records arguments under their names: all, or these |
/// | `skip(a, b)`, `skip_all` | leaves arguments out of `args` |
/// | `ret`, `ret(Display)` | records the returned value, of a `Result` that of `Ok`, as `Debug` or displayed, as `quipu.return` |
/// | `err`, `err(Debug)` | records the error's value, displayed or as `Debug`, as `quipu.error` |
/// | `crate = path` | where the library is, in place of `::quipu` |
///
/// No argument of the function is recorded unless `fields` or `args` ask for it: arguments may be secret. Of an error its
/// type's name is recorded and, where it can be displayed, what it says; `err` keeps the whole value besides.
///
/// Metrics, with the labels `function` and `kind`: `quipu.function.duration` (histogram, s), `quipu.function.calls` and
/// `quipu.function.errors` (counters; a panic is an error). Events: `function.complete`, `function.fail`, and
/// `function.cancel` for a future that was dropped before its end.
#[proc_macro_attribute]
pub fn observe(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::observe(arguments.into(), item.into()).into()
}
