//! Incremental reader of answers.

use serde_json::Value;

use super::scan::{Scanned, Scanner};
use super::sse::{Sse, SseEvent};
use super::{Answer, Draft, Shape, anthropic, gemini, openai};

/// Most memory in bytes for the tree of one event or member. A larger one is skipped.
pub(crate) const MOST_TREE: usize = 32 << 20;

/// Limits for buffered parts of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most bytes of one event of a stream. A longer one is skipped, and the next is read.
    pub event: usize,
    /// Most bytes of one member of a JSON answer. A longer one is skipped, and the others are read.
    pub member: usize,
}

impl Default for Bounds {
    /// 8 MiB each, so an answer with an image is read together with its usage.
    fn default() -> Self {
        Self { event: 8 << 20, member: 8 << 20 }
    }
}

/// Reader of one answer, from chunks of any size. The first chunk shows whether it is JSON, server-sent
/// events or a JSON list of chunks. The reader buffers one event or member at a time.
#[derive(Debug)]
pub struct Reader {
    shape: Shape,
    bounds: Bounds,
    form: Form,
    draft: Draft,
    /// Whether any data has arrived: comments of a stream are none.
    has_data: bool,
}

#[derive(Debug)]
enum Form {
    Unknown,
    Events(Sse),
    Json { scanner: Scanner, is_list: bool },
}

impl Reader {
    /// Creates a reader of an answer in this shape. With `contents`, it keeps up to 1 MiB of the output.
    pub fn new(shape: Shape, contents: bool) -> Self {
        Self {
            shape,
            bounds: Bounds::default(),
            form: Form::Unknown,
            draft: Draft::new(contents),
            has_data: false,
        }
    }

    /// Keeps at most the first `most` bytes of the output.
    #[must_use]
    pub fn keep(mut self, most: usize) -> Self {
        self.draft.keep(most);
        self
    }

    /// Sets other limits.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Whether the answer is known to be a stream.
    pub fn is_stream(&self) -> bool {
        matches!(self.form, Form::Events(_) | Form::Json { is_list: true, .. })
    }

    /// Whether any output has arrived: text, reasoning, or the name of a tool.
    pub fn has_output(&self) -> bool {
        self.draft.has_output()
    }

    /// Whether any usage has arrived. An answer that is no stream is read at its end.
    pub fn has_usage(&self) -> bool {
        self.draft.answer.usage.is_some()
    }

    /// Whether the answer's own end was seen; a client may stop reading there.
    pub fn is_complete(&self) -> bool {
        self.draft.answer.is_complete
    }

    /// Buffered bytes of the answer.
    pub fn held(&self) -> usize {
        let now = match &self.form {
            Form::Unknown => 0,
            Form::Events(sse) => sse.held(),
            Form::Json { scanner, .. } => scanner.held(),
        };
        now + self.draft.held()
    }

    /// Reads the next bytes.
    pub fn chunk(&mut self, bytes: &[u8]) {
        let bytes = if matches!(self.form, Form::Unknown) { self.begin(bytes) } else { bytes };
        let (shape, draft, has_data) = (self.shape, &mut self.draft, &mut self.has_data);
        match &mut self.form {
            Form::Unknown => {}
            Form::Events(sse) => sse.feed(bytes, &mut |event| {
                *has_data = true;
                read_event(shape, &event, draft);
            }),
            Form::Json { scanner, .. } => scanner.feed(bytes, &mut |found| match found {
                Scanned::Object(members) => {
                    whole(shape, &Value::Object(members), draft);
                    draft.answer.is_complete = true;
                }
                Scanned::Element(value) => piece(shape, &value, draft),
            }),
        }
    }

    /// Returns the answer, complete or up to its truncation.
    pub fn finish(mut self) -> Answer {
        let (shape, draft) = (self.shape, &mut self.draft);
        match self.form {
            Form::Unknown => {}
            Form::Events(mut sse) => {
                sse.finish(&mut |event| read_event(shape, &event, draft));
                draft.answer.is_cut |= sse.is_cut();
            }
            Form::Json { scanner, .. } => {
                draft.answer.is_cut |= scanner.is_cut();
                if !draft.answer.is_complete {
                    whole(shape, &Value::Object(scanner.into_members()), draft);
                }
            }
        }
        let mut answer = self.draft.finish();
        answer.is_unread = self.has_data && answer.is_blank();
        answer
    }

    /// Recognises the form by the first byte after whitespace and a byte order mark. Returns the bytes from
    /// there on. Preceding bytes are skipped, even in a chunk of their own.
    fn begin<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let is_before = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0xEF | 0xBB | 0xBF);
        let before = bytes.iter().take_while(|byte| is_before(byte)).count();
        let rest = bytes.get(before..).unwrap_or_default();
        let Some(first) = rest.first() else { return rest };
        let is_list = *first == b'[';
        // A line of a stream begins with a comment's colon, or with `data`, `event`, `id` or `retry`.
        self.has_data = !b":deir".contains(first);
        self.form = if is_list || *first == b'{' {
            let wanted = |member: &str| !matches!(member, "data" | "embedding" | "embeddings");
            Form::Json { scanner: Scanner::new(self.bounds.member, wanted), is_list }
        } else {
            Form::Events(Sse::new(self.bounds.event))
        };
        rest
    }
}

fn read_event(shape: Shape, event: &SseEvent, draft: &mut Draft) {
    if event.data.trim_ascii() == b"[DONE]" {
        draft.answer.is_complete = true;
    } else if quipu_json::tree_bytes(&event.data) > MOST_TREE {
        draft.answer.is_cut = true;
    } else if let Ok(value) = serde_json::from_slice(&event.data) {
        piece(shape, &value, draft);
    }
}

/// Reads a complete answer.
fn whole(shape: Shape, body: &Value, draft: &mut Draft) {
    match shape {
        Shape::OpenAiChat => openai::chat(body, draft),
        Shape::OpenAiResponses => openai::response(body, draft),
        Shape::OpenAiEmbeddings => openai::embeddings(body, draft),
        Shape::AnthropicMessages => anthropic::message(body, draft),
        Shape::GeminiGenerate => gemini::generated(body, draft),
        Shape::GeminiEmbed => gemini::embedded(body, draft),
    }
}

/// Reads one event or chunk of a stream.
fn piece(shape: Shape, piece: &Value, draft: &mut Draft) {
    match shape {
        Shape::OpenAiResponses => openai::response_event(piece, draft),
        Shape::AnthropicMessages => anthropic::event(piece, draft),
        _ => whole(shape, piece, draft),
    }
}
