//! A statement and the values of its parameters, `$1`, `$2`, ….

use std::borrow::Cow;

use super::Db;
use crate::checkout::{CheckoutId, Moment};

/// The value of a parameter. What is `None` is NULL of that type.
#[derive(Clone)]
pub(in crate::store) enum Value {
    Bool(bool),
    Int(Option<i64>),
    Text(Option<String>),
    /// A document: text on SQLite, `json` on PostgreSQL.
    Json(Option<String>),
    /// A checkout's id: text on SQLite, `uuid` on PostgreSQL.
    Id(Option<CheckoutId>),
    /// A list: a JSON array on SQLite, for `json_each`; an array on PostgreSQL, for `ANY` and `unnest`.
    Texts(Vec<String>),
    /// A list of numbers.
    Ints(Vec<i64>),
    /// A list of checkouts' ids.
    Ids(Vec<CheckoutId>),
}

/// A statement with its values.
#[derive(Clone)]
pub(in crate::store) struct Statement {
    pub(super) sqlite: Cow<'static, str>,
    pub(super) postgres: Cow<'static, str>,
    pub(super) values: Vec<Value>,
}

impl Statement {
    /// A statement that both databases understand.
    pub(in crate::store) const fn new(text: &'static str) -> Self {
        Self::each(text, text)
    }

    /// One statement in the words of each database.
    pub(in crate::store) const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite: Cow::Borrowed(sqlite), postgres: Cow::Borrowed(postgres), values: Vec::new() }
    }

    /// Inserts rows: `begin` is all before `VALUES`, `end` all after the rows.
    pub(in crate::store) fn insert<const N: usize>(begin: &'static str, rows: Vec<[Value; N]>, end: &str) -> Self {
        let mut statement = Self::new(begin);
        for (nth, row) in rows.into_iter().enumerate() {
            statement.push(if nth == 0 { " VALUES (" } else { ", (" });
            for (column, value) in row.into_iter().enumerate() {
                statement.push(if column == 0 { "" } else { ", " });
                statement.push_value(value);
            }
            statement.push(")");
        }
        statement.push(end);
        statement
    }

    /// Its text for a database.
    pub(super) fn text(&self, db: &Db) -> &str {
        match db {
            Db::Sqlite(_) => &self.sqlite,
            Db::Postgres(_) => &self.postgres,
        }
    }

    /// Binds the value of the next parameter.
    pub(in crate::store) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends text.
    pub(in crate::store) fn push(&mut self, text: &str) {
        self.push_each(text, text);
    }

    /// Appends text in the words of each database.
    pub(in crate::store) fn push_each(&mut self, sqlite: &str, postgres: &str) {
        self.sqlite.to_mut().push_str(sqlite);
        self.postgres.to_mut().push_str(postgres);
    }

    /// Appends a parameter and binds its value.
    pub(in crate::store) fn push_value(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
        self.push(&format!("${}", self.values.len()));
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Some(value).into()
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        i64::from(value).into()
    }
}

impl From<Moment> for Value {
    fn from(value: Moment) -> Self {
        value.0.into()
    }
}

impl From<Option<Moment>> for Value {
    fn from(value: Option<Moment>) -> Self {
        value.map(|moment| moment.0).into()
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Some(value).into()
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        value.clone().into()
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        value.map(str::to_owned).into()
    }
}

impl From<CheckoutId> for Value {
    fn from(value: CheckoutId) -> Self {
        Self::Id(Some(value))
    }
}

impl From<Option<CheckoutId>> for Value {
    fn from(value: Option<CheckoutId>) -> Self {
        Self::Id(value)
    }
}

impl From<Vec<String>> for Value {
    fn from(value: Vec<String>) -> Self {
        Self::Texts(value)
    }
}

impl From<Vec<i64>> for Value {
    fn from(value: Vec<i64>) -> Self {
        Self::Ints(value)
    }
}

impl From<Vec<CheckoutId>> for Value {
    fn from(value: Vec<CheckoutId>) -> Self {
        Self::Ids(value)
    }
}
