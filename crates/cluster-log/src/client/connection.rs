//! A client of the cluster, once its certificates are known to be usable.

use super::certificates;
use super::driver::{Client, ClientSettings};

/// A client whose tasks live in the current runtime. It connects on first use.
pub(crate) fn connect(settings: ClientSettings) -> Result<Client, String> {
    certificates::check(&settings)?;
    Client::new(settings).map_err(|error| error.to_string())
}
