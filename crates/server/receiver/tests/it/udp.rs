//! Tests of UDP packets over a real socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quipu_core::{ErrorKind, Limits, SystemClock};
use quipu_receiver::{Protocol, Receiver, ReceiverParts, serve_jaeger_udp};
use tokio::net::UdpSocket;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Collector, Counts};

const COMPACT: &[u8] = include_bytes!("../../../../wire/jaeger/tests/recorded/python-compact.bin");
const BINARY: &[u8] = include_bytes!("../../../../wire/jaeger/tests/recorded/node-binary.bin");
const PATIENCE: Duration = Duration::from_secs(20);

struct Agent {
    intake: Arc<Collector>,
    counts: Arc<Counts>,
    receiver: Receiver,
    address: SocketAddr,
    sender: UdpSocket,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Agent {
    async fn start(protocol: Protocol, limits: Limits, collector: Collector) -> Self {
        let (intake, counts) = (Arc::new(collector), Arc::<Counts>::default());
        let receiver = Receiver::new(ReceiverParts {
            intake: Arc::<Collector>::clone(&intake),
            limits: Arc::new(limits),
            clock: Arc::new(SystemClock),
            meter: Arc::<Counts>::clone(&counts),
        });
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve_jaeger_udp(socket, receiver.clone(), protocol, shutdown));
        let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self { intake, counts, receiver, address, sender, stop, task }
    }

    async fn send(&self, packet: &[u8]) {
        self.sender.send_to(packet, self.address).await.unwrap();
    }

    fn spans(&self) -> usize {
        self.intake.batches.lock().unwrap().iter().map(|batch| batch.spans.len()).sum()
    }

    fn count(&self, transport: &str, outcome: &str) -> u64 {
        let name =
            format!("quipu_received_requests_total{{signal=traces,transport={transport},outcome={outcome}}}");
        self.counts.get(&name)
    }

    async fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let waits = async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waits).await.unwrap_or_else(|_| panic!("{what}"));
    }

    async fn stop(self) -> usize {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.task).await.expect("ends in time").unwrap().unwrap();
        let spans = self.intake.batches.lock().unwrap().iter().map(|batch| batch.spans.len()).sum();
        assert_eq!(self.receiver.waiting(), (0, 0), "all room is given back");
        spans
    }
}

#[tokio::test]
async fn packets_of_both_protocols_are_stored() {
    for (protocol, packet, transport) in
        [(Protocol::Compact, COMPACT, "jaeger_compact"), (Protocol::Binary, BINARY, "jaeger_binary")]
    {
        let agent = Agent::start(protocol, Limits::default(), Collector::default()).await;
        agent.send(packet).await;
        agent.until("stored", |agent| agent.count(transport, "ok") == 1).await;
        assert_eq!(agent.counts.get("quipu_received_spans_total{}"), 3);
        assert_eq!(agent.stop().await, 3);
    }
}

#[tokio::test]
async fn what_has_arrived_is_stored_before_the_end() {
    let agent = Agent::start(Protocol::Compact, Limits::default(), Collector::default()).await;
    for _ in 0..20 {
        agent.send(COMPACT).await;
    }
    assert_eq!(agent.stop().await, 60);
}

#[tokio::test]
async fn garbage_is_counted_and_harms_no_neighbour() {
    let agent = Agent::start(Protocol::Compact, Limits::default(), Collector::default()).await;
    for packet in [&b""[..], b"\0", b"hello", BINARY, &[0xff; 60_000]] {
        agent.send(packet).await;
    }
    agent.send(&COMPACT[..COMPACT.len() - 9]).await;
    agent.send(COMPACT).await;
    agent.until("read", |agent| agent.count("jaeger_compact", "ok") == 1).await;
    assert_eq!(agent.count("jaeger_compact", "malformed"), 5);
    assert_eq!(agent.count("jaeger_compact", "partial"), 1, "of a packet cut short the whole spans are kept");
    assert_eq!(agent.stop().await, 5);
}

#[tokio::test]
async fn what_finds_no_room_is_counted() {
    let limits = Limits { queue_bytes: 24 << 10, ..Limits::default() };
    let agent =
        Agent::start(Protocol::Compact, limits, Collector { hang: true, ..Collector::default() }).await;
    for _ in 0..10 {
        agent.send(COMPACT).await;
    }
    agent.until("two fit", |agent| agent.count("jaeger_compact", "busy") == 8).await;
    agent.task.abort();
}

#[tokio::test]
async fn packets_that_the_store_refuses_are_counted_each() {
    let agent = Agent::start(Protocol::Compact, Limits::default(), Collector::default()).await;
    *agent.intake.fail.lock().unwrap() = Some(ErrorKind::Unavailable);
    for _ in 0..3 {
        agent.send(COMPACT).await;
    }
    agent.until("refused", |agent| agent.count("jaeger_compact", "unavailable") == 3).await;
    *agent.intake.fail.lock().unwrap() = None;
    agent.send(COMPACT).await;
    agent.until("stored", |agent| agent.count("jaeger_compact", "ok") == 1).await;
    assert_eq!(agent.spans(), 3);
    assert_eq!(agent.stop().await, 3);
}
