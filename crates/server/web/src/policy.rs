//! Content security policy of the dashboard: files and data of its own origin only.

/// The value of the `Content-Security-Policy` header for every [`Asset`](crate::Asset).
///
/// No inline script or style and no `data:` address is allowed, so telemetry that carries markup cannot run.
/// WebGL and what scripts draw or style by themselves need no directive.
/// `connect-src 'self'` covers the WebSocket of the same origin (CSP Level 3, section 6.7.2.8).
pub fn content_security_policy() -> &'static str {
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_nothing_inline_and_no_other_origin() {
        let policy = content_security_policy();
        for word in ["unsafe", "data:", "http", "*", "\n"] {
            assert!(!policy.contains(word), "{word} in {policy}");
        }
        assert!(policy.starts_with("default-src 'none'; "));
    }
}
