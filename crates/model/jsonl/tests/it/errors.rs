//! Errors of lines that are not records.

use quipu_core::ErrorKind;
use quipu_jsonl::read;

#[test]
fn errors_name_the_field_and_no_contents() {
    let cases = [
        ("", "not JSON: column 0 of 0 bytes"),
        ("{\"record\":\"span\",\"SECRET", "not JSON: column"),
        ("[]", "line: not an object"),
        ("{}", "line record: missing: a text"),
        (r#"{"record":"SECRET"}"#, "line record: not span, event, metric or cost"),
        (
            r#"{"record":"span","trace_id":"SECRET"}"#,
            "line trace_id: not a trace id of 32 hexadecimal digits",
        ),
        (r#"{"record":"event","level":"info"}"#, "line time: missing: an RFC 3339 time"),
        (r#"{"record":"metric","name":"n","instrument":"SECRET"}"#, "line instrument: not an instrument"),
        (
            r#"{"record":"metric","name":"n","instrument":"gauge","points":[{}]}"#,
            "points: a point has neither value nor count",
        ),
        (
            r#"{"record":"cost","trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","version":-1}"#,
            "line version: not a whole number that is not negative",
        ),
    ];
    for (line, want) in cases {
        let error = read(line.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{line}");
        assert!(error.to_string().contains(want), "{line}: {error}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}

#[test]
fn nothing_that_is_read_can_break_it() {
    let deep = "[".repeat(100_000);
    assert!(read(deep.as_bytes()).is_err());
    assert!(read(&[0; 64]).is_err());
    assert!(
        read(br#"{"record":"event","time":"2026-01-01T00:00:00Z","level":"info","new":{"field":1}}"#).is_ok()
    );
}
