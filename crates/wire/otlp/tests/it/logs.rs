//! Decoding of log records.

use quipu_core::{Level, Value};
use quipu_otlp::Signal;

use super::{NOW, json};

fn logs(records: &str) -> quipu_otlp::Decoded {
    json(Signal::Logs, &format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}"#))
}

#[test]
fn a_record_becomes_an_event() {
    let decoded = logs(
        r#"{"timeUnixNano":"1795247999000000000","severityNumber":"SEVERITY_NUMBER_WARN2","eventName":"gen_ai.choice",
            "traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"b7ad6b7169203331",
            "body":{"kvlistValue":{"values":[{"key":"index","value":{"intValue":"0"}}]}}},
           {"observedTimeUnixNano":1795247998000000000,"severityNumber":17,"traceId":"","spanId":null,
            "body":{"stringValue":"claude_code.api_request"},"attributes":[{"key":"event.name","value":{"stringValue":"api_request"}}]},
           {"body":{"stringValue":"agent.started"}},
           {"body":{"stringValue":"The agent started. Good."},"traceId":"00000000000000000000000000000000"}"#,
    );
    assert!(decoded.rejected.is_empty());
    let [full, observed, named, plain] = decoded.batch.events.as_slice() else { panic!("four events") };
    assert_eq!((full.level, full.name.as_str()), (Level::Warning, "gen_ai.choice"));
    assert_eq!(full.trace_id.unwrap().to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(full.body.get("index"), Some(&Value::Int(0)));
    assert_eq!((observed.name.as_str(), observed.time.nanos()), ("api_request", 1_795_247_998_000_000_000));
    assert_eq!((observed.level, observed.trace_id, observed.span_id), (Level::Error, None, None));
    assert_eq!((named.name.as_str(), named.time, named.level), ("agent.started", NOW, Level::Info));
    assert_eq!((plain.name.as_str(), plain.trace_id), ("", None));
}

#[test]
fn bad_records_are_refused_one_by_one() {
    let decoded = logs(r#"{"traceId":"abcd"},{"body":{"stringValue":"x"}},{"spanId":7},{"timeUnixNano":1}"#);
    assert_eq!(decoded.batch.events.len(), 1);
    assert_eq!(decoded.rejected.count(), 3);
    let first = "log record resource_logs[0].scope_logs[0].log_records[0]: trace id has 2 bytes, not 16";
    assert_eq!(decoded.rejected.first()[0].to_string(), first);
    assert_eq!(decoded.rejected.first()[1].why, "span id is not hexadecimal");
}
