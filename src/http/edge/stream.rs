//! A socket under guard: slow heads and slow readers are cut off, and an early answer is not lost to a reset.
//!
//! Where no answer can be written any more, those that follow are dropped, and what had arrived by then is
//! read to its end: hooks that were sent one behind the other are recorded though their sender has left.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tracing::debug;

use super::deadline::Deadline;
use super::state::ConnectionState;
use crate::limits::{Limits, WRITE_PROGRESS_BYTES_MIN};

/// How long the rest of an unwanted request is read away, so that its sender can read the answer.
const LINGER_MS: u64 = 1_000;
/// After so long without a look at the socket, the kernel itself is asked.
const UNHEARD_AFTER_MS: u64 = 100;
const LINGER_BUFFER_BYTES: usize = 8 * 1024;

/// A connection's socket with the time-outs that belong to it.
pub(super) struct GuardedStream {
    read_half: OwnedReadHalf,
    connection: Arc<ConnectionState>,
    first_head_timeout: Duration,
    header_timeout: Duration,
    head_deadline: Deadline,
    /// When the socket was last asked in vain.
    last_read_at: Option<Instant>,
    /// Bytes of a head have come whose request has not begun yet.
    head_began: bool,
    /// The request count at which the two fields above were last true.
    requests_seen: u64,
    write_timeout: Duration,
    write_deadline: Deadline,
    written_bytes: usize,
    write_side_closed: bool,
    linger_deadline: Deadline,
}

impl GuardedStream {
    /// A guard under which the connection's first head has `first_head_timeout` to arrive.
    pub(super) fn new(
        read_half: OwnedReadHalf,
        connection: Arc<ConnectionState>,
        limits: &Limits,
        first_head_timeout: Duration,
    ) -> Self {
        Self {
            read_half,
            connection,
            first_head_timeout,
            header_timeout: Duration::from_millis(limits.header_timeout_ms),
            head_deadline: Deadline::default(),
            last_read_at: None,
            head_began: false,
            requests_seen: 0,
            write_timeout: Duration::from_millis(limits.write_timeout_ms),
            write_deadline: Deadline::default(),
            written_bytes: 0,
            write_side_closed: false,
            linger_deadline: Deadline::default(),
        }
    }

    /// Forgets the last head once its request has begun.
    fn follow_requests(&mut self) {
        let requests = self.connection.requests();
        if self.requests_seen != requests {
            self.requests_seen = requests;
            self.head_began = false;
            self.head_deadline.disarm();
        }
    }

    /// The first head must come at once; a later one may keep us waiting (idle), but not once it has begun.
    fn poll_head_deadline(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_fresh = self.connection.is_fresh();
        let runs = is_fresh || self.head_began;
        if !runs || self.connection.is_handling() {
            return Poll::Pending;
        }
        let head_timeout = if is_fresh { self.first_head_timeout } else { self.header_timeout };
        self.head_deadline.arm_once(head_timeout);
        if self.head_deadline.is_expired(context) {
            return Poll::Ready(Err(timed_out("the head of a request did not arrive in time")));
        }
        Poll::Pending
    }

    /// Reads what the kernel has and the runtime has not heard of. After a stall of the process a time-out is
    /// over before its socket is looked at: what arrived meanwhile is in time.
    fn read_unheard(&mut self, buffer: &mut ReadBuf<'_>) -> io::Result<usize> {
        let now = Instant::now();
        let pause = self.last_read_at.replace(now).map(|last| now.duration_since(last));
        let was_just_heard = pause.is_some_and(|pause| pause < Duration::from_millis(UNHEARD_AFTER_MS));
        if was_just_heard && !self.connection.is_deaf() {
            return Ok(0);
        }
        match rustix::io::read(self.connection.socket(), buffer.initialize_unfilled()) {
            Ok(bytes) => {
                buffer.advance(bytes);
                Ok(bytes)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes bytes, or drops them where nobody reads them.
    fn write(
        &mut self,
        context: &mut Context<'_>,
        bytes: usize,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        if !self.connection.is_deaf() {
            let written = poll_write(self.connection.socket(), context, write);
            match ready!(self.guard_write(context, written)) {
                Ok(written) => return Poll::Ready(Ok(written)),
                Err(error) => debug!(%error, "a client takes no more answers"),
            }
            self.connection.deafen();
        }
        Poll::Ready(Ok(bytes))
    }

    fn guard_write(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let Poll::Pending = written else {
            if let Poll::Ready(Ok(bytes)) = written {
                self.written_bytes = self.written_bytes.saturating_add(bytes);
            }
            return written;
        };
        if !self.write_deadline.is_armed() {
            self.written_bytes = 0;
            self.write_deadline.arm(self.write_timeout);
        }
        while self.write_deadline.is_expired(context) {
            if self.written_bytes < WRITE_PROGRESS_BYTES_MIN {
                return Poll::Ready(Err(timed_out("the client does not read its answer")));
            }
            self.written_bytes = 0;
            self.write_deadline.arm(self.write_timeout);
        }
        Poll::Pending
    }

    /// Reads the rest away until the client closes, breaks or has had its time.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.linger_deadline.arm_once(Duration::from_millis(LINGER_MS));
        loop {
            if self.linger_deadline.is_expired(context) {
                return Poll::Ready(());
            }
            let mut bytes = [0; LINGER_BUFFER_BYTES];
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.read_half).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }
}

fn poll_write(
    socket: &TcpStream,
    context: &mut Context<'_>,
    write: impl Fn(&TcpStream) -> io::Result<usize>,
) -> Poll<io::Result<usize>> {
    loop {
        ready!(socket.poll_write_ready(context))?;
        match write(socket) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            written => return Poll::Ready(written),
        }
    }
}

fn timed_out(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, reason)
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.follow_requests();
        let filled_bytes = buffer.filled().len();
        match Pin::new(&mut this.read_half).poll_read(context, buffer) {
            Poll::Ready(read) => {
                if buffer.filled().len() > filled_bytes && !this.connection.is_handling() {
                    this.head_began = true;
                }
                Poll::Ready(read)
            }
            Poll::Pending => match this.read_unheard(buffer)? {
                // Nothing is waited for on behalf of a client that hears nothing.
                0 if this.connection.is_deaf() => Poll::Ready(Ok(())),
                0 => this.poll_head_deadline(context),
                _ => {
                    this.head_began |= !this.connection.is_handling();
                    Poll::Ready(Ok(()))
                }
            },
        }
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.write(context, bytes.len(), |socket| socket.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let bytes = slices.iter().map(|slice| slice.len()).sum();
        this.write(context, bytes, |socket| socket.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Called once everything queued was taken, so the client reads and its time starts again.
    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().write_deadline.disarm();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.connection.is_deaf() {
            return Poll::Ready(Ok(()));
        }
        if !this.write_side_closed {
            SockRef::from(this.connection.socket()).shutdown(Shutdown::Write)?;
            this.write_side_closed = true;
        }
        this.follow_requests();
        if this.head_began || this.connection.lingers() {
            ready!(this.poll_linger(context));
        }
        Poll::Ready(Ok(()))
    }
}
