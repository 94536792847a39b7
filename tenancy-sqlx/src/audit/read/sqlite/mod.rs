//! SQLite.

mod keys;

use futures_core::future::BoxFuture;
use sqlx::{Row, SqliteConnection};

use super::{Ask, Reader, Seen, or_unread};
use crate::audit::{
    model::{
        Action, Column, Index, Reference, Relation, RelationKind, Server, Setting, Snapshot, Sqlite, Trigger,
        Version,
    },
    tokens,
};

impl Reader for sqlx::Sqlite {
    fn look<'c>(
        connection: &'c mut SqliteConnection,
        _: Ask<'c>,
    ) -> BoxFuture<'c, Result<Seen, sqlx::Error>> {
        Box::pin(async move {
            let mut reader = Schema {
                connection,
                unread: Vec::new(),
            };
            reader.read().await.map(Seen)
        })
    }
}

struct Schema<'c> {
    connection: &'c mut SqliteConnection,
    unread: Vec<(String, String)>,
}

impl Schema<'_> {
    async fn read(&mut self) -> Result<Snapshot, sqlx::Error> {
        let mut relations = self.relations().await?;
        for relation in &mut relations {
            if matches!(relation.kind, RelationKind::Shadow | RelationKind::Unknown(_)) {
                continue;
            }
            let sql = relation.definition.clone();
            self.columns(relation, &sql).await?;
            if relation.kind == RelationKind::View {
                continue;
            }
            self.keys(relation, &sql).await?;
            self.references(relation).await?;
        }
        self.triggers(&mut relations).await?;
        name_primaries(&mut relations);
        let text: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&mut *self.connection)
            .await?;
        let mut numbers = text.split('.').filter_map(|part| part.parse::<i32>().ok());
        let (major, minor) = (
            numbers.next().unwrap_or_default(),
            numbers.next().unwrap_or_default(),
        );
        Ok(Snapshot {
            settings: self.settings().await?,
            version: Version {
                text: format!("SQLite {text}"),
                // pragma_table_list came with 3.37.
                known: major == 3 && minor >= 37,
                major,
                minor,
            },
            app: String::new(),
            app_exists: true,
            operator: String::new(),
            server: Server::Sqlite(self.own().await?),
            relations,
            unread: std::mem::take(&mut self.unread),
        })
    }

    async fn relations(&mut self) -> Result<Vec<Relation>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT l.name, l.type, m.sql FROM pragma_table_list AS l LEFT JOIN sqlite_master AS m ON m.name = l.name \
             AND m.type IN ('table', 'view') WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name",
        )
        .fetch_all(&mut *self.connection)
        .await?;
        let mut relations = Vec::new();
        for (id, row) in (1..).zip(rows) {
            let kind = match row.try_get::<String, _>("type")?.as_str() {
                "table" => RelationKind::Table,
                "view" => RelationKind::View,
                "virtual" => RelationKind::Virtual,
                "shadow" => RelationKind::Shadow,
                other => RelationKind::Unknown(format!("{other} table")),
            };
            let mut relation = Relation::new(id, "main".to_owned(), row.try_get("name")?, kind);
            relation.definition = row.try_get::<Option<String>, _>("sql")?.unwrap_or_default();
            relations.push(relation);
        }
        // A view reads whatever relation its text has the name of.
        let names: Vec<(i64, String)> = relations.iter().map(|one| (one.id, one.name.clone())).collect();
        for relation in &mut relations {
            if relation.kind == RelationKind::View {
                let words = tokens::names(&relation.definition);
                let reads = names.iter().filter(|(id, name)| {
                    *id != relation.id && words.iter().any(|word| word.eq_ignore_ascii_case(name))
                });
                relation.reads = reads.map(|(id, _)| *id).collect();
            }
        }
        Ok(relations)
    }

    async fn columns(&mut self, relation: &mut Relation, sql: &str) -> Result<(), sqlx::Error> {
        let rows = sqlx::query(
            "SELECT name, type, \"notnull\", pk, hidden, dflt_value FROM pragma_table_xinfo(?) ORDER BY cid",
        )
        .bind(&relation.name)
        .fetch_all(&mut *self.connection)
        .await;
        let collations = tokens::collations(sql);
        let rows = or_unread(rows, &format!("columns of {}", relation.name), &mut self.unread)?;
        let mut in_key = 0;
        for row in &rows {
            in_key += i64::from(row.try_get::<i64, _>("pk")? > 0);
        }
        for row in rows {
            let name: String = row.try_get("name")?;
            let hidden: i64 = row.try_get("hidden")?;
            let column_type: String = row.try_get("type")?;
            let (number, not_null): (i64, i64) = (row.try_get("pk")?, row.try_get("notnull")?);
            // A primary key that is the row's number is never NULL, and one of several columns is none. Where the server itself makes the
            // others NOT NULL (WITHOUT ROWID, STRICT), it says so.
            let is_number = number == 1 && in_key == 1 && column_type.eq_ignore_ascii_case("integer");
            let folding = collations.iter().find(|(column, collation)| {
                column.eq_ignore_ascii_case(&name) && !collation.eq_ignore_ascii_case("binary")
            });
            relation.columns.push(Column {
                nullable: not_null == 0 && !is_number,
                default: row.try_get("dflt_value")?,
                generated: hidden > 1,
                computed: false,
                of_domain: false,
                identity: false,
                folding: folding.map(|(_, collation)| collation.clone()),
                column_type,
                name,
            });
        }
        Ok(())
    }

    async fn references(&mut self, relation: &mut Relation) -> Result<(), sqlx::Error> {
        let rows = sqlx::query(
            "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq",
        )
        .bind(&relation.name)
        .fetch_all(&mut *self.connection)
        .await;
        let rows = or_unread(
            rows,
            &format!("foreign keys of {}", relation.name),
            &mut self.unread,
        )?;
        let mut last = None;
        for row in rows {
            let id: i64 = row.try_get("id")?;
            if last != Some(id) {
                relation.references.push(Reference {
                    name: None,
                    schema: "main".to_owned(),
                    parent: row.try_get("table")?,
                    on: Vec::new(),
                    on_delete: action(&row.try_get::<String, _>("on_delete")?),
                    on_update: action(&row.try_get::<String, _>("on_update")?),
                    sets: Vec::new(),
                    validated: true,
                    enforced: true,
                    period: false,
                });
                last = Some(id);
            }
            let to: Option<String> = row.try_get("to")?;
            let pair = (row.try_get("from")?, to.unwrap_or_default());
            if let Some(reference) = relation.references.last_mut() {
                reference.on.push(pair);
            }
        }
        Ok(())
    }

    async fn triggers(&mut self, relations: &mut [Relation]) -> Result<(), sqlx::Error> {
        let rows =
            sqlx::query("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
                .fetch_all(&mut *self.connection)
                .await;
        for row in or_unread(rows, "triggers", &mut self.unread)? {
            let table: String = row.try_get("tbl_name")?;
            let sql: String = row.try_get::<Option<String>, _>("sql")?.unwrap_or_default();
            let trigger = Trigger {
                name: row.try_get("name")?,
                body: tokens::after_head(&sql),
                function: None,
                definer: false,
                compiled: false,
            };
            if let Some(relation) = relations
                .iter_mut()
                .find(|one| one.name.eq_ignore_ascii_case(&table))
            {
                relation.triggers.push(trigger);
            }
        }
        Ok(())
    }

    async fn settings(&mut self) -> Result<Vec<Setting>, sqlx::Error> {
        let mut settings = Vec::new();
        for (name, bad, what) in [
            (
                "writable_schema",
                1,
                "a statement can change the schema's own text",
            ),
            ("ignore_check_constraints", 1, "CHECK constraints do not hold"),
            (
                "defer_foreign_keys",
                1,
                "foreign keys are looked at when the transaction ends",
            ),
            (
                "read_uncommitted",
                1,
                "a shared cache shows rows that are not committed",
            ),
        ] {
            let sql = format!("SELECT * FROM pragma_{name}");
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                .fetch_all(&mut *self.connection)
                .await;
            for row in or_unread(rows, name, &mut self.unread)? {
                if row.try_get::<i64, _>(0)? == bad {
                    settings.push(Setting {
                        name: name.to_owned(),
                        value: "on".to_owned(),
                        what,
                        mend: None,
                    });
                }
            }
        }
        Ok(settings)
    }

    async fn own(&mut self) -> Result<Sqlite, sqlx::Error> {
        let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys")
            .fetch_one(&mut *self.connection)
            .await?;
        let names = |row: sqlx::sqlite::SqliteRow| row.try_get::<String, _>(0);
        let attached =
            sqlx::query("SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')")
                .fetch_all(&mut *self.connection)
                .await?;
        let temporary = sqlx::query("SELECT type || ' ' || name FROM sqlite_temp_master ORDER BY 1")
            .fetch_all(&mut *self.connection)
            .await?;
        let statistics = sqlx::query(
            "SELECT name FROM sqlite_master WHERE name IN ('sqlite_stat3', 'sqlite_stat4') ORDER BY 1",
        )
        .fetch_all(&mut *self.connection)
        .await?;
        Ok(Sqlite {
            foreign_keys: foreign_keys != 0,
            attached: attached.into_iter().map(names).collect::<Result<_, _>>()?,
            temporary: temporary.into_iter().map(names).collect::<Result<_, _>>()?,
            statistics: statistics.into_iter().map(names).collect::<Result<_, _>>()?,
        })
    }
}

fn action(text: &str) -> Action {
    match text.to_ascii_uppercase().as_str() {
        "NO ACTION" | "RESTRICT" | "NONE" => Action::Nothing,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        // What is not known is taken for the worst.
        _ => Action::Cascade,
    }
}

/// A foreign key that names no columns of its parent means the parent's primary key.
fn name_primaries(relations: &mut [Relation]) {
    let primaries: Vec<(String, Vec<String>)> = relations
        .iter()
        .map(|relation| {
            let primary = relation.keys.iter().find(|key| key.primary);
            let columns = primary.map(|key| key.columns.iter().flatten().cloned().collect());
            (relation.name.clone(), columns.unwrap_or_default())
        })
        .collect();
    for reference in relations.iter_mut().flat_map(|relation| &mut relation.references) {
        let Some((_, primary)) = primaries
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&reference.parent))
        else {
            continue;
        };
        for ((_, to), column) in reference.on.iter_mut().zip(primary) {
            if to.is_empty() {
                to.clone_from(column);
            }
        }
    }
}
