//! A pending request: a model call or any other.

use quipu_sdk::{Context, Span};

use crate::ModelCall;

/// A pending request. An early drop records a cancellation.
#[derive(Debug)]
pub(super) struct Watch(Option<Of>);

#[derive(Debug)]
enum Of {
    Model(Box<ModelCall>),
    Other { span: Span, has_answered: bool },
}

impl Watch {
    pub fn model(call: ModelCall) -> Self {
        Self(Some(Of::Model(Box::new(call))))
    }

    pub fn other(span: Span) -> Self {
        Self(Some(Of::Other { span, has_answered: false }))
    }

    pub fn context(&self) -> Context {
        match &self.0 {
            Some(Of::Model(call)) => call.context(),
            Some(Of::Other { span, .. }) => span.context(),
            None => Context::current(),
        }
    }

    /// Records status and headers of the response.
    pub fn answered(&mut self, status: u16, is_encoded: bool) {
        match &mut self.0 {
            Some(Of::Model(call)) => {
                call.status(status);
                if is_encoded {
                    call.unreadable();
                }
            }
            Some(Of::Other { span, has_answered }) => {
                *has_answered = true;
                span.set("http.response.status_code", status);
                // By the conventions, a 4xx is an error for the client.
                if status >= 400 {
                    span.error(&status.to_string(), format_args!("HTTP {status}"));
                }
            }
            None => {}
        }
    }

    /// Reads bytes of the body as they pass.
    pub fn chunk(&mut self, bytes: &[u8]) {
        if let Some(Of::Model(call)) = &mut self.0 {
            call.chunk(bytes);
        }
    }

    /// Records the end of the body.
    pub fn end(&mut self) {
        if let Some(Of::Model(call)) = self.0.take() {
            call.end();
        }
    }

    /// Records a failure of the request or the body.
    pub fn fail(&mut self, kind: &str, message: &str) {
        match self.0.take() {
            Some(Of::Model(call)) => drop(call.fail(kind, message)),
            Some(Of::Other { mut span, .. }) => span.error(kind, message),
            None => {}
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // A model call detects a truncated answer itself.
        if let Some(Of::Other { span, has_answered: false }) = &mut self.0
            && !std::thread::panicking()
        {
            span.cancelled();
        }
    }
}
