//! Reading of model providers' requests and answers from their bytes, without an HTTP library.
//!
//! [`Endpoint::find`] recognises the API by host and path, and [`Request::read`] reads the request. A
//! [`Reader`] gets the bytes of the answer in chunks of any size and returns the [`Answer`]: model, usage,
//! finish reasons, tool calls.

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
pub use said::InputMessages;
pub use sse::{Sse, SseEvent};
