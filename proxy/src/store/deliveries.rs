//! Deliveries of events to the shop's endpoints: one row for each event and endpoint, written in the transaction of the change, beside the
//! [log](super::events) of all events.
//!
//! The rows are the queue of the [relay](crate::shop::relay) until they are delivered or given up, and its history for a while after. The
//! payload follows [Standard Webhooks](https://www.standardwebhooks.com/) and must stay byte for byte the same in every try.

use secrecy::SecretString;
use serde::Serialize;

use super::audit::insertion;
use super::cursor::Cursor;
use super::db::{Row, Statement, Tx, Work};
use super::endpoints::Sealed;
use super::events::{self, NewEvent};
use super::queues::MOST_COUNTED;
use super::{Error, Store};
use crate::base::vault::OpenError;
use crate::checkout::Moment;
use crate::checkout::audit::Entry;

/// The error of deliveries that are given up because their endpoint is disabled or removed.
pub(super) const NO_ENDPOINT: &str = "the endpoint is disabled or removed";

impl Store {
    /// Logs an event and enqueues a delivery for every enabled endpoint that subscribes to it. With `only`, enqueues it for that endpoint
    /// whatever it subscribes to, and does not log it. A delivery that exists already is left alone. How many were enqueued.
    ///
    /// # Errors
    /// On a database error.
    pub async fn enqueue_deliveries(&self, event: &NewEvent, only: Option<&str>, now: Moment) -> Result<u64, Error> {
        let (event, only) = (event.clone(), only.map(str::to_owned));
        self.db
            .write(move |tx| {
                Box::pin(async move { Ok(Work::Commit(insert(tx, &[event], only.as_deref(), now).await?)) })
            })
            .await
    }

    /// Claims deliveries that are due, for `lease_ms` milliseconds. Those to endpoints that are not failing come first. One whose endpoint
    /// is disabled or removed is given up.
    ///
    /// # Errors
    /// On a database error.
    pub async fn claim_deliveries(&self, most: u32, lease_ms: i64, now: Moment) -> Result<Vec<Delivery>, Error> {
        let claim = Statement::each(
            "UPDATE deliveries SET due_at = $1 + $2, tries = tries + 1 WHERE (id, endpoint) IN ( \
                 SELECT d.id, d.endpoint FROM deliveries AS d LEFT JOIN endpoints AS e ON e.id = d.endpoint \
                 WHERE d.due_at <= $1 AND d.delivered_at IS NULL AND d.given_up_at IS NULL \
                 ORDER BY e.failing_since IS NOT NULL, d.due_at LIMIT $3) \
             RETURNING id, endpoint, kind, payload, tries, tries - tries_before AS fresh_tries",
            "WITH due AS MATERIALIZED ( \
                 SELECT d.id, d.endpoint FROM deliveries AS d LEFT JOIN endpoints AS e ON e.id = d.endpoint \
                 WHERE d.due_at <= $1 AND d.delivered_at IS NULL AND d.given_up_at IS NULL \
                 ORDER BY e.failing_since IS NOT NULL, d.due_at LIMIT $3 FOR UPDATE OF d SKIP LOCKED) \
             UPDATE deliveries AS d SET due_at = $1 + $2, tries = d.tries + 1 FROM due \
             WHERE d.id = due.id AND d.endpoint = due.endpoint \
             RETURNING d.id, d.endpoint, d.kind, d.payload, d.tries, d.tries - d.tries_before AS fresh_tries",
        );
        let rows = self.db.returning(claim.bind(now).bind(lease_ms).bind(most), |row| {
            let claim = DeliveryClaim { id: row.get("id")?, endpoint: row.get("endpoint")?, tries: row.get("tries")? };
            Ok((claim, row.get("kind")?, row.get("payload")?, row.get("fresh_tries")?))
        });
        let mut claimed = Vec::new();
        for (claim, kind, payload, tries) in rows.await? {
            let Some((url, sealed)) = self.receiver(&claim.endpoint, now).await? else {
                self.give_up(&claim, now).await?;
                continue;
            };
            claimed.push(Delivery { claim, kind, url, payload, secrets: sealed.open(&self.vault), tries });
        }
        Ok(claimed)
    }

    /// The address of an enabled endpoint, and the secrets that sign for it now.
    async fn receiver(&self, endpoint: &str, now: Moment) -> Result<Option<(String, Sealed)>, Error> {
        let query = Statement::new(
            "SELECT id, url, secret, CASE WHEN previous_until > $2 THEN previous_secret END AS previous FROM endpoints \
             WHERE id = $1 AND disabled_at IS NULL",
        );
        let read = |row: &Row<'_>| {
            let sealed = Sealed { id: row.get("id")?, secret: row.get("secret")?, previous: row.get("previous")? };
            Ok((row.get("url")?, sealed))
        };
        self.db.one(query.bind(endpoint).bind(now), read).await
    }

    async fn give_up(&self, claim: &DeliveryClaim, now: Moment) -> Result<(), Error> {
        let give_up = Statement::new(
            "UPDATE deliveries SET given_up_at = $4, last_error = $5 WHERE id = $1 AND endpoint = $2 AND tries = $3",
        );
        let give_up = give_up.bind(&claim.id).bind(&claim.endpoint).bind(claim.tries).bind(now).bind(NO_ENDPOINT);
        self.db.execute(give_up).await.map(drop)
    }

    /// When the next delivery is due, or its lease expires.
    ///
    /// # Errors
    /// On a database error.
    pub async fn next_delivery(&self) -> Result<Option<Moment>, Error> {
        let query = Statement::new(
            "SELECT min(due_at) AS due FROM deliveries WHERE delivered_at IS NULL AND given_up_at IS NULL",
        );
        Ok(self.db.one(query, |row| row.get("due")).await?.flatten())
    }

    /// Records the result of a try. Disables the endpoint when it is gone, or has only failed since `failing_before`; then the other
    /// endpoints are notified in the same transaction, and the pending deliveries to this one are given up.
    ///
    /// # Errors
    /// On a database error; the claim expires by itself then.
    pub async fn settle_delivery(
        &self,
        claim: &DeliveryClaim,
        tried: &DeliveryTry,
        failing_before: Moment,
        now: Moment,
    ) -> Result<SettleOutcome, Error> {
        let (claim, tried) = (claim.clone(), tried.clone());
        self.db
            .write(move |tx| {
                Box::pin(async move { Ok(Work::Commit(settle(tx, &claim, &tried, failing_before, now).await?)) })
            })
            .await
    }

    /// The deliveries to an endpoint, the newest first; with `failed`, only those that were tried and are not delivered.
    ///
    /// # Errors
    /// On a database error.
    pub async fn deliveries(
        &self,
        endpoint: &str,
        failed: bool,
        after: Option<&Cursor>,
        most: u32,
    ) -> Result<Vec<ListedDelivery>, Error> {
        let mut query = Statement::new(
            "SELECT id, kind, tries - tries_before AS tries, created_at, due_at, tried_at, latency_ms, last_status, \
                    last_error, delivered_at, given_up_at FROM deliveries WHERE endpoint = $1 AND (created_at, id) < ($2, $3)",
        )
        .bind(endpoint)
        .bind(after.map_or(Moment(i64::MAX), |after| after.at))
        .bind(after.map_or("", |after| &after.id));
        if failed {
            query.push(" AND delivered_at IS NULL AND last_error IS NOT NULL");
        }
        query.push(" ORDER BY created_at DESC, id DESC LIMIT ");
        query.push_value(most);
        self.db
            .all(query, |row| {
                Ok(ListedDelivery {
                    id: row.get("id")?,
                    kind: row.get("kind")?,
                    tries: row.get("tries")?,
                    created_at: row.get("created_at")?,
                    due_at: row.get("due_at")?,
                    tried_at: row.get("tried_at")?,
                    latency_ms: row.get("latency_ms")?,
                    last_status: row.get("last_status")?,
                    last_error: row.get("last_error")?,
                    delivered_at: row.get("delivered_at")?,
                    given_up_at: row.get("given_up_at")?,
                })
            })
            .await
    }

    /// Enqueues a test event for one endpoint, whatever it subscribes to, and does not log it.
    ///
    /// # Errors
    /// On a database error.
    pub async fn enqueue_test(&self, event: &NewEvent, endpoint: &str, audit: &Entry) -> Result<(), Error> {
        let (event, endpoint, now) = (event.clone(), endpoint.to_owned(), audit.at);
        let audit = insertion(std::slice::from_ref(audit))?;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    insert(tx, &[event], Some(&endpoint), now).await?;
                    tx.execute(audit).await?;
                    Ok(Work::Commit(()))
                })
            })
            .await
    }

    /// Makes deliveries due again, with the same event ids. How many.
    ///
    /// # Errors
    /// On a database error.
    pub async fn replay(&self, endpoint: &str, which: Replay<'_>, audit: &Entry) -> Result<u64, Error> {
        let ((id, since), now) = (which.bounds(), audit.at);
        // A try in progress loses its claim.
        let again = Statement::new(
            "UPDATE deliveries SET due_at = $4, tries = tries + 1, tries_before = tries + 1, delivered_at = NULL, \
             given_up_at = NULL \
             WHERE endpoint = $1 AND ($2 IS NULL OR id = $2) AND created_at >= $3",
        );
        let again = again.bind(endpoint).bind(id).bind(since).bind(now);
        if id.is_some() {
            return self.audited([again], audit).await;
        }
        // Events that were logged and not enqueued for this endpoint.
        let missed = Statement::each(
            "INSERT INTO deliveries (id, endpoint, kind, payload, created_at, due_at) \
                 SELECT v.id, e.id, v.kind, v.payload, v.at, $3 FROM events AS v, endpoints AS e \
                 WHERE e.id = $1 AND v.at >= $2 AND (e.events IS NULL OR v.kind IN (SELECT wanted.value FROM json_each(e.events) AS wanted)) \
                 ON CONFLICT (id, endpoint) DO NOTHING",
            "INSERT INTO deliveries (id, endpoint, kind, payload, created_at, due_at) \
                 SELECT v.id, e.id, v.kind, v.payload, v.at, $3 FROM events AS v, endpoints AS e \
                 WHERE e.id = $1 AND v.at >= $2 AND (e.events IS NULL OR v.kind IN (SELECT json_array_elements_text(e.events))) \
                 ON CONFLICT (id, endpoint) DO NOTHING",
        );
        self.audited([missed.bind(endpoint).bind(since).bind(now), again], audit).await
    }

    /// Deletes deliveries created before that time that were delivered or given up, `most` at once. How many.
    ///
    /// # Errors
    /// On a database error.
    pub async fn prune_deliveries(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let prune = Statement::each(
            "DELETE FROM deliveries WHERE rowid IN (SELECT rowid FROM deliveries \
                 WHERE (delivered_at IS NOT NULL OR given_up_at IS NOT NULL) AND created_at < $1 LIMIT $2)",
            "DELETE FROM deliveries WHERE ctid = ANY (ARRAY(SELECT ctid FROM deliveries \
                 WHERE (delivered_at IS NOT NULL OR given_up_at IS NOT NULL) AND created_at < $1 LIMIT $2))",
        );
        self.db.execute(prune.bind(before).bind(most)).await
    }

    /// The size of the queue, counted up to [`MOST_COUNTED`].
    ///
    /// # Errors
    /// On a database error.
    pub async fn relay_depths(&self, now: Moment) -> Result<RelayDepths, Error> {
        let query = Statement::new(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries \
                        WHERE delivered_at IS NULL AND given_up_at IS NULL LIMIT $2) AS few) AS waiting, \
                    $1 - (SELECT min(created_at) FROM deliveries \
                        WHERE delivered_at IS NULL AND given_up_at IS NULL) AS oldest_ms, \
                    (SELECT count(*) FROM endpoints WHERE disabled_at IS NOT NULL) AS disabled",
        );
        let read = |row: &Row<'_>| {
            Ok(RelayDepths {
                waiting: row.get("waiting")?,
                oldest_ms: row.get::<Option<i64>>("oldest_ms")?.unwrap_or_default().max(0),
                disabled: row.get("disabled")?,
            })
        };
        Ok(self.db.one(query.bind(now).bind(MOST_COUNTED), read).await?.unwrap_or_default())
    }
}

/// Logs events and enqueues deliveries for the endpoints that subscribe to them; with `only`, enqueues them for that endpoint and logs
/// nothing. How many were enqueued.
pub(super) async fn insert(
    tx: &mut Tx<'_>,
    events: &[NewEvent],
    only: Option<&str>,
    now: Moment,
) -> Result<u64, Error> {
    if only.is_none() && !events.is_empty() {
        tx.execute(events::insertion(events)).await?;
    }
    let mut enqueued = 0;
    for event in events {
        let enqueue = Statement::each(
            "INSERT INTO deliveries (id, endpoint, kind, payload, created_at, due_at) \
             SELECT $1, e.id, $2, $3, $5, $5 FROM endpoints AS e \
             WHERE e.id = $4 OR ($4 IS NULL AND e.disabled_at IS NULL AND (e.events IS NULL \
                 OR $2 IN (SELECT wanted.value FROM json_each(e.events) AS wanted))) \
             ON CONFLICT (id, endpoint) DO NOTHING",
            "INSERT INTO deliveries (id, endpoint, kind, payload, created_at, due_at) \
             SELECT $1, e.id, $2, $3, $5, $5 FROM endpoints AS e \
             WHERE e.id = $4 OR ($4 IS NULL AND e.disabled_at IS NULL AND (e.events IS NULL \
                 OR $2 IN (SELECT json_array_elements_text(e.events)))) \
             ON CONFLICT (id, endpoint) DO NOTHING",
        );
        let enqueue = enqueue.bind(&event.id).bind(&event.kind).bind(&event.payload).bind(only).bind(now);
        enqueued += tx.execute(enqueue).await?;
    }
    Ok(enqueued)
}

/// Settles a delivery. A settlement that may change the endpoint locks it before the delivery, where there are several writers: of two that
/// disable it at once, each would otherwise hold a delivery that the other needs (a deadlock). A successful delivery to an endpoint that is
/// not failing does not change it and takes no such lock.
async fn settle(
    tx: &mut Tx<'_>,
    claim: &DeliveryClaim,
    tried: &DeliveryTry,
    failing_before: Moment,
    now: Moment,
) -> Result<SettleOutcome, Error> {
    let at = |settled: bool| settled.then_some(now);
    let retry_at = if let DeliveryOutcome::Retry(due_at) = tried.outcome { Some(due_at) } else { None };
    let endpoint = Statement::each(
        "SELECT 1 FROM endpoints WHERE id = $1 AND ($2 OR failing_since IS NOT NULL)",
        "SELECT 1 FROM endpoints WHERE id = $1 AND ($2 OR failing_since IS NOT NULL) FOR NO KEY UPDATE",
    );
    let endpoint = endpoint.bind(&claim.endpoint).bind(tried.outcome != DeliveryOutcome::Delivered);
    let affects_endpoint = tx.one(endpoint, |_| Ok(())).await?.is_some();
    let update = Statement::new(
        "UPDATE deliveries SET tried_at = $4, latency_ms = $5, last_status = $6, last_error = $7, delivered_at = $8, \
                given_up_at = $9, due_at = coalesce($10, due_at) \
         WHERE id = $1 AND endpoint = $2 AND tries = $3",
    );
    let update = update
        .bind(&claim.id)
        .bind(&claim.endpoint)
        .bind(claim.tries)
        .bind(now)
        .bind(tried.latency_ms)
        .bind(tried.status.map(i64::from))
        .bind(tried.error.clone())
        .bind(at(tried.outcome == DeliveryOutcome::Delivered))
        .bind(at(matches!(tried.outcome, DeliveryOutcome::GivenUp | DeliveryOutcome::Gone)))
        .bind(retry_at);
    if tx.execute(update).await? == 0 {
        return Ok(SettleOutcome::Lost);
    }
    if !affects_endpoint {
        return Ok(SettleOutcome::Written);
    }
    let since = if tried.outcome == DeliveryOutcome::Delivered {
        Statement::new("UPDATE endpoints SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL")
            .bind(&claim.endpoint)
    } else {
        Statement::new("UPDATE endpoints SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL")
            .bind(&claim.endpoint)
            .bind(now)
    };
    tx.execute(since).await?;
    let why = reason(tried.outcome);
    let disable = Statement::new(
        "UPDATE endpoints SET disabled_at = $2, disabled_reason = $3 \
         WHERE id = $1 AND disabled_at IS NULL AND ($4 OR failing_since <= $5)",
    );
    let disable = disable
        .bind(&claim.endpoint)
        .bind(now)
        .bind(why)
        .bind(tried.outcome == DeliveryOutcome::Gone)
        .bind(failing_before);
    if tx.execute(disable).await? == 0 {
        return Ok(SettleOutcome::Written);
    }
    let give_up = Statement::new(
        "UPDATE deliveries SET given_up_at = $2, last_error = coalesce(last_error, $3) \
         WHERE endpoint = $1 AND delivered_at IS NULL AND given_up_at IS NULL",
    );
    tx.execute(give_up.bind(&claim.endpoint).bind(now).bind(NO_ENDPOINT)).await?;
    insert(tx, &[NewEvent::disabled(&claim.endpoint, why, now)?], None, now).await?;
    Ok(SettleOutcome::EndpointDisabled(why))
}

/// The right to settle a delivery. It is lost when another worker claims the delivery after the lease has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryClaim {
    /// The event's id.
    pub id: String,
    /// The endpoint's id.
    pub endpoint: String,
    /// How many times the delivery has been claimed, including this time.
    pub tries: i64,
}

/// A delivery that this process has claimed.
#[derive(Debug)]
pub struct Delivery {
    /// The right to settle it.
    pub claim: DeliveryClaim,
    /// The event's type.
    pub kind: String,
    /// The endpoint's address.
    pub url: String,
    /// The body to send.
    pub payload: String,
    /// The signing secrets, the current one first.
    pub secrets: Result<Vec<SecretString>, OpenError>,
    /// How many tries there were since it was enqueued or replayed, including this one.
    pub tries: i64,
}

/// The result of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryTry {
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub latency_ms: i64,
    /// What follows for the delivery.
    pub outcome: DeliveryOutcome,
}

/// What follows for a delivery after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It is delivered.
    Delivered,
    /// It is retried at that time.
    Retry(Moment),
    /// The last try has failed.
    GivenUp,
    /// The endpoint answered 410 Gone and is disabled.
    Gone,
}

/// The result of settling a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettleOutcome {
    /// The result was recorded.
    Written,
    /// The result was recorded, and the endpoint was disabled for that reason.
    EndpointDisabled(&'static str),
    /// The claim was lost. Nothing was written.
    Lost,
}

/// Why an endpoint is disabled after a try.
pub(super) const fn reason(outcome: DeliveryOutcome) -> &'static str {
    match outcome {
        DeliveryOutcome::Gone => "it answered 410 Gone",
        _ => "it has done nothing but fail for days",
    }
}

/// Which deliveries are replayed.
#[derive(Clone, Copy, Debug)]
pub enum Replay<'a> {
    /// The delivery of that event.
    One(&'a str),
    /// All deliveries created at that time or later.
    Since(Moment),
}

impl Replay<'_> {
    /// The parameters of the statement: the event's id, and the earliest time.
    pub(super) const fn bounds(&self) -> (Option<&str>, i64) {
        match self {
            Self::One(id) => (Some(id), i64::MIN),
            Self::Since(moment) => (None, moment.0),
        }
    }
}

/// A delivery in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedDelivery {
    /// The event's id.
    pub id: String,
    /// The event's type.
    pub kind: String,
    /// How many tries there were since it was enqueued or replayed.
    pub tries: i64,
    /// When it was enqueued.
    pub created_at: Moment,
    /// When it is due next; in the past for one that is settled.
    pub due_at: Moment,
    /// When it was last tried.
    pub tried_at: Option<Moment>,
    /// How long the last try took, in milliseconds.
    pub latency_ms: Option<i64>,
    /// The HTTP status of the last try.
    pub last_status: Option<i64>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it was delivered.
    pub delivered_at: Option<Moment>,
    /// When it was given up.
    pub given_up_at: Option<Moment>,
}

/// The size of the queue of deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayDepths {
    /// Pending deliveries.
    pub waiting: i64,
    /// The age of the oldest pending delivery, in milliseconds.
    pub oldest_ms: i64,
    /// Endpoints that are disabled.
    pub disabled: i64,
}
