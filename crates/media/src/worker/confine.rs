use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, Signal, setrlimit};

/// Files that a child may have open.
const OPEN_FILES_MAX: u64 = 64;
/// How much less than a request it is worth to the scheduler.
const NICENESS: i32 = 10;
/// When memory runs out, the kernel ends this before the server.
const OUT_OF_MEMORY_SCORE: &str = "1000";

/// Holds this process, and whatever it becomes, to the limits. There is no way back.
pub fn confine(memory_bytes: u64, cpu_seconds: u64, file_bytes: u64) -> Result<(), Errno> {
    // The limits are what counts; these three only make it a better neighbour.
    let _ = rustix::process::nice(NICENESS);
    let _ = std::fs::write("/proc/self/oom_score_adj", OUT_OF_MEMORY_SCORE);
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    limit(Resource::As, memory_bytes)?;
    limit(Resource::Cpu, cpu_seconds)?;
    limit(Resource::Fsize, file_bytes)?;
    limit(Resource::Nofile, OPEN_FILES_MAX)?;
    limit(Resource::Core, 0)
}

fn limit(resource: Resource, value: u64) -> Result<(), Errno> {
    let limit = Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    setrlimit(resource, limit)
}
