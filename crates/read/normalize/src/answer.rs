//! Extraction of the provider's answer id from sources that send it only inside the answer's JSON.

use compact_str::CompactString;
use quipu_core::Value;
use quipu_semconv::{ANSWER_ID_PATHS, ANSWER_ID_PREFIXES, MESSAGE_ID_PATH};

use crate::json;

/// Maximum size of a searched answer, in bytes.
const LARGEST: usize = 1 << 20;
/// Maximum length of an accepted id, in bytes.
const LONGEST: usize = 256;

/// The provider's id in an answer, which is the provider's own JSON or a framework's wrapper around it. A
/// framework's message may carry an id of its own instead. That id is accepted only with a provider's prefix.
pub fn answer_id(answer: &Value) -> Option<CompactString> {
    let text = answer.as_str().filter(|text| text.len() <= LARGEST && text.contains("\"id\""))?;
    let told = ANSWER_ID_PATHS.iter().find_map(|path| json::label_at_path(text, path));
    let of_message = || {
        let id = json::label_at_path(text, MESSAGE_ID_PATH)?;
        ANSWER_ID_PREFIXES.iter().any(|prefix| id.starts_with(prefix)).then_some(id)
    };
    told.or_else(of_message).filter(|id| id.len() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(answer: &str) -> Option<CompactString> {
        answer_id(&Value::from(answer))
    }

    #[test]
    fn is_found_in_a_providers_own_answer() {
        let answer = r#"{"choices": [{"id": "not this"}], "id": "chatcmpl-1", "model": "m"}"#;
        assert_eq!(id(answer).as_deref(), Some("chatcmpl-1"));
        assert_eq!(id("plain text with \"id\""), None);
    }

    #[test]
    fn is_found_in_results_of_langchain() {
        let by_output = r#"{"generations": [[{"text": "\"llm_output\": {\"id\": \"no\"}", "id": ["a"]}]], "llm_output": {"token_usage": {"id": 1}, "id": "chatcmpl-2"}, "run": null}"#;
        assert_eq!(id(by_output).as_deref(), Some("chatcmpl-2"));
        let by_metadata = r#"{"generations": [[{"id": ["a"], "message": {"id": ["b"], "kwargs": {"id": "lc_run--1", "response_metadata": {"id": "resp_3"}}}}]], "llm_output": null}"#;
        assert_eq!(id(by_metadata).as_deref(), Some("resp_3"));
        let by_message = r#"{"generations":[[{"text":"","message":{"id":["b"],"kwargs":{"id":"chatcmpl-4","content":""}}}]],"llmOutput":{"tokenUsage":{}}}"#;
        assert_eq!(id(by_message).as_deref(), Some("chatcmpl-4"));
        let own = r#"{"generations": [[{"message": {"kwargs": {"id": "lc_run--5"}}}]], "llm_output": null}"#;
        assert_eq!(id(own), None);
    }
}
