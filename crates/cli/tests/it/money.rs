//! Tests of prices, budgets, estimates and the analysis, over a data folder and from a server.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::server::{Server, export, quipu, run, wait_for};

fn json_of(args: &[&str]) -> Value {
    let (code, out, error) = run(&[args, &["--json"]].concat());
    assert_eq!(code, 0, "{args:?}: {error}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}: {out}"))
}

/// A folder in which a server has stored one call of gpt-4o at 0.006 dollars, and stopped.
fn stored() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(7));
    assert!(server.stop().success());
    folder
}

/// A list in the form of LiteLLM with a made-up model, and gpt-4o under another price.
fn litellm(folder: &Path, input: &str) -> String {
    let model = |provider: &str, input: &str| json!({"litellm_provider": provider, "mode": "chat", "input_cost_per_token": input.parse::<f64>().unwrap(), "output_cost_per_token": 1e-5});
    let list = json!({"llama-wool-1": model("openai", input), "gpt-4o": model("openai", "2.5e-6")});
    let path = folder.join("model_prices_and_context_window.json");
    std::fs::write(&path, list.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn prices_are_listed_checked_and_asked_for_without_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let here = ["--data-dir", folder.path().to_str().unwrap()];
    let with = |args: &[&'static str]| [args, &here[..]].concat();
    let (code, text, error) = run(&with(&["prices", "list"]));
    assert!(
        code == 0 && text.contains("genai-prices") && text.contains("no user price book"),
        "{text}{error}"
    );
    let models = json_of(&with(&["prices", "list", "--provider", "openai", "-q", "gpt-4o"]));
    assert!(models["models"].as_array().unwrap().iter().any(|model| model["model"] == "gpt-4o"), "{models}");
    let (code, text, _) = run(&with(&["prices", "check", "--percent", "10"]));
    assert!(code == 0 && text.contains("disagree"), "{text}");
    let priced = json_of(&with(&["price", "gpt-4o", "--input", "1000", "--unit", "output_tokens=100"]));
    assert_eq!(priced["total_usd"], "0.0035");
    let (code, _, error) = run(&with(&["price", "gpt-4o", "--unit", "searches"]));
    assert!(code == 1 && error.contains("searches"), "{error}");
    let (code, _, error) = run(&with(&["price", "gpt-4o", "--input", "1", "--cache-read", "2"]));
    assert!(code == 1 && error.contains("cache_read_tokens"), "{error}");
    assert!(!folder.path().join("budgets.db").exists(), "asking for prices leaves nothing behind");
}

#[test]
fn the_user_s_book_wins_and_its_bad_entries_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join("prices.toml"), "nonsense = 1\n").unwrap();
    let (code, _, error) = run(&["price", "gpt-4o", "--input", "1000", "--data-dir", here]);
    assert!(code == 1 && error.contains("prices.toml:1"), "{error}");
}

#[test]
fn a_newer_list_is_shown_and_kept_and_priced_by() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let list = litellm(folder.path(), "1e-6");
    let price = || {
        json_of(&["price", "llama-wool-1", "--provider", "openai", "--input", "1000000", "--data-dir", here])
    };
    assert_eq!(price()["reason"], "unknown_model");
    let dry = json_of(&["prices", "update", &list, "--version", "99.0.0", "--dry-run", "--data-dir", here]);
    assert!(dry["new"].as_u64().unwrap() >= 1 && dry["kept"].is_null(), "{dry}");
    assert_eq!(price()["reason"], "unknown_model", "nothing was stored");
    let (code, text, error) = run(&["prices", "update", &list, "--version", "99.0.0", "--data-dir", here]);
    assert!(code == 0 && text.contains("llama-wool-1") && text.contains("stored as"), "{text}{error}");
    let priced = price();
    assert_eq!((&priced["total_usd"], &priced["rule"]["version"]), (&json!("1"), &json!("99.0.0")));
    let sources = json_of(&["prices", "list", "--data-dir", here]);
    let versions = sources["sources"].as_array().unwrap().iter().filter(|one| one["source"] == "litellm");
    assert!(versions.count() >= 2, "the earlier version stays: {sources}");
    let (code, _, error) = run(&["prices", "update", "/no/such/list.json", "--data-dir", here]);
    assert!(code == 1 && error.contains("/no/such/list.json"), "{error}");
    let bad = folder.path().join("bad.json");
    std::fs::write(&bad, "[1]").unwrap();
    let (code, _, error) = run(&["prices", "update", bad.to_str().unwrap(), "--data-dir", here]);
    assert!(code == 1 && error.contains("bad.json"), "{error}");
    #[cfg(unix)]
    {
        let (code, _, error) = run(&["prices", "update", "/dev/zero", "--data-dir", here]);
        assert!(code == 1 && error.contains("more bytes than the limit"), "a file without an end: {error}");
    }
}

#[test]
fn a_server_prices_by_a_newer_list_after_a_reload() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let server = Server::start(folder.path());
    let list = litellm(folder.path(), "1e-6");
    let (code, _, error) = run(&["prices", "update", &list, "--version", "99.0.0", "--data-dir", here]);
    assert_eq!(code, 0, "{error}");
    let (status, body) = server.write("POST", "/api/v1/prices/reload", &json!({}));
    assert_eq!(status, 200, "{body}");
    let priced = json_of(&[
        "price",
        "llama-wool-1",
        "--provider",
        "openai",
        "--input",
        "1000",
        "--url",
        server.url("http"),
    ]);
    assert_eq!(priced["total_usd"], "0.001");
    std::fs::write(folder.path().join("prices.toml"), "nonsense = 1\n").unwrap();
    let (status, body) = server.write("POST", "/api/v1/prices/reload", &json!({}));
    assert!(status == 422 && body.contains("prices.toml:1"), "{body}");
}

#[test]
fn history_is_priced_again_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let mut made_up = export(7);
    let text = made_up.to_string().replace("gpt-4o", "llama-wool-1");
    made_up = serde_json::from_str(&text).unwrap();
    let server = Server::start(folder.path());
    server.post_json(&made_up);
    let (_, before, _) = run(&["prices", "unpriced", "--data-dir", here]);
    assert!(before.contains("llama-wool-1") && before.contains("unknown_model"), "{before}");
    assert!(server.stop().success());
    let list = litellm(folder.path(), "1e-6");
    assert_eq!(run(&["prices", "update", &list, "--version", "99.0.0", "--data-dir", here]).0, 0);

    let dry = json_of(&["prices", "reprice", "--dry-run", "--data-dir", here]);
    assert_eq!(
        (&dry["total"]["changed"], &dry["total"]["difference_usd"]),
        (&json!(1), &json!("0.0042")),
        "{dry}"
    );
    let done = json_of(&["prices", "reprice", "--since", "-1d", "--data-dir", here]);
    let id = done["id"].as_str().unwrap();
    assert_eq!(done["written"], 1);
    let cost = || json_of(&["usage", "--data-dir", here])["total"]["cost_usd"].clone();
    assert_eq!(cost(), "0.0042");
    let (_, history, _) = run(&["prices", "history", "--data-dir", here]);
    assert!(history.contains(id) && history.contains("applied"), "{history}");
    let (code, text, error) = run(&["prices", "undo", id, "--data-dir", here]);
    assert!(code == 0 && text.contains("1 calls have their earlier cost"), "{text}{error}");
    assert_eq!(cost(), Value::Null);
    let (code, _, error) = run(&["prices", "undo", "none", "--data-dir", here]);
    assert!(code == 1 && error.contains("none"), "{error}");
    let server = Server::start(folder.path());
    let (status, body) = server.write("POST", "/api/v1/prices/reprice", &json!({}));
    assert!(status == 200 && body.contains("\"written\":1"), "{body}");
    let (code, _, error) = run(&["prices", "reprice", "--data-dir", here]);
    assert!(code == 1 && error.contains("--url"), "a server at another place is named: {error}");
}

#[test]
fn a_budget_is_set_asked_and_removed_without_a_server() {
    let folder = stored();
    let here = folder.path().to_str().unwrap();
    let (_, none, _) = run(&["budget", "list", "--data-dir", here]);
    assert!(none.contains("no budget"), "{none}");
    let set =
        ["budget", "set", "daily", "--usd", "0.01", "--per", "day", "--action", "block", "--data-dir", here];
    let (code, text, error) = run(&set);
    assert!(code == 0 && text.contains("daily") && text.contains("$0.01"), "{text}{error}");
    let listed = json_of(&["budget", "list", "--data-dir", here]);
    assert_eq!(
        listed["budgets"][0]["accounts"][0]["spent"], "0.006",
        "what was spent today counts: {listed}"
    );
    let check = |usd: &'static str| run(&["budget", "check", "daily", "--usd", usd, "--data-dir", here]);
    assert_eq!(check("0.004").0, 0);
    let (code, text, _) = check("0.005");
    assert!(code == 3 && text.contains("daily") && text.contains("0.006"), "{code} {text}");
    let (code, _, error) = run(&["budget", "check", "weekly", "--usd", "1", "--data-dir", here]);
    assert!(code == 1 && error.contains("weekly"), "{error}");
    assert_eq!(run(&["budget", "rm", "daily", "--data-dir", here]).0, 0);
    assert_eq!(run(&["budget", "rm", "daily", "--data-dir", here]).0, 1);
    for (args, word) in [
        (&["--usd", "ten"][..], "limit_usd"),
        (&["--usd", "1", "--scope", "team=a"], "team"),
        (&["--usd", "1", "--per", "year"], "period"),
        (&[], "limit_usd"),
    ] {
        let (code, _, error) = run(&[&["budget", "set", "b", "--data-dir", here], args].concat());
        assert!(code == 1 && error.contains(word), "{args:?}: {error}");
    }
}

#[test]
fn a_server_keeps_the_budgets_of_its_configuration_and_those_set_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("quipu.toml");
    std::fs::write(&config, "[budgets.house]\nlimit_usd = \"1\"\nthresholds = [0.001]\n").unwrap();
    let server = Server::start_with(folder.path(), &["--config", config.to_str().unwrap()]);
    let here = folder.path().to_str().unwrap();
    let set = ["budget", "set", "each", "--calls", "3", "--scope", "model=*", "--data-dir", here];
    assert_eq!(run(&set).0, 0);
    server.post_json(&export(1));
    let spent = wait_for("the count", || {
        let answer = server.get("/api/v1/budgets");
        let budgets = answer["budgets"].as_array().unwrap();
        let of = |name: &str| budgets.iter().find(|budget| budget["name"] == name).cloned();
        let (house, each) = (of("house")?, of("each")?);
        (house["accounts"][0]["spent"] == "0.006" && each["accounts"][0]["spent"] == "1")
            .then_some((house, each))
    });
    assert_eq!((&spent.0["source"], &spent.1["source"]), (&json!("file"), &json!("stored")));
    assert_eq!(spent.1["accounts"][0]["scope"], json!({"model": "gpt-4o"}));
    assert_eq!(spent.0["accounts"][0]["fired"], json!([0.001]));
    let told = wait_for("the event", || {
        let events = server.get("/api/v1/events?type=budget.threshold");
        events["events"].as_array().filter(|events| !events.is_empty()).cloned()
    });
    assert!(told[0]["body"].to_string().contains("house"), "{told:?}");
    let (code, _, error) = run(&["budget", "rm", "house", "--url", server.url("http")]);
    assert!(code == 1 && error.contains("configuration"), "{error}");
    std::fs::write(&config, "[budgets.house]\nlimit_usd = \"-1\"\n").unwrap();
    assert!(server.stop().success());
    let (code, _, error) =
        run(&["serve", "--data-dir", here, "--config", config.to_str().unwrap(), "--http", "127.0.0.1:0"]);
    assert!(code == 1 && error.contains("house") && error.contains("limit_usd"), "{error}");
}

#[test]
fn usage_is_analysed_and_explained() {
    let folder = stored();
    let here = folder.path().to_str().unwrap();
    let (code, text, error) = run(&["usage", "--analysis", "--since", "-7d", "--data-dir", here]);
    assert!(
        code == 0 && text.contains("$0.006 for 1 calls") && text.contains("no forecast"),
        "{text}{error}"
    );
    let answer = json_of(&["usage", "--analysis", "--bucket", "hour", "--data-dir", here]);
    assert_eq!((&answer["bucket"], &answer["total"]["cost_usd"]), (&json!("hour"), &json!("0.006")));
    assert_eq!(
        run(&["usage", "--bucket", "hour", "--data-dir", here]).0,
        2,
        "--bucket is a part of --analysis"
    );
    let (code, text, _) = run(&["plans", "--data-dir", here]);
    assert!(code == 0 && text.contains("no call ran under a subscription"), "{text}");
    let (code, text, error) = run(&["usage", "--group-by", "billing,month,branch,tag", "--data-dir", here]);
    assert!(code == 0 && text.contains("metered"), "{text}{error}");
    let id = format!("{:032x}", 7);
    let (code, text, error) = run(&["trace", &id, "--cost", "0000000000000002", "--data-dir", here]);
    assert!(
        code == 0
            && text.contains("$0.006")
            && text.contains("by the recorded prices")
            && text.contains("openai/gpt-4o"),
        "{text}{error}"
    );
    let (_, text, _) = run(&["trace", &id, "--cost", "0000000000000001", "--data-dir", here]);
    assert!(text.contains("not counted"), "{text}");
}

fn estimate(args: &[&str], input: &str) -> (i32, Value) {
    let mut child =
        quipu().args(args).arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

#[test]
fn a_call_is_estimated_from_a_file_or_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let (code, plain) = estimate(
        &["estimate", "gpt-4o", "--output", "100", "--data-dir", here],
        "Will it rain in Zürich tomorrow?",
    );
    assert_eq!(code, 0);
    assert!(
        plain["input"]["expected"].as_u64().unwrap() > 3 && plain["output"]["expected"] == 100,
        "{plain}"
    );
    let body = r#"{"model": "gpt-4o", "messages": [{"role": "user", "content": "Will it rain in Zürich tomorrow?"}]}"#;
    let (_, chat) = estimate(&["estimate", "gpt-4o", "-", "--data-dir", here], body);
    assert!(
        chat["input"]["expected"].as_u64() > plain["input"]["expected"].as_u64(),
        "framing counts: {chat}"
    );
    let (_, text) = estimate(&["estimate", "gpt-4o", "-", "--text", "--data-dir", here], body);
    assert!(
        text["input"]["expected"].as_u64() > chat["input"]["expected"].as_u64(),
        "as text it is longer: {text}"
    );
    let file = folder.path().join("prompt.txt");
    std::fs::write(&file, "Knots.").unwrap();
    let (code, shown, error) =
        run(&["estimate", "claude-sonnet-4-5", file.to_str().unwrap(), "--data-dir", here]);
    assert!(code == 0 && shown.contains("input tokens") && shown.contains('$'), "{shown}{error}");
    let (code, _, error) = run(&["estimate", "gpt-4o", "/no/such/prompt", "--data-dir", here]);
    assert!(code == 1 && error.contains("/no/such/prompt"), "{error}");
}
