//! `google.rpc.Status`, as servers say no, and how long they ask to be left alone.

use std::time::Duration;

use prost::Message;

/// The type of a detail that says when to come back.
const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// `google.rpc.Status`: <https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto>.
#[derive(Clone, PartialEq, Message)]
pub struct RpcStatus {
    /// A status code of gRPC.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// Words for whoever sent the request. They may quote what was sent.
    #[prost(string, tag = "2")]
    pub message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`: <https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto>.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

impl RpcStatus {
    /// A status with a text.
    pub(crate) fn new(code: i32, message: &str) -> Self {
        Self { code, message: message.to_owned(), details: Vec::new() }
    }

    /// The same, with the word when to come back.
    pub(crate) fn after(mut self, seconds: u32) -> Self {
        let info = RetryInfo { retry_delay: Some(Delay { seconds: seconds.into(), nanos: 0 }) };
        self.details.push(Any { type_url: RETRY_INFO.to_owned(), value: info.encode_to_vec() });
        self
    }

    /// Reads one; `None` where the bytes are none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Self::decode(bytes).ok()
    }

    /// How long it asks to be left alone; `None` where it does not.
    pub fn retry_delay(&self) -> Option<Duration> {
        let info = self.details.iter().find(|detail| detail.type_url.ends_with("google.rpc.RetryInfo"))?;
        let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay.unwrap_or_default();
        let seconds = u64::try_from(delay.seconds).unwrap_or_default();
        let nanos = u32::try_from(delay.nanos).unwrap_or_default().min(999_999_999);
        Some(Duration::new(seconds, nanos))
    }
}
