//! Orders on PostgreSQL.

use sqlx::{QueryBuilder, Row as _};

use super::Postgres;
use crate::checkout::{CheckoutId, Moment};
use crate::store::orders::{OrderCursor, OrderFilter, OrderPage, Row, page, prefix_end};
use crate::store::{Error, Shared};

impl Postgres {
    pub(in crate::store) async fn orders(&self, filter: &OrderFilter, most: u32) -> Result<OrderPage, Error> {
        let mut query = QueryBuilder::new(
            "SELECT id, created_at, state::text AS state, customer_id, customer_at, customer_index FROM checkouts \
             WHERE idle_until IS NULL",
        );
        if !filter.states.is_empty() {
            let mut states = query.push(" AND phase IN (").separated(", ");
            for state in &filter.states {
                states.push_bind(state.as_str());
            }
            states.push_unseparated(")");
        }
        if let Some(unit) = &filter.sales_unit {
            query.push(" AND sales_unit = ").push_bind(unit);
        }
        if let Some(since) = filter.since {
            query.push(" AND created_at >= ").push_bind(since.0);
        }
        if let Some(until) = filter.until {
            query.push(" AND created_at < ").push_bind(until.0);
        }
        if let Some(some) = filter.to_capture {
            query.push(if some { " AND uncaptured > 0" } else { " AND uncaptured = 0" });
        }
        if let Some(beginning) = &filter.reference {
            query.push(" AND id IN (SELECT checkout_id FROM attempts WHERE reference ~>=~ ").push_bind(beginning);
            query.push(" AND reference ~<~ ").push_bind(prefix_end(beginning)).push(")");
        }
        if let Some(after) = filter.after {
            query.push(" AND (created_at, id) < (").push_bind(after.created_at.0);
            query.push(", ").push_bind(after.id.0).push(")");
        }
        query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from(most) + 1);
        let rows = query.build().fetch_all(&mut *self.connections.get().await?).await?;
        let rows = rows.into_iter().map(|row| {
            let created_at = Moment(row.try_get("created_at")?);
            let shared = Shared {
                customer_id: row.try_get("customer_id")?,
                received: row.try_get::<Option<i64>, _>("customer_at")?.is_some(),
                number: row.try_get::<Option<&str>, _>("customer_index")?.is_some(),
            };
            let id = CheckoutId(row.try_get("id")?);
            Ok(Row { cursor: OrderCursor { created_at, id }, document: row.try_get("state")?, shared })
        });
        Ok(page(rows.collect::<Result<_, Error>>()?, most))
    }
}
