//! Priority of statements: threads and processes of SQL get processor time after those of the server.

/// Niceness. A busy statement then gets a tenth of a processor that the server wants too.
#[cfg(unix)]
const NICE: i32 = 10;

/// Lowers the priority of this process. A system that forbids it changes nothing but speed.
pub(crate) fn yield_process() {
    #[cfg(unix)]
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// Lowers the priority of this thread, and of the processes that it starts. The start of a process and the
/// parsing of its result then delay no other request. Only Linux has a priority for each thread.
pub(crate) fn yield_thread() {
    #[cfg(target_os = "linux")]
    yield_process();
}
