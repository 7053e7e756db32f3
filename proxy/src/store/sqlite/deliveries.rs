//! Deliveries on SQLite.

use sqlx::{Row, SqliteConnection};

use super::writer::Work;
use super::{Sqlite, audit, events};
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

impl Sqlite {
    pub(in crate::store) async fn enqueue_deliveries(
        &self,
        event: &NewEvent,
        only: Option<&str>,
        now: Moment,
    ) -> Result<u64, Error> {
        let (event, only) = (event.clone(), only.map(str::to_owned));
        self.batcher
            .write(move |connection| {
                Box::pin(async move { Ok(Work::Commit(insert(connection, &[event], only.as_deref(), now).await?)) })
            })
            .await
    }

    pub(in crate::store) async fn enqueue_test(
        &self,
        event: &NewEvent,
        endpoint: &str,
        audit: &Entry,
    ) -> Result<(), Error> {
        let (event, endpoint, row, now) = (event.clone(), endpoint.to_owned(), AuditRow::of(audit)?, audit.at);
        self.batcher
            .write(move |connection| {
                Box::pin(async move {
                    insert(&mut *connection, &[event], Some(&endpoint), now).await?;
                    audit::insert(connection, &[row]).await?;
                    Ok(Work::Commit(()))
                })
            })
            .await
    }

    pub(in crate::store) async fn claim_deliveries(
        &self,
        most: u32,
        lease_ms: i64,
        now: Moment,
    ) -> Result<Vec<Delivery>, Error> {
        let claim = sqlx::query(
            "UPDATE deliveries SET due_at = $1 + $2, tries = tries + 1 WHERE (id, endpoint) IN ( \
                 SELECT d.id, d.endpoint FROM deliveries AS d LEFT JOIN endpoints AS e ON e.id = d.endpoint \
                 WHERE d.due_at <= $1 AND d.delivered_at IS NULL AND d.given_up_at IS NULL \
                 ORDER BY e.failing_since IS NOT NULL, d.due_at LIMIT $3) \
             RETURNING id, endpoint, kind, payload, tries, tries - tries_before AS fresh_tries",
        );
        let rows = self.batcher.fetch_all(claim.bind(now.0).bind(lease_ms).bind(most)).await?;
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
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (id, secret) = (endpoint.to_owned(), row.try_get("secret")?);
        Ok(Some((row.try_get("url")?, Sealed { id, secret, previous: row.try_get("previous")? })))
    }

    async fn give_up(&self, claim: &DeliveryClaim, now: Moment) -> Result<(), Error> {
        let give_up = sqlx::query(
            "UPDATE deliveries SET given_up_at = $4, last_error = $5 WHERE id = $1 AND endpoint = $2 AND tries = $3",
        );
        let give_up = give_up.bind(claim.id.clone()).bind(claim.endpoint.clone()).bind(claim.tries);
        self.batcher.execute(give_up.bind(now.0).bind(NO_ENDPOINT)).await
    }

    pub(in crate::store) async fn next_delivery(&self) -> Result<Option<Moment>, Error> {
        let row =
            sqlx::query("SELECT min(due_at) AS due FROM deliveries WHERE delivered_at IS NULL AND given_up_at IS NULL")
                .fetch_one(&self.readers)
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
        let (claim, tried) = (claim.clone(), tried.clone());
        self.batcher
            .write(move |connection| {
                Box::pin(
                    async move { Ok(Work::Commit(settle(connection, &claim, &tried, failing_before, now).await?)) },
                )
            })
            .await
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
        .fetch_all(&self.readers)
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
             WHERE endpoint = $1 AND ($2 IS NULL OR id = $2) AND created_at >= $3",
        )
        .bind(endpoint.to_owned())
        .bind(id.map(str::to_owned))
        .bind(since)
        .bind(now.0);
        if id.is_some() {
            return self.audited([again], audit).await;
        }
        // Events that were logged and not enqueued for this endpoint.
        let missed = sqlx::query(
            "INSERT INTO deliveries (id, endpoint, kind, payload, created_at, due_at) \
                 SELECT v.id, e.id, v.kind, v.payload, v.at, $3 FROM events AS v, endpoints AS e \
                 WHERE e.id = $1 AND v.at >= $2 AND (e.events IS NULL OR v.kind IN (SELECT wanted.value FROM json_each(e.events) AS wanted)) \
                 ON CONFLICT (id, endpoint) DO NOTHING",
        )
        .bind(endpoint.to_owned())
        .bind(since)
        .bind(now.0);
        self.audited([missed, again], audit).await
    }

    pub(in crate::store) async fn prune_deliveries(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let some = "DELETE FROM deliveries WHERE rowid IN (SELECT rowid FROM deliveries \
                        WHERE (delivered_at IS NOT NULL OR given_up_at IS NOT NULL) AND created_at < $1 LIMIT $2)";
        Ok(sqlx::query(some).bind(before.0).bind(most).execute(&self.writer).await?.rows_affected())
    }

    pub(in crate::store) async fn relay_depths(&self, now: Moment) -> Result<RelayDepths, Error> {
        let row = sqlx::query(
            "SELECT count(*) AS waiting, coalesce(max($1 - created_at), 0) AS oldest_ms, \
                    (SELECT count(*) FROM endpoints WHERE disabled_at IS NOT NULL) AS disabled \
             FROM deliveries WHERE delivered_at IS NULL AND given_up_at IS NULL",
        )
        .bind(now.0)
        .fetch_one(&self.readers)
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
    connection: &mut SqliteConnection,
    events: &[NewEvent],
    only: Option<&str>,
    now: Moment,
) -> Result<u64, Error> {
    if only.is_none() {
        events::insert(connection, events).await?;
    }
    let inserted = sqlx::query(
        "INSERT INTO deliveries (id, endpoint, kind, payload, created_at, due_at) \
         SELECT value ->> 'id', e.id, value ->> 'kind', value ->> 'payload', $3, $3 FROM json_each($1), endpoints AS e \
         WHERE e.id = $2 OR ($2 IS NULL AND e.disabled_at IS NULL AND (e.events IS NULL \
             OR value ->> 'kind' IN (SELECT wanted.value FROM json_each(e.events) AS wanted))) \
         ON CONFLICT (id, endpoint) DO NOTHING",
    )
    .bind(serde_json::to_string(events)?)
    .bind(only)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected())
}

async fn settle(
    connection: &mut SqliteConnection,
    claim: &DeliveryClaim,
    tried: &DeliveryTry,
    failing_before: Moment,
    now: Moment,
) -> Result<SettleOutcome, Error> {
    let at = |settled: bool| settled.then_some(now.0);
    let retry_at = if let DeliveryOutcome::Retry(due_at) = tried.outcome { Some(due_at.0) } else { None };
    let written = sqlx::query(
        "UPDATE deliveries SET tried_at = $4, latency_ms = $5, last_status = $6, last_error = $7, delivered_at = $8, \
                given_up_at = $9, due_at = coalesce($10, due_at) \
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
