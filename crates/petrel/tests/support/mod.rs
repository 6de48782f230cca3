//! The built binary as a process of its own.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use serde_json::Value;

const READY_TIME_MAX: Duration = Duration::from_secs(60);

/// A throw-away folder with a data folder in it, and commands on that.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Without the environment's own settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_petrel"));
        let ours = |name: &OsStr| name.to_string_lossy().starts_with("PETREL_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.folder.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command prints that must go well.
    pub fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn good_json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.good(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// What a command says that must fail.
    pub fn bad(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} went well");
        String::from_utf8(output.stderr).unwrap()
    }

    pub fn serve(&self, data: &str, more: &[&str]) -> Server {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let url = format!("http://localhost:{port}");
        let arguments = ["serve", "--data", data, "--listen", &listen, "--url", &url];
        let mut command = self.command(&[&arguments[..], more].concat());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (told, ready) = mpsc::channel();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || told.send(lines.next()));
        match ready.recv_timeout(READY_TIME_MAX) {
            Ok(Some(Ok(line))) => Server { child, port, line },
            other => {
                let _ = child.kill();
                let mut error = String::new();
                let _ = child.stderr.take().unwrap().read_to_string(&mut error);
                panic!("not ready: {other:?}\n{error}");
            }
        }
    }
}

/// Ended hard when dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    /// What it printed when it was ready.
    pub line: String,
}

impl Server {
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    pub fn stop(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.child.wait().unwrap()
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).unwrap()
    }

    pub fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        self.ask("GET", path, token, "")
    }

    pub fn post(&self, path: &str, token: Option<&str>, form: &str) -> (u16, Value) {
        self.ask("POST", path, token, form)
    }

    fn ask(&self, method: &str, path: &str, token: Option<&str>, form: &str) -> (u16, Value) {
        let mut stream = self.connect();
        let bearer = token.map_or(String::new(), |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        let length = form.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{bearer}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Free now, and not given before: the system draws at random, and may draw one again that was let
/// go a moment ago.
fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = probe.local_addr().unwrap().port();
        if GIVEN.lock().unwrap().insert(port) {
            return port;
        }
    }
}
