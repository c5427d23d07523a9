//! Token usage from Gemini's own count names.

use quipu_core::{Attributes, Reading, Usage};
use quipu_normalize::count_at;

use crate::product::Product;

/// The tokens of an answer. Input includes cached tokens but excludes tokens that tools added to the prompt.
/// The total decides whether the output includes thinking tokens; without a total, the product does.
pub(crate) fn usage(attributes: &Attributes, product: &Product) -> Option<Usage> {
    let count = |key| count_at(attributes, key);
    let (said_input, said_output) = (count("input_token_count"), count("output_token_count"));
    if said_input.is_none() && said_output.is_none() {
        return None;
    }
    let tool = count("tool_token_count").filter(|tool| *tool > 0);
    let thoughts = count("thoughts_token_count");
    let cached = count("cached_content_token_count");
    let input = said_input.unwrap_or(0) + tool.unwrap_or(0);
    let output = said_output.unwrap_or(0);
    let beside = on_top(count("total_token_count"), input, output, thoughts.unwrap_or(0), product);
    Some(Usage {
        input: said_input.or(tool).map(|_| input),
        cache_read: cached.map(|cached| cached.min(input)),
        tool_prompt: tool,
        output: Some(if beside { output + thoughts.unwrap_or(0) } else { output }),
        reasoning: thoughts,
        reading: Reading::Inclusive,
        ..Usage::default()
    })
}

fn on_top(total: Option<u64>, input: u64, output: u64, thoughts: u64, product: &Product) -> bool {
    let proven = total == Some(input + output + thoughts) || thoughts > output;
    let disproven = total == Some(input + output);
    proven || (product.thinks_on_top && !disproven)
}
