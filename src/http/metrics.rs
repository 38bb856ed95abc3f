//! The service's own figures, in OpenMetrics text.

mod labels;
mod request_figures;

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use attempt_ledger_system::lock::take_over;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

pub use self::labels::{EventLabels, ObservationLabels, ProjectionLabels, RuleLabels};
use self::request_figures::RequestFigures;
pub(crate) use self::request_figures::{ROUTE_UNMATCHED, method_label};

/// The media type of the exposition.
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper edges of the buckets of append durations, in seconds.
const APPEND_BUCKETS_S: [f64; 11] =
    [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.512, 2.048];

/// Every figure of the service. Shared behind an `Arc`; all parts write, `/metrics` reads.
pub struct Metrics {
    /// Events recorded, by event.
    pub events_appended: Family<EventLabels, Counter>,
    /// Observations recorded, by what they report.
    pub observations_appended: Family<ObservationLabels, Counter>,
    /// Deliveries refused and kept, by rule.
    pub events_refused: Family<RuleLabels, Counter>,
    /// Deliveries recognised as already recorded.
    pub events_duplicate: Counter,
    /// The time from handing records to the log until they are durable.
    pub append_duration: Histogram,
    /// The position of the newest record.
    pub log_head_position: Gauge<u64, AtomicU64>,
    /// 1 after a failed write has stopped the log, else 0.
    pub log_poisoned: Gauge,
    /// 1 while a damaged index is being rebuilt, else 0.
    pub log_index_damaged: Gauge,
    /// 1 while a segment of the log is known to be damaged, else 0.
    pub log_segments_damaged: Gauge,
    /// The position of the last record that each read model contains.
    pub projection_position: Family<ProjectionLabels, Gauge<u64, AtomicU64>>,
    /// Records of the log that each read model does not contain.
    pub projection_lag_events: Family<ProjectionLabels, Gauge<u64, AtomicU64>>,
    /// How long the oldest of those has been waiting, in seconds.
    pub projection_lag: Family<ProjectionLabels, Gauge<f64, AtomicU64>>,
    /// 1 while a read model is stopped at an event, else 0.
    pub projection_stopped: Family<ProjectionLabels, Gauge>,
    /// How far the last rebuild has come: 1 when it is done.
    pub projection_rebuild: Gauge<f64, AtomicU64>,
    /// 1 when the last rebuild failed, else 0.
    pub projection_rebuild_failed: Gauge,
    /// Whether this node brings the read models forward.
    pub projection_leads: Gauge,
    /// 1 while the file of the read models is known to be damaged, else 0.
    pub projections_damaged: Gauge,
    /// Connections open now.
    pub connections_open: Gauge,
    /// Connections answered 503 because every place was taken.
    pub connections_refused: Counter,
    /// Requests answered 503 because there was too much to do.
    pub requests_turned_away: Counter,
    requests: RequestFigures,
    registry: Mutex<Registry>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// All figures at zero, with the version that `ledger_build_info` shows.
    pub fn new(version: &'static str) -> Self {
        let metrics = Self {
            events_appended: Family::default(),
            observations_appended: Family::default(),
            events_refused: Family::default(),
            events_duplicate: Counter::default(),
            append_duration: Histogram::new(APPEND_BUCKETS_S),
            log_head_position: Gauge::default(),
            log_poisoned: Gauge::default(),
            log_index_damaged: Gauge::default(),
            log_segments_damaged: Gauge::default(),
            projection_position: Family::default(),
            projection_lag_events: Family::default(),
            projection_lag: Family::default(),
            projection_stopped: Family::default(),
            projection_rebuild: Gauge::default(),
            projection_rebuild_failed: Gauge::default(),
            projection_leads: Gauge::default(),
            projections_damaged: Gauge::default(),
            connections_open: Gauge::default(),
            connections_refused: Counter::default(),
            requests_turned_away: Counter::default(),
            requests: RequestFigures::default(),
            registry: Mutex::new(Registry::with_prefix("ledger")),
        };
        metrics.register(|registry| {
            metrics.register_edge(registry);
            metrics.register_ledger(registry);
            metrics.register_projections(registry);
            registry.register("build", "The running version", Info::new(vec![("version", version)]));
        });
        metrics
    }

    /// Lets another part add its figures; the prefix `ledger_` is put before each name.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        let mut registry = take_over(self.registry.lock());
        add(&mut registry);
    }

    fn register_edge(&self, registry: &mut Registry) {
        self.requests.register(registry);
        registry.register("http_connections_open", "Connections open now", self.connections_open.clone());
        registry.register(
            "http_connections_refused",
            "Connections answered 503 because every place was taken",
            self.connections_refused.clone(),
        );
        registry.register(
            "http_requests_turned_away",
            "Requests answered 503 because there was too much to do",
            self.requests_turned_away.clone(),
        );
    }

    fn register_ledger(&self, registry: &mut Registry) {
        registry.register("events_appended", "Events recorded, by event", self.events_appended.clone());
        registry.register(
            "observations_appended",
            "Observations recorded, by what they report",
            self.observations_appended.clone(),
        );
        registry.register(
            "events_refused",
            "Deliveries refused and kept, by rule",
            self.events_refused.clone(),
        );
        registry.register(
            "events_duplicate",
            "Deliveries recognised as already recorded",
            self.events_duplicate.clone(),
        );
        registry.register_with_unit(
            "append_duration",
            "Time from handing records to the log until they are durable",
            Unit::Seconds,
            self.append_duration.clone(),
        );
        registry.register(
            "log_head_position",
            "Position of the newest record",
            self.log_head_position.clone(),
        );
        registry.register(
            "log_poisoned",
            "1 after a failed write has stopped the log, else 0",
            self.log_poisoned.clone(),
        );
        registry.register(
            "log_index_damaged",
            "1 while a damaged index is being rebuilt, else 0",
            self.log_index_damaged.clone(),
        );
        registry.register(
            "log_segments_damaged",
            "Files of the log that are known to be damaged",
            self.log_segments_damaged.clone(),
        );
    }

    fn register_projections(&self, registry: &mut Registry) {
        registry.register(
            "projection_position",
            "Position of the last record that a read model contains",
            self.projection_position.clone(),
        );
        registry.register(
            "projection_lag_events",
            "Records of the log that a read model does not contain",
            self.projection_lag_events.clone(),
        );
        registry.register_with_unit(
            "projection_lag",
            "How long the oldest record that a read model does not contain has been waiting",
            Unit::Seconds,
            self.projection_lag.clone(),
        );
        registry.register(
            "projection_stopped",
            "1 while a read model is stopped at an event, else 0",
            self.projection_stopped.clone(),
        );
        registry.register_with_unit(
            "projection_rebuild",
            "How far the last rebuild of read models has come",
            Unit::Other("ratio".to_owned()),
            self.projection_rebuild.clone(),
        );
        registry.register(
            "projection_leads",
            "1 while this node brings the read models forward, 0 while another one does",
            self.projection_leads.clone(),
        );
        registry.register(
            "projections_damaged",
            "1 while the file of the read models is known to be damaged, else 0",
            self.projections_damaged.clone(),
        );
        registry.register(
            "projection_rebuild_failed",
            "1 when the last rebuild of read models failed, else 0",
            self.projection_rebuild_failed.clone(),
        );
    }

    /// Counts one answered request. `route` is the matched pattern, never a path.
    pub(crate) fn request_answered(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        self.requests.answered(route, method, status, took);
    }

    /// The exposition in OpenMetrics text.
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(8 * 1024);
        let registry = take_over(self.registry.lock());
        encode(&mut text, &registry).expect("writing to a string does not fail");
        text
    }

    /// The answer of `/metrics`.
    pub fn to_response(&self) -> Response {
        let content_type = HeaderValue::from_static(METRICS_CONTENT_TYPE);
        ([(header::CONTENT_TYPE, content_type)], self.encode()).into_response()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn every_promised_name_is_in_the_exposition() {
        let metrics = Metrics::new("9.9.9");
        metrics.events_appended.get_or_create(&EventLabels { event: "Joined" }).inc();
        metrics.events_refused.get_or_create(&RuleLabels { rule: "left_only_once" }).inc();
        metrics.request_answered("/v1/attempts/{id}", &Method::GET, StatusCode::OK, Duration::from_millis(3));
        metrics.request_answered("/v1/attempts/{id}", &Method::GET, StatusCode::OK, Duration::from_millis(3));
        let text = metrics.encode();
        for line in [
            r#"ledger_events_appended_total{event="Joined"} 1"#,
            r#"ledger_events_refused_total{rule="left_only_once"} 1"#,
            "ledger_events_duplicate_total 0",
            "ledger_append_duration_seconds_count 0",
            "ledger_log_head_position 0",
            "ledger_log_poisoned 0",
            "ledger_log_index_damaged 0",
            "ledger_log_segments_damaged 0",
            r#"ledger_http_requests_total{route="/v1/attempts/{id}",method="GET",status="200"} 2"#,
            r#"ledger_http_request_duration_seconds_count{route="/v1/attempts/{id}"} 2"#,
            "ledger_http_connections_open 0",
            "ledger_http_connections_refused_total 0",
            r#"ledger_build_info{version="9.9.9"} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn invented_methods_share_one_label() {
        let metrics = Metrics::new("1");
        for name in ["BREW", "PROPFIND"] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            metrics.request_answered(ROUTE_UNMATCHED, &method, StatusCode::NOT_FOUND, Duration::ZERO);
        }
        let text = metrics.encode();
        assert!(text.contains(r#"{route="unmatched",method="other",status="404"} 2"#), "{text}");
    }
}
