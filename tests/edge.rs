//! The HTTP edge against real sockets: hostile clients, limits at their edges, errors and the graceful stop.

mod answers;
mod classes;
mod host;
mod hostile;
mod limits;
mod places;
mod server;
mod stop;
mod threads;
