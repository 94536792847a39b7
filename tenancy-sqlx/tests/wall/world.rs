//! A database with tables of every kind, two tenants in it, and the wall.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tenancy_core::{Catalog, TenantId};
use tenancy_sqlx::{RowSecurity, SigningKey};
use tenancy_testkit::pg::PgDatabase;

pub(crate) const SECRET: &[u8] = b"a secret of the tests, 32 bytes and more";

pub(crate) const CATALOG: &str = r#"
[tenant]
key = "store_id"
type = "bigint"

[tables]
orders = { kind = "tenant", columns = ["store_id", "id", "total"], unique = [["store_id", "id"]] }
events = "tenant"
prices = "mixed"
parcels = { kind = "tenant", columns = ["store_id", "id", "gid"], unique = [["gid"]] }
parcel_items = { kind = "via", parent = "parcels", on = { parcel_gid = "gid" }, columns = ["gid", "parcel_gid", "sku"] }
item_notes = { kind = "via", parent = "parcel_items", on = { item_gid = "gid" } }
brands = "shared"
secrets = "denied"

[tables.deals]
kind = "party"
parties.buyer_id = { insert = true, update = ["quantity"], delete = true }
parties.seller_id = { update = ["status"] }

[views]
large_orders = "tenant"
"#;

const TABLES: &str = "
CREATE TABLE orders (store_id bigint NOT NULL, id serial, total bigint, PRIMARY KEY (store_id, id));
CREATE TABLE events (store_id bigint NOT NULL, id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE prices (store_id bigint, id bigint, amount bigint);
CREATE TABLE parcels (store_id bigint NOT NULL, id bigint, gid bigint UNIQUE);
CREATE TABLE parcel_items (gid bigint UNIQUE, parcel_gid bigint NOT NULL REFERENCES parcels (gid), sku text);
CREATE TABLE item_notes (item_gid bigint NOT NULL REFERENCES parcel_items (gid), note text);
CREATE TABLE deals (buyer_id bigint NOT NULL, seller_id bigint NOT NULL, id bigint, quantity bigint, status text);
CREATE TABLE brands (id bigint, name text);
CREATE TABLE secrets (value text);
CREATE VIEW large_orders AS SELECT store_id, id, total FROM orders WHERE total > 10;
INSERT INTO orders (store_id, id, total) SELECT s, i, s * 100 + i FROM generate_series(1, 2) s, generate_series(1, 3) i;
ALTER SEQUENCE orders_id_seq RESTART 100;
INSERT INTO events SELECT s, i, '2024-05-01' FROM generate_series(1, 2) s, generate_series(1, 2) i;
INSERT INTO prices VALUES (NULL, 1, 1), (1, 2, 10), (2, 3, 20);
INSERT INTO parcels VALUES (1, 1, 11), (2, 1, 21);
INSERT INTO parcel_items VALUES (110, 11, 'one'), (210, 21, 'two');
INSERT INTO item_notes VALUES (110, 'one'), (210, 'two');
INSERT INTO deals VALUES (1, 2, 1, 5, 'new'), (2, 3, 2, 6, 'new'), (3, 1, 3, 7, 'new'), (2, 4, 4, 8, 'new');
INSERT INTO brands VALUES (1, 'shared');
INSERT INTO secrets VALUES ('secret');
";

/// Every table and view, with whose rows tenant 1 may see, as a condition.
pub(crate) const SEEN: [(&str, &str); 10] = [
    ("orders", "store_id = 1"),
    ("events", "store_id = 1"),
    ("prices", "store_id IS NULL OR store_id = 1"),
    ("parcels", "store_id = 1"),
    ("parcel_items", "sku = 'one'"),
    ("item_notes", "note = 'one'"),
    ("deals", "buyer_id = 1 OR seller_id = 1"),
    ("brands", "true"),
    ("large_orders", "store_id = 1"),
    // Refused, and not just empty.
    ("secrets", "false"),
];

pub(crate) struct World {
    pub(crate) database: PgDatabase,
    pub(crate) owner: PgConnection,
    pub(crate) app: PgConnection,
    pub(crate) key: SigningKey,
}

pub(crate) fn catalog() -> Catalog {
    Catalog::from_toml(CATALOG).unwrap()
}

pub(crate) fn tenant(id: i64) -> TenantId {
    TenantId::bigint(id).unwrap()
}

impl World {
    /// The tables without the wall.
    pub(crate) async fn open(test: &str) -> Option<World> {
        let database = PgDatabase::or_skip(test).await.unwrap()?;
        let mut owner = PgConnection::connect(database.owner_url()).await.unwrap();
        let app = PgConnection::connect(database.app_url()).await.unwrap();
        // Only an administrator makes roles.
        let mut admin = PgConnection::connect(database.admin_url()).await.unwrap();
        let operator = format!("CREATE ROLE {}_operator NOLOGIN", database.app());
        admin.execute(AssertSqlSafe(operator)).await.unwrap();
        // The owner is what it is until it says otherwise: an owner that inherits is never held.
        let grant = format!(
            "ALTER ROLE {owner} NOINHERIT; GRANT {}_operator TO {owner}",
            database.app(),
            owner = database.owner()
        );
        sqlx::raw_sql(AssertSqlSafe(grant))
            .execute(&mut admin)
            .await
            .unwrap();
        sqlx::raw_sql(TABLES).execute(&mut owner).await.unwrap();
        Some(World {
            database,
            owner,
            app,
            key: SigningKey::new(1, SECRET).unwrap(),
        })
    }

    /// The tables behind the wall.
    pub(crate) async fn walled(test: &str) -> Option<World> {
        let mut world = World::open(test).await?;
        let migration = world.migration(&catalog());
        world.own(&migration).await.unwrap();
        // A second time it finds everything as it should be.
        world.own(&migration).await.unwrap();
        let install = world.key.install("tenancy");
        world.own(&install).await.unwrap();
        Some(world)
    }

    pub(crate) fn migration(&self, catalog: &Catalog) -> String {
        RowSecurity::new(catalog)
            .app_role(self.database.app())
            .operator_role(format!("{}_operator", self.database.app()))
            .migration()
    }

    /// Runs SQL as the owner, in one transaction.
    pub(crate) async fn own(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.owner)
            .await
            .map(|_| ())
    }

    /// Runs SQL as the application.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let done = self.app.execute(AssertSqlSafe(sql.to_owned())).await?;
        Ok(done.rows_affected())
    }

    /// Runs several statements as the application.
    pub(crate) async fn run_text(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let text = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        self.app.execute(text).await.map(|_| ())
    }

    /// The rows that the application sees, as text.
    pub(crate) async fn rows(&mut self, sql: &str) -> Result<Vec<String>, sqlx::Error> {
        rows(&mut self.app, sql).await
    }

    /// Starts the turn of a tenant on the application's connection.
    pub(crate) async fn turn(&mut self, id: i64) {
        let token = self.token(id).await;
        enter(&mut self.app, &token).await.unwrap();
    }

    /// A token of now.
    pub(crate) async fn token(&mut self, id: i64) -> String {
        let now = self.now().await;
        self.key.token(&tenant(id), now)
    }

    /// The server's time.
    pub(crate) async fn now(&mut self) -> i64 {
        let sql = "SELECT floor(extract(epoch FROM now()) * 1000)::bigint";
        self.app.fetch_one(sql).await.unwrap().get(0)
    }

    /// The setting that holds whose turn it is.
    pub(crate) async fn setting(&mut self) -> String {
        let sql = "SELECT current_setting('tenancy.slice')";
        self.app.fetch_one(sql).await.unwrap().get(0)
    }

    pub(crate) async fn set(&mut self, token: &str) {
        sqlx::query("SELECT set_config('tenancy.slice', $1, false)")
            .bind(token)
            .execute(&mut self.app)
            .await
            .unwrap();
    }

    /// All rows of a table, as an administrator sees them.
    pub(crate) async fn all(&self, sql: &str) -> Vec<String> {
        let mut admin = PgConnection::connect(self.database.admin_url()).await.unwrap();
        rows(&mut admin, sql).await.unwrap()
    }
}

async fn rows(connection: &mut PgConnection, sql: &str) -> Result<Vec<String>, sqlx::Error> {
    let sql = format!("SELECT q::text FROM ({sql}) AS q ORDER BY 1");
    let rows = connection.fetch_all(AssertSqlSafe(sql)).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Makes a connection a tenant's for as long as it is open.
pub(crate) async fn enter(connection: &mut PgConnection, token: &str) -> Result<(), sqlx::Error> {
    // Of a time that has not come yet.
    let until = "4102444800000";
    let text = format!("SELECT tenancy.enter_session('{token}', '1kB', '{until}')");
    let text = sqlx::raw_sql(AssertSqlSafe(text));
    connection.execute(text).await.map(|_| ())
}

/// Whether the server refused for want of a right, or by a policy.
pub(crate) fn is_refused<T: std::fmt::Debug>(result: &Result<T, sqlx::Error>) -> bool {
    let Err(sqlx::Error::Database(error)) = result else {
        return false;
    };
    error.code().as_deref() == Some("42501")
}
