//! Clients that read what comes, fast or slowly.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;

use super::Callers;
use crate::http::{get, pause};

const STREAMS: usize = 1_000;
const STREAM_BUFFER_BYTES: usize = 16 * 1024;
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);
const SLOW_READERS: usize = 30;
/// So little is read at once, and so little does the socket hold.
const SLOW_READ_BYTES: u32 = 4 * 1024;
const SLOW_PAUSE: Duration = Duration::from_millis(500);

/// Follows the log on 1,000 event streams.
pub fn follow_streams(runtime: &Runtime, callers: &Callers) {
    for _ in 0..STREAMS {
        let (address, mut after) = (callers.address, callers.head);
        runtime.spawn(async move {
            let mut buffer = vec![0; STREAM_BUFFER_BYTES];
            loop {
                // A restart ends it; then it goes on where it was.
                let _ = follow_stream(address, after, &mut buffer).await;
                after = last_id(&buffer).unwrap_or(after);
                buffer.fill(0);
                pause(RECONNECT_PAUSE).await;
            }
        });
    }
}

/// Reads until the stream ends. The buffer then has what came last.
async fn follow_stream(address: SocketAddr, after: u64, buffer: &mut [u8]) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let path = format!("/v1/events?after={after}");
    stream.write_all(&get(&path, "text/event-stream")).await?;
    while stream.read(buffer).await? > 0 {}
    Ok(())
}

/// The id of the last event whose id is whole.
fn last_id(buffer: &[u8]) -> Option<u64> {
    let begin = memmem::rfind(buffer, b"\nid: ")? + "\nid: ".len();
    let length = memchr::memchr(b'\n', &buffer[begin..])?;
    std::str::from_utf8(&buffer[begin..begin + length]).ok()?.parse().ok()
}

/// Reads a page of 60 MB from 30 connections, a few KiB a second.
pub fn read_slowly(runtime: &Runtime, callers: &Callers) {
    for _ in 0..SLOW_READERS {
        let address = callers.address;
        runtime.spawn(async move {
            loop {
                // The service ends it when it takes too long.
                let _ = read_page_slowly(address).await;
                pause(SLOW_PAUSE).await;
            }
        });
    }
}

async fn read_page_slowly(address: SocketAddr) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(SLOW_READ_BYTES)?;
    let mut stream = socket.connect(address).await?;
    stream.write_all(&get("/v1/events?limit=1000", "application/json")).await?;
    let mut buffer = [0; SLOW_READ_BYTES as usize];
    while stream.read(&mut buffer).await? > 0 {
        pause(SLOW_PAUSE).await;
    }
    Ok(())
}
