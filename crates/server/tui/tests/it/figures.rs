//! Figures on the screen, compared with those of the answers.

use std::sync::Arc;

use quipu_tui::{Lang, Place, figure};

use crate::recorded::{COLOUR, Recorded, shown, text};

fn line<'a>(frame: &'a str, name: &str) -> &'a str {
    frame.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no line has {name}:\n{frame}"))
}

#[test]
fn totals_and_groups_equal_the_answer() {
    let source = Arc::new(Recorded::new());
    let answer = &source.answers["/api/v1/usage?group_by=model"];
    let frame = text(&shown(&source, Place::Models, COLOUR, Lang::En).frame(200, 60));
    let total = &answer["total"];
    for figure in [
        format!("calls {}", total["llm_calls"]),
        format!("tokens {}", total["tokens"]["total"]),
        format!("cost {}", figure::cost(total)),
        format!("errors {}", total["errors"]),
        format!("p95 {}", figure::millis(&total["latency_ms"]["p95"])),
    ] {
        assert!(frame.contains(&figure), "{figure}\n{frame}");
    }
    for group in answer["groups"].as_array().unwrap() {
        let line = line(&frame, group["key"]["model"].as_str().unwrap());
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        for figure in [
            group["llm_calls"].to_string(),
            figure::count(&group["tokens"]["input"]),
            figure::rounded_cost(group),
            figure::millis(&group["latency_ms"]["p95"]),
        ] {
            assert!(cells.contains(&figure.as_str()), "{figure}: {line}");
        }
    }
}

#[test]
fn tools_traces_and_sessions_equal_the_answer() {
    let source = Arc::new(Recorded::new());
    let frame = text(&shown(&source, Place::Tools, COLOUR, Lang::En).frame(200, 60));
    for tool in source.answers["/api/v1/tools"]["tools"].as_array().unwrap() {
        let line = line(&frame, &format!(" {} ", tool["name"].as_str().unwrap()));
        let runs = format!(" {} ", tool["calls"]);
        assert!(
            line.contains(&runs) && line.contains(&figure::percent(tool["success_rate"].as_f64())),
            "{line}"
        );
    }
    let frame = text(&shown(&source, Place::Sessions, COLOUR, Lang::En).frame(200, 60));
    for session in source.answers["/api/v1/sessions"]["sessions"].as_array().unwrap() {
        let line = line(&frame, session["session_id"].as_str().unwrap());
        assert!(line.contains(&figure::count(&session["tokens"]["total"])), "{line}");
        assert!(line.ends_with(&figure::rounded_cost(session)), "{line}");
    }
}

#[test]
fn a_window_says_when_its_limit_is_reached() {
    let source = Arc::new(Recorded::new());
    let frame = text(&shown(&source, Place::Costs, COLOUR, Lang::En).frame(160, 60));
    // 1.84M tokens in two of five hours, of 2.5M: reached 43 minutes later.
    let reached = source.now() + jiff::SignedDuration::from_secs(7_200 * 66 / 184);
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let line = line(&frame, "1.8M");
    let clock = reached.to_zoned(zone).strftime("%H:%M").to_string();
    assert!(line.contains("2.5M") && line.contains("4.6M") && line.contains(&clock), "{clock}: {line}");
    // Tokens by kind add up.
    let tokens = &source.answers["/api/v1/usage?group_by=model"]["total"]["tokens"];
    assert!(frame.contains(&format!("total: {}", tokens["total"])), "{frame}");
}

/// The monitor two hours into a window of five, at a time when the clocks of Berlin change within the window.
fn over_a_change(now: &str, started: &str, ends: &str) -> String {
    let mut source = Recorded::new();
    source.answers["now"] = now.into();
    let window = &mut source.answers["/api/v1/plans"]["plans"][0]["windows"][0];
    // 2M tokens in two hours, of 2.5M: the limit is half an hour away.
    window["tokens"] = 2_000_000.into();
    window["started_at"] = started.into();
    window["ends_at"] = ends.into();
    let frame = text(&shown(&Arc::new(source), Place::Costs, COLOUR, Lang::En).frame(160, 60));
    line(&frame, "2.0M").to_owned()
}

#[test]
fn a_window_over_a_change_of_the_clocks_has_five_hours() {
    // The clocks go back from 03:00 to 02:00 at 01:00 UTC: the limit is at the second 02:00.
    let back = over_a_change("2026-10-25T00:30:00Z", "2026-10-24T22:30:00Z", "2026-10-25T03:30:00Z");
    assert!(back.contains(" 04:30 ") && back.contains(" 02:00 ") && back.contains("5.0M"), "{back}");
    // They go forward from 02:00 to 03:00 at 01:00 UTC.
    let forward = over_a_change("2026-03-29T00:40:00Z", "2026-03-28T22:40:00Z", "2026-03-29T03:40:00Z");
    assert!(forward.contains(" 05:40 ") && forward.contains(" 03:10 "), "{forward}");
}
