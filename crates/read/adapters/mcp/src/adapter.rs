//! Adapter for the Model Context Protocol.
//!
//! Source: the Model Context Protocol page of OpenTelemetry's GenAI conventions. A client's `tools/call` and
//! the server's are records of one run; the ledger joins them.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Lens, Messages, Span, Value};
use quipu_normalize::{Slots, canonical, label, lens, messages_as, scope_begins};
use quipu_semconv::{Field, JSONRPC_ERRORS, MCP_KEYS, MCP_METHODS, MCP_SCOPES, MCP_SESSION, MCP_TOOL_CALL};

/// Reads the Model Context Protocol.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mcp;

impl Adapter for Mcp {
    fn name(&self) -> &'static str {
        "mcp"
    }

    fn claims(&self, span: &Span) -> bool {
        MCP_KEYS.iter().any(|key| span.attributes.get(key).is_some()) || scope_begins(span, MCP_SCOPES)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        read.framework = read.framework.take().or(Some(CompactString::const_new("mcp")));
        read.kind = kind(&slots);
        read.operation = read.operation.take().or_else(|| slots.label(Field::McpMethod));
        if read.kind == Kind::Tool {
            read.tool = read.tool.take().or_else(|| tool(span));
        } else {
            read.tool = None;
        }
        read.error_type = read.error_type.take().or_else(|| refused(span));
        // A connection's session is the conversation's session only if no ancestor has a better one.
        if span.parent_id.is_none() {
            read.session = read.session.take().or_else(|| label(span.attributes.get(MCP_SESSION)?));
        }
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages_as(span, kind(&Slots::of(span)))
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }
}

/// The kind of a method: only `tools/call` runs a tool. Spans without a method are read by the common rules.
fn kind(slots: &Slots<'_>) -> Kind {
    let Some(method) = slots.text(Field::McpMethod) else { return quipu_normalize::kind(slots) };
    MCP_METHODS.iter().find(|(name, _)| *name == method).map_or(Kind::Other, |(_, kind)| *kind)
}

/// The tool's name after the method in the span's name: `tools/call NAME`, `MCP send tools/call NAME`.
fn tool(span: &Span) -> Option<CompactString> {
    let (_, name) = span.name.split_once(MCP_TOOL_CALL)?;
    label(&Value::from(name.trim()))
}

/// A JSON-RPC error code, which is negative; in some libraries it is an HTTP status.
fn refused(span: &Span) -> Option<CompactString> {
    let code = JSONRPC_ERRORS.iter().find_map(|key| span.attributes.get(key)).and_then(label)?;
    code.parse::<i64>().ok().filter(|number| *number < 0 || *number >= 400).map(|_| code)
}
