//! Tests of regions: a list with the exact region precedes one with the same price for all regions. They
//! query every rule of both books.

use quipu_core::{PriceBook, Usage};
use quipu_prices::Books;
use quipu_prices::schema::{self, File, Rules};

use crate::ask::{Ask, ask};

const BOOK: &[u8] = include_bytes!("../../data/book.postcard");

/// Whether an id names a region, by an independent parser: a word of its path, or one before its first dot.
fn tells_region(id: &str) -> bool {
    const WORDS: [&str; 12] =
        ["us", "eu", "ap", "apac", "au", "jp", "ca", "in", "mx", "sa", "global", "us-gov"];
    let zone = regex::Regex::new("^[a-z]{2}(-[a-z]+)+-[0-9]+$").unwrap();
    let parts: Vec<&str> = id.split('/').collect();
    let (last, path) = parts.split_last().unwrap();
    let prefix = last.split_once('.').is_some_and(|(place, _)| WORDS.contains(&place));
    prefix
        || path.iter().any(|part| WORDS.contains(part) || *part == "global-standard" || zone.is_match(part))
}

/// Provider and id of every regional rule, and a book of that list only.
fn regional(source: &str) -> (Vec<(&'static str, &'static str)>, Books) {
    let book =
        schema::decode(BOOK).unwrap().books.into_iter().find(|book| book.info.source == source).unwrap();
    let rules: Rules<'static> = postcard::from_bytes(book.rules).unwrap();
    let all = rules.providers.iter().flat_map(|owner| owner.rules.iter().map(|rule| (owner.id, rule.id)));
    let all = all.filter(|(_, id)| tells_region(id)).collect();
    let alone = File { format: schema::FORMAT, books: vec![book] };
    (all, Books::decode(schema::encode(&alone).unwrap()).unwrap())
}

/// Queries of decreasing detail, because a list may lack prices for some tokens.
fn questions(provider: Option<&'static str>, model: &str) -> [Ask; 2] {
    let all = Usage {
        input: Some(10_000),
        cache_read: Some(4_000),
        cache_write: Some(3_000),
        output: Some(1_000),
        ..Usage::default()
    };
    let plain = Usage { input: Some(10_000), output: Some(1_000), ..Usage::default() };
    [all, plain].map(|usage| ask(provider, model).usage(usage).lasting(3_000_000_000))
}

#[test]
fn every_region_of_the_second_book_has_its_exact_price() {
    let (rules, alone) = regional("litellm");
    assert!(rules.len() > 500, "{}", rules.len());
    let mut asked_for = 0;
    for (provider, id) in rules {
        let names_provider = id.contains('/');
        // Telemetry names Bedrock in the words of the GenAI conventions.
        let by_convention = provider.starts_with("bedrock").then_some(Some("aws.bedrock"));
        let said = [Some(provider), None].into_iter().filter(|said| said.is_some() || names_provider);
        for provider in said.chain(by_convention) {
            let asks = questions(provider, id);
            let answers = asks.iter().filter_map(|ask| Some((ask, alone.price(&ask.request()).ok()?)));
            let Some((ask, want)) = answers.into_iter().next() else { continue };
            let said = ask.answer().unwrap_or_else(|why| panic!("{provider:?} {id}: {why:?}"));
            // The first book may have the same price and also know the past.
            assert_eq!(said.total, want.total, "{provider:?} {id}: {:?}, {:?}", said.rule, want.rule);
            asked_for += 1;
        }
    }
    assert!(asked_for > 700, "{asked_for}");
}

#[test]
fn a_profile_has_the_price_of_its_region() {
    for region in ["us", "eu", "apac", "us-gov", "global"] {
        let model = format!("{region}.anthropic.claude-3-haiku-20240307-v1:0");
        let arn = format!("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/{model}");
        let (plain, profile) = (ask("aws.bedrock", &model), ask("aws.bedrock", &arn));
        assert_eq!((profile.rule(), profile.total()), (plain.rule(), plain.total()), "{region}");
    }
}

#[test]
fn every_region_of_the_first_book_keeps_its_rule() {
    let (rules, _) = regional("genai-prices");
    assert!(rules.len() > 20, "{}", rules.len());
    for (provider, id) in rules {
        assert_eq!(ask(provider, id).rule(), format!("genai-prices {id}"));
    }
}

#[test]
fn a_region_that_no_book_knows_has_the_price_of_all_regions() {
    let all = ask("aws.bedrock", "anthropic.claude-sonnet-4-6-v1:0");
    let unknown = ask("aws.bedrock", "mx.anthropic.claude-sonnet-4-6-v1:0");
    assert_eq!(all.rule(), "genai-prices aws/regional.anthropic.claude-sonnet-4-6-v1:0");
    assert_eq!((unknown.rule(), unknown.total()), (all.rule(), all.total()));
}
