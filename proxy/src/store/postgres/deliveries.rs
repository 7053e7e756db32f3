//! Deliveries on PostgreSQL.

use sqlx::{Connection, PgConnection, Row};

use super::{Postgres, audit, events};
use crate::checkout::Moment;
use crate::checkout::audit::Entry;
use crate::store::Error;
use crate::store::audit::Row as AuditRow;
use crate::store::cursor::Cursor;
use crate::store::deliveries::{
    Delivery, DeliveryClaim, DeliveryOutcome, DeliveryTry, ListedDelivery, NO_ENDPOINT, NewEvent, RelayDepths, Replay,
    SettleOutcome, reason,
};
use crate::store::endpoints::Sealed;

impl Postgres {
    pub(in crate::store) async fn enqueue_deliveries(
        &self,
        event: &NewEvent,
        only: Option<&str>,
        now: Moment,
    ) -> Result<u64, Error> {
        let mut connection = self.connections.get().await?;
        let mut tx = connection.begin().await?;
        let written = insert(&mut tx, std::slice::from_ref(event), only, now).await?;
        tx.commit().await?;
        Ok(written)
    }

    pub(in crate::store) async fn enqueue_test(
        &self,
        event: &NewEvent,
        endpoint: &str,
        audit: &Entry,
    ) -> Result<(), Error> {
        let mut connection = self.connections.get().await?;
        let mut tx = connection.begin().await?;
        insert(&mut tx, std::slice::from_ref(event), Some(endpoint), audit.at).await?;
        audit::insert(&mut tx, &[AuditRow::of(audit)?]).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(in crate::store) async fn claim_deliveries(
        &self,
        most: u32,
        lease_ms: i64,
        now: Moment,
    ) -> Result<Vec<Delivery>, Error> {
        let rows = sqlx::query(
            "WITH due AS MATERIALIZED ( \
                 SELECT d.id, d.endpoint FROM deliveries AS d LEFT JOIN endpoints AS e ON e.id = d.endpoint \
                 WHERE d.due_at <= $1 AND d.delivered_at IS NULL AND d.given_up_at IS NULL \
                 ORDER BY e.failing_since IS NOT NULL, d.due_at LIMIT $3 FOR UPDATE OF d SKIP LOCKED) \
             UPDATE deliveries AS d SET due_at = $1 + $2, tries = d.tries + 1 FROM due \
             WHERE d.id = due.id AND d.endpoint = due.endpoint \
             RETURNING d.id, d.endpoint, d.kind, d.payload, d.tries, d.tries - d.tries_before AS fresh_tries",
        )
        .bind(now.0)
        .bind(lease_ms)
        .bind(i64::from(most))
        .fetch_all(&mut *self.connections.get().await?)
        .await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            let (id, endpoint, tries) = (row.try_get("id")?, row.try_get("endpoint")?, row.try_get("tries")?);
            let claim = DeliveryClaim { id, endpoint, tries };
            let Some((url, sealed)) = self.receiver(&claim.endpoint, now).await? else {
                self.give_up(&claim, now).await?;
                continue;
            };
            claimed.push(Delivery {
                claim,
                kind: row.try_get("kind")?,
                url,
                payload: row.try_get("payload")?,
                secrets: sealed.open(&self.vault),
                tries: row.try_get("fresh_tries")?,
            });
        }
        Ok(claimed)
    }

    /// The address of an enabled endpoint, and the secrets that sign for it now.
    async fn receiver(&self, endpoint: &str, now: Moment) -> Result<Option<(String, Sealed)>, Error> {
        let row = sqlx::query(
            "SELECT url, secret, CASE WHEN previous_until > $2 THEN previous_secret END AS previous FROM endpoints \
             WHERE id = $1 AND disabled_at IS NULL",
        )
        .bind(endpoint)
        .bind(now.0)
        .fetch_optional(&mut *self.connections.get().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (id, secret) = (endpoint.to_owned(), row.try_get("secret")?);
        Ok(Some((row.try_get("url")?, Sealed { id, secret, previous: row.try_get("previous")? })))
    }

    async fn give_up(&self, claim: &DeliveryClaim, now: Moment) -> Result<(), Error> {
        sqlx::query(
            "UPDATE deliveries SET given_up_at = $4, last_error = $5 WHERE id = $1 AND endpoint = $2 AND tries = $3",
        )
        .bind(&claim.id)
        .bind(&claim.endpoint)
        .bind(claim.tries)
        .bind(now.0)
        .bind(NO_ENDPOINT)
        .execute(&mut *self.connections.get().await?)
        .await?;
        Ok(())
    }

    pub(in crate::store) async fn next_delivery(&self) -> Result<Option<Moment>, Error> {
        let row =
            sqlx::query("SELECT min(due_at) AS due FROM deliveries WHERE delivered_at IS NULL AND given_up_at IS NULL")
                .fetch_one(&mut *self.connections.get().await?)
                .await?;
        Ok(row.try_get::<Option<i64>, _>("due")?.map(Moment))
    }

    pub(in crate::store) async fn settle_delivery(
        &self,
        claim: &DeliveryClaim,
        tried: &DeliveryTry,
        failing_before: Moment,
        now: Moment,
    ) -> Result<SettleOutcome, Error> {
        let mut connection = self.connections.get().await?;
        let mut tx = connection.begin().await?;
        let settled = settle(&mut tx, claim, tried, failing_before, now).await?;
        tx.commit().await?;
        Ok(settled)
    }

    pub(in crate::store) async fn deliveries(
        &self,
        endpoint: &str,
        failed: bool,
        after: Option<&Cursor>,
        most: u32,
    ) -> Result<Vec<ListedDelivery>, Error> {
        let rows = sqlx::query(
            "SELECT id, kind, tries - tries_before AS tries, created_at, due_at, tried_at, latency_ms, last_status, \
                    last_error, delivered_at, given_up_at FROM deliveries \
             WHERE endpoint = $1 AND ($2 = FALSE OR (delivered_at IS NULL AND last_error IS NOT NULL)) \
                 AND (created_at, id) < ($4, $5) ORDER BY created_at DESC, id DESC LIMIT $3",
        )
        .bind(endpoint)
        .bind(failed)
        .bind(i64::from(most))
        .bind(after.map_or(i64::MAX, |after| after.at.0))
        .bind(after.map_or("", |after| &after.id))
        .fetch_all(&mut *self.connections.get().await?)
        .await?;
        let listed = rows.into_iter().map(|row| {
            let moment = |name| row.try_get::<Option<i64>, _>(name).map(|moment| moment.map(Moment));
            Ok(ListedDelivery {
                id: row.try_get("id")?,
                kind: row.try_get("kind")?,
                tries: row.try_get("tries")?,
                created_at: Moment(row.try_get("created_at")?),
                due_at: Moment(row.try_get("due_at")?),
                tried_at: moment("tried_at")?,
                latency_ms: row.try_get("latency_ms")?,
                last_status: row.try_get("last_status")?,
                last_error: row.try_get("last_error")?,
                delivered_at: moment("delivered_at")?,
                given_up_at: moment("given_up_at")?,
            })
        });
        listed.collect()
    }

    pub(in crate::store) async fn replay(
        &self,
        endpoint: &str,
        which: Replay<'_>,
        audit: &Entry,
    ) -> Result<u64, Error> {
        let ((id, since), now) = (which.bounds(), audit.at);
        // A try in progress loses its claim.
        let again = sqlx::query(
            "UPDATE deliveries SET due_at = $4, tries = tries + 1, tries_before = tries + 1, delivered_at = NULL, \
             given_up_at = NULL \
             WHERE endpoint = $1 AND ($2::text IS NULL OR id = $2) AND created_at >= $3",
        )
        .bind(endpoint)
        .bind(id)
        .bind(since)
        .bind(now.0);
        if id.is_some() {
            return self.audited([again], audit).await;
        }
        // Events that were logged and not enqueued for this endpoint.
        let missed = sqlx::query(
            "INSERT INTO deliveries (id, endpoint, kind, payload, created_at, due_at) \
                 SELECT v.id, e.id, v.kind, v.payload, v.at, $3 FROM events AS v, endpoints AS e \
                 WHERE e.id = $1 AND v.at >= $2 AND (e.events IS NULL OR v.kind IN (SELECT json_array_elements_text(e.events))) \
                 ON CONFLICT (id, endpoint) DO NOTHING",
        )
        .bind(endpoint)
        .bind(since)
        .bind(now.0);
        self.audited([missed, again], audit).await
    }

    pub(in crate::store) async fn prune_deliveries(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let some = "DELETE FROM deliveries WHERE ctid = ANY (ARRAY(SELECT ctid FROM deliveries \
                        WHERE (delivered_at IS NOT NULL OR given_up_at IS NOT NULL) AND created_at < $1 LIMIT $2))";
        let some = sqlx::query(some).bind(before.0).bind(i64::from(most));
        Ok(some.execute(&mut *self.connections.get().await?).await?.rows_affected())
    }

    pub(in crate::store) async fn relay_depths(&self, now: Moment) -> Result<RelayDepths, Error> {
        let row = sqlx::query(
            "SELECT count(*) AS waiting, coalesce(max($1::bigint - created_at), 0) AS oldest_ms, \
                    (SELECT count(*) FROM endpoints WHERE disabled_at IS NOT NULL) AS disabled \
             FROM deliveries WHERE delivered_at IS NULL AND given_up_at IS NULL",
        )
        .bind(now.0)
        .fetch_one(&mut *self.connections.get().await?)
        .await?;
        Ok(RelayDepths {
            waiting: row.try_get("waiting")?,
            oldest_ms: row.try_get::<i64, _>("oldest_ms")?.max(0),
            disabled: row.try_get("disabled")?,
        })
    }
}

/// Logs events and enqueues deliveries for the endpoints that subscribe to them; with `only`, enqueues them for that endpoint and logs
/// nothing.
pub(super) async fn insert(
    connection: &mut PgConnection,
    events: &[NewEvent],
    only: Option<&str>,
    now: Moment,
) -> Result<u64, Error> {
    if only.is_none() {
        events::insert(connection, events).await?;
    }
    let inserted = sqlx::query(
        "INSERT INTO deliveries (id, endpoint, kind, payload, created_at, due_at) \
         SELECT fresh.id, e.id, fresh.kind, fresh.payload, $5, $5 \
         FROM unnest($1, $2, $3) AS fresh (id, kind, payload), endpoints AS e \
         WHERE e.id = $4 OR ($4::text IS NULL AND e.disabled_at IS NULL AND (e.events IS NULL \
             OR fresh.kind IN (SELECT json_array_elements_text(e.events)))) \
         ON CONFLICT (id, endpoint) DO NOTHING",
    )
    .bind(events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.payload.as_str()).collect::<Vec<_>>())
    .bind(only)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected())
}

/// Settles a delivery. A settlement that may change the endpoint locks it before the delivery: of two that disable it at once, each would
/// otherwise hold a delivery that the other needs (a deadlock). A successful delivery to an endpoint that is not failing does not change it
/// and takes no such lock.
async fn settle(
    connection: &mut PgConnection,
    claim: &DeliveryClaim,
    tried: &DeliveryTry,
    failing_before: Moment,
    now: Moment,
) -> Result<SettleOutcome, Error> {
    let at = |settled: bool| settled.then_some(now.0);
    let retry_at = if let DeliveryOutcome::Retry(due_at) = tried.outcome { Some(due_at.0) } else { None };
    let endpoint =
        sqlx::query("SELECT 1 FROM endpoints WHERE id = $1 AND ($2 OR failing_since IS NOT NULL) FOR NO KEY UPDATE")
            .bind(&claim.endpoint)
            .bind(tried.outcome != DeliveryOutcome::Delivered)
            .fetch_optional(&mut *connection)
            .await?;
    let written = sqlx::query(
        "UPDATE deliveries SET tried_at = $4, latency_ms = $5, last_status = $6, last_error = $7, delivered_at = $8, \
                given_up_at = $9, due_at = coalesce($10::bigint, due_at) \
         WHERE id = $1 AND endpoint = $2 AND tries = $3",
    )
    .bind(&claim.id)
    .bind(&claim.endpoint)
    .bind(claim.tries)
    .bind(now.0)
    .bind(tried.latency_ms)
    .bind(tried.status.map(i64::from))
    .bind(&tried.error)
    .bind(at(tried.outcome == DeliveryOutcome::Delivered))
    .bind(at(matches!(tried.outcome, DeliveryOutcome::GivenUp | DeliveryOutcome::Gone)))
    .bind(retry_at)
    .execute(&mut *connection)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(SettleOutcome::Lost);
    }
    if endpoint.is_none() {
        return Ok(SettleOutcome::Written);
    }
    let since = if tried.outcome == DeliveryOutcome::Delivered {
        "UPDATE endpoints SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL"
    } else {
        "UPDATE endpoints SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL"
    };
    sqlx::query(since).bind(&claim.endpoint).bind(now.0).execute(&mut *connection).await?;
    let why = reason(tried.outcome);
    let disabled = sqlx::query(
        "UPDATE endpoints SET disabled_at = $2, disabled_reason = $3 \
         WHERE id = $1 AND disabled_at IS NULL AND ($4 OR failing_since <= $5)",
    )
    .bind(&claim.endpoint)
    .bind(now.0)
    .bind(why)
    .bind(tried.outcome == DeliveryOutcome::Gone)
    .bind(failing_before.0)
    .execute(&mut *connection)
    .await?;
    if disabled.rows_affected() == 0 {
        return Ok(SettleOutcome::Written);
    }
    sqlx::query(
        "UPDATE deliveries SET given_up_at = $2, last_error = coalesce(last_error, $3) \
         WHERE endpoint = $1 AND delivered_at IS NULL AND given_up_at IS NULL",
    )
    .bind(&claim.endpoint)
    .bind(now.0)
    .bind(NO_ENDPOINT)
    .execute(&mut *connection)
    .await?;
    insert(connection, &[NewEvent::disabled(&claim.endpoint, why, now)?], None, now).await?;
    Ok(SettleOutcome::EndpointDisabled(why))
}
