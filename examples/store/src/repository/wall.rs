//! PostgreSQL's own wall before the stores: the roles, the policies, and the key that says whose turn it is.

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Executor as _};
use tenancy_core::Catalog;
use tenancy_sqlx::{Audit, AuditRule, Report, RowSecurity, Severity, SigningKey};

use super::statements::platform as sql;
use super::{RepositoryError, Result, catalog};
use crate::secrets;

/// The names of `platform_secrets`.
const SIGNING_KEY: &str = "signing key";
const STORES_ROLE: &str = "password of the stores' role";

/// How to come to the tables from here on.
pub(super) struct Walled {
    /// As the role that stores' statements run as.
    pub(super) stores: PgConnectOptions,
    /// The operators' role, as it is written in SQL.
    pub(super) operator: String,
    /// What says whose turn it is.
    pub(super) key: SigningKey,
}

/// Brings tables and wall up to date, as the owner, and looks whether they hold.
pub(super) async fn put_up(
    connection: &mut PgConnection,
    migrations: &Migrator,
    owner: &PgConnectOptions,
    stores: Option<PgConnectOptions>,
) -> Result<Walled> {
    migrations.run(&mut *connection).await?;
    // Processes that start together do so one after the other; the lock ends with the transaction.
    let mut tx = connection.begin().await?;
    tx.execute("SELECT pg_advisory_xact_lock(hashtext('the wall of the store'))")
        .await?;
    let key =
        SigningKey::new(1, secret(&mut tx, SIGNING_KEY).await?.as_bytes()).map_err(RepositoryError::wall)?;
    let (stores, made_here) = match stores {
        Some(stores) => (stores, false),
        None => (of_our_own(&mut tx, owner).await?, true),
    };
    let names = Names::of(&stores)?;

    let catalog = catalog()?;
    if !names.exist(&mut tx).await? || !holds(&names.audit(&mut tx, &catalog).await?) {
        names.can_be_made(&mut tx, made_here).await?;
        if made_here {
            let password = secret(&mut tx, STORES_ROLE).await?;
            names.let_stores_log_in(&mut tx, &password).await?;
        }
        run(&mut tx, names.security(&catalog).migration()).await?;
        run(&mut tx, key.install("tenancy")).await?;
        names.let_owner_operate(&mut tx).await?;
        let report = names.audit(&mut tx, &catalog).await?;
        if !holds(&report) {
            return Err(RepositoryError::wall(report));
        }
    }
    tx.commit().await?;
    let operator = quoted(&names.operator);
    Ok(Walled {
        stores,
        operator,
        key,
    })
}

/// A secret that the platform's processes share: made by the first that asks. Behind the wall it is the operators' to read,
/// who may do more than the secrets could let them.
async fn secret(connection: &mut PgConnection, name: &str) -> Result<String> {
    let operator: Option<String> = sqlx::query_scalar(
        "SELECT pg_get_userbyid(polroles[1])::text FROM pg_policy \
         WHERE polrelid = 'platform_secrets'::regclass AND polname = 'tenancy_operator'",
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(operator) = &operator {
        run(connection, format!("SET LOCAL ROLE {}", quoted(operator))).await?;
    }
    sqlx::query(sql::KEEP_SECRET)
        .bind(name)
        .bind(secrets::new_token("platform"))
        .execute(&mut *connection)
        .await?;
    let secret = sqlx::query_scalar(sql::SECRET)
        .bind(name)
        .fetch_one(&mut *connection)
        .await?;
    run(connection, "RESET ROLE".to_owned()).await?;
    Ok(secret)
}

/// The stores' role of a database whose owner named none. A cluster's databases share its roles, so it has the database's name.
async fn of_our_own(connection: &mut PgConnection, owner: &PgConnectOptions) -> Result<PgConnectOptions> {
    let database: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(&mut *connection)
        .await?;
    let password = secret(connection, STORES_ROLE).await?;
    Ok(owner
        .clone()
        .username(&format!("{database}_stores"))
        .password(&password))
}

/// No mistake is left, and the key is there.
fn holds(report: &Report) -> bool {
    let keyless = |finding: &tenancy_sqlx::Finding| finding.rule() == AuditRule::SigningKeyMissing;
    report.is_clean(Severity::Error) && !report.findings().iter().any(keyless)
}

/// The two roles.
struct Names {
    stores: String,
    operator: String,
}

impl Names {
    fn of(stores: &PgConnectOptions) -> Result<Self> {
        let stores = stores.get_username().to_owned();
        let operator = format!("{stores}_operator");
        // PostgreSQL cuts longer names off, and two could become one.
        if operator.len() > 63 {
            return Err(RepositoryError::role(
                "the name of the database is too long for its roles: make a role of your own for the stores and name it with --stores-url",
            ));
        }
        Ok(Self { stores, operator })
    }

    async fn exist(&self, connection: &mut PgConnection) -> Result<bool> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_roles WHERE rolname IN ($1, $2)")
            .bind(&self.stores)
            .bind(&self.operator)
            .fetch_one(connection)
            .await?;
        Ok(count == 2)
    }

    fn security<'a>(&self, catalog: &'a Catalog) -> RowSecurity<'a> {
        RowSecurity::new(catalog)
            .app_role(&self.stores)
            .operator_role(&self.operator)
    }

    async fn audit(&self, connection: &mut PgConnection, catalog: &Catalog) -> Result<Report> {
        let audit = Audit::new(catalog)
            .app_role(&self.stores)
            .operator_role(&self.operator);
        audit.run(connection).await.map_err(RepositoryError::wall)
    }

    /// Whether the roles are there, or the owner may make them.
    async fn can_be_made(&self, connection: &mut PgConnection, made_here: bool) -> Result<()> {
        let (may, is_owner): (bool, bool) = sqlx::query_as(
            "SELECT rolsuper OR rolcreaterole, rolname = $1 FROM pg_roles WHERE rolname = current_user",
        )
        .bind(&self.stores)
        .fetch_one(&mut *connection)
        .await?;
        if is_owner {
            return Err(RepositoryError::role(
                "--stores-url is of the role of --database-url, which owns the tables: give the stores one that owns nothing",
            ));
        }
        if may || !made_here && self.exist(connection).await? {
            return Ok(());
        }
        Err(RepositoryError::role(
            "the role of --database-url may not make roles: have one made for the stores, with a login and nothing else, and one for \
             operators, of the same name with _operator behind it, that the role of --database-url is a member of; \
             name the stores' one with --stores-url",
        ))
    }

    async fn let_stores_log_in(&self, connection: &mut PgConnection, password: &str) -> Result<()> {
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(&self.stores)
            .fetch_one(&mut *connection)
            .await?;
        let verb = if exists { "ALTER" } else { "CREATE" };
        // The password is digits and letters of our own.
        let statement = format!("{verb} ROLE {} LOGIN PASSWORD '{password}'", quoted(&self.stores));
        run(connection, statement).await
    }

    /// The owner is held by the policies too, and works for the platform as the operators' role.
    async fn let_owner_operate(&self, connection: &mut PgConnection) -> Result<()> {
        let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
            .fetch_one(&mut *connection)
            .await?;
        // Not all the time: only after SET ROLE. Before PostgreSQL 16 that is for the owner's NOINHERIT to say.
        let (right, how) = match version {
            ..160_000 => ("MEMBER", ""),
            160_000.. => ("SET", " WITH INHERIT FALSE, SET TRUE"),
        };
        let may: bool = sqlx::query_scalar("SELECT pg_has_role(current_user, $1, $2)")
            .bind(&self.operator)
            .bind(right)
            .fetch_one(&mut *connection)
            .await?;
        if may {
            return Ok(());
        }
        let grant = format!("GRANT {} TO CURRENT_USER{how}", quoted(&self.operator));
        run(connection, grant).await
    }
}

async fn run(connection: &mut PgConnection, statements: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(connection)
        .await?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
