//! Finds the rule for a provider and a model within one book.
//!
//! The steps are those of the genai-prices package:
//!
//! 1. A provider is found by id, otherwise by its condition on provider names. Without a provider name, its
//!    condition on model names decides.
//! 2. The first matching rule wins, then the first matching rule of its fallback providers.
//! 3. Dates without hyphens are tried again with hyphens.

use crate::schema::{Clause, Provider, Rule, Rules};

/// A rule and the way it was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuleMatch<'b> {
    /// The provider that owns the rule.
    pub owner: &'b Provider<'static>,
    pub rule: &'b Rule<'static>,
    /// Whether the owner is the requested provider. Its variants by context apply only then.
    pub own: bool,
}

impl Rules<'static> {
    /// The provider with that name; `name` is in lower case.
    pub(crate) fn provider(&self, name: &str) -> Option<&Provider<'static>> {
        let meets = |clause: &Option<Clause<'_>>| clause.as_ref().is_some_and(|clause| clause.holds(name));
        self.by_id(name).or_else(|| self.providers.iter().find(|provider| meets(&provider.provider_match)))
    }

    /// The rule for a model of a provider; `model` is in lower case.
    pub(crate) fn rule_of<'b>(
        &'b self,
        provider: &'b Provider<'static>,
        model: &str,
    ) -> Option<RuleMatch<'b>> {
        self.first_match(provider, model).or_else(|| {
            let dashed = dash_dates(model)?;
            self.first_match(provider, &dashed)
        })
    }

    /// The rule for a model without a named provider: that of the provider whose condition matches the model.
    pub(crate) fn rule_by_model<'b>(&'b self, model: &str) -> Option<RuleMatch<'b>> {
        let meets = |provider: &&Provider<'_>| {
            provider.model_match.as_ref().is_some_and(|clause| clause.holds(model))
        };
        self.providers.iter().find(meets).and_then(|provider| self.rule_of(provider, model))
    }

    /// The rule with exactly that id.
    pub(crate) fn rule_by_id<'b>(&'b self, id: &str) -> Option<RuleMatch<'b>> {
        self.providers.iter().find_map(|owner| {
            let rule = owner.rules.iter().find(|rule| rule.id.eq_ignore_ascii_case(id))?;
            Some(RuleMatch { owner, rule, own: true })
        })
    }

    fn by_id(&self, id: &str) -> Option<&Provider<'static>> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    fn first_match<'b>(&'b self, provider: &'b Provider<'static>, model: &str) -> Option<RuleMatch<'b>> {
        let rule_in =
            |owner: &'b Provider<'static>| owner.rules.iter().find(|rule| rule.matches.holds(model));
        let own = rule_in(provider).map(|rule| RuleMatch { owner: provider, rule, own: true });
        own.or_else(|| {
            let owners = provider.fallbacks.iter().filter_map(|id| self.by_id(id));
            owners.filter_map(|owner| Some(RuleMatch { owner, rule: rule_in(owner)?, own: false })).next()
        })
    }
}

/// `gpt-5.2-20251211` as `gpt-5.2-2025-12-11`; `None` without such a date.
fn dash_dates(model: &str) -> Option<String> {
    let mut dashed = String::new();
    let mut done = 0;
    for (at, _) in model.match_indices('-') {
        let Some(date) = model.get(at + 1..at + 9) else { continue };
        let ends = matches!(model.as_bytes().get(at + 9), None | Some(b'-' | b':'));
        if ends && date.starts_with("20") && is_date(&date[..4], &date[4..6], &date[6..]) {
            dashed.push_str(&model[done..at]);
            dashed.push_str(&format!("-{}-{}-{}", &date[..4], &date[4..6], &date[6..]));
            done = at + 9;
        }
    }
    (done > 0).then(|| dashed + &model[done..])
}

/// Whether the digits are a calendar date.
pub(crate) fn is_date(year: &str, month: &str, day: &str) -> bool {
    let number =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    let (Some(year), Some(month), Some(day)) = (number(year), number(month), number(day)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_dates_get_hyphens() {
        assert_eq!(dash_dates("gpt-5.2-20251211").as_deref(), Some("gpt-5.2-2025-12-11"));
        assert_eq!(dash_dates("a-20240229:x-20250101-b").as_deref(), Some("a-2024-02-29:x-2025-01-01-b"));
        for text in ["gpt-4o", "a-20230229", "a-202511011", "a-20251301", "-", "a-é20251101", "a-19991231"] {
            assert_eq!(dash_dates(text), None, "{text}");
        }
    }
}
