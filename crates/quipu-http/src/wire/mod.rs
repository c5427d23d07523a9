//! What model providers' requests and answers say, read from their bytes; no HTTP client or server is needed.
//!
//! [`Endpoint::find`] tells by host and path which API is called, [`Request::read`] what was asked, and a [`Reader`] that is
//! shown the bytes of the answer, cut anywhere, gives the [`Answer`]: model, usage, finish reasons, tool calls.

mod answer;
pub mod anthropic;
mod draft;
mod endpoint;
mod fields;
pub mod gemini;
pub mod openai;
mod reader;
mod request;
mod said;
mod scan;
mod sse;

pub use answer::{Answer, Failure, ToolCall};
pub use draft::Draft;
pub use endpoint::{Endpoint, Shape};
pub use reader::{Bounds, Reader};
pub use request::Request;
pub use said::Said;
pub use sse::{Sse, SseEvent};
