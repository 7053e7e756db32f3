//! Shop keys on PostgreSQL.

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::Postgres;
use crate::checkout::Moment;
use crate::checkout::audit::Entry;
use crate::store::{Error, StoredKey, role};

impl Postgres {
    pub(in crate::store) async fn add_shop_key(&self, key: &StoredKey, audit: &Entry) -> Result<(), Error> {
        let add = sqlx::query(
            "INSERT INTO shop_keys (prefix, name, role, sales_unit, secret_hash, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&key.prefix)
        .bind(&key.name)
        .bind(key.role.as_str())
        .bind(&key.sales_unit)
        .bind(&key.secret_hash)
        .bind(key.created_at.0);
        self.audited([add], audit).await.map(drop)
    }

    pub(in crate::store) async fn shop_keys(&self) -> Result<Vec<StoredKey>, Error> {
        let rows = sqlx::query(
            "SELECT prefix, name, role, sales_unit, secret_hash, created_at, used_at, revoked_at \
             FROM shop_keys ORDER BY created_at, prefix",
        )
        .fetch_all(&mut *self.connections.get().await?)
        .await?;
        rows.iter().map(key).collect()
    }

    pub(in crate::store) async fn shop_key(&self, prefix: &str) -> Result<Option<StoredKey>, Error> {
        let row = sqlx::query(
            "SELECT prefix, name, role, sales_unit, secret_hash, created_at, used_at, revoked_at \
             FROM shop_keys WHERE prefix = $1",
        )
        .bind(prefix)
        .fetch_optional(&mut *self.connections.get().await?)
        .await?;
        row.as_ref().map(key).transpose()
    }

    pub(in crate::store) async fn touch_shop_key(&self, prefix: &str, now: Moment) -> Result<(), Error> {
        sqlx::query("UPDATE shop_keys SET used_at = $2 WHERE prefix = $1")
            .bind(prefix)
            .bind(now.0)
            .execute(&mut *self.connections.get().await?)
            .await?;
        Ok(())
    }

    pub(in crate::store) async fn revoke_shop_key(&self, prefix: &str, audit: &Entry) -> Result<bool, Error> {
        let revoked = sqlx::query("UPDATE shop_keys SET revoked_at = $2 WHERE prefix = $1 AND revoked_at IS NULL")
            .bind(prefix)
            .bind(audit.at.0);
        Ok(self.audited([revoked], audit).await? == 1)
    }
}

fn key(row: &PgRow) -> Result<StoredKey, Error> {
    Ok(StoredKey {
        prefix: row.try_get("prefix")?,
        name: row.try_get("name")?,
        role: role(row.try_get("role")?),
        sales_unit: row.try_get("sales_unit")?,
        secret_hash: row.try_get("secret_hash")?,
        created_at: Moment(row.try_get("created_at")?),
        used_at: row.try_get::<Option<i64>, _>("used_at")?.map(Moment),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at")?.map(Moment),
    })
}
