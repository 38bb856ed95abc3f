//! ServerFeatures.GetSupportedMethods: what clients may call, in lower case as the official server writes it.

use crate::wire::server_features::{SupportedMethod, SupportedMethods};

const STREAMS: &str = "event_store.client.streams.streams";

/// The methods of the double and their features. Clients ask before they use a feature.
pub(crate) fn supported_methods(version: &str) -> SupportedMethods {
    let all: [(&str, &str, &[&str]); 7] = [
        (STREAMS, "read", &["position", "events"]),
        (STREAMS, "append", &[]),
        (STREAMS, "batchappend", &["deadline_duration"]),
        (STREAMS, "delete", &[]),
        (STREAMS, "tombstone", &[]),
        ("event_store.client.gossip.gossip", "read", &[]),
        ("event_store.client.server_features.serverfeatures", "getsupportedmethods", &[]),
    ];
    let methods = all.map(|(service, method, features)| SupportedMethod {
        method_name: method.to_owned(),
        service_name: service.to_owned(),
        features: features.iter().map(|feature| (*feature).to_owned()).collect(),
    });
    SupportedMethods { methods: methods.into(), event_store_server_version: version.to_owned() }
}
