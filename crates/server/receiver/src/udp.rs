//! Jaeger's agent: packets over UDP without answers.
//! <https://www.jaegertracing.io/docs/1.76/architecture/apis/>.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::Duration;

use quipu_core::Batch;
use quipu_jaeger::{Protocol, Wire};
use quipu_otlp::{Decoded, Signal};
use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use crate::Receiver;
use crate::error::ReceiverError;
use crate::ingest::{Kind, Parcel, Receipt, bound_traces, count, count_rest, keep, prepare, unread};
use crate::room::AdmissionPermit;
use crate::sender::Sender;
use crate::unpack::Packing;

/// The maximum size of a UDP packet, in bytes.
const LONGEST: usize = 65_535;
/// The requested receive buffer of the kernel, in bytes; it may be smaller (`net.core.rmem_max`).
const KERNEL: usize = 8 << 20;
/// Packets that may wait; their bytes also count against `queue_bytes`.
const WAITING: usize = 4_096;
/// Packets committed together, at most.
const GROUP: usize = 256;
/// How long received packets may take to be stored after `shutdown`.
const DRAIN: Duration = Duration::from_secs(10);
/// After `shutdown`, the silence after which all sent packets count as read.
const LAST: Duration = Duration::from_millis(20);
/// The pause after a failed read.
const BREATH: Duration = Duration::from_millis(200);

/// Receives packets of Jaeger's clients from `socket` until `shutdown` resolves. It then stores the received
/// packets, for at most ten seconds.
///
/// A packet is one `Agent.emitBatch` in `protocol`: by convention, compact on port 6831 and binary on 6832.
/// Waiting packets are committed together. UDP has no answer, so invalid packets and those beyond the limits
/// are only counted, in `quipu_received_requests_total`.
///
/// # Errors
/// None at present; a failed read is logged and repeated.
pub async fn serve_jaeger_udp(
    socket: UdpSocket,
    receiver: Receiver,
    protocol: Protocol,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    // A smaller buffer only loses more of a burst.
    let _ = SockRef::from(&socket).set_recv_buffer_size(KERNEL);
    let (to, from) = mpsc::channel(WAITING);
    let keeper = tokio::spawn(keep_all(Keeper { receiver: receiver.clone(), protocol }, from));
    let reader = Reader { receiver, protocol, to };
    reader.read_all(&socket, shutdown).await;
    drop((reader, socket));
    if tokio::time::timeout(DRAIN, keeper).await.is_err() {
        tracing::warn!("packets were still waiting when the listener stopped");
    }
    Ok(())
}

/// The label of the request counter.
const fn transport(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Compact => "jaeger_compact",
        Protocol::Binary => "jaeger_binary",
    }
}

/// One packet and its permits.
struct Packet {
    bytes: Vec<u8>,
    place: AdmissionPermit,
}

/// The task that reads the socket.
struct Reader {
    receiver: Receiver,
    protocol: Protocol,
    to: mpsc::Sender<Packet>,
}

impl Reader {
    async fn read_all(&self, socket: &UdpSocket, shutdown: impl Future<Output = ()>) {
        let mut buffer = vec![0; LONGEST];
        let mut shutdown = pin!(shutdown);
        loop {
            let read = tokio::select! {
                read = socket.recv(&mut buffer) => read,
                () = &mut shutdown => break,
            };
            match read {
                Ok(count) => self.hand_on(&buffer, count),
                Err(error) => {
                    tracing::warn!(%error, "cannot read packets");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
        for _ in 0..WAITING {
            let Ok(Ok(count)) = tokio::time::timeout(LAST, socket.recv(&mut buffer)).await else { break };
            self.hand_on(&buffer, count);
        }
    }

    fn hand_on(&self, buffer: &[u8], count: usize) {
        let bytes = buffer.get(..count).unwrap_or_default();
        let mut place = self.receiver.room.place(Sender::of_packets());
        let handed = place.grow_to(bytes.len()).and_then(|()| {
            let packet = Packet { bytes: bytes.to_vec(), place };
            self.to
                .try_send(packet)
                .map_err(|_| ReceiverError::busy("too many packets are waiting to be stored"))
        });
        if let Err(failure) = handed {
            told(&self.receiver, self.protocol, &Err(failure));
        }
    }
}

/// The task that decodes and commits packets.
#[derive(Clone)]
struct Keeper {
    receiver: Receiver,
    protocol: Protocol,
}

async fn keep_all(keeper: Keeper, mut from: mpsc::Receiver<Packet>) {
    let mut packets = Vec::with_capacity(GROUP);
    while from.recv_many(&mut packets, GROUP).await > 0 {
        let packets = std::mem::take(&mut packets);
        let reader = keeper.clone();
        // Panics of adapters are caught for each packet, so an error here is a bug of the receiver itself.
        if let Ok(read) = tokio::task::spawn_blocking(move || reader.read(packets)).await {
            keeper.keep(read).await;
        }
    }
}

/// The decoded packets of a group.
#[derive(Default)]
struct Read {
    batch: Batch,
    /// The outcome of each packet if the batch is committed.
    receipts: Vec<Receipt>,
    /// Permits, held until the batch is committed.
    places: Vec<AdmissionPermit>,
}

impl Keeper {
    fn read(&self, packets: Vec<Packet>) -> Read {
        let mut read = Read::default();
        let kind = Kind::Foreign(Wire::Packet(self.protocol));
        for Packet { bytes, mut place } in packets {
            let parcel = Parcel { kind, packing: Packing::None, bytes, skip: 0 };
            let prepared = catch_unwind(AssertUnwindSafe(|| prepare(&self.receiver, &parcel, &mut place)));
            match prepared.unwrap_or_else(|_| Err(unread())) {
                Ok(decoded) => {
                    count_rest(
                        &*self.receiver.parts.meter,
                        Signal::Traces,
                        &decoded.rejected,
                        &decoded.mended,
                    );
                    let rejected = decoded.rejected.count();
                    read.receipts.push(Receipt { rejected, message: String::new() });
                    read.batch.append(decoded.batch);
                    read.places.push(place);
                }
                Err(failure) => told(&self.receiver, self.protocol, &Err(failure)),
            }
        }
        read
    }

    async fn keep(&self, read: Read) {
        let Read { batch, receipts, mut places } = read;
        let Some(mut place) = places.pop() else { return };
        place.wait_to_enter(self.receiver.patience()).await;
        let mut decoded = Decoded { batch, ..Decoded::default() };
        bound_traces(&self.receiver, &mut decoded).await;
        count_rest(&*self.receiver.parts.meter, Signal::Traces, &decoded.rejected, &decoded.mended);
        let kept = keep(&self.receiver, decoded.batch, place).await;
        for receipt in receipts {
            told(&self.receiver, self.protocol, &kept.clone().map(|()| receipt));
        }
    }
}

fn told(receiver: &Receiver, protocol: Protocol, result: &Result<Receipt, ReceiverError>) {
    if let Err(failure) = result {
        tracing::debug!(transport = transport(protocol), message = failure.message, "a packet is lost");
    }
    count(&*receiver.parts.meter, Signal::Traces, transport(protocol), result);
}
