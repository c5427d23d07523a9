//! Vital figures of the process and its machine, and counts of received and dropped records.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quipu::metrics::SelfMetrics;
use quipu_api::ReadVitals;
use quipu_api::dto::{
    DiskFigures, DropCount, HostFigures, IngestFigures, ProcessFigures, QueueFigures, Vitals,
};
use quipu_receiver::Receiver;
use sysinfo::{Disks, Pid, ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

/// Shortest interval between reads of the operating system: CPU use over less is inaccurate.
const APART: Duration = Duration::from_secs(2);

/// Counters of records that were not stored, with the signal of their records; a label of that name overrides
/// it.
const DROPS: &[(&str, &str, &str)] = &[
    ("quipu_rejected_items_total", "signal", "records"),
    ("quipu_refused_batches_total", "signal", "requests"),
    ("quipu_exporter_dropped_records_total", "backend", "records"),
    ("quipu_gateway_lost_records_total", "signal", "gateway"),
];

/// Sources of the figures.
pub struct Sources {
    pub folder: PathBuf,
    pub metrics: Arc<SelfMetrics>,
    pub receiver: Receiver,
}

impl Sources {
    /// Reads all of it; two readings at a time are one.
    pub fn reading(self) -> ReadVitals {
        let machine = Mutex::new(Machine::new(self.folder.clone()));
        Arc::new(move || {
            let (process, host, disk) = machine.lock().unwrap_or_else(PoisonError::into_inner).read();
            let (requests, bytes) = self.receiver.waiting();
            Vitals {
                process,
                host,
                disk,
                queue: QueueFigures { requests, bytes: Some(bytes), ..QueueFigures::default() },
                ingest: self.ingest(),
                drops: self.drops(),
            }
        })
    }

    fn ingest(&self) -> IngestFigures {
        let stored = self.metrics.counts("quipu_stored_records_total");
        let of = |signal: &str| {
            let fits = |labels: &[(String, String)]| labels.iter().any(|(_, value)| value == signal);
            stored.iter().filter(|(labels, _)| fits(labels)).map(|(_, count)| count).sum()
        };
        IngestFigures {
            spans: of("traces"),
            events: of("logs"),
            metrics: of("metrics"),
            ..IngestFigures::default()
        }
    }

    fn drops(&self) -> Vec<DropCount> {
        let mut drops = Vec::new();
        for (name, whose, otherwise) in DROPS {
            for (labels, count) in self.metrics.counts(name) {
                let label = |key: &str| {
                    labels.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone())
                };
                let signal = label(whose).unwrap_or_else(|| (*otherwise).to_owned());
                drops.push(DropCount { signal, reason: label("reason").unwrap_or_default(), count });
            }
        }
        drops
    }
}

type Figures = (ProcessFigures, HostFigures, DiskFigures);

/// Figures of the operating system. Missing figures are left out.
struct Machine {
    folder: PathBuf,
    system: Option<System>,
    disks: Option<Disks>,
    pid: Option<Pid>,
    last: Option<(Instant, Figures)>,
}

impl Machine {
    fn new(folder: PathBuf) -> Self {
        let folder = folder.canonicalize().unwrap_or(folder);
        Self {
            folder,
            system: System::new().ok(),
            disks: Disks::new().ok(),
            pid: get_current_pid().ok(),
            last: None,
        }
    }

    fn read(&mut self) -> Figures {
        if let Some((at, figures)) = &self.last
            && at.elapsed() < APART
        {
            return figures.clone();
        }
        let first = self.last.is_none();
        let figures = (self.process(first), self.host(first), self.disk());
        self.last = Some((Instant::now(), figures.clone()));
        figures
    }

    fn process(&mut self, first: bool) -> ProcessFigures {
        let (Some(system), Some(pid)) = (&mut self.system, self.pid) else {
            return ProcessFigures::default();
        };
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().with_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
        let Some(process) = system.process(pid) else { return ProcessFigures::default() };
        let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        ProcessFigures {
            // Use is that since the reading before.
            cpu_percent: (!first).then(|| f64::from(process.cpu_usage())),
            rss_bytes: Some(process.memory()),
            threads: process.tasks().map(|tasks| wide(tasks.len())),
            open_files: process.open_files().map(wide),
        }
    }

    fn host(&mut self, first: bool) -> HostFigures {
        let Some(system) = &mut self.system else { return HostFigures::default() };
        system.refresh_cpu_usage();
        system.refresh_memory();
        let total = system.total_memory();
        HostFigures {
            cpus: u64::try_from(system.cpus().len()).ok(),
            cpu_percent: (!first).then(|| f64::from(system.global_cpu_usage())),
            memory_total: Some(total),
            memory_used: Some(total.saturating_sub(system.available_memory())),
        }
    }

    /// The file system of the data folder: the one mounted deepest above it.
    fn disk(&mut self) -> DiskFigures {
        let path = Some(self.folder.display().to_string());
        let Some(disks) = &mut self.disks else { return DiskFigures { path, ..DiskFigures::default() } };
        disks.refresh(true);
        let depth = |mount: &Path| mount.components().count();
        let above =
            disks.iter().filter(|disk| self.folder.starts_with(disk.mount_point()) && disk.total_space() > 0);
        let disk = above.max_by_key(|disk| depth(disk.mount_point()));
        DiskFigures {
            path,
            total: disk.map(sysinfo::Disk::total_space),
            free: disk.map(sysinfo::Disk::available_space),
            store_bytes: 0,
        }
    }
}
