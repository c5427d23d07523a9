//! Regions in model names, and the selection of the regional rule.
//!
//! Bedrock writes `eu.anthropic.claude-…` and `us-gov-west-1/…`, Azure `eu/gpt-…`. Lists with the same price
//! for all regions have one rule for them (`regional.anthropic.…`, or a condition that any region meets).

/// Regions in prefixes of model names and in segments of their paths.
const PLACES: [&str; 13] =
    ["us", "eu", "ap", "apac", "au", "jp", "ca", "in", "mx", "sa", "global", "us-gov", "regional"];

/// Azure deployments that span regions.
const WIDE: [&str; 2] = ["global-standard", "data-zone"];

/// The name after its regional prefix: `eu.anthropic.claude-…` without `eu.`.
pub(crate) fn without_prefix(model: &str) -> Option<&str> {
    let (place, rest) = model.split_once('.')?;
    PLACES.contains(&place).then_some(rest)
}

/// The region in the name or the id of a model, in lower case. It is a segment of the path, or the prefix of
/// the last segment.
pub(crate) fn of(model: &str) -> Option<&str> {
    let mut parts = model.split('/').rev();
    let last = parts.next()?;
    let in_path = parts.find(|part| PLACES.contains(part) || WIDE.contains(part) || is_zone(part));
    in_path.or_else(|| without_prefix(last).map(|rest| &last[..last.len() - rest.len() - 1]))
}

/// Whether the text is a zone such as `us-gov-west-1` or `ap-northeast-2`.
fn is_zone(part: &str) -> bool {
    let Some((area, number)) = part.rsplit_once('-') else { return false };
    let words: Vec<&str> = area.split('-').collect();
    let alphabetic = words.iter().all(|word| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_lowercase()));
    alphabetic && words.len() >= 2 && words[0].len() == 2 && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether an id names this region.
pub(crate) fn names(id: &str, region: &str) -> bool {
    of(&id.to_lowercase()) == Some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_stand_in_front_of_names_and_in_paths() {
        for (model, region) in [
            ("eu.anthropic.claude-opus-5-5", Some("eu")),
            ("bedrock/us-gov.anthropic.claude-3-haiku", Some("us-gov")),
            ("bedrock/us-gov-west-1/anthropic.claude-3-haiku", Some("us-gov-west-1")),
            ("bedrock/ap-northeast-1/1-month-commitment/anthropic.claude-v1", Some("ap-northeast-1")),
            ("azure/global-standard/gpt-4o", Some("global-standard")),
            ("azure/eu/gpt-5", Some("eu")),
            ("regional.zai.glm-5.3", Some("regional")),
            ("anthropic.claude-opus-5-5", None),
            ("claude-opus-4-5", None),
            ("openai/gpt-4o", None),
            ("meta-llama/llama-3-8b-instruct", None),
            ("", None),
        ] {
            assert_eq!(of(model), region, "{model}");
        }
    }
}
