//! PostgreSQL.

mod programs;
mod relations;
mod statements;
mod wall;

use futures_core::future::BoxFuture;
use sqlx::{
    Acquire, FromRow, PgConnection, Postgres as Driver,
    postgres::{PgArguments, PgRow},
    query::QueryAs,
};

use super::{Ask, Reader, Seen, or_unread};
use crate::audit::model::{Postgres, Role, Server, Setting, Snapshot, Version};
use statements as ask;

/// The versions whose catalogues are known.
const KNOWN: std::ops::RangeInclusive<i32> = 12..=18;

impl Reader for Driver {
    fn look<'c>(connection: &'c mut PgConnection, ask: Ask<'c>) -> BoxFuture<'c, Result<Seen, sqlx::Error>> {
        Box::pin(async move {
            let mut transaction = connection.begin().await?;
            let mut reader = Catalogues {
                connection: &mut transaction,
                unread: Vec::new(),
                roles: Vec::new(),
                plain: Vec::new(),
            };
            let seen = reader.read(ask).await;
            transaction.rollback().await?;
            seen.map(Seen)
        })
    }
}

/// The server's catalogues, as one connection sees them.
struct Catalogues<'c> {
    connection: &'c mut PgConnection,
    unread: Vec<(String, String)>,
    /// The application's role and those that it can become, by number.
    roles: Vec<i64>,
    /// Those of them that hold no more than what is granted to them. What stronger ones may do does not matter any more.
    plain: Vec<i64>,
}

impl Catalogues<'_> {
    async fn read(&mut self, ask: Ask<'_>) -> Result<Snapshot, sqlx::Error> {
        // So that the server writes every name in full.
        sqlx::query("SELECT pg_catalog.set_config('search_path', '', true)")
            .execute(&mut *self.connection)
            .await?;
        let app = self.app(ask).await?;
        let operator = self.operator(ask).await?;
        let mut server = Postgres {
            roles: self.roles(&app, &operator).await?,
            ..Postgres::default()
        };
        let (settings, version) = self.settings().await?;
        // Where roles cannot be read, that is told already.
        let app_exists = !server.roles.is_empty() || self.unread.iter().any(|(what, _)| what == "roles");
        let relations = self.relations(&mut server).await?;
        self.rights(&mut server, &app, &operator, ask, version.major)
            .await?;
        self.programs(&mut server, ask).await?;
        Ok(Snapshot {
            relations,
            unread: std::mem::take(&mut self.unread),
            settings,
            version,
            app,
            app_exists,
            operator,
            server: Server::Postgres(Box::new(server)),
        })
    }

    /// The application's role: the one that was named, or the wall's usual one, or the one that the wall's policies are for,
    /// or who is asking.
    async fn app(&mut self, ask: Ask<'_>) -> Result<String, sqlx::Error> {
        if let Some(named) = &ask.options.app {
            return Ok(named.clone());
        }
        let found = self
            .one(
                "whom the wall was built for",
                "SELECT rolname::text FROM (
                    SELECT 1 AS place, rolname FROM pg_catalog.pg_roles WHERE rolname = 'tenancy_app'
                    UNION ALL
                    SELECT 2, min(r.rolname::text) FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_roles r ON r.oid = ANY (p.polroles)
                    WHERE p.polname = 'tenancy_app' HAVING count(DISTINCT r.oid) = 1
                    UNION ALL
                    SELECT 3, current_user) AS candidates ORDER BY place LIMIT 1",
            )
            .await?;
        Ok(found.unwrap_or_default())
    }

    /// The operators' role: the one that was named, or the one that the wall's policy is for, or the wall's usual one.
    async fn operator(&mut self, ask: Ask<'_>) -> Result<String, sqlx::Error> {
        if let Some(named) = &ask.options.operator {
            return Ok(named.clone());
        }
        let found = self
            .one(
                "whom the wall's operators are",
                "SELECT min(r.rolname::text) FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_roles r ON r.oid = ANY (p.polroles)
                 WHERE p.polname = 'tenancy_operator' HAVING count(DISTINCT r.oid) = 1",
            )
            .await?;
        Ok(found.unwrap_or_else(|| "tenancy_operator".to_owned()))
    }

    async fn one(&mut self, what: &str, sql: &'static str) -> Result<Option<String>, sqlx::Error> {
        let rows: Vec<(Option<String>,)> = self.all(what, sqlx::query_as(sql)).await?;
        Ok(rows.into_iter().next().and_then(|(name,)| name))
    }

    async fn roles(&mut self, app: &str, operator: &str) -> Result<Vec<Role>, sqlx::Error> {
        let mut roles: Vec<Role> = self
            .all("roles", sqlx::query_as(ask::ROLES).bind(app.to_owned()))
            .await?;
        for role in &roles {
            self.roles.push(role.id);
            if role.own || !role.is_strong(operator) {
                self.plain.push(role.id);
            }
        }
        // Where a strong role is reached by way of another one, it is the way to that one that has to go.
        let strong: Vec<String> = roles
            .iter()
            .filter(|role| !role.own && role.is_strong(operator))
            .map(|role| role.name.clone())
            .collect();
        for role in &mut roles {
            role.members.retain(|member| !strong.contains(member));
        }
        Ok(roles)
    }

    async fn settings(&mut self) -> Result<(Vec<Setting>, Version), sqlx::Error> {
        let rows: Vec<(String, String)> = sqlx::query_as(ask::SETTINGS)
            .fetch_all(&mut *self.connection)
            .await?;
        let mut settings = Vec::new();
        let mut version = Version::default();
        for (name, value) in rows {
            match name.as_str() {
                "server_version" => version.text = format!("PostgreSQL {value}"),
                "server_version_num" => {
                    let number: i32 = value.parse().unwrap_or_default();
                    (version.major, version.minor) = (number / 10_000, number % 10_000);
                    version.known = KNOWN.contains(&version.major);
                }
                _ => {
                    if let Some(what) = weakens(&name, &value) {
                        let mend = Some(format!("ALTER DATABASE {{database}} RESET {name}"));
                        settings.push(Setting {
                            name,
                            value,
                            what,
                            mend,
                        });
                    }
                }
            }
        }
        let database: String =
            sqlx::query_scalar("SELECT pg_catalog.quote_ident(pg_catalog.current_database())")
                .fetch_one(&mut *self.connection)
                .await?;
        for setting in &mut settings {
            setting.mend = setting
                .mend
                .take()
                .map(|sql| sql.replace("{database}", &database));
        }
        Ok((settings, version))
    }

    /// Who may do what.
    async fn rights(
        &mut self,
        server: &mut Postgres,
        app: &str,
        operator: &str,
        asked: Ask<'_>,
        major: i32,
    ) -> Result<(), sqlx::Error> {
        let (roles, plain) = (self.roles.clone(), self.plain.clone());
        let members: Vec<(String,)> = self
            .all(
                "members of the application's role",
                sqlx::query_as(ask::STRONG_MEMBERS)
                    .bind(app.to_owned())
                    .bind(operator.to_owned()),
            )
            .await?;
        server.strong_members = members.into_iter().map(|(name,)| name).collect();
        server.others = self
            .all("grants of others", sqlx::query_as(ask::OTHERS).bind(&roles))
            .await?;
        server.inheriting_owners = self
            .all(
                "owners of tables",
                sqlx::query_as(ask::INHERITING_OWNERS).bind(operator.to_owned()),
            )
            .await?;
        server.policies = self
            .all("policies", sqlx::query_as(ask::POLICIES).bind(&roles))
            .await?;
        server.grants = self
            .all("grants", sqlx::query_as(ask::GRANTS).bind(&plain))
            .await?;
        if major >= 15 {
            let more = self
                .all(
                    "grants of parameters",
                    sqlx::query_as(ask::PARAMETERS).bind(&plain),
                )
                .await?;
            server.grants.extend(more);
        }
        server.escalations = self
            .all(
                "grants on the server's catalogues",
                sqlx::query_as(ask::ESCALATIONS).bind(&plain),
            )
            .await?;
        server.defaults = self
            .all("default privileges", sqlx::query_as(ask::DEFAULTS).bind(&plain))
            .await?;
        server.owned = self
            .all("owners", sqlx::query_as(ask::OWNED).bind(&plain))
            .await?;
        let sequences: Vec<(i64,)> = self
            .all("sequences of columns", sqlx::query_as(ask::COLUMN_SEQUENCES))
            .await?;
        server.column_sequences = sequences.into_iter().map(|(id,)| id).collect();
        server.role_settings = self
            .all(
                "settings of roles",
                sqlx::query_as(ask::ROLE_SETTINGS)
                    .bind(&plain)
                    .bind(app.to_owned()),
            )
            .await?;
        let key: Vec<(i64, String)> = self
            .all(
                "the signing key's table",
                sqlx::query_as(programs::SIGNING_KEY).bind(&asked.options.schema),
            )
            .await?;
        if let Some((bytes, owner)) = key.into_iter().next() {
            (server.key_bytes, server.key_owner) = (Some(bytes), Some(owner));
        }
        Ok(())
    }

    /// What runs, and what leaves the database.
    async fn programs(&mut self, server: &mut Postgres, asked: Ask<'_>) -> Result<(), sqlx::Error> {
        let roles = self.plain.clone();
        server.functions = self
            .all("functions", sqlx::query_as(programs::FUNCTIONS).bind(&roles))
            .await?;
        server.operators = self
            .all("operators and casts", sqlx::query_as(programs::OPERATORS))
            .await?;
        server.view_calls = self
            .all("what views call", sqlx::query_as(programs::VIEW_CALLS))
            .await?;
        server.views_of_closed = self
            .all(
                "views of the server's tables",
                sqlx::query_as(programs::VIEWS_OF_CLOSED),
            )
            .await?;
        server.calls = self
            .all("calls of functions", sqlx::query_as(programs::CALLS))
            .await?;
        server.rules = self.all("rules", sqlx::query_as(programs::RULES)).await?;
        server.event_triggers = self
            .all("event triggers", sqlx::query_as(programs::EVENT_TRIGGERS))
            .await?;
        server.published = self
            .all("publications", sqlx::query_as(programs::PUBLISHED))
            .await?;
        server.statistics = self
            .all("extended statistics", sqlx::query_as(programs::STATISTICS))
            .await?;
        let scalars = [
            (
                "subscriptions",
                programs::SUBSCRIPTIONS,
                &mut server.subscriptions,
            ),
            ("extensions", programs::EXTENSIONS, &mut server.extensions),
        ];
        for (what, sql, into) in scalars {
            let rows: Vec<(String,)> = self.all(what, sqlx::query_as(sql)).await?;
            into.extend(rows.into_iter().map(|(name,)| name));
        }
        server.wall_functions = self
            .all(
                "the wall's function",
                sqlx::query_as(programs::WALL_FUNCTION).bind(&asked.options.schema),
            )
            .await?;
        server.expected = wall::expected(&asked);
        Ok(())
    }

    /// The rows of one part of the catalogues. What is refused is noted, and ends nothing.
    async fn all<T>(
        &mut self,
        what: &str,
        query: QueryAs<'_, Driver, T, PgArguments>,
    ) -> Result<Vec<T>, sqlx::Error>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        let mut point = self.connection.begin().await?;
        let rows = query.fetch_all(&mut *point).await;
        if rows.is_ok() {
            point.commit().await?;
        } else {
            point.rollback().await?;
        }
        or_unread(rows, what, &mut self.unread)
    }
}

/// What a setting does, where it is not as it should be.
fn weakens(name: &str, value: &str) -> Option<&'static str> {
    match (name, value) {
        ("row_security", "off") => {
            Some("statements that a policy would hold fail, or are not held for those that bypass")
        }
        ("session_replication_role", "replica" | "local") => Some("foreign keys and triggers do not run"),
        ("lo_compat_privileges", "on") => Some("everybody reads and writes all large objects"),
        ("allow_system_table_mods", "on") => Some("the server's own catalogues can be changed"),
        ("transform_null_equals", "on") => {
            Some("`= NULL` finds the rows without a value, shared ones of a mixed table among them")
        }
        ("standard_conforming_strings", "off") => {
            Some("a backslash ends a literal elsewhere than the engine reads it")
        }
        _ => None,
    }
}
