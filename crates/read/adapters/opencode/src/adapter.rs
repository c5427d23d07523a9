//! OpenCode's peculiarities within the AI SDK's telemetry, and its own runs.
//!
//! The format is known from its source, <https://github.com/sst/opencode>
//! (`packages/opencode/src/session/llm.ts`), and from traffic of 1.18.33. With `experimental.openTelemetry`,
//! each model request is one `streamText` of the AI SDK with the function `session.llm`. The SDK's metadata
//! has the session as `sessionId` and the name of the user, or `unknown`, as `userId`. A span
//! `SessionPrompt.prompt` without attributes surrounds the requests of one prompt. Hundreds of spans of its
//! database and plugins surround it.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Span};
use quipu_normalize::scope_is;

/// Name of the framework, its service and its scope.
const NAME: &str = "opencode";
/// Function name of OpenCode's model requests.
const FUNCTION: &str = "session.llm";
/// Keys of the function name in the AI SDK's releases up to 6.
const FUNCTION_KEYS: &[&str] = &["ai.telemetry.functionId", "resource.name"];
/// Span of one prompt, which is the agent's run.
const PROMPT: &str = "SessionPrompt.prompt";
/// OpenCode's placeholder for an unknown user.
const NOBODY: &str = "unknown";

/// Reads OpenCode's runs, and enriches its requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opencode;

impl Adapter for Opencode {
    fn name(&self) -> &'static str {
        NAME
    }

    fn claims(&self, span: &Span) -> bool {
        span.name == PROMPT && scope_is(span, &[NAME])
    }

    fn canonical(&self, _span: &Span) -> Canonical {
        let name = CompactString::const_new(NAME);
        Canonical {
            kind: Kind::Agent,
            convention: name.clone(),
            framework: Some(name.clone()),
            agent: Some(name),
            ..Canonical::default()
        }
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
        // A request is no agent, and the function's name is not an agent's name.
        if read.agent.as_deref() == Some(FUNCTION) {
            read.agent = None;
            read.kind = if read.kind == Kind::Agent { Kind::Task } else { read.kind };
        }
    }
}

fn is_of_opencode(span: &Span) -> bool {
    let is_function = |key: &&str| span.attributes.text(key) == Some(FUNCTION);
    let by_service = span.resource.service().is_some_and(|service| service == NAME);
    by_service || scope_is(span, &[NAME]) || FUNCTION_KEYS.iter().any(is_function)
}
