//! OpenCode's habits within the AI SDK's telemetry.
//!
//! Known from its source, <https://github.com/sst/opencode> (`packages/opencode/src/session/llm.ts`): with
//! `experimental.openTelemetry` each request to a model is one `streamText` of the AI SDK, function `session.llm`, with the session
//! as `sessionId` and the name of the user, else `unknown`, as `userId` in the SDK's metadata. Not verified against traffic of its
//! own: what its process names as its service, and spans that it makes beside the SDK's.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Messages, Span};
use quipu_normalize::scope_is;

/// The framework's name, and that of its service and scope.
const NAME: &str = "opencode";
/// What OpenCode names its requests to models.
const FUNCTION: &str = "session.llm";
/// Where the AI SDK puts that name, in its releases up to 6.
const FUNCTION_KEYS: &[&str] = &["ai.telemetry.functionId", "resource.name"];
/// The user of whom OpenCode knows nothing.
const NOBODY: &str = "unknown";

/// Enriches spans that OpenCode sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opencode;

impl Adapter for Opencode {
    fn name(&self) -> &'static str {
        NAME
    }

    fn claims(&self, _span: &Span) -> bool {
        false
    }

    fn canonical(&self, _span: &Span) -> Canonical {
        Canonical::default()
    }

    fn messages(&self, _span: &Span) -> Messages {
        Messages::default()
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["vercel-ai"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        if !is_of_opencode(span) {
            return;
        }
        read.framework = Some(CompactString::const_new(NAME));
        read.user = read.user.take().filter(|user| user != NOBODY);
        // The function's name is not an agent's.
        read.agent = read.agent.take().filter(|agent| agent != FUNCTION);
    }
}

fn is_of_opencode(span: &Span) -> bool {
    let is_function = |key: &&str| span.attributes.text(key) == Some(FUNCTION);
    let by_service = span.resource.service().is_some_and(|service| service == NAME);
    by_service || scope_is(span, &[NAME]) || FUNCTION_KEYS.iter().any(is_function)
}
