//! Bodies for incident systems: PagerDuty, Opsgenie and Alertmanager.

use serde_json::{Map, Value, json};

use super::Message;
use super::messages::cut;
use crate::{Notice, NoticeStatus, Severity};

/// <https://developer.pagerduty.com/docs/send-alert-event>
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";
/// <https://docs.opsgenie.com/docs/alert-api>; Jira Service Management has another base.
const OPSGENIE: &str = "https://api.opsgenie.com";
/// Characters of a PagerDuty summary.
const SUMMARY: usize = 1_024;
/// Characters of an Opsgenie message.
const MESSAGE: usize = 130;

/// The address of PagerDuty, unless the config has one.
pub(super) fn pagerduty_url(said: &str) -> &str {
    if said.is_empty() { PAGERDUTY } else { said }
}

/// An event of PagerDuty Events v2. All events of an episode have one `dedup_key`.
pub(super) fn pagerduty(notice: &Notice, key: &str) -> Value {
    let action = match notice.status {
        NoticeStatus::Firing | NoticeStatus::Test => "trigger",
        NoticeStatus::Acknowledged => "acknowledge",
        NoticeStatus::Resolved | NoticeStatus::Withdrawn => "resolve",
    };
    let mut event = json!({
        "routing_key": key,
        "event_action": action,
        "dedup_key": notice.episode,
        "payload": {
            "summary": cut(&notice.title(), SUMMARY),
            "source": "quipu",
            "severity": notice.severity.as_str(),
            "timestamp": notice.started_at,
            "class": notice.rule,
            "custom_details": notice,
        },
        "client": "Quipu",
    });
    if !notice.url.is_empty() {
        event["client_url"] = notice.url.as_str().into();
        event["links"] = json!([{"href": notice.url, "text": "Alert in Quipu"}]);
    }
    event
}

/// Address and body of a request to Opsgenie. The alias is the episode.
pub(super) fn opsgenie(notice: &Notice, said: &str) -> (String, Value) {
    let base = if said.is_empty() { OPSGENIE } else { said.trim_end_matches('/') };
    let about = |verb: &str| format!("{base}/v2/alerts/{}/{verb}?identifierType=alias", notice.episode);
    let note = json!({"source": "quipu", "note": notice.lines().join("\n")});
    match notice.status {
        NoticeStatus::Resolved | NoticeStatus::Withdrawn => (about("close"), note),
        NoticeStatus::Acknowledged => (about("acknowledge"), note),
        NoticeStatus::Firing | NoticeStatus::Test => {
            let priority = match notice.severity {
                Severity::Critical => "P1",
                Severity::Warning => "P3",
                Severity::Info => "P5",
            };
            let body = json!({
                "message": cut(&notice.title(), MESSAGE),
                "alias": notice.episode,
                "description": notice.lines().join("\n"),
                "priority": priority,
                "source": "quipu",
                "tags": ["quipu", notice.rule],
                "details": notice.group,
            });
            (format!("{base}/v2/alerts"), body)
        }
    }
}

/// The body of `POST /api/v2/alerts` of Alertmanager: one alert for each notice.
pub(super) fn alertmanager(message: Message<'_>) -> Value {
    let alert = |notice: &Notice| {
        let mut labels = Map::new();
        labels.insert("alertname".to_owned(), notice.rule.as_str().into());
        labels.insert("severity".to_owned(), notice.severity.as_str().into());
        labels.insert("source".to_owned(), "quipu".into());
        for (key, value) in &notice.group {
            labels.entry(key.as_str()).or_insert_with(|| value.as_str().into());
        }
        // Without an end, Alertmanager resolves an alert after its `resolve_timeout`.
        let end = notice.ended_at.clone().unwrap_or_else(|| message.forget_at.to_string());
        let mut alert = json!({
            "labels": labels,
            "annotations": {"summary": notice.title(), "description": notice.lines().join("\n"), "episode": notice.episode},
            "startsAt": notice.started_at,
            "endsAt": end,
        });
        if !notice.url.is_empty() {
            alert["generatorURL"] = notice.url.as_str().into();
        }
        alert
    };
    message.notices.iter().map(alert).collect()
}
