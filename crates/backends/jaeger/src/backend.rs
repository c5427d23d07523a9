//! The Jaeger backend: chooses OTLP or Thrift, and passes on batches.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{
    Backend, Batch, Clock as _, Finding, Health, Resource, Result, SignalSet, Span, SpanId, SystemClock,
    TraceId,
};
use quipu_send::Protocol as Carried;

use crate::fault::{NAME, closed};
use crate::legacy::Legacy;
use crate::otlp::Otlp;
use crate::state::SenderState;
use crate::{Config, Protocol};

/// Sends spans to Jaeger. A write succeeds once the server has accepted the spans. An agent never answers, so
/// a write succeeds once its packets were sent and the kernel reported no refusal.
pub struct Jaeger {
    way: Way,
    state: Arc<SenderState>,
}

enum Way {
    Otlp(Box<Otlp>),
    Legacy(Box<Legacy>),
}

impl Jaeger {
    /// Creates the backend; does not connect yet.
    ///
    /// # Errors
    /// A config value is invalid, or needs the feature `legacy-agent`, which this build lacks.
    pub fn open(config: Config) -> Result<Self> {
        let config = config.checked()?;
        let state = Arc::<SenderState>::default();
        let otlp = |carried| Otlp::open(&config, carried).map(Box::new).map(Way::Otlp);
        let way = match config.protocol() {
            Protocol::Grpc => otlp(Carried::Grpc),
            Protocol::HttpProtobuf => otlp(Carried::HttpProtobuf),
            Protocol::HttpJson => otlp(Carried::HttpJson),
            Protocol::Agent | Protocol::Collector => {
                Legacy::open(&config, &state).map(Box::new).map(Way::Legacy)
            }
        };
        Ok(Self { way: way.map_err(|error| error.of_backend(NAME))?, state })
    }

    /// Number of spans that were sent with cut values, to fit a packet to an agent.
    pub fn cut_spans(&self) -> u64 {
        self.state.counts().0
    }

    /// Number of spans that were rejected because they fit no packet.
    pub fn unfit_spans(&self) -> u64 {
        self.state.counts().1
    }
}

/// One span that is marked as a check.
fn check() -> Batch {
    let now = SystemClock.now();
    let trace = fastrand::u128(1..).to_be_bytes();
    let span = fastrand::u64(1..).to_be_bytes();
    let (Ok(trace), Ok(span)) = (TraceId::from_bytes(trace), SpanId::from_bytes(span)) else {
        return Batch::default();
    };
    let mut span = Span::new(trace, span, "quipu check", now, now);
    let service = [("service.name", "quipu")].into_iter().collect();
    span.resource = Arc::new(Resource { attributes: service, ..Resource::default() });
    Batch { spans: vec![span], ..Batch::default() }
}

#[async_trait]
impl Backend for Jaeger {
    fn name(&self) -> &str {
        NAME
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn signals(&self) -> SignalSet {
        SignalSet::SPANS
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if self.state.is_closed() {
            return Err(closed("write spans"));
        }
        let written = match &self.way {
            Way::Otlp(otlp) => otlp.write(batch).await,
            Way::Legacy(legacy) => legacy.write(batch).await,
        };
        let written = written.map_err(|error| error.of_backend(NAME));
        self.state.wrote(written.as_ref().err());
        written
    }

    fn health(&self) -> Health {
        self.state.health()
    }

    async fn probe(&self) -> Vec<Finding> {
        match &self.way {
            Way::Otlp(otlp) => otlp.probe(check()).await,
            Way::Legacy(legacy) => legacy.probe(check()).await,
        }
    }

    async fn close(&self) -> Result<()> {
        self.state.close();
        Ok(())
    }
}
