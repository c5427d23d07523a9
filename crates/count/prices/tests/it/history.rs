//! Tests of several versions of a list, and the prices between them.

use quipu_core::{PriceBook, PriceRef, Unpriced};
use quipu_prices::schema::{
    Body, Clause, Dated, Decimal, FORMAT, File, Info, Missing, Packed, Price, Provider, Rule, Rules, When,
    encode,
};
use quipu_prices::{Books, Unit, UserBook, diff};

use crate::ask::ask;

/// A list of these `deepinfra` models, at whole dollars per million tokens.
fn list(source: &str, version: &str, retrieved: &str, models: &[(&str, u128)]) -> (String, Vec<u8>) {
    let price = |unit: &str, digits| Price {
        unit: Unit::by_name(unit).unwrap(),
        price: Decimal { digits, scale: 0 },
        tiers: vec![],
    };
    let bodies: Vec<Vec<u8>> = models
        .iter()
        .map(|(_, dollars)| {
            let prices = vec![price("input_tokens", *dollars), price("output_tokens", *dollars)];
            encode(&Body { base: vec![Dated { when: When::default(), prices }], ..Body::default() }).unwrap()
        })
        .collect();
    let rules = models.iter().zip(&bodies);
    let rules =
        rules.map(|((model, _), body)| Rule { id: model, matches: Clause::Equals(model), body }).collect();
    let provider =
        Provider { id: "deepinfra", provider_match: None, model_match: None, fallbacks: Vec::new(), rules };
    let rules = encode(&Rules { providers: vec![provider] }).unwrap();
    let missing = if source == "litellm" { Missing::Unknown } else { Missing::Uncharged };
    let info = Info { source, version, license: "MIT", sha256: "", retrieved, missing };
    let file = File { format: FORMAT, books: vec![Packed { info, rules: &rules }] };
    (format!("{source}-{version}.postcard"), encode(&file).unwrap())
}

fn books() -> Books {
    let past = vec![
        list("litellm", "1.111.0", "2027-02-01", &[("new-model", 4), ("changing", 9)]),
        list("litellm", "1.110.0", "2026-12-15", &[("changing", 7), ("retired", 5)]),
    ];
    let (books, notes) = Books::new(past, None);
    assert!(notes.is_empty(), "{notes:?}");
    books
}

fn price(books: &Books, model: &str, at: &str) -> (String, String, Vec<String>) {
    let answer = ask("deepinfra", model).at(at).answer_of(books).unwrap();
    (
        answer.total.to_string(),
        answer.rule.version.into(),
        answer.fallbacks.iter().map(ToString::to_string).collect(),
    )
}

#[test]
fn a_list_without_dates_holds_from_its_import_on() {
    let books = books();
    let of = |at| price(&books, "changing", at);
    assert_eq!(of("2026-12-15T00:00:00Z"), ("0.0077".into(), "1.110.0".into(), vec![]));
    assert_eq!(of("2027-01-31T23:59:59.999999999Z"), ("0.0077".into(), "1.110.0".into(), vec![]));
    assert_eq!(of("2027-02-01T00:00:00Z"), ("0.0099".into(), "1.111.0".into(), vec![]));
    // No list knew the model then. The first list that does sets the price, and the answer notes that.
    let before = of("2026-12-14T23:59:59Z");
    assert_eq!((before.0.as_str(), before.1.as_str()), ("0.0077", "1.110.0"));
    assert_eq!(before.2, ["litellm 1.110.0 is used because the list of that time does not have the model"]);
}

#[test]
fn retired_models_keep_their_last_price() {
    let books = books();
    let retired = price(&books, "retired", "2027-03-01T00:00:00Z");
    assert_eq!((retired.0.as_str(), retired.1.as_str(), retired.2.len()), ("0.0055", "1.110.0", 1));
    let old =
        ask("deepinfra", "anthropic/claude-opus-5").at("2027-03-01T00:00:00Z").answer_of(&books).unwrap();
    assert_eq!(old.rule.version, "1.109.1");
}

#[test]
fn a_newer_list_with_dates_replaces_the_older_at_once() {
    let (books, _) = Books::new(vec![list("genai-prices", "0.10.0", "2026-12-01", &[("changing", 3)])], None);
    assert_eq!(price(&books, "changing", "2020-01-01T00:00:00Z").1, "0.10.0");
    // The older list still knows the model that the newer one removed.
    let old = ask("x-ai", "grok-4").answer_of(&books).unwrap();
    assert_eq!(
        (old.rule.source.as_str(), old.rule.version.as_str(), old.fallbacks.len()),
        ("genai-prices", "0.2.3", 1)
    );
}

#[test]
fn an_explanation_uses_the_recorded_version() {
    let books = books();
    let recorded = ask("deepinfra", "changing").at("2027-01-01T00:00:00Z").answer_of(&books).unwrap();
    // The recorded rule applies regardless of the requested time and name.
    let later = ask("deepinfra", "changing").at("2027-06-01T00:00:00Z");
    assert_eq!(later.answer_of(&books).unwrap().total.to_string(), "0.0099");
    assert_eq!(books.explain(&later.request(), &recorded.rule).unwrap().total.to_string(), "0.0077");
    let odd = ask("deepinfra", "another-name");
    assert_eq!(books.explain(&odd.request(), &recorded.rule).unwrap().total.to_string(), "0.0077");
    let gone = PriceRef { version: "0.0.1".into(), ..recorded.rule.clone() };
    assert_eq!(books.explain(&later.request(), &gone), Err(Unpriced::NotValidThen));
    let gone = PriceRef { id: "never".into(), ..recorded.rule };
    assert_eq!(books.explain(&later.request(), &gone), Err(Unpriced::NotValidThen));
}

#[test]
fn every_answer_is_explained_by_itself() {
    let books = Books::vendored();
    for (provider, model) in [
        (Some("openai"), "gpt-5.4"),
        (Some("azure"), "gpt-5"),
        (None, "deepinfra/anthropic/claude-opus-5"),
        (Some("bedrock"), "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        (Some("openai"), "ft:gpt-4o:me::1"),
    ] {
        let ask = ask(provider, model).context("service_tier", "priority");
        let answer = ask.answer().unwrap();
        assert_eq!(books.explain(&ask.request(), &answer.rule).as_ref(), Ok(&answer), "{model}");
    }
}

#[test]
fn a_changed_book_of_the_user_still_explains() {
    let old = "[[price]]\nmodel = \"m\"\nusd = { input = \"1\", output = \"1\" }\n";
    let new = UserBook::parse(&old.replace("\"1\"", "\"2\"")).unwrap();
    let before = Books::vendored().with_user(UserBook::parse(old).unwrap());
    let recorded = ask(None, "m").answer_of(&before).unwrap();
    let past = vec![("user-x.toml".to_owned(), old.as_bytes().to_vec())];
    let (now, notes) = Books::new(past, Some(new));
    assert!(notes.is_empty());
    assert_eq!(ask(None, "m").answer_of(&now).unwrap().total.to_string(), "0.0022");
    assert_eq!(now.explain(&ask(None, "m").request(), &recorded.rule), Ok(recorded));
}

#[test]
fn replaced_books_are_seen_by_every_clone() {
    let books = Books::vendored();
    let clone = books.clone();
    assert_eq!(ask("deepinfra", "changing").answer_of(&clone), Err(Unpriced::UnknownModel));
    books.replace(&self::books());
    assert!(ask("deepinfra", "changing").answer_of(&clone).is_ok());
    let versions: Vec<_> =
        clone.sources().into_iter().map(|source| (source.version, source.in_use)).collect();
    let expected = [("0.2.3", true), ("1.111.0", true), ("1.110.0", false), ("1.109.1", false)];
    assert_eq!(versions, expected.map(|(version, used)| (version.to_owned(), used)));
    assert_eq!(ask("deepinfra", "changing").answer(), Err(Unpriced::UnknownModel));
}

#[test]
fn differences_name_old_and_new_prices() {
    let of = |models: &[(&str, u128)]| Books::decode(list("litellm", "1", "2026-12-01", models).1).unwrap();
    let diff = diff(
        &of(&[("same", 1), ("gone", 2), ("changed", 3)]),
        &of(&[("same", 1), ("changed", 4), ("new", 5)]),
    );
    let text = diff.to_string();
    assert_eq!((diff.new.len(), diff.gone.len(), diff.changed.len()), (1, 1, 1), "{text}");
    assert!(text.starts_with("1 new, 1 removed, 1 changed\n"), "{text}");
    assert!(text.contains("~ litellm changed: input_tokens 3 -> 4, output_tokens 3 -> 4\n"), "{text}");
    assert!(text.contains("- litellm gone: input_tokens 2 -> -"), "{text}");
}

#[test]
fn files_that_cannot_be_used_are_told_of() {
    let past = vec![("a.postcard".to_owned(), vec![1, 2]), ("user-b.toml".to_owned(), b"[[price]]".to_vec())];
    let (books, notes) = Books::new(past, None);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes[0].starts_with("a.postcard is not used") && ask("openai", "gpt-4o").answer_of(&books).is_ok()
    );
}

#[test]
fn disagreements_show_both_prices() {
    let books = Books::vendored();
    let at = crate::ask::at("2026-11-20T12:00:00Z");
    let all = books.disagreements(1.0, at);
    let find = |provider: &str, model: &str, unit: &str| {
        all.iter().find(|one| (&*one.provider, &*one.model, &*one.unit) == (provider, model, unit))
    };
    let sonnet = find("anthropic", "claude-sonnet-4-5", "input_tokens above 200000").unwrap();
    assert_eq!(
        (sonnet.first.to_string(), sonnet.second.to_string(), sonnet.percent),
        ("6".into(), "3".into(), 50.0)
    );
    assert!(find("openai", "gpt-4o", "input_tokens").is_none());
    assert!(all.iter().all(|one| one.percent > 1.0 && one.first != one.second));
    assert!(books.disagreements(60.0, at).len() < all.len());
    // The first source wins for all of them.
    let mistral = find("mistral", "mistral-large-latest", "input_tokens").unwrap();
    assert_eq!((mistral.first.to_string(), mistral.second.to_string()), ("2".into(), "0.5".into()));
}
