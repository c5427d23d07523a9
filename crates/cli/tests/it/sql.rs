//! Tests of SQL over a folder and a server: worker processes, their limits, and projects.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Server, export, quipu, run, wait_for};

fn ask(server: &Server, query: &str) -> (u16, Value) {
    send(server, &json!({"query": query}))
}

fn send(server: &Server, body: &Value) -> (u16, Value) {
    let (status, text) = server.write("POST", "/api/v1/sql", body);
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// A server with two traces.
fn filled(folder: &std::path::Path) -> Server {
    let server = Server::start(folder);
    server.post_json(&export(7));
    server.post_json(&export(8));
    server
}

// guide: docs/guide/sql.md sql 1
// guide: docs/guide/sql.md sql 2
#[test]
fn the_statements_of_the_guide_have_rows() {
    let guide = include_str!("../../../../docs/guide/sql.md");
    let statements: Vec<&str> =
        guide.split("```sql\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    let folder = tempfile::tempdir().unwrap();
    let _server = filled(folder.path());
    for (statement, columns) in [(statements[0], "user,calls,cost\r\n"), (statements[1], "hour,count(*)\r\n")]
    {
        // The traces are older than that.
        let all = statement.replace("ago('1d')", "ago('36500d')").replace("ago('30d')", "ago('36500d')");
        assert_ne!(all, statement);
        let (code, out, error) = run(&["sql", &all, "--csv", "--data-dir", folder.path().to_str().unwrap()]);
        assert_eq!(code, 0, "{error}");
        assert!(out.starts_with(columns) && out.lines().count() >= 2, "{out}");
    }
}

#[test]
fn sql_gives_the_same_rows_from_a_folder_and_from_a_server_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let server = filled(folder.path());
    let total = server.get("/api/v1/usage")["total"].clone();
    let query = "SELECT count(*) AS calls, usd_sum(cost_usd) AS cost, sum(input_tokens) FROM calls";
    let sources = [["--data-dir", folder.path().to_str().unwrap()], ["--url", server.url("http")]];
    for source in sources {
        let sql = |more: &[&str]| {
            let (code, out, error) = run(&[&["sql", query], more, &source[..]].concat());
            assert_eq!(code, 0, "{source:?} {more:?}: {error}");
            out
        };
        let answer: Value = serde_json::from_str(&sql(&["--json"])).unwrap();
        assert_eq!(answer["rows"][0][0], total["llm_calls"], "{answer}");
        assert_eq!(answer["rows"][0][1], total["cost_usd"], "{answer}");
        let sums =
            "SELECT sum(calls), usd_sum(cost_usd), sum(input_tokens) FROM usage WHERE started_at > '1970'";
        let (code, out, error) = run(&[&["sql", sums, "--json"], &source[..]].concat());
        assert_eq!(code, 0, "{error}");
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["rows"], answer["rows"], "{source:?}");
        let cost = total["cost_usd"].as_str().unwrap();
        assert!(sql(&[]).contains(cost) && sql(&["--format", "table"]).trim_start().starts_with("calls"));
        assert_eq!(sql(&["--csv"]).lines().next(), Some("calls,cost,sum(input_tokens)"));
        let line: Value = serde_json::from_str(sql(&["--ndjson"]).trim()).unwrap();
        assert_eq!(line["cost"], total["cost_usd"], "{line}");
        let (code, out, error) = run(&[&["sql", "--schema"], &source[..]].concat());
        assert!(code == 0 && out.contains("usd_sum(cost_usd)") && out.contains("trace_id"), "{error}");
        let (code, _, error) = run(&[&["sql", "SELECT nme\nFROM calls"], &source[..]].concat());
        assert!(code == 1 && error.contains("no such column: nme (line 1, column 8)"), "{error}");
        let with = ["sql", "SELECT count(*) FROM spans WHERE name <> ?", "--param", "x", "--csv"];
        let (code, out, error) = run(&[&with, &source[..]].concat());
        assert!(code == 0 && out.starts_with("count(*)\r\n"), "{out}{error}");
    }
}

#[test]
fn the_server_answers_statements_in_three_forms_and_names_the_position_of_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let server = filled(folder.path());
    let (status, answer) = ask(&server, "SELECT trace_id, name FROM traces ORDER BY trace_id");
    assert_eq!((status, answer["rows"].as_array().unwrap().len()), (200, 2), "{answer}");
    assert_eq!(answer["columns"][0], json!({"name": "trace_id", "type": "text"}));
    let (status, problem) = ask(&server, "SELECT * FROM nothing");
    assert_eq!((status, &problem["position"]), (400, &json!(14)), "{problem}");
    assert!(problem["type"].as_str().unwrap().ends_with("#bad-statement"), "{problem}");
    for body in
        [json!({}), json!({"query": " "}), json!({"query": "SELECT 1", "max_rows": 0}), json!({"quary": "x"})]
    {
        assert_eq!(send(&server, &body).0, 400, "{body}");
    }
    let (status, answer) = send(&server, &json!({"query": "SELECT ? + 1", "params": [41], "max_rows": 1}));
    assert_eq!((status, &answer["rows"]), (200, &json!([[42]])), "{answer}");
    let budgets = json!({"limit_usd": "5", "period": "day"});
    assert_eq!(server.write("PUT", "/api/v1/budgets/team", &budgets).0, 200);
    let (_, answer) = ask(&server, "SELECT name, limit_amount FROM budgets WHERE limit_amount > 4.5");
    assert_eq!(answer["rows"], json!([["team", "5"]]), "{answer}");
    assert_eq!(ask(&server, "SELECT count(*) FROM alerts").0, 200);
    assert_eq!(server.get("/api/v1/sql/schema")["tables"].as_array().unwrap().len(), 11);
}

#[test]
fn a_worker_ends_within_its_limits_and_the_server_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = filled(folder.path());
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let begun = Instant::now();
    let body = json!({"query": endless, "timeout_ms": 1_000});
    let (status, problem) = send(&server, &body);
    assert_eq!(status, 422, "{problem}");
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    let large = "WITH RECURSIVE n(i, t) AS (SELECT 1, printf('%.*c', 900000, 'x') UNION ALL \
        SELECT i + 1, t || i FROM n WHERE i < 2000) SELECT count(*) FROM (SELECT t FROM n ORDER BY t DESC)";
    let (status, problem) = ask(&server, large);
    assert_eq!(status, 422, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("memory"), "{problem}");
    for query in [
        "ATTACH '/tmp/x' AS x",
        "PRAGMA writable_schema = 1",
        "DELETE FROM traces",
        "SELECT load_extension('x')",
    ] {
        let (status, problem) = ask(&server, query);
        assert_eq!(status, 400, "{query}: {problem}");
    }
    assert_eq!(ask(&server, "SELECT count(*) FROM traces").1["rows"], json!([[2]]));
}

#[test]
fn a_statement_sees_only_its_project() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("quipu.toml");
    std::fs::write(&config, "[project.shop]\n[project.desk]\n").unwrap();
    let server = Server::start_with(folder.path(), &["--config", config.to_str().unwrap()]);
    server.post_json(&export(7));
    let counted = |query: &str, project: &str| {
        let args = ["sql", query, "--csv", "--url", server.url("http"), "--in-project", project];
        let (code, out, error) = run(&args);
        assert_eq!(code, 0, "{error}");
        out.lines().nth(1).unwrap().to_owned()
    };
    for (query, own) in [("SELECT count(*) FROM traces", "1"), ("SELECT count(calls) FROM usage", "1")] {
        let counts = ["default", "shop", "desk"].map(|project| counted(query, project));
        assert_eq!(counts, [own, "0", "0"], "{query}");
    }
}

#[test]
fn a_worker_takes_no_other_input() {
    let output = quipu().arg("sql-worker").output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
}

#[test]
fn an_encrypted_store_is_readable_by_its_key_only() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff").unwrap();
    let data = folder.path().join("data");
    let server = Server::start_with(&data, &["--key-file", key.to_str().unwrap()]);
    server.post_json(&export(7));
    assert_eq!(ask(&server, "SELECT count(*) FROM traces").1["rows"], json!([[1]]));
    drop(server);
    let source = ["--data-dir", data.to_str().unwrap(), "--csv"];
    let with = ["sql", "SELECT count(*) FROM traces", "--key-file", key.to_str().unwrap()];
    let (code, out, error) = run(&[&with[..], &source[..]].concat());
    assert!(code == 0 && out == "count(*)\r\n1\r\n", "{out}{error}");
    assert_ne!(run(&[&with[..2], &source[..]].concat()).0, 0);
}

/// An export of one trace that began some minutes ago.
fn earlier(trace: u64, minutes: u64) -> Value {
    let mut export = export(trace);
    for span in export["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array_mut().unwrap() {
        for end in ["startTimeUnixNano", "endTimeUnixNano"] {
            let time: u64 = span[end].as_str().unwrap().parse().unwrap();
            span[end] = (time - minutes * 60_000_000_000).to_string().into();
        }
    }
    export
}

#[test]
fn a_time_range_is_a_pair_of_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.post_json(&earlier(7, 5));
    server.post_json(&earlier(8, 60));
    let count = "SELECT count(*) FROM traces WHERE started_at >= :since AND started_at < :until";
    for (more, wanted) in [
        (json!({}), 2),
        (json!({"since": "-10m"}), 1),
        (json!({"since": "-2h", "until": "-10m"}), 1),
        (json!({"until": "2020-01-01T00:00:00Z"}), 0),
    ] {
        let mut body = json!({"query": count});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(send(&server, &body).1["rows"], json!([[wanted]]), "{body}");
    }
    let (status, problem) = send(&server, &json!({"query": count, "since": "yesterday"}));
    assert!(status == 400 && problem["detail"].as_str().unwrap().starts_with("since: "), "{problem}");
    let (code, out, error) = run(&["sql", count, "--since", "-10m", "--csv", "--url", server.url("http")]);
    assert!(code == 0 && out == "count(*)\r\n1\r\n", "{out}{error}");
}

#[test]
fn a_statement_is_a_rule_and_a_panel_of_its_project_and_is_checked_when_it_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("quipu.toml");
    let rule = "kind = \"sql\"\nwindow = \"1h\"\nabove = 0.0\nsql = \"\"\"\
        SELECT model, usd_sum(cost_usd) AS cost FROM calls\n\
        WHERE started_at >= :since AND started_at < :until GROUP BY model\"\"\"\n";
    let write = |text: &str| std::fs::write(&config, format!("[alerts]\nevery = \"1s\"\n{text}")).unwrap();
    write(&format!("[project.shop]\n[alert.spend]\n{rule}"));
    let with = ["--config", config.to_str().unwrap()];
    let server = Server::start_with(folder.path(), &with);
    server.post_json(&earlier(7, 5));
    let cost = server.get("/api/v1/usage")["total"]["cost_usd"].as_str().unwrap().to_owned();
    let firing = wait_for("the rule to fire", || {
        let listed = server.get("/api/v1/alerts");
        listed["alerts"].as_array()?.iter().find(|row| row["state"] == "firing").cloned()
    });
    assert_eq!((&firing["rule"], &firing["group"]), (&json!("spend"), &json!({"model": "gpt-4o"})));
    assert_eq!(firing["value"].as_f64().unwrap().to_string(), cost);
    let put = |path: &str, body: &Value| server.write("PUT", path, body);
    let file = folder.path().join("rule.toml");
    std::fs::write(&file, "kind = \"sql\"\nabove = 0.0\nsql = \"SELECT count(*) FROM calls\"\n").unwrap();
    let in_shop = ["--url", server.url("http"), "--in-project", "shop"];
    let (code, out, error) =
        run(&[&["alerts", "set", "calls", file.to_str().unwrap()], &in_shop[..]].concat());
    assert_eq!(code, 0, "{out}{error}");
    let value = wait_for("the rule of the other project", || {
        let (_, out, _) = run(&[&["alerts", "list", "--json"], &in_shop[..]].concat());
        let listed: Value = serde_json::from_str(&out).ok()?;
        listed["alerts"].as_array()?.first().map(|row| row["value"].clone())
    });
    assert_eq!(value, 0.0, "a rule reads the store of its project only");
    let wrong =
        json!({"kind": "sql", "above": 0, "sql": "SELECT count(*)\nFROM calls\nWHERE no_model = 'x'"});
    let (status, text) = put("/api/v1/alerts/rules/wrong", &wrong);
    assert!(status == 400 && text.contains("sql: no such column: no_model (line 3, column 7)"), "{text}");

    let panel = |sql: &str| {
        json!({"title": "Mine", "panels": [{"id": "a", "title": "A", "type": "bar", "x": 0, "y": 0, "w": 6,
            "h": 4, "from": "sql", "measure": "value", "sql": sql}]})
    };
    assert_eq!(put("/api/v1/dashboards/mine", &panel("SELECT model, 1 FROM calls")).0, 200);
    for (sql, what) in [
        ("SELECT model, 1 FROM cals", "panels[0].sql: no such table: cals (line 1, column 22)"),
        ("DELETE FROM calls", "panels[0].sql: "),
        ("SELECT load_extension('x')", "panels[0].sql: the function load_extension is not available"),
        ("SELECT :start", "panels[0].sql: the parameter :start has no value"),
    ] {
        let (status, text) = put("/api/v1/dashboards/mine", &panel(sql));
        assert!(status == 400 && text.contains(what), "{sql}: {text}");
    }
    assert!(server.stop().success());
    write(&format!("[alert.spend]\n{}", rule.replace("SELECT model", "SELECT no_model")));
    let output = quipu().args(["serve", "--data-dir"]).arg(folder.path()).args(with).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("[alert.spend] sql: no such column: no_model (line 1, column 8)"), "{text}");
}

/// Niceness of the worker that a server started; `None` without one.
#[cfg(target_os = "linux")]
fn worker_niceness(server: u32) -> Option<i32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|one| std::fs::read_to_string(one.path().join("stat")).ok());
    // The name is in parentheses; the parent is the second field after it, and the niceness the 17th.
    let fields = |stat: String| -> Vec<i64> {
        let after = stat.rsplit_once(')').map(|(_, after)| after.to_owned()).unwrap_or_default();
        after.split_whitespace().map(|field| field.parse().unwrap_or(-1)).collect()
    };
    let all = stats.map(fields);
    let mut workers = all.filter(|fields| fields.get(1) == Some(&i64::from(server)));
    workers.find_map(|fields| i32::try_from(*fields.get(16)?).ok())
}

#[cfg(target_os = "linux")]
#[test]
fn a_statement_has_a_lower_priority_than_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = filled(folder.path());
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let niceness = std::thread::scope(|scope| {
        let asking = scope.spawn(|| send(&server, &json!({"query": endless, "timeout_ms": 3_000})).0);
        let found = wait_for("the worker", || worker_niceness(server.pid()));
        assert_eq!(asking.join().unwrap(), 422);
        found
    });
    assert_eq!(niceness, 10, "also the start of the process");
    let niceness_of = |process: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().to_owned()
    };
    assert_eq!(niceness_of(&server.pid().to_string()), niceness_of("self"), "the server keeps its own");
}

#[test]
fn statements_beyond_the_turns_wait_instead_of_failing() {
    let folder = tempfile::tempdir().unwrap();
    let server = filled(folder.path());
    let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
        SELECT max(i) FROM n";
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..6).map(|_| scope.spawn(|| ask(&server, slow).0)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses, [200; 6], "each waits for its turn");
}
