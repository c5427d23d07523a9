//! Tests of the whole data file.

use quipu_core::{Timestamp, sha256};
use quipu_prices::schema::{self, Body, Clause, Rules};
use quipu_prices::{Books, Unit};

const BOOK: &[u8] = include_bytes!("../../data/book.postcard");

#[test]
fn every_record_decodes_and_every_expression_compiles() {
    fn expressions(clause: &Clause<'_>) -> usize {
        match clause {
            // An expression that does not compile never matches, so neither it nor its negation would hold.
            Clause::Regex(pattern) => {
                assert!(regex::Regex::new(pattern).is_ok(), "{pattern}");
                1
            }
            Clause::Any(all) | Clause::All(all) => all.iter().map(expressions).sum(),
            Clause::Not(clause) => expressions(clause),
            _ => 0,
        }
    }
    let (mut rules, mut patterns) = (Vec::new(), 0);
    for book in schema::decode(BOOK).unwrap().books {
        let decoded: Rules<'_> = postcard::from_bytes(book.rules).unwrap();
        for provider in &decoded.providers {
            let own = provider.provider_match.iter().chain(&provider.model_match);
            patterns +=
                own.chain(provider.rules.iter().map(|rule| &rule.matches)).map(expressions).sum::<usize>();
            for rule in &provider.rules {
                let body: Body<'_> = postcard::from_bytes(rule.body).unwrap();
                assert!(!body.base.is_empty(), "{}", rule.id);
            }
        }
        rules.push(decoded.providers.iter().map(|provider| provider.rules.len()).sum::<usize>());
    }
    assert_eq!(rules[0], 2_330);
    assert!(rules[1] > 4_000 && patterns > 60, "{rules:?} {patterns}");
}

#[test]
fn the_file_names_its_sources() {
    let facts = [
        include_bytes!("../../facts/genai-prices-0.2.3.json").as_slice(),
        include_bytes!("../../facts/litellm-1.109.1.json"),
    ];
    let sources = Books::vendored().sources();
    assert_eq!(
        sources.iter().map(|info| (info.source.as_str(), info.version.as_str())).collect::<Vec<_>>(),
        [("genai-prices", "0.2.3"), ("litellm", "1.109.1")]
    );
    assert!(sources.iter().all(|info| info.in_use && info.rules > 2_000));
    for (info, facts) in schema::decode(BOOK).unwrap().books.iter().map(|book| &book.info).zip(facts) {
        let sum: String = sha256(facts).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(info.sha256, sum, "{}: run `cargo xtask prices`", info.source);
        assert!(info.license.starts_with("MIT"));
    }
}

#[test]
fn damaged_files_are_refused() {
    assert!(
        Books::decode([]).is_err() && Books::decode([9]).is_err() && Books::decode(&BOOK[..100]).is_err()
    );
    assert!(Books::decode([2, 0]).unwrap_err().to_string().contains("format 2"));
}

#[test]
fn the_list_shows_every_rule() {
    let at: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    let all: Vec<_> = Books::vendored().list(None, None, at);
    assert!(all.len() > 6_000);
    let gpt = all.iter().find(|rule| rule.id == "openai/gpt-4o").unwrap();
    let input = gpt.prices.iter().find(|price| Some(price.unit) == Unit::by_name("input_tokens")).unwrap();
    assert_eq!(
        (gpt.source.as_str(), gpt.provider.as_str(), input.price.to_string()),
        ("genai-prices", "openai", "2.5".to_owned())
    );
}
