//! Reads an answer as its bytes pass by.

use serde_json::Value;

use super::scan::{Found, Scanner};
use super::sse::{Sse, SseEvent};
use super::{Answer, Draft, Shape, anthropic, gemini, openai};

/// Bytes of memory that the tree of one event or member may take. A larger one is passed over.
pub(crate) const MOST_TREE: usize = 32 << 20;

/// How much of an answer may be held at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most bytes of one event of a stream. A longer one is passed over, and the next is read.
    pub event: usize,
    /// Most bytes of one member of a JSON answer. A longer one is passed over, and the others are read.
    pub member: usize,
}

impl Default for Bounds {
    /// 8 MiB each: an image in an answer and the usage that stands beside it are read.
    fn default() -> Self {
        Self { event: 8 << 20, member: 8 << 20 }
    }
}

/// Reads one answer. Shown its bytes as they come, cut anywhere, it tells JSON from server-sent events and from a JSON list of
/// pieces by the first of them, and holds one event or member at a time.
#[derive(Debug)]
pub struct Reader {
    shape: Shape,
    bounds: Bounds,
    form: Form,
    draft: Draft,
}

#[derive(Debug)]
enum Form {
    Unknown,
    Events(Sse),
    Json { scanner: Scanner, is_list: bool },
}

impl Reader {
    /// A reader of an answer in this shape. With `contents`, what the model said is kept, up to 1 MiB of it.
    pub fn new(shape: Shape, contents: bool) -> Self {
        Self { shape, bounds: Bounds::default(), form: Form::Unknown, draft: Draft::new(contents) }
    }

    /// With no more than the first `most` bytes of what the model says kept.
    #[must_use]
    pub fn keep(mut self, most: usize) -> Self {
        self.draft.keep(most);
        self
    }

    /// With other bounds.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Whether the answer comes in pieces, as far as is known yet.
    pub fn is_stream(&self) -> bool {
        matches!(self.form, Form::Events(_) | Form::Json { is_list: true, .. })
    }

    /// Whether anything that the model said has come: text, reasoning, or the name of a tool.
    pub fn has_output(&self) -> bool {
        self.draft.has_output()
    }

    /// Whether any usage has come. An answer in one piece is read at its end.
    pub fn has_usage(&self) -> bool {
        self.draft.answer.usage.is_some()
    }

    /// Whether the answer's own end was seen, after which a client may well stop to read.
    pub fn is_complete(&self) -> bool {
        self.draft.answer.is_complete
    }

    /// Bytes of the answer that it holds.
    pub fn held(&self) -> usize {
        let now = match &self.form {
            Form::Unknown => 0,
            Form::Events(sse) => sse.held(),
            Form::Json { scanner, .. } => scanner.held(),
        };
        now + self.draft.held()
    }

    /// Reads on.
    pub fn chunk(&mut self, bytes: &[u8]) {
        let bytes = if matches!(self.form, Form::Unknown) { self.begin(bytes) } else { bytes };
        let (shape, draft) = (self.shape, &mut self.draft);
        match &mut self.form {
            Form::Unknown => {}
            Form::Events(sse) => sse.feed(bytes, &mut |event| read_event(shape, &event, draft)),
            Form::Json { scanner, .. } => scanner.feed(bytes, &mut |found| match found {
                Found::Object(members) => {
                    whole(shape, &Value::Object(members), draft);
                    draft.answer.is_complete = true;
                }
                Found::Element(value) => piece(shape, &value, draft),
            }),
        }
    }

    /// The end, or as much as came of it.
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
        self.draft.finish()
    }

    /// Tells the form by the first byte that is no space and no byte order mark. Gives what begins there: what stands before is no
    /// part of the answer, whether it came in a chunk of its own or not.
    fn begin<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let is_before = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0xEF | 0xBB | 0xBF);
        let before = bytes.iter().take_while(|byte| is_before(byte)).count();
        let rest = bytes.get(before..).unwrap_or_default();
        let Some(first) = rest.first() else { return rest };
        let is_list = *first == b'[';
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

/// A whole answer.
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

/// One piece of a stream.
fn piece(shape: Shape, piece: &Value, draft: &mut Draft) {
    match shape {
        Shape::OpenAiResponses => openai::response_event(piece, draft),
        Shape::AnthropicMessages => anthropic::event(piece, draft),
        _ => whole(shape, piece, draft),
    }
}
