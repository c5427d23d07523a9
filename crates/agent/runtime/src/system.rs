//! Metrics of CPU, memory and disks, of the process and the machine. It also logs misuse of metrics.

use std::time::{Duration, Instant};

use quipu_core::locks::Mutex;
use quipu_sdk::metrics::Registry;
use sysinfo::{Disks, Pid, ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

use crate::misuse::report;

/// Shortest interval between two readings, because a reading costs CPU time.
const APART: Duration = Duration::from_secs(5);
/// Most reported file systems.
const FILE_SYSTEMS: usize = 16;

/// Reads the system's figures before each metric collection, at most every five seconds. CPU use covers the
/// time since the previous reading, so the first reading has none. If the operating system cannot be read,
/// these metrics are absent.
pub fn observe(registry: &'static Registry) {
    let Ok(readings) = Readings::new().map(Mutex::new) else {
        return registry.observe_with(|registry, _| report(registry));
    };
    registry.observe_with(move |registry, _| {
        report(registry);
        // A concurrent collection is already reading.
        if let Some(mut readings) = readings.try_lock() {
            readings.tell(registry);
        }
    });
}

struct Readings {
    system: System,
    disks: Disks,
    pid: Option<Pid>,
    last: Option<Instant>,
}

impl Readings {
    fn new() -> Result<Self, sysinfo::Error> {
        Ok(Self { system: System::new()?, disks: Disks::new()?, pid: get_current_pid().ok(), last: None })
    }

    fn tell(&mut self, registry: &'static Registry) {
        if self.last.is_some_and(|last| last.elapsed() < APART) {
            return;
        }
        let first = self.last.replace(Instant::now()).is_none();
        self.tell_machine(registry, first);
        self.tell_process(registry, first);
        self.tell_disks(registry);
    }

    fn tell_machine(&mut self, registry: &'static Registry, first: bool) {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        let (all, free) = (self.system.total_memory(), self.system.available_memory());
        let used = all.saturating_sub(free);
        registry.observe("system.memory.limit", all as f64, &[]);
        registry.observe("system.memory.usage", used as f64, &[("system.memory.state", "used")]);
        registry.observe("system.memory.usage", free as f64, &[("system.memory.state", "free")]);
        if !first {
            registry.observe(
                "system.cpu.utilization",
                f64::from(self.system.global_cpu_usage()) / 100.0,
                &[],
            );
        }
    }

    fn tell_process(&mut self, registry: &'static Registry, first: bool) {
        let Some(pid) = self.pid else { return };
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().with_disk_usage();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let Some(process) = self.system.process(pid) else { return };
        let disk = process.disk_usage();
        registry.observe("process.memory.usage", process.memory() as f64, &[]);
        registry.observe("process.memory.virtual", process.virtual_memory() as f64, &[]);
        registry.observe("process.uptime", process.run_time() as f64, &[]);
        registry.observe("process.disk.io", disk.total_read_bytes as f64, &[("disk.io.direction", "read")]);
        registry.observe(
            "process.disk.io",
            disk.total_written_bytes as f64,
            &[("disk.io.direction", "write")],
        );
        if !first {
            registry.observe("process.cpu.utilization", f64::from(process.cpu_usage()) / 100.0, &[]);
        }
    }

    fn tell_disks(&mut self, registry: &'static Registry) {
        self.disks.refresh(true);
        let mut told = Vec::new();
        for disk in &self.disks {
            // A device can be mounted in several places.
            let device = disk.name();
            if disk.total_space() == 0 || told.contains(&device) || told.len() == FILE_SYSTEMS {
                continue;
            }
            told.push(device);
            let mount = disk.mount_point().to_string_lossy();
            let at = ("system.filesystem.mountpoint", &*mount);
            let (all, free) = (disk.total_space(), disk.available_space());
            registry.observe("system.filesystem.limit", all as f64, &[at]);
            for (state, bytes) in [("used", all.saturating_sub(free)), ("free", free)] {
                let labels = [at, ("system.filesystem.state", state)];
                registry.observe("system.filesystem.usage", bytes as f64, &labels);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use quipu_core::{Clock, SystemClock};
    use quipu_sdk::{Recorder, RecorderConfig};

    use super::*;

    #[test]
    fn the_process_and_the_machine_are_told_of() {
        let (recorder, drain) = Recorder::new(RecorderConfig::default());
        observe(recorder.metrics());
        let names: Vec<_> = drain.metrics(SystemClock.now()).into_iter().map(|metric| metric.name).collect();
        for name in ["process.memory.usage", "process.uptime", "system.memory.limit"] {
            assert!(names.iter().any(|have| have == name), "{name} is missing in {names:?}");
        }
        let value = |name| recorder.metrics().value(name, &[]).unwrap();
        assert!(value("process.memory.usage") > 100_000.0);
        assert!(value("system.memory.limit") > value("process.memory.usage"));
        let used = recorder.metrics().total("system.memory.usage").unwrap();
        assert_eq!(used, value("system.memory.limit"), "used and free are all");
    }

    #[test]
    fn readings_are_five_seconds_apart() {
        let mut readings = Readings::new().unwrap();
        let (recorder, _drain) = Recorder::new(RecorderConfig::default());
        readings.tell(recorder.metrics());
        let first = readings.last;
        readings.tell(recorder.metrics());
        assert_eq!(readings.last, first);
        readings.last = Instant::now().checked_sub(APART);
        if readings.last.is_some() {
            readings.tell(recorder.metrics());
            assert!(recorder.metrics().value("process.cpu.utilization", &[]).is_some());
        }
    }
}
