//! UDP packets to an agent.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Batch, Error, ErrorKind, Finding, Result, Span};
use quipu_otlp::outgoing::Mapping;
use tokio::net::{UdpSocket, lookup_host};
use tokio::sync::Mutex;

use super::fit::{self, Fit};
use super::{aside, caught, convert, groups};
use crate::Config;
use crate::prepare::{self, Id};
use crate::state::SenderState;

/// An agent. UDP has no answers: the backend only knows that packets left, and whether the kernel saw a
/// refusal.
pub(crate) struct Agent {
    /// Host and port.
    place: String,
    mapping: Mapping,
    events: bool,
    most: usize,
    pause: Duration,
    /// Created at the first write and again after a failure, to resolve the host name anew. Only one write at
    /// a time uses it.
    socket: Mutex<Option<UdpSocket>>,
    state: Arc<SenderState>,
}

/// A batch as packets.
#[derive(Default)]
struct Packets {
    packets: Vec<Vec<u8>>,
    cut: u64,
    unfit: Vec<Id>,
}

impl Agent {
    pub fn open(config: &Config, state: &Arc<SenderState>) -> Result<Self> {
        Ok(Self {
            place: config.agent()?,
            mapping: config.mapping,
            events: config.events,
            most: config.max_packet_bytes,
            pause: Duration::from_millis(config.packet_pause_ms),
            socket: Mutex::default(),
            state: Arc::clone(state),
        })
    }

    pub async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let Packets { packets, cut, unfit } = self.packets(Arc::clone(&batch)).await?;
        self.send(&packets).await?;
        self.state.cut(cut);
        if unfit.is_empty() {
            return Ok(());
        }
        let count = unfit.len() as u64;
        self.state.unfit(count);
        let context = format!(
            "{count} spans have more tags, logs or references than fit into a packet of {} bytes: send them \
             by OTLP or to the collector",
            self.most
        );
        let left = prepare::left(&batch, &[], &unfit, 0);
        Err(Error::new(ErrorKind::Invalid, "send spans", context).leaving(left))
    }

    async fn packets(&self, batch: Arc<Batch>) -> Result<Packets> {
        let (mapping, events, most) = (self.mapping, self.events, self.most);
        aside(move || written(&prepare::shown(&batch, mapping, events), most)).await
    }

    /// Sends all packets. After an error all must be sent again, because the lost one is unknown.
    async fn send(&self, packets: &[Vec<u8>]) -> Result<()> {
        if packets.is_empty() {
            return Ok(());
        }
        let mut held = self.socket.lock().await;
        let socket = match held.take() {
            Some(socket) => socket,
            None => self.connect().await?,
        };
        for (at, packet) in packets.iter().enumerate() {
            if at > 0 && !self.pause.is_zero() {
                tokio::time::sleep(self.pause).await;
            }
            socket.send(packet).await.map_err(|cause| self.unsent(cause, packet.len()))?;
        }
        // On the same machine the kernel reports a missing listener at once.
        match socket.take_error() {
            Ok(None) => {
                *held = Some(socket);
                Ok(())
            }
            Ok(Some(cause)) | Err(cause) => Err(self.unsent(cause, 0)),
        }
    }

    async fn connect(&self) -> Result<UdpSocket> {
        let failed = |cause: io::Error| {
            Error::new(ErrorKind::Unavailable, "reach agent", self.place.as_str()).caused_by(cause)
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in lookup_host(&self.place).await.map_err(failed)? {
            match connected(address).await {
                Ok(socket) => return Ok(socket),
                Err(cause) => last = cause,
            }
        }
        Err(failed(last))
    }

    fn unsent(&self, cause: io::Error, bytes: usize) -> Error {
        let (kind, why) = match cause.kind() {
            io::ErrorKind::ConnectionRefused => (ErrorKind::Unavailable, "nothing listens there".to_owned()),
            _ if is_too_long(&cause) => (
                ErrorKind::Invalid,
                format!("a packet of {bytes} bytes is too long for the network: lower max_packet_bytes"),
            ),
            _ => (ErrorKind::Unavailable, "the packet was not sent".to_owned()),
        };
        Error::new(kind, "send spans", format!("{}: {why}", self.place)).caused_by(cause)
    }

    pub async fn probe(&self, check: Batch) -> Vec<Finding> {
        let step = |step: &str, ok, said: String| Finding { step: step.to_owned(), ok, said };
        let socket = match self.connect().await {
            Ok(socket) => socket,
            Err(error) => return vec![step("reach", false, error.to_string())],
        };
        let address = socket.peer_addr().map_or_else(|_| self.place.clone(), |address| address.to_string());
        let reached = step("reach", true, format!("{address} has a route"));
        let sent = match self.packets(Arc::new(check)).await {
            Ok(written) => self.send(&written.packets).await,
            Err(error) => Err(error),
        };
        let said = match &sent {
            Ok(()) => {
                "sent the span `quipu check`; agents never answer, so look for it in Jaeger, service quipu"
                    .to_owned()
            }
            Err(error) => error.to_string(),
        };
        vec![reached, step("traces", sent.is_ok(), said)]
    }
}

async fn connected(address: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    Ok(socket)
}

/// EMSGSIZE: 90 on Linux, 40 on macOS, 10040 on Windows. The standard library has no stable name for it.
fn is_too_long(cause: &io::Error) -> bool {
    let code = if cfg!(windows) {
        10_040
    } else if cfg!(target_os = "linux") {
        90
    } else {
        40
    };
    cause.raw_os_error() == Some(code)
}

/// Encodes spans as packets of at most `most` bytes, each as full as the size bounds of the spans allow.
fn written(spans: &[Span], most: usize) -> Result<Packets> {
    let mut all = Packets::default();
    for group in groups::groups(spans) {
        let mut process = convert::process(&group.resource);
        // Each packet repeats the process, and needs space for spans.
        fit::cut_process(&mut process, most / 4);
        let room = most - fit::around(&process);
        let (mut packet, mut taken) = (Vec::new(), 0);
        for original in group.spans {
            let mut span = convert::span(original);
            match fit::cut(&mut span, room) {
                Fit::Whole => {}
                Fit::Cut => all.cut += 1,
                Fit::Not => {
                    all.unfit.push((original.trace_id, original.span_id));
                    continue;
                }
            }
            let size = fit::size(&span);
            if taken + size > room && !packet.is_empty() {
                all.packets.append(&mut caught::packets(&process, std::mem::take(&mut packet), most)?);
                taken = 0;
            }
            taken += size;
            packet.push(span);
        }
        if !packet.is_empty() {
            all.packets.append(&mut caught::packets(&process, packet, most)?);
        }
    }
    Ok(all)
}
