//! Encoding of bound values as fields for any record.

use super::{Key, Writer};
use crate::Bound;

/// Encodes bound values as fields for any record.
pub(crate) fn bound(bound: &Bound) -> Box<[u64]> {
    let mut writer = Writer::default();
    writer.bound();
    let texts = [
        (Key::SESSION, &bound.session),
        (Key::USER, &bound.user),
        (Key::CORRELATION, &bound.correlation),
        (Key::AGENT_NAME, &bound.agent),
        (Key::WORKFLOW_NAME, &bound.workflow),
        (Key::FRAMEWORK, &bound.framework),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            writer.text(key, text);
        }
    }
    if !bound.trace_state.is_empty() {
        writer.text(Key::TRACE_STATE, &bound.trace_state);
    }
    bound.data.iter().for_each(|(key, value)| writer.data(key, value));
    writer.words().into()
}
