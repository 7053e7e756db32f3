//! A row that a statement has returned, while it is read.

use rusqlite::types::ValueRef;
use sqlx::postgres::PgRow;
use sqlx::{Row as _, ValueRef as _};
use uuid::Uuid;

use crate::checkout::{CheckoutId, Moment};
use crate::store::Error;

/// A row of either database.
pub(in crate::store) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r PgRow),
}

impl<'r> Row<'r> {
    /// The value of a column.
    pub(in crate::store) fn get<T: Column<'r>>(&self, column: &'static str) -> Result<T, Error> {
        match self {
            Self::Sqlite(row) => T::of_sqlite(row.get_ref(column)?),
            Self::Postgres(row) => T::of_postgres(row, column)?,
        }
        .ok_or(Error::Column(column))
    }

    /// The value that a document in a column stands for.
    pub(in crate::store) fn parse<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> Result<T, Error> {
        Ok(serde_json::from_str(self.get(column)?)?)
    }
}

/// A type that a column can be read as. `None` where the value is not one of it.
pub(in crate::store) trait Column<'r>: Sized {
    fn of_sqlite(value: ValueRef<'r>) -> Option<Self>;
    fn of_postgres(row: &'r PgRow, column: &str) -> Result<Option<Self>, sqlx::Error>;
}

impl<'r, T: Column<'r>> Column<'r> for Option<T> {
    fn of_sqlite(value: ValueRef<'r>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            value => T::of_sqlite(value).map(Some),
        }
    }

    fn of_postgres(row: &'r PgRow, column: &str) -> Result<Option<Self>, sqlx::Error> {
        match row.try_get_raw(column)?.is_null() {
            true => Ok(Some(None)),
            false => Ok(T::of_postgres(row, column)?.map(Some)),
        }
    }
}

impl<'r> Column<'r> for i64 {
    fn of_sqlite(value: ValueRef<'r>) -> Option<Self> {
        value.as_i64().ok()
    }

    fn of_postgres(row: &'r PgRow, column: &str) -> Result<Option<Self>, sqlx::Error> {
        row.try_get(column).map(Some)
    }
}

/// Text, or a document.
impl<'r> Column<'r> for &'r str {
    fn of_sqlite(value: ValueRef<'r>) -> Option<Self> {
        value.as_str().ok()
    }

    fn of_postgres(row: &'r PgRow, column: &str) -> Result<Option<Self>, sqlx::Error> {
        Ok(row.try_get_raw(column)?.as_str().ok())
    }
}

impl<'r> Column<'r> for CheckoutId {
    fn of_sqlite(value: ValueRef<'r>) -> Option<Self> {
        Uuid::try_parse(value.as_str().ok()?).ok().map(Self)
    }

    fn of_postgres(row: &'r PgRow, column: &str) -> Result<Option<Self>, sqlx::Error> {
        row.try_get(column).map(|id| Some(Self(id)))
    }
}

/// Implements a column by the way that another type is read.
macro_rules! columns {
    ($($kind:ty as $other:ty = $convert:expr;)*) => {$(
        impl<'r> Column<'r> for $kind {
            fn of_sqlite(value: ValueRef<'r>) -> Option<Self> {
                <$other>::of_sqlite(value).and_then($convert)
            }

            fn of_postgres(row: &'r PgRow, column: &str) -> Result<Option<Self>, sqlx::Error> {
                Ok(<$other>::of_postgres(row, column)?.and_then($convert))
            }
        }
    )*};
}

columns! {
    Moment as i64 = |ms| Some(Moment(ms));
    u32 as i64 = |count| Self::try_from(count).ok();
    String as &'r str = |text| Some(text.to_owned());
}
