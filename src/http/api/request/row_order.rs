//! In which order rows come.

use utoipa::IntoParams;

use super::query_string::QueryString;
use crate::http::problem::Problem;
use crate::read_store::Order;

/// In which order rows come.
#[derive(Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RowOrder {
    /// `newest` (the default) or `oldest` first.
    #[param(value_type = Option<String>)]
    pub order: Order,
}

impl RowOrder {
    pub fn read(query: &mut QueryString) -> Result<Self, Problem> {
        let name_of = |order| match order {
            Order::NewestFirst => "newest",
            Order::OldestFirst => "oldest",
        };
        let order = query.one_of("order", &[Order::NewestFirst, Order::OldestFirst], name_of)?;
        Ok(Self { order: order.unwrap_or_default() })
    }
}
