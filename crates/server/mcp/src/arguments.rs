//! Arguments of a tool call, checked against its schema.

use serde_json::{Map, Value};

use crate::answer::{DEFAULT_TOKENS, TOKENS};
use crate::ask::Question;
use crate::jsonrpc::RpcError;

/// Longest text of an argument in bytes.
const TEXT_BYTES: usize = 4_096;

/// Arguments of a tool call.
pub(crate) struct Arguments<'a> {
    map: Option<&'a Map<String, Value>>,
}

impl<'a> Arguments<'a> {
    /// Reads the arguments; every name must be one of `known`.
    pub(crate) fn of(arguments: &'a Value, known: &[&str]) -> Result<Self, RpcError> {
        let map = match arguments {
            Value::Null => None,
            Value::Object(map) => Some(map),
            _ => return Err(RpcError::invalid_params("`arguments` must be an object")),
        };
        let unknown = map.into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str()));
        if let Some((name, _)) = unknown {
            let named: String = name.chars().take(40).collect();
            let text = format!("unknown argument {named:?}: this tool takes {}", known.join(", "));
            return Err(RpcError::invalid_params(text));
        }
        let arguments = Self { map };
        arguments.max_tokens()?;
        Ok(arguments)
    }

    /// A text; `None` without one.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, RpcError> {
        match self.map.and_then(|map| map.get(name)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) if text.len() <= TEXT_BYTES => Ok(Some(text)),
            Some(_) => Err(RpcError::invalid_params(format!(
                "`{name}` must be a text of at most {TEXT_BYTES} bytes"
            ))),
        }
    }

    /// A text that must be there.
    pub(crate) fn needed(&self, name: &str) -> Result<&'a str, RpcError> {
        self.text(name)?.ok_or_else(|| RpcError::invalid_params(format!("`{name}` is missing")))
    }

    /// A whole number; `None` without one.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, RpcError> {
        match self.map.and_then(|map| map.get(name)) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| {
                RpcError::invalid_params(format!("`{name}` must be a whole number, 0 or more"))
            }),
        }
    }

    /// The token limit of the answer.
    pub(crate) fn max_tokens(&self) -> Result<u64, RpcError> {
        let most = self.number("max_tokens")?.unwrap_or(DEFAULT_TOKENS);
        if TOKENS.contains(&most) {
            return Ok(most);
        }
        let (least, limit) = (TOKENS.start(), TOKENS.end());
        Err(RpcError::invalid_params(format!("`max_tokens` must be {least} to {limit}, got {most}")))
    }

    /// A request with the time range and the filter of the call; 24 hours without `since`.
    pub(crate) fn question(&self, path: &str) -> Result<Question, RpcError> {
        let since = self.since()?;
        Ok(Question::get(path)
            .with("since", Some(since))
            .with("until", self.text("until")?)
            .with("filter", self.text("filter")?))
    }

    /// The start of the time range.
    pub(crate) fn since(&self) -> Result<&'a str, RpcError> {
        Ok(self.text("since")?.unwrap_or("-24h"))
    }
}
