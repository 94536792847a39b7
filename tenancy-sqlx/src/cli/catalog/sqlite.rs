//! A SQLite database's tables.

use std::str::FromStr;

use sqlx::{
    Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tenancy_core::sql::Dialect;

use super::model::{Column, Database, Kind, Product, Reference, Relation};
use crate::cli::lexer;

pub(super) async fn read(url: &str) -> Result<Database, sqlx::Error> {
    let options = SqliteConnectOptions::from_str(url)?.read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let tables = sqlx::query(
        "SELECT l.name, l.type, m.sql FROM pragma_table_list AS l LEFT JOIN sqlite_master AS m ON m.name = l.name \
         WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name",
    )
    .fetch_all(&mut connection)
    .await?;
    let mut relations = Vec::new();
    for row in tables {
        let sql: Option<String> = row.try_get("sql")?;
        let kind = match row.try_get("type")? {
            "table" => Kind::Table,
            "view" => Kind::View {
                body: sql.as_deref().and_then(body),
            },
            other => Kind::Special(format!("a {other} table")),
        };
        let mut relation = Relation::new(row.try_get("name")?, None, kind);
        columns(&mut connection, &mut relation).await?;
        keys(&mut connection, &mut relation).await?;
        references(&mut connection, &mut relation).await?;
        relations.push(relation);
    }
    for at in 0..relations.len() {
        name_primaries(&mut relations, at);
    }
    connection.close().await?;
    Ok(Database {
        product: Product::Sqlite,
        relations,
        enums: Vec::new(),
    })
}

/// The query of a CREATE VIEW that names no columns of its own.
fn body(sql: &str) -> Option<String> {
    let (mut at, bytes) = (0, sql.as_bytes());
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = lexer::element(rest, Dialect::Sqlite);
        at += length.max(1);
        match kind {
            lexer::Kind::Open => return None,
            lexer::Kind::Word if rest.get(..length)?.eq_ignore_ascii_case(b"as") => {
                return Some(sql.get(at..)?.trim().trim_end_matches(';').to_owned());
            }
            _ => {}
        }
    }
    None
}

async fn columns(connection: &mut SqliteConnection, relation: &mut Relation) -> Result<(), sqlx::Error> {
    let rows =
        sqlx::query("SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid")
            .bind(&relation.name)
            .fetch_all(connection)
            .await;
    // A view whose tables are gone cannot be asked, and denied it is all the same.
    let rows = match (rows, &relation.kind) {
        (Err(_), Kind::View { .. }) => {
            relation.kind = Kind::Special("a view that cannot be read, for a table of it is gone".to_owned());
            return Ok(());
        }
        (rows, _) => rows?,
    };
    let mut primary: Vec<(i64, &SqliteRow)> = Vec::new();
    for row in &rows {
        if row.try_get::<i64, _>("hidden")? != 0 {
            relation.unlisted = Some("it has generated or hidden columns");
        }
        relation.columns.push(Column {
            name: row.try_get("name")?,
            column_type: row.try_get("type")?,
            nullable: row.try_get::<i64, _>("notnull")? == 0 && row.try_get::<i64, _>("pk")? == 0,
        });
        let place: i64 = row.try_get("pk")?;
        if place > 0 {
            primary.push((place, row));
        }
    }
    if primary.is_empty() {
        return Ok(());
    }
    primary.sort_by_key(|(place, _)| *place);
    let names = primary
        .iter()
        .map(|(_, row)| row.try_get("name"))
        .collect::<Result<Vec<String>, _>>()?;
    // A primary key of SQLite's admits NULL, unless it is the row's number or says otherwise.
    let not_null = |row: &SqliteRow| Ok::<_, sqlx::Error>(row.try_get::<i64, _>("notnull")? != 0);
    let numbers = |row: &SqliteRow| {
        Ok::<_, sqlx::Error>(row.try_get::<String, _>("type")?.eq_ignore_ascii_case("integer"))
    };
    let strict = match primary.as_slice() {
        [(_, row)] => not_null(row)? || numbers(row)?,
        rows => rows
            .iter()
            .map(|(_, row)| not_null(row))
            .collect::<Result<Vec<_>, _>>()?
            .iter()
            .all(|is| *is),
    };
    relation.primary = strict.then(|| names.clone());
    relation.unique.push(names);
    Ok(())
}

async fn keys(connection: &mut SqliteConnection, relation: &mut Relation) -> Result<(), sqlx::Error> {
    let indexes = sqlx::query("SELECT name FROM pragma_index_list(?) WHERE \"unique\" AND origin <> 'pk'")
        .bind(&relation.name)
        .fetch_all(&mut *connection)
        .await?;
    for index in indexes {
        let name: String = index.try_get(0)?;
        let names: Vec<Option<String>> =
            sqlx::query_scalar("SELECT name FROM pragma_index_info(?) ORDER BY seqno")
                .bind(name)
                .fetch_all(&mut *connection)
                .await?;
        let whole = names.iter().all(Option::is_some);
        relation.key(names.into_iter().flatten().collect(), whole);
    }
    Ok(())
}

async fn references(connection: &mut SqliteConnection, relation: &mut Relation) -> Result<(), sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?) ORDER BY id, seq",
    )
    .bind(&relation.name)
    .fetch_all(connection)
    .await?;
    let mut last = None;
    for row in rows {
        let id: i64 = row.try_get("id")?;
        if last != Some(id) {
            relation.references.push(Reference {
                parent: row.try_get("table")?,
                on: Vec::new(),
            });
            last = Some(id);
        }
        let pair = (
            row.try_get("from")?,
            row.try_get::<Option<String>, _>("to")?.unwrap_or_default(),
        );
        if let Some(reference) = relation.references.last_mut() {
            reference.on.push(pair);
        }
    }
    Ok(())
}

/// A foreign key that names no columns of its parent means the parent's primary key.
fn name_primaries(relations: &mut [Relation], at: usize) {
    let primary = |parent: &str| {
        let found = relations.iter().find(|one| one.name.eq_ignore_ascii_case(parent));
        found
            .and_then(|one| one.unique.first().cloned())
            .unwrap_or_default()
    };
    let Some(references) = relations.get(at).map(|relation| &relation.references) else {
        return;
    };
    let named: Vec<Reference> = references
        .iter()
        .map(|reference| {
            let primary = primary(&reference.parent);
            let pair = |(place, (from, to)): (usize, &(String, String))| {
                let to = if to.is_empty() {
                    primary.get(place).cloned().unwrap_or_default()
                } else {
                    to.clone()
                };
                (from.clone(), to)
            };
            Reference {
                parent: reference.parent.clone(),
                on: reference.on.iter().enumerate().map(pair).collect(),
            }
        })
        .collect();
    if let Some(relation) = relations.get_mut(at) {
        relation.references = named;
    }
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn a_views_body_is_what_follows_as() {
        assert_eq!(body("CREATE VIEW v AS SELECT 1;").as_deref(), Some("SELECT 1"));
        assert_eq!(
            body("CREATE VIEW \"as\" AS\nSELECT 1 AS a").as_deref(),
            Some("SELECT 1 AS a")
        );
        assert_eq!(body("CREATE VIEW v (a) AS SELECT 1"), None);
        assert_eq!(body("CREATE VIEW v"), None);
    }
}
