//! The figures of requests, by route pattern, method and status.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use attempt_ledger_system::lock::take_over;
use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The `route` label of a request that no route matched: its path never becomes a label.
pub(crate) const ROUTE_UNMATCHED: &str = "unmatched";

/// The upper edges of the buckets of request durations, in seconds.
const REQUEST_BUCKETS_S: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: Arc<str>,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: Arc<str>,
}

/// The figures of one route, kept at hand so that a request neither hashes nor allocates label sets.
struct RouteFigures {
    route: Arc<str>,
    duration: Histogram,
    /// A handful of entries, so a scan is cheaper than a hash.
    requests: RwLock<Vec<(&'static str, u16, Counter)>>,
}

/// The figures of all routes.
pub(super) struct RequestFigures {
    counts: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// Grows by the routes of the router and no further.
    routes: RwLock<HashMap<Arc<str>, Arc<RouteFigures>>>,
}

fn request_histogram() -> Histogram {
    Histogram::new(REQUEST_BUCKETS_S)
}

impl Default for RequestFigures {
    fn default() -> Self {
        Self {
            counts: Family::default(),
            durations: Family::new_with_constructor(request_histogram),
            routes: RwLock::default(),
        }
    }
}

impl RequestFigures {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_requests",
            "Requests answered, by route pattern, method and status",
            self.counts.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to the head of its answer, by route pattern",
            Unit::Seconds,
            self.durations.clone(),
        );
    }

    /// Counts one answered request. `route` is the matched pattern, never a path.
    pub(super) fn answered(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        let figures = self.route(route);
        figures.duration.observe(took.as_secs_f64());
        let (method, status) = (method_label(method), status.as_u16());
        {
            let requests = take_over(figures.requests.read());
            if let Some((.., counter)) = requests.iter().find(|entry| entry.0 == method && entry.1 == status)
            {
                counter.inc();
                return;
            }
        }
        let labels = RequestLabels { route: Arc::clone(&figures.route), method, status };
        // The family is the owner: two tasks that come here at once get the same counter from it.
        let counter = self.counts.get_or_create_owned(&labels);
        counter.inc();
        let mut requests = take_over(figures.requests.write());
        if !requests.iter().any(|entry| entry.0 == method && entry.1 == status) {
            requests.push((method, status, counter));
        }
    }

    fn route(&self, route: &str) -> Arc<RouteFigures> {
        if let Some(figures) = take_over(self.routes.read()).get(route) {
            return Arc::clone(figures);
        }
        let mut routes = take_over(self.routes.write());
        let route: Arc<str> = Arc::from(route);
        let figures = routes.entry(Arc::clone(&route)).or_insert_with(|| {
            let labels = RouteLabels { route: Arc::clone(&route) };
            Arc::new(RouteFigures {
                duration: self.durations.get_or_create_owned(&labels),
                requests: RwLock::default(),
                route,
            })
        });
        Arc::clone(figures)
    }
}

/// The standard methods by name and everything else as one, because a client can invent methods.
pub(crate) fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}
