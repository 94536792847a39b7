//! Values as the harness sees them: bound, read back, compared, searched for markers.

#[cfg(feature = "postgres")]
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
#[cfg(feature = "mysql")]
use sqlx::mysql::{MySqlArguments, MySqlRow};
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgRow, PgTypeInfo, Postgres};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Column, Row, TypeInfo, ValueRef};

/// A value: bound to a statement, or decoded from a row.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// NULL, of any type.
    Null,
    /// A truth value (PostgreSQL).
    Bool(bool),
    /// Any integer.
    Int(i64),
    /// Any floating point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A uuid (PostgreSQL; on SQLite it is bound as its 16 bytes, on MariaDB as its text).
    Uuid([u8; 16]),
    /// A value of another type, as the server sent it. It can be compared, not bound.
    Other(String, Vec<u8>),
}

impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Value::Int(v)
    }
}

impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Value::Text(v.to_owned())
    }
}

impl From<f64> for Value {
    fn from(v: f64) -> Self {
        Value::Real(v)
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Value::Bool(v)
    }
}

impl Value {
    /// The value in one form, for comparison and sorting. Reals are cut to twelve digits: the order in which
    /// a sum is taken is nobody's secret.
    pub(crate) fn canonical(&self) -> String {
        match self {
            Value::Real(v) => format!("Real({:.12e})", v + 0.0),
            other => format!("{other:?}"),
        }
    }

    /// The value as a literal, for the report of a counterexample and for fixtures.
    pub(crate) fn literal(&self) -> String {
        match self {
            Value::Null => "NULL".to_owned(),
            Value::Bool(v) => v.to_string().to_uppercase(),
            Value::Int(v) => v.to_string(),
            Value::Real(v) => format!("{v:?}"),
            Value::Text(v) => format!("'{}'", v.replace('\'', "''")),
            Value::Bytes(v) | Value::Other(_, v) => format!("X'{}'", hex(v)),
            Value::Uuid(v) => format!("'{}'", sqlx::types::Uuid::from_bytes(*v)),
        }
    }

    /// The value as a literal of a database: MariaDB reads escapes in text.
    pub(crate) fn literal_in(&self, dialect: crate::Dialect) -> String {
        let literal = self.literal();
        match (dialect, self) {
            (crate::Dialect::Mysql, Value::Text(_)) => literal.replace('\\', "\\\\"),
            _ => literal,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// SQLite arguments for `values`.
#[cfg(feature = "sqlite")]
pub(crate) fn sqlite_arguments(values: &[Value]) -> Result<SqliteArguments, BoxDynError> {
    use sqlx::Arguments;
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Null => arguments.add(None::<i64>)?,
            Value::Bool(v) => arguments.add(*v)?,
            Value::Int(v) => arguments.add(*v)?,
            Value::Real(v) => arguments.add(*v)?,
            Value::Text(v) => arguments.add(v.clone())?,
            Value::Bytes(v) => arguments.add(v.clone())?,
            Value::Uuid(v) => arguments.add(v.to_vec())?,
            Value::Other(ty, _) => return Err(format!("a {ty} cannot be bound").into()),
        }
    }
    Ok(arguments)
}

/// PostgreSQL arguments for `values`.
#[cfg(feature = "postgres")]
pub(crate) fn postgres_arguments(values: &[Value]) -> Result<PgArguments, BoxDynError> {
    use sqlx::Arguments;
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Null => arguments.add(UntypedNull)?,
            Value::Bool(v) => arguments.add(*v)?,
            Value::Int(v) => arguments.add(*v)?,
            Value::Real(v) => arguments.add(*v)?,
            Value::Text(v) => arguments.add(v.clone())?,
            Value::Bytes(v) => arguments.add(v.clone())?,
            Value::Uuid(v) => arguments.add(sqlx::types::Uuid::from_bytes(*v))?,
            Value::Other(ty, _) => return Err(format!("a {ty} cannot be bound").into()),
        }
    }
    Ok(arguments)
}

/// MariaDB arguments for `values`.
#[cfg(feature = "mysql")]
pub(crate) fn mysql_arguments(values: &[Value]) -> Result<MySqlArguments, BoxDynError> {
    use sqlx::Arguments;
    let mut arguments = MySqlArguments::default();
    for value in values {
        match value {
            Value::Null => Arguments::add(&mut arguments, None::<i64>)?,
            Value::Bool(v) => Arguments::add(&mut arguments, *v)?,
            Value::Int(v) => Arguments::add(&mut arguments, *v)?,
            Value::Real(v) => Arguments::add(&mut arguments, *v)?,
            Value::Text(v) => Arguments::add(&mut arguments, v.clone())?,
            Value::Bytes(v) => Arguments::add(&mut arguments, v.clone())?,
            Value::Uuid(v) => Arguments::add(&mut arguments, sqlx::types::Uuid::from_bytes(*v).to_string())?,
            Value::Other(ty, _) => return Err(format!("a {ty} cannot be bound").into()),
        }
    }
    Ok(arguments)
}

/// A NULL whose type the server works out from where it stands.
#[cfg(feature = "postgres")]
struct UntypedNull;

#[cfg(feature = "postgres")]
impl sqlx::Type<Postgres> for UntypedNull {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(sqlx::postgres::types::Oid(0))
    }
}

#[cfg(feature = "postgres")]
impl sqlx::Encode<'_, Postgres> for UntypedNull {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

/// The names of a row's columns.
pub(crate) fn columns<R: Row>(row: &R) -> Vec<String> {
    row.columns().iter().map(|c| c.name().to_owned()).collect()
}

/// A row of SQLite, by the type each value has (not the one its column was declared with).
#[cfg(feature = "sqlite")]
pub(crate) fn sqlite_row(row: &SqliteRow) -> Result<Vec<Value>, sqlx::Error> {
    (0..row.len())
        .map(|i| {
            let raw = row.try_get_raw(i)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            let name = raw.type_info().name().to_owned();
            Ok(match name.as_str() {
                "INTEGER" | "BOOLEAN" | "INT8" => Value::Int(row.try_get_unchecked(i)?),
                "REAL" => Value::Real(row.try_get_unchecked(i)?),
                "TEXT" => Value::Text(row.try_get_unchecked(i)?),
                _ => Value::Bytes(row.try_get_unchecked(i)?),
            })
        })
        .collect()
}

/// A row of PostgreSQL.
#[cfg(feature = "postgres")]
pub(crate) fn postgres_row(row: &PgRow) -> Result<Vec<Value>, sqlx::Error> {
    (0..row.len())
        .map(|i| {
            let raw = row.try_get_raw(i)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            let name = raw.type_info().name().to_owned();
            Ok(match name.as_str() {
                "BOOL" => Value::Bool(row.try_get_unchecked(i)?),
                "INT8" => Value::Int(row.try_get_unchecked(i)?),
                "INT4" => Value::Int(i64::from(row.try_get_unchecked::<i32, _>(i)?)),
                "INT2" => Value::Int(i64::from(row.try_get_unchecked::<i16, _>(i)?)),
                "FLOAT8" => Value::Real(row.try_get_unchecked(i)?),
                "FLOAT4" => Value::Real(f64::from(row.try_get_unchecked::<f32, _>(i)?)),
                "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "UNKNOWN" | "BPCHAR" => {
                    Value::Text(row.try_get_unchecked(i)?)
                }
                "BYTEA" => Value::Bytes(row.try_get_unchecked(i)?),
                "UUID" => Value::Uuid(*row.try_get_unchecked::<sqlx::types::Uuid, _>(i)?.as_bytes()),
                _ => Value::Other(name, raw.as_bytes().map_err(sqlx::Error::Decode)?.to_vec()),
            })
        })
        .collect()
}

/// A row of MariaDB.
#[cfg(feature = "mysql")]
pub(crate) fn mysql_row(row: &MySqlRow) -> Result<Vec<Value>, sqlx::Error> {
    (0..row.len())
        .map(|i| {
            let raw = row.try_get_raw(i)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            let name = raw.type_info().name().to_owned();
            Ok(match name.as_str() {
                "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" | "YEAR" => {
                    Value::Int(row.try_get_unchecked(i)?)
                }
                "TINYINT UNSIGNED" | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" | "INT UNSIGNED" => {
                    Value::Int(row.try_get_unchecked(i)?)
                }
                "DOUBLE" => Value::Real(row.try_get_unchecked(i)?),
                "FLOAT" => Value::Real(f64::from(row.try_get_unchecked::<f32, _>(i)?)),
                "CHAR" | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" | "ENUM" | "SET" => {
                    Value::Text(row.try_get_unchecked(i)?)
                }
                // Text that is compared byte by byte goes by these names too.
                "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => {
                    match row.try_get::<String, _>(i) {
                        Ok(text) => Value::Text(text),
                        Err(_) => Value::Bytes(row.try_get_unchecked(i)?),
                    }
                }
                _ => Value::Other(name, row.try_get_unchecked(i)?),
            })
        })
        .collect()
}
