//! MariaDB, and MySQL as far as it is alike.

mod grants;
mod statements;

use futures_core::future::BoxFuture;
use sqlx::{MySqlConnection, Row, mysql::MySqlRow};

use super::{Ask, Reader, Seen, or_unread};
use crate::audit::{
    model::{
        Action, Column, Index, MariaDb, MariaGrant, Reference, Relation, RelationKind, Routine, Server,
        Setting, Snapshot, Trigger, Version,
    },
    tokens,
};

use statements as ask;

impl Reader for sqlx::MySql {
    fn look<'c>(
        connection: &'c mut MySqlConnection,
        ask: Ask<'c>,
    ) -> BoxFuture<'c, Result<Seen, sqlx::Error>> {
        Box::pin(async move {
            let mut reader = Schema {
                connection,
                unread: Vec::new(),
                schemas: String::new(),
            };
            reader.read(ask).await.map(Seen)
        })
    }
}

struct Schema<'c> {
    connection: &'c mut MySqlConnection,
    unread: Vec<(String, String)>,
    /// With commas between them.
    schemas: String,
}

impl Schema<'_> {
    async fn read(&mut self, ask: Ask<'_>) -> Result<Snapshot, sqlx::Error> {
        let database: Option<String> = sqlx::query_scalar("SELECT CAST(DATABASE() AS CHAR)")
            .fetch_one(&mut *self.connection)
            .await?;
        let Some(database) = database else {
            return Err(sqlx::Error::Configuration(
                "the connection is to no database: mysql://USER@HOST/NAME".into(),
            ));
        };
        let mut schemas = vec![database.as_str()];
        schemas.extend(ask.catalog.tables().filter_map(tenancy_core::Table::schema_name));
        self.schemas = schemas.join(",");
        let mut relations = self.relations().await?;
        self.columns(&mut relations).await?;
        for view in relations
            .iter()
            .filter(|one| one.kind == RelationKind::View && one.columns.is_empty())
        {
            self.unread.push((
                format!("the view {}", view.name),
                "a table of it is gone, or not shown".to_owned(),
            ));
        }
        let (settings, version, foreign_keys) = self.settings().await?;
        self.keys(&mut relations, &version).await?;
        self.references(&mut relations).await?;
        self.views(&mut relations).await?;
        for [schema, table, name, body] in self.texts::<4>("triggers", ask::TRIGGERS).await? {
            if let Some(relation) = find(&mut relations, &schema, &table) {
                relation.triggers.push(Trigger {
                    name,
                    body,
                    function: None,
                    definer: true,
                    compiled: false,
                });
            }
        }
        let mut own = MariaDb {
            database: database.clone(),
            foreign_keys,
            ..MariaDb::default()
        };
        let (app, app_exists) = self.grants(ask, &mut own).await?;
        for [name, kind, security] in self.texts::<3>("routines", ask::ROUTINES).await? {
            own.routines.push(Routine {
                name,
                kind,
                definer: security != "INVOKER",
            });
        }
        own.events = self
            .texts::<1>("events", ask::EVENTS)
            .await?
            .into_iter()
            .map(|[name]| name)
            .collect();
        Ok(Snapshot {
            relations,
            unread: std::mem::take(&mut self.unread),
            settings,
            version,
            app,
            app_exists,
            operator: String::new(),
            server: Server::MariaDb(own),
        })
    }

    async fn relations(&mut self) -> Result<Vec<Relation>, sqlx::Error> {
        let rows = self.texts::<4>("tables", ask::RELATIONS).await?;
        let relation = |(id, [schema, name, kind, engine]): (i64, [String; 4])| {
            let kind = match kind.as_str() {
                "BASE TABLE" | "SYSTEM VERSIONED" => RelationKind::Table,
                "VIEW" => RelationKind::View,
                "SEQUENCE" => RelationKind::Sequence,
                other => RelationKind::Unknown(other.to_ascii_lowercase()),
            };
            let mut relation = Relation::new(id, schema, name, kind);
            relation.engine = Some(engine).filter(|engine| !engine.is_empty());
            relation
        };
        Ok((1..).zip(rows).map(relation).collect())
    }

    async fn columns(&mut self, relations: &mut [Relation]) -> Result<(), sqlx::Error> {
        for [
            schema,
            table,
            name,
            column_type,
            nullable,
            default,
            extra,
            collation,
        ] in self.texts::<8>("columns", ask::COLUMNS).await?
        {
            let extra = extra.to_ascii_uppercase();
            // MariaDB writes the absence of a default as NULL in capitals, and texts in quotes.
            let default = Some(default).filter(|text| !text.is_empty() && text != "NULL");
            if let Some(relation) = find(relations, &schema, &table) {
                relation.columns.push(Column {
                    name,
                    column_type,
                    nullable: nullable == "YES",
                    default,
                    generated: extra.contains("GENERATED") && !extra.contains("DEFAULT_GENERATED"),
                    computed: false,
                    of_domain: false,
                    identity: extra.contains("AUTO_INCREMENT"),
                    folding: Some(collation)
                        .filter(|name| !name.is_empty() && !name.ends_with("_bin") && name != "binary"),
                });
            }
        }
        Ok(())
    }

    async fn keys(&mut self, relations: &mut [Relation], version: &Version) -> Result<(), sqlx::Error> {
        // The optimizer leaves out those that are ignored, of which there are some from 10.6 on.
        let ignored = if version.known && (version.major, version.minor) >= (10, 6) {
            self.texts::<3>("ignored indexes", ask::IGNORED).await?
        } else {
            Vec::new()
        };
        for row in self.rows("indexes", ask::KEYS).await? {
            let [schema, table, name, _, unique, kind] = text_of::<6>(&row)?;
            let column: Option<String> = as_text(&row, 3)?;
            let Some(relation) = find(relations, &schema, &table) else {
                continue;
            };
            let is_ignored = ignored
                .iter()
                .any(|[of, on, index]| [of, on, index] == [&schema, &table, &name]);
            let column = column.filter(|_| !is_ignored || unique == "YES");
            if let Some(key) = relation.keys.last_mut().filter(|key| key.name == name) {
                key.columns.push(column);
                continue;
            }
            relation.keys.push(Index {
                primary: name == "PRIMARY",
                unique: unique == "YES",
                valid: true,
                columns: vec![column],
                definition: kind,
                name,
                ..Index::default()
            });
        }
        Ok(())
    }

    async fn references(&mut self, relations: &mut [Relation]) -> Result<(), sqlx::Error> {
        let rows = self.texts::<9>("foreign keys", ask::REFERENCES).await?;
        for [
            schema,
            table,
            name,
            parent_schema,
            parent,
            from,
            to,
            on_delete,
            on_update,
        ] in rows
        {
            let Some(relation) = find(relations, &schema, &table) else {
                continue;
            };
            if let Some(last) = relation
                .references
                .last_mut()
                .filter(|last| last.name.as_deref() == Some(&name))
            {
                last.on.push((from, to));
                continue;
            }
            relation.references.push(Reference {
                name: Some(name),
                schema: parent_schema,
                parent,
                on: vec![(from, to)],
                on_delete: action(&on_delete),
                on_update: action(&on_update),
                sets: Vec::new(),
                validated: true,
                enforced: true,
                period: false,
            });
        }
        Ok(())
    }

    async fn views(&mut self, relations: &mut [Relation]) -> Result<(), sqlx::Error> {
        let names: Vec<(i64, String)> = relations.iter().map(|one| (one.id, one.name.clone())).collect();
        let elsewhere: Vec<String> = self
            .texts::<1>("schemas", ask::OTHER_SCHEMAS)
            .await?
            .into_iter()
            .map(|[name]| name)
            .collect();
        for [schema, name, body, security] in self.texts::<4>("views", ask::VIEWS).await? {
            if body.is_empty() {
                self.unread.push((
                    format!("the body of the view {name}"),
                    "it is not shown".to_owned(),
                ));
            }
            let words = tokens::names(&body);
            let Some(view) = find(relations, &schema, &name) else {
                continue;
            };
            view.as_owner = security != "INVOKER";
            view.reads_elsewhere = words.iter().any(|word| elsewhere.contains(word));
            let reads = names.iter().filter(|(id, name)| {
                *id != view.id && words.iter().any(|word| word.eq_ignore_ascii_case(name))
            });
            view.reads = reads.map(|(id, _)| *id).collect();
            view.definition = body;
        }
        Ok(())
    }

    async fn settings(&mut self) -> Result<(Vec<Setting>, Version, bool), sqlx::Error> {
        let row = sqlx::query(
            "SELECT CAST(VERSION() AS CHAR), CAST(@@global.sql_mode AS CHAR), CAST(@@global.local_infile AS CHAR), \
             CAST(@@global.foreign_key_checks AS CHAR), CAST(@@foreign_key_checks AS CHAR), CAST(@@global.init_connect AS CHAR)",
        )
        .fetch_one(&mut *self.connection)
        .await?;
        let [
            version,
            sql_mode,
            local_infile,
            global_checks,
            checks,
            init_connect,
        ] = text_of::<6>(&row)?;
        let mut settings = Vec::new();
        if !init_connect.is_empty() {
            settings.push(Setting {
                name: "init_connect".to_owned(),
                value: init_connect,
                what: "it runs on each connection, in front of whatever the application sets",
                mend: Some("SET GLOBAL init_connect = ''".to_owned()),
            });
        }
        if !sql_mode.contains("STRICT_TRANS_TABLES") && !sql_mode.contains("STRICT_ALL_TABLES") {
            settings.push(Setting {
                name: "sql_mode".to_owned(),
                value: sql_mode,
                what: "a value that is missing or does not fit becomes another one, a tenant's key 0 among them",
                mend: Some("SET GLOBAL sql_mode = CONCAT('STRICT_TRANS_TABLES,', @@global.sql_mode)".to_owned()),
            });
        }
        if local_infile == "1" {
            settings.push(Setting {
                name: "local_infile".to_owned(),
                value: "1".to_owned(),
                what: "LOAD DATA LOCAL has the client send files of its machine",
                mend: Some("SET GLOBAL local_infile = 0".to_owned()),
            });
        }
        let mut numbers = version
            .split(['.', '-'])
            .filter_map(|part| part.parse::<i32>().ok());
        let (major, minor) = (
            numbers.next().unwrap_or_default(),
            numbers.next().unwrap_or_default(),
        );
        let version = Version {
            known: version.to_ascii_lowercase().contains("mariadb")
                && (major, minor) >= (10, 5)
                && major <= 12,
            text: version,
            major,
            minor,
        };
        let on = |value: &str| ["1", "ON"].contains(&value);
        Ok((settings, version, on(&global_checks) && on(&checks)))
    }

    async fn rows(&mut self, what: &str, sql: &'static str) -> Result<Vec<MySqlRow>, sqlx::Error> {
        let schemas = self.schemas.clone();
        let rows = sqlx::query(sql)
            .bind(schemas)
            .fetch_all(&mut *self.connection)
            .await;
        or_unread(rows, what, &mut self.unread)
    }

    async fn rows_plain(&mut self, what: &str, sql: &'static str) -> Result<Vec<MySqlRow>, sqlx::Error> {
        let rows = sqlx::query(sql).fetch_all(&mut *self.connection).await;
        or_unread(rows, what, &mut self.unread)
    }

    async fn texts<const N: usize>(
        &mut self,
        what: &str,
        sql: &'static str,
    ) -> Result<Vec<[String; N]>, sqlx::Error> {
        self.rows(what, sql).await?.iter().map(text_of).collect()
    }
}

/// The relation of a name.
fn find<'r>(relations: &'r mut [Relation], schema: &str, name: &str) -> Option<&'r mut Relation> {
    relations
        .iter_mut()
        .find(|one| one.schema == schema && one.name == name)
}

/// The first columns of a row, NULL as an empty text.
fn text_of<const N: usize>(row: &MySqlRow) -> Result<[String; N], sqlx::Error> {
    let mut all = [const { String::new() }; N];
    for (place, text) in all.iter_mut().enumerate() {
        *text = as_text(row, place)?.unwrap_or_default();
    }
    Ok(all)
}

/// A column as text, whatever the server calls its type.
fn as_text(row: &MySqlRow, place: usize) -> Result<Option<String>, sqlx::Error> {
    match row.try_get_unchecked::<Option<Vec<u8>>, _>(place)? {
        Some(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        None => Ok(None),
    }
}

fn action(text: &str) -> Action {
    match text {
        "NO ACTION" | "RESTRICT" => Action::Nothing,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        // What is not known is taken for the worst.
        _ => Action::Cascade,
    }
}
