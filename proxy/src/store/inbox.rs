//! The inbox: verified webhooks of Vipps MobilePay, until they are processed and for a while after that, so that duplicates are recognised.

use super::db::{Row, Statement};
use super::{Error, Store};
use crate::checkout::{Moment, Reference};

impl Store {
    /// Inserts webhooks in one statement; duplicates are ignored. They are durable when it returns. Returns those that are new and have
    /// something to process, claimed for `lease_ms` milliseconds.
    ///
    /// # Errors
    /// On a database error; none is written then.
    pub async fn accept_webhooks(
        &self,
        webhooks: &[Webhook],
        lease_ms: i64,
        now: Moment,
    ) -> Result<Vec<ClaimedWebhook>, Error> {
        let column = |of: fn(&Webhook) -> String| webhooks.iter().map(of).collect::<Vec<_>>();
        // Every proxy inserts in the same order, so that two proxies with the same webhooks do not deadlock.
        let insert = Statement::each(
            "INSERT INTO inbox (dedupe_key, sales_unit, reference, name, note, received_at, lease_until, done_at) \
             SELECT k.value, u.value, r.value, n.value, nullif(w.value, ''), $6, $7, \
                    CASE WHEN w.value <> '' THEN $6 END FROM json_each($1) AS k \
             JOIN json_each($2) AS u USING (key) JOIN json_each($3) AS r USING (key) \
             JOIN json_each($4) AS n USING (key) JOIN json_each($5) AS w USING (key) WHERE true \
             ON CONFLICT (dedupe_key) DO NOTHING \
             RETURNING id, sales_unit, reference, name, done_at",
            "INSERT INTO inbox (dedupe_key, sales_unit, reference, name, note, received_at, lease_until, done_at) \
             SELECT key, sales_unit, reference, name, nullif(note, ''), $6::bigint, $7, CASE WHEN note <> '' THEN $6::bigint END \
             FROM unnest($1, $2, $3, $4, $5) AS fresh (key, sales_unit, reference, name, note) ORDER BY key \
             ON CONFLICT (dedupe_key) DO NOTHING \
             RETURNING id, sales_unit, reference, name, done_at",
        );
        let insert = insert
            .bind(column(dedupe_key))
            .bind(column(|webhook| webhook.sales_unit.clone()))
            .bind(column(|webhook| webhook.reference.clone()))
            .bind(column(|webhook| webhook.name.clone()))
            .bind(column(|webhook| webhook.note.unwrap_or_default().to_owned()))
            .bind(now)
            .bind(now.plus_ms(lease_ms));
        let inserted = self.db.returning(insert, |row| {
            let is_done = row.get::<Option<Moment>>("done_at")?.is_some();
            Ok((!is_done).then_some(claimed(row)?))
        });
        Ok(inserted.await?.into_iter().flatten().collect())
    }

    /// Deletes webhooks that were processed before that time, `most` at once. Vipps MobilePay repeats a webhook for a week at most. How
    /// many.
    ///
    /// # Errors
    /// On a database error.
    pub async fn prune_webhooks(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let prune = Statement::each(
            "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE done_at < $1 LIMIT $2)",
            "DELETE FROM inbox WHERE id = ANY (ARRAY(SELECT id FROM inbox WHERE done_at < $1 LIMIT $2))",
        );
        self.db.execute(prune.bind(before).bind(most)).await
    }

    /// Whether a webhook about a payment has come to any proxy, other than that it was created.
    ///
    /// # Errors
    /// On a database error.
    pub async fn was_told(&self, sales_unit: &str, reference: &Reference) -> Result<bool, Error> {
        // The keys begin with both. `0` comes after `/`.
        let query = Statement::new(
            "SELECT id FROM inbox WHERE dedupe_key > $1 AND dedupe_key < $2 AND name <> 'CREATED' LIMIT 1",
        );
        let query = query.bind(format!("{sales_unit}/{reference}/")).bind(format!("{sales_unit}/{reference}0"));
        Ok(self.db.one(query, |_| Ok(())).await?.is_some())
    }

    /// Claims the oldest webhooks that are not processed, for `lease_ms` milliseconds. A lease that ends later than any valid one was given
    /// by a wrong clock and is ignored.
    ///
    /// # Errors
    /// On a database error.
    pub async fn claim_webhooks(&self, most: u32, lease_ms: i64, now: Moment) -> Result<Vec<ClaimedWebhook>, Error> {
        let claim = Statement::each(
            "UPDATE inbox SET lease_until = $1 + $2 WHERE id IN ( \
                 SELECT id FROM inbox WHERE done_at IS NULL AND (lease_until <= $1 OR lease_until > $1 + 2 * $2) ORDER BY id LIMIT $3) \
             RETURNING id, sales_unit, reference, name",
            "UPDATE inbox SET lease_until = $1 + $2 WHERE id = ANY (ARRAY( \
                 SELECT id FROM inbox WHERE done_at IS NULL AND (lease_until <= $1 OR lease_until > $1 + 2 * $2) ORDER BY id LIMIT $3 \
                 FOR UPDATE SKIP LOCKED)) \
             RETURNING id, sales_unit, reference, name",
        );
        let mut claimed = self.db.returning(claim.bind(now).bind(lease_ms).bind(most), claimed).await?;
        claimed.sort_by_key(|claimed| claimed.id);
        Ok(claimed)
    }
}

/// A webhook that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The sales unit of its registration.
    pub sales_unit: String,
    /// The payment's reference.
    pub reference: String,
    /// The event's name, in upper case.
    pub name: String,
    /// The id of the event, the same in every repetition: its `pspReference`, or the hash of the body where it has none.
    pub event_id: String,
    /// Why there is nothing to process, for the operator: its row is done from the start. `None` for every other.
    pub note: Option<&'static str>,
}

/// A webhook that this process has claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedWebhook {
    /// The id of its row.
    pub id: i64,
    /// The sales unit of its registration.
    pub sales_unit: String,
    /// The payment's reference.
    pub reference: String,
    /// The event's name.
    pub name: String,
}

fn claimed(row: &Row<'_>) -> Result<ClaimedWebhook, Error> {
    Ok(ClaimedWebhook {
        id: row.get("id")?,
        sales_unit: row.get("sales_unit")?,
        reference: row.get("reference")?,
        name: row.get("name")?,
    })
}

/// The value that duplicates of a webhook have in common.
pub(super) fn dedupe_key(webhook: &Webhook) -> String {
    format!("{}/{}/{}/{}", webhook.sales_unit, webhook.reference, webhook.event_id, webhook.name)
}
