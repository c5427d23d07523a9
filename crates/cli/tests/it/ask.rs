//! Tests of the query commands, over a folder and over a server.

use crate::server::*;

#[test]
fn a_folder_answers_while_a_server_writes_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(7));
    let here = folder.path().to_str().unwrap();
    for command in [
        vec!["traces"],
        vec!["trace", "00000000000000000000000000000007"],
        vec!["usage", "--group-by", "model,day"],
        vec!["tools"],
        vec!["traces", "--filter", "model:gpt-* -status:running tokens>1"],
        vec!["sessions"],
        vec!["events"],
        vec!["trace", "00000000000000000000000000000007", "--lens"],
    ] {
        let from_folder = run(&[&command[..], &["--json", "--data-dir", here]].concat());
        let from_server = run(&[&command[..], &["--json", "--url", server.url("http")]].concat());
        assert_eq!(from_folder.0, 0, "{from_folder:?}");
        assert_eq!(from_folder.1, from_server.1);
        let (code, text, error) = run(&[&command[..], &["--data-dir", here]].concat());
        assert!(code == 0 && !text.is_empty(), "{command:?}: {error}");
    }
}

#[test]
fn a_trace_is_shown_as_a_tree_with_what_counts() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(7));
    let (_, text, _) = run(&["trace", "00000000000000000000000000000007", "--url", server.url("http")]);
    assert!(text.contains("\ninvoke_agent planner") || text.contains("\n invoke_agent planner"), "{text}");
    assert!(
        text.contains("  chat gpt-4o") && text.contains("$0.006") && text.contains("not counted"),
        "{text}"
    );
}

#[test]
fn a_lens_tells_where_each_value_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(7));
    let here = folder.path().to_str().unwrap();
    let trace = "00000000000000000000000000000007";
    let (_, text, error) = run(&["trace", trace, "--lens", "--data-dir", here]);
    for said in
        ["read by genai", "counts: a call without a call below it", "gen_ai.request.model", "does not count"]
    {
        assert!(text.contains(said), "{said}: {text}{error}");
    }
    let (_, json, _) = run(&["trace", trace, "--lens", "--data-dir", here, "--json"]);
    let all: serde_json::Value = serde_json::from_str(&json).unwrap();
    let spans = all["spans"].as_array().unwrap();
    assert!(spans.len() > 1, "{all}");
    let one = spans.iter().find(|span| span["rule"] == "leaf").unwrap();
    let id = one["span_id"].as_str().unwrap();
    let (_, json, _) = run(&["trace", trace, "--lens", "--span", id, "--url", server.url("http"), "--json"]);
    let alone: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(alone["spans"], serde_json::json!([one]));
    let (code, _, _) = run(&["trace", trace, "--span", id, "--data-dir", here]);
    assert_eq!(code, 2, "--span is a part of --lens");
    let (code, _, error) = run(&["trace", trace, "--lens", "--span", "00000000000000aa", "--data-dir", here]);
    assert!(code == 1 && error.contains("00000000000000aa"), "{error}");
}

#[test]
fn frameworks_are_shown_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let here = folder.path().to_str().unwrap();
    let (code, text, _) = run(&["frameworks", "--data-dir", here]);
    assert!(code == 0 && text.contains("no framework"), "{text}");
    server.post_json(&export(7));
    let (code, text, error) = run(&["frameworks", "--url", server.url("http")]);
    assert!(
        code == 0 && text.contains("genai") && text.contains("share of the latest calls"),
        "{text}{error}"
    );
    let (_, json, _) = run(&["frameworks", "--data-dir", here, "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(answer["frameworks"][0]["llm_calls"], 1, "{answer}");
    let (code, _, error) = run(&["frameworks", "--data-dir", here, "--time-range", "2h"]);
    assert!(code == 1 && error.contains("time_range"), "{error}");
}

#[test]
fn problems_of_the_interface_become_errors() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Server::start(folder.path());
    let here = folder.path().to_str().unwrap();
    let (code, _, error) = run(&["trace", "00000000000000000000000000000009", "--data-dir", here]);
    assert!(code == 1 && error.contains("00000000000000000000000000000009"), "{error}");
    let (code, _, error) = run(&["traces", "--data-dir", here, "--since", "yesterday"]);
    assert!(code == 1 && error.contains("since"), "{error}");
    let (code, _, error) = run(&["usage", "--data-dir", here, "--filter", "-colour:red"]);
    assert!(code == 1 && error.contains("position 1") && error.contains("a field (service"), "{error}");
}

#[test]
fn a_price_is_explained_without_any_store() {
    let (code, text, error) =
        run(&["price", "gpt-4o", "--provider", "openai", "--input", "1200", "--output", "300"]);
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("$0.006") && text.contains("genai-prices"), "{text}");
    let (code, text, _) = run(&["price", "no-such-model", "--input", "1"]);
    assert!(code == 0 && text.contains("unknown_model"), "{text}");
}

#[test]
fn a_sound_store_passes_its_check_and_a_damaged_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(7));
    assert!(server.stop().success());
    let here = folder.path().to_str().unwrap();
    let (code, text, error) = run(&["check", "store", "--data-dir", here]);
    assert_eq!(code, 0, "{text}{error}");
    let day =
        std::fs::read_dir(folder.path().join("days")).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let day = day.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("d-")).min().unwrap();
    let mut bytes = std::fs::read(&day).unwrap();
    bytes[8_192..].fill(0x5a);
    std::fs::write(&day, bytes).unwrap();
    let (code, text, _) = run(&["check", "store", "--data-dir", here]);
    assert!(code == 3 && text.contains("d-"), "{code} {text}");
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, script, _) = run(&["completions", shell]);
        assert!(code == 0 && script.contains("quipu"), "{shell}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(7));
    for command in ["traces", "frameworks"] {
        let mut asked = std::process::Command::new(env!("CARGO_BIN_EXE_quipu"))
            .args([command, "--json", "--url", server.url("http")])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(asked.stdout.take());
        let ended = asked.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && error.is_empty(), "{command}: {error}");
    }
}

#[test]
fn parentheses_and_patterns_select_traces_and_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&export(7));
    let count = |filter: &str| {
        let (code, out, error) = run(&["traces", "--json", "--filter", filter, "--url", server.url("http")]);
        assert_eq!(code, 0, "{filter}: {error}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap()["traces"].as_array().unwrap().len()
    };
    for (filter, wanted) in [
        ("(model:gpt-4o tokens>1) OR status:error", 1),
        ("-(model:gpt-4o tokens>1)", 0),
        ("(model:o3 OR -has:agent) service:trips", 0),
        ("model~^gpt-[45]", 1),
        ("model!~^gpt", 0),
        ("model!=gpt-4o", 0),
        ("attr.gen_ai.provider.name~^open", 1),
    ] {
        assert_eq!(count(filter), wanted, "{filter}");
    }
    let filter = "(model:o3 OR -has:agent) cost!=0";
    let (code, out, error) = run(&["traces", "--explain", "--filter", filter, "--url", "http://127.0.0.1:9"]);
    assert!(code == 0, "nothing is asked: {error}");
    assert!(out.contains("a model is \"o3\", or it is not so that an agent is known"), "{out}");
    let (code, _, error) = run(&["usage", "--explain", "--filter", "(model:o3"]);
    assert!(code == 1 && error.contains("a closing parenthesis"), "{error}");
}
