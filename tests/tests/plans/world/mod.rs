//! A filled database of one of the servers, and what it would do for a statement.

mod conditions;
mod maria;
mod postgres;
mod sqlite;

use sqlx::{AssertSqlSafe, MySqlConnection, PgConnection, SqliteConnection};
use tenancy_core::{
    Catalog, KeyType, Party, Table, TenantId,
    sql::{Refusal, Scoper},
};
use tenancy_testkit::{Dialect, maria::MariaDatabase, pg::PgDatabase};

use crate::shapes::{Bind, Shape};

/// What a server would do: a line a step, indented by what it is a step of. Estimates and aliases are not in it.
pub(crate) type Plan = Vec<String>;

/// How many rows the large tables have, and among how many tenants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: i64,
    pub(crate) tenants: i64,
}

impl Size {
    /// That of `TENANCY_PLAN_ROWS` and `TENANCY_PLAN_TENANTS`; by default one in which plans are those of a million rows.
    pub(crate) fn asked_for() -> Self {
        let number = |name: &str, usual: i64| {
            std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
        };
        Self {
            rows: number("TENANCY_PLAN_ROWS", 50_000),
            tenants: number("TENANCY_PLAN_TENANTS", 100),
        }
    }
}

/// A connection to a database that is filled, and the engine for it.
#[derive(Debug)]
pub(crate) struct World {
    connection: Connection,
    pub(crate) size: Size,
    scoper: Scoper,
    _kept: Kept,
}

#[derive(Debug)]
enum Connection {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<PgConnection>),
    Mysql(Box<MySqlConnection>),
}

/// What a server's database is dropped with.
#[derive(Debug)]
enum Kept {
    Nothing,
    Postgres { _database: PgDatabase },
    Mysql { _database: MariaDatabase },
}

/// How PostgreSQL plans a prepared statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planned {
    /// For the values of this execution.
    Custom,
    /// For any values.
    Generic,
}

impl World {
    /// `None` after a visible line where the server is not there.
    pub(crate) async fn open(server: Dialect, what: &str) -> Option<Self> {
        let size = Size::asked_for();
        let (connection, kept) = match server {
            Dialect::Sqlite => {
                let connection = sqlite::open(size).await;
                (Connection::Sqlite(Box::new(connection)), Kept::Nothing)
            }
            Dialect::Postgres => {
                let database = PgDatabase::or_skip(what).await.unwrap()?;
                let connection = postgres::open(&database, size).await;
                let kept = Kept::Postgres { _database: database };
                (Connection::Postgres(Box::new(connection)), kept)
            }
            Dialect::Mysql => {
                let database = MariaDatabase::or_skip(what).await.unwrap()?;
                let connection = maria::open(&database, size).await;
                let kept = Kept::Mysql { _database: database };
                (Connection::Mysql(Box::new(connection)), kept)
            }
        };
        Some(Self {
            connection,
            size,
            scoper: Scoper::new(catalog(), server.into()),
            _kept: kept,
        })
    }

    pub(crate) fn server(&self) -> Dialect {
        match self.connection {
            Connection::Sqlite(_) => Dialect::Sqlite,
            Connection::Postgres(_) => Dialect::Postgres,
            Connection::Mysql(_) => Dialect::Mysql,
        }
    }

    /// The shape as the engine makes it.
    pub(crate) fn scoped(&self, shape: &Shape, tenant: i64) -> Result<String, Refusal> {
        let scoped = self.scoper.scope(&shape.plain(self.server()))?;
        assert_eq!(scoped.binds(), shape.binds.len(), "{}", shape.name);
        let tenant = TenantId::bigint(tenant).unwrap();
        Ok(scoped.text_for(&tenant).unwrap().as_ref().to_owned())
    }

    /// The values of a shape: its own, and the tenant where that is a bind.
    pub(crate) fn values(&self, shape: &Shape, tenant: i64) -> Vec<i64> {
        let own = shape.binds.iter().map(|bind| match bind {
            Bind::Row(number) => tenant + number * self.size.tenants,
            Bind::Number(number) => *number,
        });
        let bound = match self.server() {
            Dialect::Sqlite | Dialect::Postgres => Some(tenant),
            Dialect::Mysql => None,
        };
        own.chain(bound).collect()
    }

    /// Runs `text` and says how many rows it gives, all of which are read. As in an application: on MySQL, where the tenant
    /// stands in the text, nothing is kept of it.
    pub(crate) async fn run(&mut self, text: &str, values: &[i64]) -> usize {
        let text = AssertSqlSafe(text.to_owned());
        match &mut self.connection {
            Connection::Sqlite(connection) => {
                let query = values
                    .iter()
                    .fold(sqlx::query(text), |query, value| query.bind(*value));
                query.fetch_all(&mut **connection).await.map(|rows| rows.len())
            }
            Connection::Postgres(connection) => {
                let query = values
                    .iter()
                    .fold(sqlx::query(text), |query, value| query.bind(*value));
                query.fetch_all(&mut **connection).await.map(|rows| rows.len())
            }
            Connection::Mysql(connection) => {
                let query = values
                    .iter()
                    .fold(sqlx::query(text), |query, value| query.bind(*value));
                query
                    .persistent(false)
                    .fetch_all(&mut **connection)
                    .await
                    .map(|rows| rows.len())
            }
        }
        .unwrap()
    }

    /// What the server would do for `text`.
    pub(crate) async fn plan(&mut self, text: &str, values: &[i64], planned: Planned) -> Plan {
        match &mut self.connection {
            Connection::Sqlite(connection) => sqlite::plan(connection, text, values).await,
            Connection::Postgres(connection) => postgres::plan(connection, text, values, planned).await,
            Connection::Mysql(connection) => maria::plan(connection, text, values).await,
        }
    }
}

/// The kinds of tables that the shapes ask.
pub(crate) fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .table(
            Table::tenant("customers")
                .columns(["tid", "id", "name"])
                .unique(["tid", "id"]),
        )
        .table(
            Table::tenant("orders")
                .columns([
                    "tid",
                    "id",
                    "customer_id",
                    "status",
                    "total",
                    "placed_on",
                    "doc",
                    "color",
                    "words",
                ])
                .unique(["tid", "id"])
                .unique(["id"]),
        )
        .table(
            Table::tenant("items")
                .columns(["tid", "order_id", "no", "product_id", "qty"])
                .unique(["tid", "order_id", "no"]),
        )
        .shared_tables(["products"])
        .table(
            Table::via("notes", "orders", [("order_id", "id")])
                .columns(["id", "order_id", "body"])
                .unique(["id"]),
        )
        .table(Table::party(
            "deals",
            [Party::new("buyer").inserts(), Party::new("seller").deletes()],
        ))
        .build()
        .unwrap()
}

/// The rows, in SQL that all servers read, for a table `n` of the numbers from 1 (`g`). What a row belongs to follows from its
/// number: tenants take turns, as they do where all write at once.
///
/// `{json}` and `{words}` are the server's own; `{customers}` is how many customers a tenant has.
fn rows(size: Size) -> Vec<(&'static str, i64, String)> {
    let Size { rows, tenants } = size;
    let customers = rows / 10 / tenants;
    // `DIV` where the server's `/` is no whole number.
    let owner = |number: &str| format!("({number} - 1) % {tenants} + 1");
    let turn = format!("{{div}}(g - 1, {tenants})");
    let status = format!(
        "CASE {turn} % 50 WHEN 0 THEN 'new' WHEN 1 THEN 'sent' ELSE CASE {turn} % 3 WHEN 0 THEN 'paid' ELSE 'closed' END END"
    );
    vec![
        ("products", 1_000, "g, {text}('product', g), g % 20".to_owned()),
        (
            "customers",
            rows / 10,
            format!("{}, g, {{text}}('name', {turn})", owner("g")),
        ),
        (
            "orders",
            rows,
            format!(
                "{}, g, {} + {tenants} * ({turn} * 7 % {customers}), {{status}}({status}), {turn} * 37 % 1000, {turn}, \
                 {{json}}({turn} % 20), {{color}}({turn} % 20), {{words}}({turn} % 50)",
                owner("g"),
                owner("g"),
            ),
        ),
        (
            "items",
            rows,
            format!(
                "{}, {{div}}(g - 1, 2) + 1, g % 2, g % 1000 + 1, g % 9 + 1",
                owner("({div}(g - 1, 2) + 1)"),
            ),
        ),
        ("notes", rows / 10, "g, g, {text}('note', g)".to_owned()),
        (
            "deals",
            rows / 10,
            format!("g, {}, (g * 7 + 3) % {tenants} + 1, g % 100", owner("g")),
        ),
    ]
}

/// An expression of [`rows`] in a server's words: each `{name}(…)` becomes what `say` makes of its arguments.
fn said(expression: &str, say: &dyn Fn(&str, &[&str]) -> String) -> String {
    let Some((before, rest)) = expression.rsplit_once('{') else {
        return expression.to_owned();
    };
    // The last one has no other inside of it.
    let (name, rest) = rest.split_once("}(").unwrap();
    let mut depth = 0;
    let mut cuts = Vec::new();
    let end = rest.char_indices().find_map(|(at, char)| {
        match char {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            ',' if depth == 0 => cuts.push(at),
            _ => {}
        }
        None
    });
    let end = end.unwrap();
    let mut arguments = Vec::new();
    let mut start = 0;
    for cut in cuts.into_iter().chain([end]) {
        arguments.push(rest[start..cut].trim());
        start = cut + 1;
    }
    let made = say(name, &arguments);
    said(&format!("{before}{made}{}", &rest[end + 1..]), say)
}
