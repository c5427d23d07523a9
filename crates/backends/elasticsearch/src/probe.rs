//! Connection check of the cluster, step by step.

use std::sync::Arc;

use quipu_core::{Batch, Clock as _, Error, ErrorKind, Event, Finding, Level, Result, SystemClock, Value};

use crate::answer::{Verdict, verdicts};
use crate::bulk::{Bulks, records};
use crate::server::{Server, refusal, root};
use crate::{Config, Product, setup};

/// Findings: the product, the access, the templates, and whether the cluster accepts an event.
pub(crate) async fn findings(server: &Server, config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    let answer = match server.root().await {
        Ok(answer) => answer,
        Err(error) => {
            found.push(finding("reach", Err(error)));
            return found;
        }
    };
    found.push(finding("reach", Ok(format!("{} answers", config.url))));
    let known = match root(&answer) {
        Ok(root) => Ok(format!("{} {}", word(root.product()), root.version.number)),
        // A role with write access only may not read this.
        Err(error) if error.kind() == ErrorKind::Denied && config.product != Product::Auto => {
            Ok("the cluster does not report its product; the configured product is used".to_owned())
        }
        Err(error) => Err(error),
    };
    let mut going = push(&mut found, "auth", known);
    if going {
        let put = setup::install(server, config).await;
        let said = |put: usize| match (config.templates, put) {
            (false, _) => "switched off".to_owned(),
            (true, 0) => "present".to_owned(),
            (true, put) => format!("{put} installed"),
        };
        going = push(&mut found, "templates", put.map(said));
    }
    if going {
        push(&mut found, "logs", accepts(server, config).await);
    }
    found
}

/// Writes one event that is marked as a check.
async fn accepts(server: &Server, config: &Config) -> Result<String> {
    let batch = Batch { events: vec![event()], ..Batch::default() };
    for bulk in Bulks::new(&batch, config, records(&batch)) {
        let answer = server.bulk(bulk.body).await?;
        if !answer.is_success() {
            return Err(refusal(&answer));
        }
        for verdict in verdicts(&answer.body, bulk.records.len())? {
            match verdict {
                Verdict::Taken => {}
                Verdict::Again(why) => return Err(Error::new(ErrorKind::Unavailable, "write an event", why)),
                Verdict::Refused(why) => return Err(Error::new(ErrorKind::Invalid, "write an event", why)),
            }
        }
    }
    Ok(format!("logs-{}-{} accepted an event", config.dataset, config.namespace))
}

fn event() -> Event {
    Event {
        time: SystemClock.now(),
        level: Level::Debug,
        name: "quipu.check".into(),
        trace_id: None,
        span_id: None,
        session: None,
        agent: None,
        framework: None,
        body: Value::from("quipu check"),
        attributes: Default::default(),
        wire: None,
        resource: Arc::default(),
        scope: Arc::default(),
    }
}

const fn word(of: Product) -> &'static str {
    match of {
        Product::Opensearch => "OpenSearch",
        Product::Serverless => "Elasticsearch, serverless,",
        Product::Auto | Product::Elasticsearch => "Elasticsearch",
    }
}

fn push(found: &mut Vec<Finding>, step: &str, said: Result<String>) -> bool {
    let ok = said.is_ok();
    found.push(finding(step, said));
    ok
}

fn finding(step: &str, said: Result<String>) -> Finding {
    let ok = said.is_ok();
    Finding { step: step.to_owned(), ok, said: said.unwrap_or_else(|error| error.to_string()) }
}
