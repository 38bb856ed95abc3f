//! The stream of an answer, made by the threads of its own kind of work and not by those that answer hooks.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver, Sender};

type FrameResult = Result<Frame<Bytes>, axum::Error>;

/// A part of the body, or its end. A channel that closes before the end means that the body's maker panicked.
enum BodyPart {
    Frame(FrameResult),
    End,
}

/// Lets a runtime make the parts of a body. A body that is whole already passes as it is.
pub(super) fn relay(body: Body, runtime: &Handle) -> Body {
    if HttpBody::size_hint(&body).exact().is_some() {
        return body;
    }
    // One part is under way while the next one is made.
    let (sender, receiver) = mpsc::channel(1);
    runtime.spawn(pass_on(body, sender));
    Body::new(RelayBody(receiver))
}

/// Ends with the body, or as soon as nobody reads it any more.
async fn pass_on(body: Body, sender: Sender<BodyPart>) {
    let mut body = pin!(body);
    loop {
        let next = tokio::select! {
            biased;
            () = sender.closed() => return,
            next = poll_fn(|context| body.as_mut().poll_frame(context)) => next,
        };
        let is_end = next.is_none();
        if sender.send(next.map_or(BodyPart::End, BodyPart::Frame)).await.is_err() || is_end {
            return;
        }
    }
}

struct RelayBody(Receiver<BodyPart>);

impl HttpBody for RelayBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<FrameResult>> {
        self.0.poll_recv(context).map(|part| match part {
            Some(BodyPart::Frame(frame)) => Some(frame),
            Some(BodyPart::End) => None,
            None => Some(Err(axum::Error::new("the answer is not whole"))),
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
