//! Databases of a certain age: orders that the proxy has made itself are repeated by SQL, with ids, references and times of their own.
//!
//! This is the only place that knows the tables. Columns are read from the database, so a new one is simply copied. A table that refers to
//! orders has to be added to [`TABLES`].

use anyhow::{Context, Result};
use rusqlite::Connection;

use crate::postgres;

const DAY_MS: i64 = 86_400_000;

/// A table whose rows are repeated with their order.
struct Table {
    name: &'static str,
    /// The column with the order's id.
    order: &'static str,
    /// Columns that must be unique and do not contain the order's id or number.
    unique: &'static [&'static str],
    /// Columns that the database numbers itself.
    numbered: &'static [&'static str],
}

const TABLES: [Table; 4] = [
    Table { name: "checkouts", order: "id", unique: &[], numbered: &[] },
    Table { name: "attempts", order: "checkout_id", unique: &[], numbered: &[] },
    Table { name: "events", order: "checkout_id", unique: &[], numbered: &["place"] },
    Table { name: "audit", order: "checkout_id", unique: &["id"], numbered: &[] },
];

/// An order to repeat.
pub(crate) struct Template {
    /// The token of its page, which begins with its id.
    pub(crate) token: String,
    /// The reference of its payment, which begins with its number.
    pub(crate) reference: String,
    pub(crate) copies: usize,
    /// The copies are evenly spread over so many days before today.
    pub(crate) days: i64,
}

impl Template {
    fn id(&self) -> Result<String> {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        let id = BASE64_URL_SAFE_NO_PAD.decode(self.token.get(..22).context("a short token")?)?;
        Ok(uuid::Uuid::from_slice(&id)?.simple().to_string())
    }

    fn number(&self) -> Result<&str> {
        Ok(self.reference.rsplit_once('-').context("a reference without an attempt")?.0)
    }
}

/// Where the orders are.
pub(crate) enum Database<'a> {
    Sqlite(Connection),
    Postgres(&'a postgres::Server, &'a str),
}

impl Database<'_> {
    async fn execute(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Self::Postgres(server, name) => server.sql(name, sql).await.map(drop),
        }
    }

    /// The columns of a table, and their types.
    async fn columns(&mut self, table: &str) -> Result<Vec<(String, String)>> {
        match self {
            Self::Sqlite(connection) => {
                let mut select = connection.prepare("SELECT name, lower(type) FROM pragma_table_info(?1)")?;
                let rows = select.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<Result<_, _>>()?)
            }
            Self::Postgres(server, name) => {
                let select = format!(
                    "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '{table}' \
                     ORDER BY ordinal_position"
                );
                let rows = server.sql(name, &select).await?;
                let columns = rows.lines().filter_map(|line| line.split_once('|'));
                Ok(columns.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect())
            }
        }
    }

    /// Repeats the orders.
    pub(crate) async fn repeat(&mut self, templates: &[Template]) -> Result<()> {
        let mut first = 0;
        for template in templates {
            self.repeat_one(template, first).await?;
            first += template.copies;
        }
        // What filling has left to be written is written before anything is measured.
        let settle = if matches!(self, Self::Sqlite(_)) {
            "PRAGMA wal_checkpoint(TRUNCATE)"
        } else {
            "VACUUM ANALYZE; CHECKPOINT"
        };
        self.execute(settle).await
    }

    async fn repeat_one(&mut self, template: &Template, first: usize) -> Result<()> {
        let (id, number, copies) = (template.id()?, template.number()?, template.copies);
        let (begin, series, moment) = match self {
            Self::Sqlite(_) => (
                "BEGIN",
                format!(
                    "WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {copies})
                     SELECT n, CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now FROM series"
                ),
                // Identifiers of version 7 begin with their time.
                "printf('%012x', now - shift) || '7000' || printf('%016x', n + :first)",
            ),
            Self::Postgres(..) => (
                "BEGIN; SET LOCAL synchronous_commit = off",
                format!(
                    "SELECT n, (extract(epoch FROM now()) * 1000)::bigint AS now FROM generate_series(1::bigint, {copies}) AS n"
                ),
                "lpad(to_hex(now - shift), 12, '0') || '7000' || lpad(to_hex(n + :first), 16, '0')",
            ),
        };
        let moment = moment.replace(":first", &first.to_string());
        let temporary = format!(
            "{begin};
             CREATE TEMPORARY TABLE copies AS
             SELECT n, shift, id, substr(id, 1, 8) || '-' || substr(id, 9, 4) || '-' || substr(id, 13, 4) || '-'
                 || substr(id, 17, 4) || '-' || substr(id, 21) AS dashed, '{prefix}-' || substr(tail, 7, 4) || substr(tail, 1, 6) AS number
             FROM (SELECT n, shift, {moment} AS id, substr(CAST(10000000000 + n + {first} AS TEXT), 2) AS tail
                   FROM (SELECT n, now, {span} - {span} * n / {copies} AS shift FROM ({series}) AS a) AS b) AS c;",
            prefix = number.split_once('-').context("a number without a prefix")?.0,
            span = template.days * DAY_MS,
        );
        let mut sql = temporary;
        let dashed = uuid::Uuid::parse_str(&id)?.hyphenated().to_string();
        for table in &TABLES {
            let columns = self.columns(table.name).await?;
            let columns = columns.into_iter().filter(|(name, _)| !table.numbered.contains(&name.as_str()));
            let (names, values): (Vec<_>, Vec<_>) = columns
                .map(|(name, kind)| {
                    let value = value(table, &name, &kind, &id, &dashed, number);
                    (name, value)
                })
                .unzip();
            sql += &format!(
                "INSERT INTO {table} ({names}) SELECT {values} FROM copies AS c, {table} AS t WHERE t.{order} = '{id}' ORDER BY c.n;",
                table = table.name,
                order = table.order,
                names = names.join(", "),
                values = values.join(", "),
            );
        }
        self.execute(&(sql + "DROP TABLE copies; COMMIT")).await
    }

    /// Makes the hourly chores due.
    pub(crate) async fn chores_are_due(&mut self) -> Result<()> {
        self.execute("UPDATE chores SET due_at = 0 WHERE name <> 'reconcile'").await
    }
}

/// What a column of a copy has.
fn value(table: &Table, name: &str, kind: &str, id: &str, dashed: &str, number: &str) -> String {
    let is_time = name == "at" || name.ends_with("_at") || name.ends_with("_since");
    let replaced = |text: &str| {
        format!("replace(replace(replace({text}, '{id}', c.id), '{dashed}', c.dashed), '{number}', c.number)")
    };
    if table.unique.contains(&name) {
        return format!("t.{name} || '-' || c.number");
    }
    match kind {
        "uuid" => format!("CASE WHEN t.{name} = '{id}' THEN c.id::uuid ELSE t.{name} END"),
        "json" => format!("{}::json", replaced(&format!("t.{name}::text"))),
        "text" => replaced(&format!("t.{name}")),
        _ if is_time => format!("t.{name} - c.shift"),
        _ => format!("t.{name}"),
    }
}
