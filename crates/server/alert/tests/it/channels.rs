//! Tests of every kind of channel against a real server: bodies, signatures, retries and dead notices.

use std::sync::Arc;

use quipu_alert::{Alerts, HistoryAsk};
use serde_json::Value;

use crate::receiver::{Receiver, Reply};
use crate::smtp::{MailServer, Rcpt};
use crate::world::{World, alerts, run_to};

const RULE: &str = r#"
    [alert.errors]
    kind = "error_rate"
    above = 0.5
    window = "1m"
    no_data = "ok"
    severity = "critical"
    channels = ["it"]
    summary = "Too many <failures> & more"
    [alerts]
    group_interval = "0s"
    [channel.it]
"#;

/// Alerts with one channel of these keys; its rule fires after ten seconds and recovers after two minutes.
fn with(world: &Arc<World>, keys: &str) -> Alerts {
    for second in 0..10 {
        world.call(second, "ada", true);
    }
    alerts(world, None, &format!("{RULE}{keys}"))
}

async fn told(keys: impl Fn(&str) -> String, until: i64) -> Receiver {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let alerts = with(&world, &keys(&receiver.url));
    run_to(&world, &alerts, until).await;
    receiver
}

#[tokio::test]
async fn a_webhook_gets_a_signed_body_with_the_fields_of_the_contract() {
    let keys = |url: &str| format!("kind = \"webhook\"\nurl = \"{url}/hook\"\nsecret = \"s3cret\"");
    let receiver = told(keys, 120).await;
    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    let body = &bodies[0];
    assert_eq!(
        (&body["status"], &body["rule"], &body["severity"]),
        (&"firing".into(), &"errors".into(), &"critical".into())
    );
    assert_eq!(
        (&body["value"], &body["threshold"], &body["window"]),
        (&1.0.into(), &0.5.into(), &"1m".into())
    );
    assert!(body["group"].as_object().unwrap().is_empty() && body["ended_at"].is_null());
    assert_eq!(body["traces"][0], "0123456789abcdef0123456789abcdef");
    assert_eq!(body["url"], "http://quipu.example/traces/0123456789abcdef0123456789abcdef");
    assert_eq!(bodies[1]["status"], "resolved");
    assert_eq!(bodies[1]["episode"], body["episode"]);
    assert!(!bodies[1]["ended_at"].is_null());
    for (_, headers, body) in receiver.requests() {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"s3cret");
        let wanted: String =
            ring::hmac::sign(&key, &body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(headers["x-quipu-signature"], wanted.as_str());
    }
}

#[tokio::test]
async fn slack_gets_blocks_without_markup_of_values() {
    let body = &told(|url| format!("kind = \"slack\"\nurl = \"{url}\""), 20).await.bodies()[0];
    let blocks = body["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50 && blocks[0]["type"] == "header");
    let text = blocks[1]["text"]["text"].as_str().unwrap();
    assert!(text.contains("Too many &lt;failures&gt; &amp; more") && text.len() <= 3_000, "{text}");
    assert!(text.contains("quipu trace 0123456789abcdef0123456789abcdef"), "{text}");
}

#[tokio::test]
async fn discord_gets_embeds_that_mention_no_one() {
    let body = &told(|url| format!("kind = \"discord\"\nurl = \"{url}\""), 20).await.bodies()[0];
    assert_eq!(body["allowed_mentions"]["parse"], serde_json::json!([]));
    assert_eq!(body["embeds"].as_array().unwrap().len(), 1);
    assert!(body["content"].as_str().unwrap().chars().count() <= 2_000);
}

#[tokio::test]
async fn teams_gets_an_adaptive_card() {
    let body = &told(|url| format!("kind = \"teams\"\nurl = \"{url}\""), 20).await.bodies()[0];
    let card = &body["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!((&card["content"]["type"], &body["type"]), (&"AdaptiveCard".into(), &"message".into()));
    assert!(body.to_string().len() < 28 << 10);
}

#[tokio::test]
async fn a_value_of_a_group_is_no_link_in_a_chat() {
    for kind in ["discord", "teams", "slack"] {
        let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
        for second in 0..10 {
            world.call(second, "[Sign in](https://evil.example)", true);
        }
        let rule = RULE.replace("kind = \"error_rate\"", "kind = \"error_rate\"\ngroup_by = [\"user\"]");
        let alerts = alerts(&world, None, &format!("{rule}kind = \"{kind}\"\nurl = \"{}\"", receiver.url));
        run_to(&world, &alerts, 20).await;
        let body = receiver.bodies()[0].to_string();
        assert!(body.contains("Sign in") && (kind == "slack" || !body.contains("](")), "{body}");
    }
}

#[tokio::test]
async fn pagerduty_gets_one_key_for_trigger_acknowledge_and_resolve() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let keys = format!("kind = \"pagerduty\"\nrouting_key = \"R0UTE\"\nurl = \"{}\"", receiver.url);
    let alerts = with(&world, &keys);
    run_to(&world, &alerts, 20).await;
    let episode = alerts.list()[0].episode.clone().unwrap();
    alerts.acknowledge(&episode, "ada").await.unwrap();
    run_to(&world, &alerts, 120).await;
    let bodies = receiver.bodies();
    let actions: Vec<&str> = bodies.iter().map(|body| body["event_action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["trigger", "acknowledge", "resolve"]);
    for body in &bodies {
        assert_eq!((&body["dedup_key"], &body["routing_key"]), (&episode.as_str().into(), &"R0UTE".into()));
        assert_eq!(body["payload"]["severity"], "critical");
    }
}

#[tokio::test]
async fn opsgenie_opens_and_closes_an_alias() {
    let keys = |url: &str| format!("kind = \"opsgenie\"\napi_key = \"K3Y\"\nurl = \"{url}\"");
    let receiver = told(keys, 120).await;
    let requests = receiver.requests();
    assert_eq!(requests[0].0, "/v2/alerts");
    let alias = receiver.bodies()[0]["alias"].as_str().unwrap().to_owned();
    assert_eq!(requests[1].0, format!("/v2/alerts/{alias}/close?identifierType=alias"));
    assert_eq!(requests[0].1["authorization"], "GenieKey K3Y");
    assert_eq!(receiver.bodies()[0]["priority"], "P1");
}

#[tokio::test]
async fn alertmanager_gets_alerts_with_an_end() {
    let receiver = told(|url| format!("kind = \"alertmanager\"\nurl = \"{url}/\""), 120).await;
    let (requests, bodies) = (receiver.requests(), receiver.bodies());
    assert_eq!(requests[0].0, "/api/v2/alerts");
    assert_eq!(bodies[0][0]["labels"]["alertname"], "errors");
    assert!(
        bodies[0][0]["endsAt"].as_str().unwrap() > bodies[1][0]["endsAt"].as_str().unwrap(),
        "{bodies:?}"
    );
    assert_eq!(bodies[1][0]["labels"], bodies[0][0]["labels"]);
}

/// Statuses of the notices of the rule's episode.
async fn statuses(alerts: &Alerts) -> Vec<(String, Option<String>)> {
    let history = alerts.history(HistoryAsk { limit: 10, ..HistoryAsk::default() }).await.unwrap();
    let own = history.iter().find(|episode| episode.rule == "errors").unwrap();
    own.notices.iter().map(|notice| (notice.status.clone(), notice.note.clone())).collect()
}

#[tokio::test]
async fn a_notice_is_repeated_after_an_error_and_after_the_requested_wait() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    receiver.reply([Reply::Status(503), Reply::Wait(60), Reply::Status(200)]);
    let alerts =
        with(&world, &format!("kind = \"webhook\"\nurl = \"{}\"\nsend_resolved = false", receiver.url));
    run_to(&world, &alerts, 10).await;
    let first = statuses(&alerts).await;
    assert_eq!(first[0].0, "waiting");
    assert!(first[0].1.as_ref().unwrap().contains("503"), "{first:?}");
    run_to(&world, &alerts, 50).await;
    assert_eq!(receiver.requests().len(), 2, "Retry-After asks for a minute");
    run_to(&world, &alerts, 120).await;
    assert_eq!((receiver.requests().len(), statuses(&alerts).await[0].0.as_str()), (3, "sent"));
}

#[tokio::test]
async fn a_rejected_notice_is_dead_and_goes_to_the_fallback() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    receiver.reply([Reply::Status(400)]);
    let keys = format!(
        "kind = \"webhook\"\nurl = \"{0}/first?token=T0KEN\"\nfallback = \"other\"\n[channel.other]\nkind = \"webhook\"\nurl = \"{0}/second\"",
        receiver.url
    );
    let alerts = with(&world, &keys);
    run_to(&world, &alerts, 20).await;
    let paths = || receiver.requests().into_iter().map(|(path, ..)| path).collect::<Vec<String>>();
    assert_eq!(paths(), ["/first?token=T0KEN", "/second", "/second"]);
    let rules: Vec<_> = receiver.bodies()[1..].iter().map(|body| body["rule"].to_string()).collect();
    assert!(
        rules.contains(&"\"errors\"".to_owned()) && rules.contains(&"\"channel-failing\"".to_owned()),
        "{rules:?}"
    );
    let seen = statuses(&alerts).await;
    assert_eq!((seen[0].0.as_str(), seen[1].0.as_str()), ("dead", "sent"));
    assert!(!format!("{seen:?}").contains("T0KEN"), "{seen:?}");
    run_to(&world, &alerts, 120).await;
    let ends: Vec<_> = receiver.bodies().into_iter().filter(|body| body["status"] == "resolved").collect();
    let of_errors = ends.iter().filter(|body| body["rule"] == "errors").count();
    assert_eq!(of_errors, 1, "the fallback gets the end once: {:?}", paths());
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_tried_again() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    receiver.reply([Reply::Hang]);
    let keys = format!("kind = \"webhook\"\nurl = \"{}\"\ntimeout_ms = 50", receiver.url);
    let alerts = with(&world, &keys);
    run_to(&world, &alerts, 10).await;
    assert!(statuses(&alerts).await[0].1.as_ref().unwrap().contains("no answer in time"));
    run_to(&world, &alerts, 30).await;
    assert_eq!(statuses(&alerts).await[0].0, "sent");
}

#[tokio::test]
async fn a_test_notice_tells_the_result_at_once() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let alerts = with(&world, &format!("kind = \"webhook\"\nurl = \"{}/?key=T0KEN\"", receiver.url));
    receiver.reply([Reply::Status(200), Reply::Status(403)]);
    alerts.fire("it").await.unwrap();
    assert_eq!(receiver.bodies()[0]["status"], Value::from("test"));
    let error = alerts.fire("it").await.unwrap_err().to_string();
    assert!(error.contains("403") && !error.contains("T0KEN"), "{error}");
    assert!(alerts.fire("nowhere").await.unwrap_err().to_string().contains("nowhere"));
}

fn mail(port: u16, more: &str) -> String {
    format!(
        "kind = \"email\"\nhost = \"127.0.0.1\"\nport = {port}\nencryption = \"none\"\n\
         from = \"Quipu <quipu@example.com>\"\nto = [\"ops@example.com\", \"ada@example.com\"]\n{more}"
    )
}

#[tokio::test]
async fn a_mail_is_sent_with_a_login_and_names_its_episode() {
    let (world, server) = (Arc::<World>::default(), MailServer::start().await);
    let alerts = with(&world, &mail(server.port, "user = \"quipu\"\npassword = \"PASSW0RD\""));
    run_to(&world, &alerts, 120).await;
    let mails = server.mails();
    assert_eq!(mails.len(), 2, "{mails:?}");
    let episode = &alerts.history(HistoryAsk { limit: 1, ..HistoryAsk::default() }).await.unwrap()[0].id;
    assert!(mails[0].contains(&format!("Message-ID: <{episode}.firing@quipu>")), "{}", mails[0]);
    assert!(
        mails[0].contains("Subject: [FIRING] errors") && mails[0].contains("quipu trace 0123456789abcdef")
    );
    assert!(mails[1].contains("[RESOLVED] errors"));
    assert!(server.held.lock().unwrap().logins[0].starts_with("AUTH PLAIN "));
}

#[tokio::test]
async fn a_greylisted_mail_is_sent_again_and_a_rejected_one_is_dead() {
    let (world, server) = (Arc::<World>::default(), MailServer::start().await);
    server.held.lock().unwrap().replies.push_back(Rcpt::Later);
    let alerts = with(&world, &mail(server.port, "send_resolved = false"));
    run_to(&world, &alerts, 10).await;
    let first = statuses(&alerts).await;
    assert!(first[0].0 == "waiting" && first[0].1.as_ref().unwrap().contains("451"), "{first:?}");
    run_to(&world, &alerts, 30).await;
    assert_eq!((server.mails().len(), statuses(&alerts).await[0].0.as_str()), (1, "sent"));

    let world = Arc::<World>::default();
    server.held.lock().unwrap().replies.push_back(Rcpt::Never);
    let alerts = with(&world, &mail(server.port, ""));
    run_to(&world, &alerts, 10).await;
    let dead = statuses(&alerts).await;
    assert!(dead[0].0 == "dead" && dead[0].1.as_ref().unwrap().contains("550"), "{dead:?}");
}

#[tokio::test]
async fn a_mail_server_that_hangs_or_has_no_tls_gets_no_mail() {
    let (world, server) = (Arc::<World>::default(), MailServer::start().await);
    server.held.lock().unwrap().replies.push_back(Rcpt::Hang);
    let alerts = with(&world, &mail(server.port, "timeout_ms = 100"));
    assert!(alerts.fire("it").await.unwrap_err().to_string().contains("no answer in time"));
    let world = Arc::<World>::default();
    let keys =
        mail(server.port, "password = \"PASSW0RD\"\nuser = \"quipu\"").replace("\"none\"", "\"starttls\"");
    let error = with(&world, &keys).fire("it").await.unwrap_err().to_string();
    assert!(!error.contains("PASSW0RD") && server.mails().is_empty(), "{error}");
    assert!(server.held.lock().unwrap().logins.is_empty(), "a password is not sent in the clear");
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_over_https() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let url = receiver.url.replace("http:", "https:");
    let alerts = with(&world, &format!("kind = \"webhook\"\nurl = \"{url}/?key=T0KEN\""));
    let error = alerts.fire("it").await.unwrap_err().to_string();
    assert!(receiver.requests().is_empty() && !error.contains("T0KEN"), "{error}");
}
