//! The servers: real processes, which end with the tests however these end.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A backend and what serves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    RouterOnDaphne,
    RouterOnUvicorn,
    DjangoObservable,
    FastapiObservable,
}

use Backend::{DjangoObservable, FastapiObservable, RouterOnDaphne, RouterOnUvicorn};

pub(crate) const ALL: [Backend; 4] = [RouterOnDaphne, RouterOnUvicorn, DjangoObservable, FastapiObservable];

impl Backend {
    /// Where it answers routes: with asynchronous handlers, and with synchronous ones where it has them.
    pub(crate) fn paths(self) -> &'static [&'static str] {
        if self == FastapiObservable { &["/ws/app/"] } else { &["/ws/app/", "/ws/sync/"] }
    }

    /// Its address, at a server that all tests share.
    pub(crate) fn url(self, path: &str) -> String {
        static SHARED: [OnceLock<Server>; 4] = [const { OnceLock::new() }; 4];
        SHARED[self as usize].get_or_init(|| Server::start(self)).url(path)
    }

    const fn command(self) -> [&'static str; 2] {
        match self {
            RouterOnDaphne => ["daphne", "django"],
            RouterOnUvicorn => ["uvicorn", "django"],
            DjangoObservable => ["daphne", "observable"],
            FastapiObservable => ["uvicorn", "fastapi"],
        }
    }
}

pub(crate) struct Server {
    backend: Backend,
    port: u16,
    pid: String,
    /// A shell that kills the server when its input ends, which it does with this process at the latest.
    guard: Child,
}

const GUARD: &str = r#""$@" </dev/null >&2 & echo $!; cat >/dev/null; kill -9 $!"#;
const START_TIMEOUT: Duration = Duration::from_secs(30);

impl Server {
    pub(crate) fn start(backend: Backend) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self::start_at(backend, port)
    }

    fn start_at(backend: Backend, port: u16) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert!(root.join(".venv/bin/python").exists(), "the Python environment is missing: run scripts/setup.sh test");
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{backend:?}-{port}.log"));
        let [server, project] = backend.command();
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(root.join("e2e/backends/serve.sh"))
            .args([server, &port.to_string(), project])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut pid = String::new();
        BufReader::new(guard.stdout.as_mut().unwrap()).read_line(&mut pid).unwrap();
        let server = Self { backend, port, pid: pid.trim().to_owned(), guard };
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "{backend:?} did not start: see {}", log.display());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ws://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.pid]).status().unwrap().success());
    }

    /// Kills it, and starts it again in the same place.
    pub(crate) fn restart(self) -> Self {
        let (backend, port) = (self.backend, self.port);
        drop(self);
        Self::start_at(backend, port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Nothing can be done about a failure here.
        let _ = self.guard.wait();
    }
}
