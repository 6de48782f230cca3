//! NATS servers: the cluster's, named by the environment, and own ones that a test may kill.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const STARTS: Duration = Duration::from_secs(10);

/// The cluster's servers, as one address each; None, loudly, if none is named.
pub fn cluster() -> Option<Vec<String>> {
    let Ok(named) = std::env::var("PETREL_TEST_NATS") else {
        return skip("PETREL_TEST_NATS names no servers: `make test-cluster` does");
    };
    let hosts: Vec<String> = named
        .trim_start_matches("nats://")
        .split(',')
        .map(|host| format!("nats://{host}"))
        .collect();
    assert_eq!(hosts.len(), 3, "PETREL_TEST_NATS names three servers");
    Some(hosts)
}

/// Where the cluster is required, leaving a test out is a failure.
fn skip<T>(why: &str) -> Option<T> {
    let required = std::env::var("PETREL_REQUIRE_CLUSTER").is_ok_and(|value| value == "1");
    assert!(!required, "{why}");
    // Past the harness, which keeps what a passing test prints.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    None
}

/// A server on a port of its own; it ends with the test.
pub struct Server {
    binary: PathBuf,
    port: u16,
    routes: Vec<String>,
    running: Option<Child>,
}

impl Server {
    /// Not started yet. None, loudly, where no `nats-server` is installed.
    pub fn new() -> Option<Server> {
        let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv/bin/nats-server");
        let named = std::env::var_os("PETREL_NATS_SERVER");
        let binary = named.map_or_else(|| PathBuf::from(installed), PathBuf::from);
        if !binary.exists() {
            return skip(&format!("{} is not there: `make setup`", binary.display()));
        }
        Some(Server {
            binary,
            port: free_port(),
            routes: Vec::new(),
            running: None,
        })
    }

    /// Two that tell each other.
    pub fn pair() -> Option<(Server, Server)> {
        let (mut first, mut second) = (Server::new()?, Server::new()?);
        let ports = [free_port(), free_port()];
        for (server, own, other) in [
            (&mut first, ports[0], ports[1]),
            (&mut second, ports[1], ports[0]),
        ] {
            server.routes = vec![
                "--cluster_name=pair".into(),
                format!("--cluster=nats://127.0.0.1:{own}"),
                format!("--routes=nats://127.0.0.1:{other}"),
            ];
        }
        Some((first, second))
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn url(&self) -> String {
        format!("nats://{}", self.host())
    }

    pub async fn start(&mut self) {
        self.start_with(&[]).await;
    }

    /// Returns when it greets; fails at once if it ends instead.
    pub async fn start_with(&mut self, arguments: &[&str]) {
        let mut child = Command::new(&self.binary)
            .args(["--addr", "127.0.0.1", "--port", &self.port.to_string()])
            .args(&self.routes)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server starts");
        let greets = tokio::time::timeout(STARTS, async {
            let mut ticks = tokio::time::interval(Duration::from_millis(10));
            while !greeted(&self.host()).await {
                if let Some(status) = child.try_wait().expect("it is ours") {
                    panic!("nats-server on port {} ended: {status}", self.port);
                }
                ticks.tick().await;
            }
        })
        .await;
        self.running = Some(child);
        greets.expect("nats-server answers");
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill().expect("it was ours");
            running.wait().expect("it was ours");
        }
    }

    pub fn freeze(&self) {
        let pid = self.running.as_ref().expect("it was started").id();
        let done = Command::new("kill")
            .args(["-STOP", &pid.to_string()])
            .status();
        assert!(done.expect("kill is there").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Free now, and not given before: the system draws at random, and may draw one again that was let
/// go a moment ago.
fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = probe.local_addr().expect("it is bound").port();
        if GIVEN.lock().expect("nobody panics with it").insert(port) {
            return port;
        }
    }
}

async fn greeted(host: &str) -> bool {
    let mut start = [0; 4];
    match TcpStream::connect(host).await {
        Ok(mut stream) => stream.read_exact(&mut start).await.is_ok() && &start == b"INFO",
        Err(_) => false,
    }
}
