//! Tests of incidents: which episodes join them, when they close, what users change, and the report.

use std::sync::Arc;

use quipu_alert::{Alerts, HistoryAsk, IncidentAsk, IncidentChange, IncidentRow, Severity};

use crate::world::{World, alerts, run_to};

const RULES: &str = r#"
    [alert.by_user]
    kind = "error_rate"
    group_by = ["user"]
    window = "1m"
    above = 0.5
    severity = "critical"
    channels = ["log"]
    [alert.all]
    kind = "error_rate"
    window = "1m"
    above = 0.9
    incident = false
    no_data = "ok"
    [alerts]
    incident_quiet = "2m"
"#;

async fn all(alerts: &Alerts) -> Vec<IncidentRow> {
    alerts.incidents(IncidentAsk { limit: 100, ..IncidentAsk::default() }).await.unwrap()
}

fn fail(world: &World, from: i64, until: i64, user: &'static str) {
    (from..until).for_each(|second| world.call(second, user, true));
}

#[tokio::test]
async fn related_episodes_are_one_incident_that_closes_by_resolution() {
    let world = Arc::<World>::default();
    let folder = tempfile::tempdir().unwrap();
    {
        let alerts = alerts(&world, Some(folder.path()), RULES);
        fail(&world, 0, 20, "ada");
        fail(&world, 5, 20, "bob");
        run_to(&world, &alerts, 30).await;
        let rows = all(&alerts).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        let row = &rows[0];
        assert_eq!(
            (row.state.as_str(), row.severity.as_str(), row.opened_by.as_str()),
            ("open", "critical", "rule by_user")
        );
        assert_eq!((row.episodes, row.firing, row.rules.join(" ")), (3, 3, "all by_user".to_owned()));
    }
    // A restart opens no second one.
    let alerts = alerts(&world, Some(folder.path()), RULES);
    run_to(&world, &alerts, 180).await;
    let rows = all(&alerts).await;
    assert_eq!(
        (rows.len(), rows[0].firing, rows[0].state.as_str()),
        (1, 0, "open"),
        "the quiet time is not over"
    );
    run_to(&world, &alerts, 260).await;
    let row = all(&alerts).await.remove(0);
    assert_eq!((row.state.as_str(), row.closed_by.as_deref()), ("closed", Some("resolution")));
    let history = alerts
        .history(HistoryAsk { incident: Some(row.id), limit: 10, ..HistoryAsk::default() })
        .await
        .unwrap();
    let last = history.iter().filter_map(|episode| episode.ended_at.clone()).max();
    assert_eq!((history.len(), row.closed_at.clone()), (3, last), "it ends with its last episode");
    let figures = alerts.history_figures(HistoryAsk { limit: 1, ..HistoryAsk::default() }).await.unwrap();
    assert_eq!((figures.episodes, figures.firing, figures.mtta_s), (3, 0, None));
    assert!(figures.mttr_s.unwrap() > 30.0, "{figures:?}");

    fail(&world, 300, 310, "cleo");
    run_to(&world, &alerts, 320).await;
    let rows = all(&alerts).await;
    assert_eq!(
        (rows.len(), rows[0].id, rows[0].episodes),
        (2, row.id + 1, 2),
        "a later episode is another incident"
    );
}

#[tokio::test]
async fn a_rule_without_incidents_opens_none() {
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, &RULES.replace("severity = \"critical\"", ""));
    fail(&world, 0, 20, "ada");
    run_to(&world, &alerts, 30).await;
    assert!(all(&alerts).await.is_empty(), "a warning opens no incident");
    let history = alerts.history(HistoryAsk { limit: 10, ..HistoryAsk::default() }).await.unwrap();
    let new = IncidentChange {
        title: Some(" Failing <users> ".into()),
        episodes: vec![history[0].id.clone()],
        traces: vec!["00000000000000000000000000000abc".into()],
        ..IncidentChange::default()
    };
    let row = alerts.open_incident(new, "ada").await.unwrap();
    assert_eq!((row.title.as_str(), row.episodes, row.opened_by.as_str()), ("Failing <users>", 1, "ada"));
    run_to(&world, &alerts, 40).await;
    assert_eq!(all(&alerts).await[0].episodes, 2, "a related episode joins it");
    run_to(&world, &alerts, 600).await;
    assert_eq!(all(&alerts).await[0].state, "open", "an incident of a user closes by hand");
}

#[tokio::test]
async fn a_user_owns_notes_closes_and_reopens_it_and_the_report_says_so() {
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, RULES);
    fail(&world, 0, 20, "ada");
    run_to(&world, &alerts, 20).await;
    let id = all(&alerts).await[0].id;
    let change = IncidentChange {
        owner: Some("grace".into()),
        note: Some("The key expired.\n# not a heading".into()),
        severity: Some(Severity::Warning),
        is_open: Some(false),
        ..IncidentChange::default()
    };
    let row = alerts.change_incident(id, change, "grace").await.unwrap();
    assert_eq!(
        (row.state.as_str(), row.closed_by.as_deref(), row.owner.as_deref()),
        ("closed", Some("grace"), Some("grace"))
    );
    let incident = alerts.incident(id).await.unwrap();
    let kinds: Vec<&str> = incident.timeline.iter().map(|moment| moment.kind.as_str()).collect();
    assert_eq!(&kinds[..2], ["opened", "episode"]);
    assert!(["severity", "owner", "note", "closed"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    assert_eq!(incident.traces, ["0123456789abcdef0123456789abcdef"]);
    let figures = incident.figures.unwrap();
    assert_eq!((figures.calls, figures.errors, figures.calls_before), (10, 10, 10));

    let report = alerts.incident_report(id).await.unwrap();
    for part in [
        "# Incident 1: by\\_user: user=ada",
        "- Owner: grace",
        "| Failed calls | 10 | 10 |",
        "grace: The key expired. \\# not a heading",
        "http://quipu.example/incidents/1",
        "[0123456789abcdef0123456789abcdef](http://quipu.example/traces/0123456789abcdef0123456789abcdef)",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    let open =
        IncidentChange { is_open: Some(true), owner: Some(String::new()), ..IncidentChange::default() };
    let row = alerts.change_incident(id, open, "grace").await.unwrap();
    assert_eq!((row.state.as_str(), row.owner), ("open", None));
}

#[tokio::test]
async fn bad_changes_name_their_field() {
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, RULES);
    let long = "x".repeat(4_001);
    for (new, part) in [
        (IncidentChange::default(), "title"),
        (IncidentChange { title: Some(long.clone()), ..IncidentChange::default() }, "at most 200 characters"),
        (IncidentChange { title: Some("a".into()), note: Some(long), ..IncidentChange::default() }, "note"),
        (
            IncidentChange { title: Some("a".into()), traces: vec!["x".into()], ..IncidentChange::default() },
            "32 hex",
        ),
        (
            IncidentChange {
                title: Some("a".into()),
                episodes: vec!["x".into()],
                ..IncidentChange::default()
            },
            "episode \"x\"",
        ),
        (
            IncidentChange {
                title: Some("a".into()),
                episodes: vec!["x".into(); 101],
                ..IncidentChange::default()
            },
            "at most 100",
        ),
    ] {
        let error = alerts.open_incident(new, "ada").await.unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(all(&alerts).await.is_empty());
    assert!(alerts.incident(7).await.unwrap_err().to_string().contains("incident \"7\""));
    for at in 0..200 {
        let new = IncidentChange { title: Some(format!("incident {at}")), ..IncidentChange::default() };
        alerts.open_incident(new, "ada").await.unwrap();
    }
    let new = IncidentChange { title: Some("one more".into()), ..IncidentChange::default() };
    assert!(alerts.open_incident(new, "ada").await.unwrap_err().to_string().contains("200 open incidents"));
}

#[tokio::test]
async fn ids_that_are_forgotten_leave_incidents_too() {
    const TRACE: &str = "0123456789abcdef0123456789abcdef";
    let world = Arc::<World>::default();
    let alerts = alerts(&world, None, RULES);
    fail(&world, 0, 20, "ada");
    run_to(&world, &alerts, 20).await;
    let note = IncidentChange {
        note: Some("ada called".into()),
        traces: vec![TRACE.into()],
        ..IncidentChange::default()
    };
    alerts.change_incident(1, note, "grace").await.unwrap();
    let rewrite = |text: &str| {
        let clean = text.replace("ada", "gone").replace(TRACE, "gone");
        (clean != text).then_some(clean)
    };
    assert!(alerts.erase(&rewrite, false).unwrap() > 3);
    let incident = alerts.incident(1).await.unwrap();
    let text = format!("{incident:?}{}", alerts.incident_report(1).await.unwrap());
    assert!(!text.contains("ada") && !text.contains(TRACE), "{text}");
}
