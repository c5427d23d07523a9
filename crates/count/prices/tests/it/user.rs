//! Tests of the user's book: its prices win, and invalid entries are rejected.

use quipu_core::{PriceBook, Unpriced, Usage};
use quipu_prices::{Books, UserBook};

use crate::ask::{Ask, ask, at};

fn books(toml: &str) -> Books {
    Books::vendored().with_user(UserBook::parse(toml).unwrap_or_else(|errors| panic!("{errors:?}")))
}

fn total(ask: &Ask, books: &Books) -> String {
    ask.answer_of(books).unwrap_or_else(|why| panic!("{}: {why:?}", ask.model)).total.to_string()
}

fn errors(toml: &str) -> Vec<String> {
    UserBook::parse(toml).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn contract_prices_win_for_their_time() {
    let books = books(
        r#"
        [[price]]
        name = "openai-2026"
        provider = "openai"
        model = "gpt-4o"
        valid_from = 2026-01-01
        valid_to = 2027-01-01
        [price.usd]
        input = "2.00"
        output_tokens = { price = "0.000008", per = 1, above = { 200000 = "0.000016" } }
        cache_read = 0.5
        web_searches = { price = 0.01, per = 1 }
        "#,
    );
    let answer = ask("openai", "gpt-4o").answer_of(&books).unwrap();
    assert_eq!(
        (answer.total.to_string(), answer.rule.source.as_str(), answer.rule.id.as_str()),
        ("0.0028".into(), "user", "openai-2026")
    );
    assert_eq!(answer.rule.version, books.user().unwrap().version());
    assert_eq!(answer.rule.version.len(), 12);
    // Names in the provider's answers match too.
    assert_eq!(total(&ask("azure", "gpt-4o"), &books), ask("azure", "gpt-4o").total());
    assert_eq!(total(&ask("openai.chat", "openai/GPT-4o"), &books), "0.0028");
    assert_eq!(total(&ask(None, "gpt-4o"), &books), "0.0028");
    assert_eq!(total(&ask("openai", "gpt-4o-2024-08-06"), &books), "0.0028");
    let large = ask("openai", "gpt-4o").usage(Usage::of(200_001, 1_000));
    assert_eq!(total(&large, &books), "0.416002");
    assert_eq!(total(&ask("openai", "gpt-4o").unit("web_searches", 3), &books), "0.0328");
    // The list price applies before and after.
    assert_eq!(total(&ask("openai", "gpt-4o").at("2025-12-31T23:59:59Z"), &books), "0.0035");
    assert_eq!(total(&ask("openai", "gpt-4o").at("2027-01-01T00:00:00Z"), &books), "0.0035");
    // A unit without a price in the entry costs the price of its containing unit, with a note. A unit without
    // a containing one has no price.
    let usage = Usage { reasoning: Some(40), ..Usage::of(1_000, 100) };
    let answer = ask("openai", "gpt-4o").usage(usage).answer_of(&books).unwrap();
    assert_eq!(answer.fallbacks, ["reasoning_tokens priced as output_tokens"]);
    assert_eq!(
        ask("openai", "gpt-4o").unit("output_images", 1).answer_of(&books),
        Err(Unpriced::NoUnitPrice)
    );
}

#[test]
fn an_entry_may_lie_over_the_list() {
    let books = books(
        r#"
        [[price]]
        name = "haiku"
        provider = "anthropic"
        model = "claude-haiku-4-5*"
        rest = "list"
        usd = { input = "0.9" }
        "#,
    );
    let usage = Usage::of(1_000, 100).cache_read(400);
    let answer = ask("anthropic", "claude-haiku-4-5-20251001").usage(usage).answer_of(&books).unwrap();
    assert_eq!(answer.total.to_string(), "0.00108"); // 0.00054 + 0.00004 + 0.0005
    assert_eq!(answer.rule.id, "haiku over genai-prices 0.2.3 anthropic/claude-haiku-4-5");
    assert!(answer.fallbacks.contains(&"units without a price in the entry have the list price".into()));
}

#[test]
fn models_of_ones_own_cost_nothing_or_time() {
    let books = books(
        r#"
        [[price]]
        provider = "vllm"
        free = true

        [[price]]
        name = "h100"
        provider = "vllm"
        model = "llama-*"
        per_hour = "3.60"
        "#,
    );
    let free = ask("vllm", "anything").answer_of(&books).unwrap();
    assert_eq!((free.total.to_string(), free.lines.len(), free.rule.id.as_str()), ("0".into(), 2, "vllm"));
    let timed = ask("vllm", "llama-4-maverick").lasting(1_500_000_000).answer_of(&books).unwrap();
    assert_eq!((timed.total.to_string(), timed.rule.id.as_str()), ("0.0015".into(), "h100"));
    assert_eq!(timed.lines.last().unwrap().unit, "call_milliseconds");
    // A call without reported tokens still has its price.
    let silent = ask("vllm", "llama-4").usage(Usage::default()).lasting(1_000_000_000);
    assert_eq!(total(&silent, &books), "0.001");
    assert_eq!(ask("vllm", "llama-4").usage(Usage::default()).answer_of(&books), Err(Unpriced::NoUsage));
}

#[test]
fn percents_change_the_list() {
    let books = books(
        r#"
        [[discount]]
        name = "deal"
        provider = "openai"
        percent = 15
        [[discount]]
        name = "better"
        provider = "openai"
        model = "gpt-5*"
        percent = "20.5"
        valid_to = 2027-01-01
        [[markup]]
        name = "margin"
        percent = 10
        [[price]]
        model = "own"
        usd = { input = 1, output = 1 }
        "#,
    );
    // 0.0035 at 85 % and 110 %.
    let answer = ask("openai", "gpt-4o").answer_of(&books).unwrap();
    assert_eq!(answer.total.to_string(), "0.0032725");
    assert_eq!(answer.lines[0].unit_price.to_string(), "2.3375");
    assert_eq!(
        (answer.rule.source.as_str(), answer.rule.id.as_str()),
        ("user", "deal+margin over genai-prices 0.2.3 openai/gpt-4o")
    );
    assert_eq!(answer.fallbacks, ["15 % below the list price: deal", "10 % above the price: margin"]);
    assert_eq!(books.explain(&ask("openai", "gpt-4o").request(), &answer.rule), Ok(answer));
    // The narrower discount: 0.00225 at 79.5 % and 110 %.
    assert_eq!(total(&ask("openai", "gpt-5"), &books), "0.001967625");
    assert_eq!(total(&ask("openai", "gpt-5").at("2027-01-01T00:00:00Z"), &books), "0.00210375");
    // Another provider gets the markup only; a contract price gets no discount.
    assert_eq!(total(&ask("anthropic", "claude-haiku-4-5"), &books), "0.00165");
    assert_eq!(total(&ask("openai", "own"), &books), "0.00121");
    assert_eq!(ask("openai", "own").answer_of(&books).unwrap().rule.id, "own+margin");
}

#[test]
fn aliases_lead_to_the_model_that_is_meant() {
    let books = books(
        r#"
        [[alias]]
        provider = "azure"
        model = "prod-chat"
        is = "gpt-4o"
        [[alias]]
        model = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"
        is = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
        [[alias]]
        provider = "openai"
        model = "ft:gpt-5:acme*"
        is = "gpt-5"
        [[alias]]
        model = "house-model"
        is = "claude-haiku-4-5"
        is_provider = "anthropic"
        "#,
    );
    let azure = ask("azure.ai.openai", "prod-chat").answer_of(&books).unwrap();
    assert_eq!(azure.total.to_string(), ask("azure", "gpt-4o").total());
    assert_eq!(azure.rule.id, "alias:azure/prod-chat over genai-prices 0.2.3 openai/gpt-4o");
    assert_eq!(azure.fallbacks[0], "priced as gpt-4o by the user's alias");
    assert_eq!(ask("openai", "prod-chat").answer_of(&books), Err(Unpriced::UnknownModel));
    let profile = ask("aws.bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc");
    assert_eq!(
        total(&profile, &books),
        ask("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0").total()
    );
    assert_eq!(total(&ask("openai", "ft:gpt-5:acme::x"), &books), ask("openai", "gpt-5").total());
    assert_eq!(total(&ask("gateway", "house-model"), &books), "0.0015");
    let ask = ask("azure", "prod-chat");
    assert_eq!(books.explain(&ask.request(), &azure.rule), Ok(azure));
}

#[test]
fn entries_may_be_for_a_context() {
    let books = books(
        r#"
        [[price]]
        name = "deal"
        model = "gpt-4o"
        usd = { input = 2, output = 8 }
        [[price]]
        name = "deal-batch"
        model = "gpt-4o"
        context = { processing = "batch" }
        usd = { input = 1, output = 4 }
        "#,
    );
    assert_eq!(total(&ask("openai", "gpt-4o"), &books), "0.0028");
    assert_eq!(total(&ask("openai", "gpt-4o").context("service_tier", "batch"), &books), "0.0014");
}

#[test]
fn a_currency_may_be_shown() {
    let books = books("display = { currency = \"EUR\", rate = \"0.92\", stated = 2026-11-20 }");
    let display = books.display().unwrap();
    assert_eq!(
        (display.code.as_str(), display.rate.as_str(), display.stated.to_string()),
        ("EUR", "0.92", "2026-11-20".into())
    );
    assert_eq!(Books::vendored().display(), None);
    assert_eq!(ask("openai", "gpt-4o").answer_of(&books).unwrap().rule.source, "genai-prices");
}

#[test]
fn the_list_shows_entries_first() {
    let books =
        books("[[price]]\nprovider = \"openai\"\nmodel = \"gpt-4o\"\nusd = { input = 2, output = 8 }");
    let all = books.list(Some("openai"), Some("GPT-4o"), at("2026-11-20T00:00:00Z"));
    assert_eq!((all[0].source.as_str(), all[0].id.as_str()), ("user", "openai/gpt-4o"));
    assert!(
        all[1..].iter().all(|rule| rule.id.to_lowercase().contains("gpt-4o") && rule.provider == "openai")
    );
    let models: Vec<_> = books.models(at("2026-11-20T00:00:00Z")).collect();
    assert!(models.len() > 4_000);
    let gpt = models.iter().find(|model| model.provider == "openai" && model.model == "gpt-4o").unwrap();
    assert_eq!(
        (gpt.input.to_string(), gpt.output.to_string(), gpt.source.as_str()),
        ("2.5".into(), "10".into(), "genai-prices")
    );
}

#[test]
fn bad_entries_are_refused_with_line_and_reason() {
    let text = r#"
[[price]]
model = "a"
usd = { input = "-1", output = "x" }

[[price]]
usd = { phases = "1" }

[[price]]
model = "b"
free = true
per_hour = 1
colour = "red"

[[discount]]
percent = 101

[[discount]]
provider = "p"

[[alias]]
is = "x"

[[price]]
model = "c"
valid_from = "2026-02-30"
usd = { input = 1 }

[[price]]
model = "d"
valid_from = 2026-02-03
valid_to = "2026-02-03"
usd = { input = { price = "1", per = 3000000, above = { many = 1 } } }

[display]
currency = "euro"
rate = "0"
"#;
    let all = errors(text);
    for expected in [
        "line 4: input_tokens is negative: -1",
        "line 4: output_tokens: \"x\" is not a number of dollars",
        "line 6: a price needs provider or model",
        "line 7: phases is not a priced unit",
        "line 9: a price needs exactly one of: usd (prices by unit), per_hour, free = true",
        "line 13: an entry of this kind has no key colour",
        "line 16: percent: expected above 0 and at most 100, with at most six digits after the point, got 101",
        "line 18: percent is missing",
        "line 21: an alias needs model: the name in the calls",
        "line 26: valid_from: expected a day such as 2026-11-21 or a time such as 2026-11-21T08:00:00Z, got 2026-02-30",
        "line 29: valid_to is not after valid_from",
        "line 35: display needs stated",
        "line 35: currency: expected three capital letters such as EUR",
        "line 35: rate: expected the value of one US dollar in the currency, above zero",
    ] {
        assert!(all.iter().any(|error| error.starts_with(expected)), "{expected}\n{all:#?}");
    }
}

#[test]
fn entries_that_contradict_each_other_are_refused() {
    let twice = "[[price]]\nmodel = \"m\"\nusd = { input = 1 }\n[[price]]\nmodel = \"m\"\nfree = true\n";
    assert!(
        errors(twice)[0]
            .starts_with("line 4: applies to the same calls at the same time as the entry on line 1")
    );
    let apart = "[[price]]\nname=\"a\"\nmodel = \"m\"\nvalid_to = 2026-01-01\nusd = { input = 1 }\n[[price]]\nname=\"b\"\nmodel = \"m\"\nvalid_from = 2026-01-01\nfree = true\n";
    assert!(UserBook::parse(apart).is_ok());
    assert_eq!(errors("[[price]\n")[0].split(':').next(), Some("line 1"));
    assert_eq!(errors("price = 1")[0], "line 1: price must be written [[price]], once for each entry");
    assert_eq!(errors("[prices]\n")[0], "line 1: the book has no key prices");
    assert_eq!(UserBook::parse("").unwrap().entries(), 0);
}

#[test]
fn an_entry_out_of_time_is_not_a_price() {
    let books = books("[[price]]\nmodel = \"own\"\nvalid_from = 2030-01-01\nfree = true\n");
    assert_eq!(ask(None, "own").answer_of(&books), Err(Unpriced::NotValidThen));
}
