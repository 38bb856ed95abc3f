//! The HTTP API as clients see it: the real router behind the real edge, spoken to over loopback sockets.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "api/agents.rs"]
mod agents;
#[path = "api/answers.rs"]
mod answers;
#[path = "api/attempts.rs"]
mod attempts;
#[path = "api/bad_input.rs"]
mod bad_input;
#[path = "api/board.rs"]
mod board;
#[path = "api/client.rs"]
mod client;
#[path = "api/cloud_events.rs"]
mod cloud_events;
#[path = "api/concurrency.rs"]
mod concurrency;
#[path = "api/cursors.rs"]
mod cursors;
#[path = "api/document.rs"]
mod document;
#[path = "api/duplicates.rs"]
mod duplicates;
#[path = "api/fields.rs"]
mod fields;
#[path = "api/files.rs"]
mod files;
#[path = "api/formats.rs"]
mod formats;
#[path = "api/harness.rs"]
mod harness;
#[path = "api/identities.rs"]
mod identities;
#[path = "api/limits.rs"]
mod limits;
#[path = "api/listing.rs"]
mod listing;
#[path = "api/log.rs"]
mod log;
#[path = "api/offers.rs"]
mod offers;
#[path = "api/privacy.rs"]
mod privacy;
#[path = "api/projections.rs"]
mod projections;
#[path = "api/queues.rs"]
mod queues;
#[path = "api/refusals.rs"]
mod refusals;
#[path = "api/rules.rs"]
mod rules;
#[path = "api/service.rs"]
mod service;
#[path = "api/settling.rs"]
mod settling;
#[path = "api/stream.rs"]
mod stream;
#[path = "api/table.rs"]
mod table;
#[path = "api/times.rs"]
mod times;
#[path = "api/world.rs"]
mod world;
