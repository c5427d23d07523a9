//! Tests of the conversion from published lists to data files.

use quipu_prices::convert::{self, List, Origin};
use quipu_prices::{Books, diff, schema};

use crate::ask::ask;

fn origin(version: &str) -> Origin<'_> {
    Origin { file: "list.json", version: Some(version), retrieved: "2026-12-01" }
}

fn books(text: &str) -> Books {
    Books::decode(convert::file(text.as_bytes(), &origin("9.9.9")).unwrap()).unwrap()
}

fn error(text: &str) -> String {
    convert::file(text.as_bytes(), &origin("1")).unwrap_err().to_string()
}

const LITELLM: &str = r#"{"sample_spec": {"input_cost_per_token": 0},
    "deepinfra/m": {"litellm_provider": "deepinfra", "mode": "chat", "max_tokens": 5,
        "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}}"#;

#[test]
fn the_vendored_file_is_what_the_facts_give() {
    let facts = [
        (
            "genai-prices-0.2.3.json",
            include_bytes!("../../facts/genai-prices-0.2.3.json").as_slice(),
            "0.2.3",
        ),
        ("litellm-1.109.1.json", include_bytes!("../../facts/litellm-1.109.1.json"), "1.109.1"),
    ];
    let files: Vec<_> = facts
        .iter()
        .map(|(file, bytes, version)| {
            convert::file(bytes, &Origin { file, version: Some(version), retrieved: "2026-11" }).unwrap()
        })
        .collect();
    assert_eq!(convert::join(&files).unwrap(), include_bytes!("../../data/book.postcard"));
}

#[test]
fn a_whole_list_gives_what_the_reduced_one_does() {
    let whole = convert::file(LITELLM.as_bytes(), &origin("1")).unwrap();
    let reduced = convert::file(convert::reduce(LITELLM).unwrap().as_bytes(), &origin("1")).unwrap();
    let rules = |bytes: &[u8]| schema::decode(bytes).unwrap().books[0].rules.to_vec();
    assert_eq!(rules(&whole), rules(&reduced));
}

#[test]
fn a_list_is_known_by_its_shape() {
    assert_eq!(List::of(LITELLM, "x"), Ok(List::LiteLlm));
    assert_eq!(List::of("[]", "x"), Ok(List::GenaiPrices));
    assert_eq!(error("{\"a\": 1}"), "list.json: neither a list of genai-prices nor of LiteLLM");
    assert_eq!(error("[]"), "list.json: it has no price");
    let books = books(LITELLM);
    let source = &books.sources()[0];
    assert_eq!(
        (source.source.as_str(), source.version.as_str(), source.retrieved.as_str()),
        ("litellm", "9.9.9", "2026-12-01")
    );
    assert_eq!(ask("deepinfra", "m").answer_of(&books).unwrap().total.to_string(), "0.0035");
}

#[test]
fn the_list_of_the_repository_is_read_too() {
    let text = r#"[{"id": "p", "name": "P", "api_pattern": "x", "models": [
        {"id": "m", "match": {"equals": "m"}, "prices": [
            {"prices": {"input_mtok": 0.25, "output_mtok": {"base": 1, "tiers": [{"start": 10, "price": 2.5}]}}},
            {"constraint": {"start_date": "2026-12-01"}, "prices": {"input_mtok": 3, "output_mtok": 3}}]}]}]"#;
    let books = books(text);
    assert_eq!(ask("p", "m").answer_of(&books).unwrap().total.to_string(), "0.0005");
    assert_eq!(
        ask("p", "m").at("2026-12-01T00:00:00Z").answer_of(&books).unwrap().total.to_string(),
        "0.0033"
    );
}

#[test]
fn errors_name_file_entry_and_key() {
    assert_eq!(
        error(&LITELLM.replace("2.5e-06", "\"much\"")),
        "list.json: deepinfra/m: input_cost_per_token: \"\\\"much\\\"\" is not a number of dollars"
    );
    assert_eq!(
        error(&LITELLM.replace("2.5e-06", "-1")),
        "list.json: deepinfra/m: input_cost_per_token: \"-1\" is not a number of dollars"
    );
    let odd = LITELLM.replace("\"litellm_provider\": \"deepinfra\", ", "");
    let odd = odd.replace("\"sample_spec\"", "\"x\": {\"litellm_provider\": \"x\"}, \"sample_spec\"");
    assert_eq!(error(&odd), "list.json: deepinfra/m: litellm_provider: it has no provider");
    let genai = |prices: &str| {
        error(&format!(
            r#"{{"providers": [{{"id": "p", "models": [{{"id": "m", "match": {{"equals": "m"}}, "prices": {prices}}}]}}]}}"#
        ))
    };
    assert_eq!(genai(r#"{"phase_mtok": "1"}"#), "list.json: p/m: phase_mtok: no unit has such a price");
    assert_eq!(
        genai(r#"{"input_mtok": "1x"}"#),
        "list.json: p/m: input_mtok: \"1x\" is not a number of dollars"
    );
    assert!(
        genai(r#"[{"constraint": {"start_date": "soon"}, "prices": {}}]"#).starts_with("list.json: p/m: ")
    );
    for version in ["", "a b"] {
        assert!(convert::file(LITELLM.as_bytes(), &origin(version)).is_err());
    }
    let undated = Origin { retrieved: "yesterday", ..origin("1") };
    assert!(convert::file(LITELLM.as_bytes(), &undated).unwrap_err().to_string().contains("is not a day"));
    assert!(
        convert::file(&[0xff], &origin("1")).unwrap_err().to_string().starts_with("list.json: not UTF-8")
    );
}

#[test]
fn an_update_shows_what_changes() {
    let newer = LITELLM.replace("1e-05", "2e-05");
    let diff = diff(&books(LITELLM), &books(&newer));
    assert_eq!(
        diff.to_string(),
        "0 new, 0 removed, 1 changed\n~ litellm deepinfra/m: output_tokens 10 -> 20\n"
    );
    // Other sources are not compared.
    assert!(quipu_prices::diff(&Books::vendored(), &Books::vendored()).is_empty());
}
