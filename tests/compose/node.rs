//! Nodes behind the proxy: real ones, and ones that misbehave as told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::support::patience::until;
use crate::support::program::{Program, Serve};

/// A node at the port that another one has left. A connection to somewhere else may have it for a moment.
pub fn start_again(data: &Path, port: u16) -> Program {
    let serve = Serve::over(data).at_port(port);
    until(|| format!("port {port} is not to be had again"), || serve.try_start(None).ok())
}

/// What a node that is not one does.
#[derive(Clone, Copy)]
pub struct Manners {
    /// The answer to /readyz.
    pub ready: u16,
    /// The answer to what is no question; `None` closes the connection without one.
    pub answer: Option<u16>,
}

/// A listener that lives, and behaves as told.
pub struct Pretender {
    pub address: SocketAddr,
    counts: Arc<Counts>,
}

/// What it was asked.
#[derive(Default)]
struct Counts {
    probes: AtomicUsize,
    questions: AtomicUsize,
    others: AtomicUsize,
}

impl Pretender {
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::<Counts>::default();
        let of_threads = counts.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let counts = of_threads.clone();
                // A client that is gone is none of its concern.
                thread::spawn(move || serve(stream.ok()?, manners, &counts));
            }
        });
        Self { address, counts }
    }

    /// Questions that it was asked, health apart.
    pub fn questions(&self) -> usize {
        self.counts.questions.load(Ordering::Relaxed)
    }

    /// Waits until the proxy has asked for its health so many times more.
    pub fn wait_for_probes(&self, count: usize) {
        let wanted = self.counts.probes.load(Ordering::Relaxed) + count;
        let probes = || self.counts.probes.load(Ordering::Relaxed);
        until(|| "the proxy does not ask for its health", || (probes() >= wanted).then_some(()));
    }

    /// Requests that were no questions.
    pub fn others(&self) -> usize {
        self.counts.others.load(Ordering::Relaxed)
    }
}

fn serve(stream: TcpStream, manners: Manners, counts: &Counts) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        let mut bytes = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(length) = line.strip_prefix("content-length:") {
                bytes = length.trim().parse().ok()?;
            }
        }
        reader.read_exact(&mut vec![0; bytes]).ok()?;
        let path = first.split(' ').nth(1)?;
        if ["/readyz", "/livez"].contains(&path) {
            counts.probes.fetch_add(1, Ordering::Relaxed);
        }
        let status = match path {
            "/readyz" => manners.ready,
            "/livez" => 200,
            _ if first.starts_with("GET ") => {
                counts.questions.fetch_add(1, Ordering::Relaxed);
                200
            }
            _ => {
                counts.others.fetch_add(1, Ordering::Relaxed);
                manners.answer?
            }
        };
        write!(writer, "HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}
