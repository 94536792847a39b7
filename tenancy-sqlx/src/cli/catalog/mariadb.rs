//! The tables of a MariaDB or MySQL database: those that the user may see.

use std::{collections::HashMap, str::FromStr};

use sqlx::{Connection, MySqlConnection, Row, mysql::MySqlConnectOptions};

use super::model::{Column, Database, Kind, Product, Reference, Relation};

const RELATIONS: &str = "
    SELECT CAST(TABLE_NAME AS CHAR), CAST(TABLE_TYPE AS CHAR) FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME";

const COLUMNS: &str = "
    SELECT CAST(TABLE_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR), CAST(DATA_TYPE AS CHAR), CAST(IS_NULLABLE AS CHAR), CAST(EXTRA AS CHAR)
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION";

/// A part of a column, or an expression, has no column as it is.
const KEYS: &str = "
    SELECT CAST(TABLE_NAME AS CHAR), CAST(INDEX_NAME AS CHAR),
        CAST(CASE WHEN SUB_PART IS NULL THEN COLUMN_NAME END AS CHAR)
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0
    ORDER BY TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX";

const REFERENCES: &str = "
    SELECT CAST(TABLE_NAME AS CHAR), CAST(CONSTRAINT_NAME AS CHAR), CAST(REFERENCED_TABLE_NAME AS CHAR),
        CAST(COLUMN_NAME AS CHAR), CAST(REFERENCED_COLUMN_NAME AS CHAR)
    FROM information_schema.KEY_COLUMN_USAGE
    WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_SCHEMA = DATABASE()
    ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";

pub(super) async fn read(url: &str) -> Result<Database, sqlx::Error> {
    let url = url.replacen("mariadb:", "mysql:", 1);
    let options = MySqlConnectOptions::from_str(&url)?;
    if options.get_database().is_none_or(str::is_empty) {
        return Err(sqlx::Error::Configuration(
            "the URL names no database: mysql://USER@HOST/NAME".into(),
        ));
    }
    let mut connection = MySqlConnection::connect_with(&options).await?;
    let mut relations = Vec::new();
    for row in sqlx::query(RELATIONS).fetch_all(&mut connection).await? {
        let what: String = row.try_get(1)?;
        let kind = match what.as_str() {
            "BASE TABLE" | "SYSTEM VERSIONED" => Kind::Table,
            "VIEW" => Kind::View { body: None },
            other => Kind::Special(format!("a {}", other.to_ascii_lowercase())),
        };
        relations.push(Relation::new(row.try_get(0)?, None, kind));
    }
    let names = relations.iter().map(|relation| relation.name.clone());
    let places: HashMap<String, usize> = names.zip(0..).collect();
    let mut of = |name: &str, change: &mut dyn FnMut(&mut Relation)| {
        if let Some(relation) = places.get(name).and_then(|place| relations.get_mut(*place)) {
            change(relation);
        }
    };

    for row in sqlx::query(COLUMNS).fetch_all(&mut connection).await? {
        let [table, name, column_type, nullable, extra] = texts(&row)?;
        let extra = extra.to_ascii_uppercase();
        let mut column = Some(Column {
            name,
            column_type,
            nullable: nullable == "YES",
        });
        of(&table, &mut |relation| {
            relation.columns.extend(column.take());
            if extra.contains("INVISIBLE") {
                relation.unlisted = Some("it has invisible columns");
            }
        });
    }
    let mut keys: Vec<(String, String, Vec<Option<String>>)> = Vec::new();
    for row in sqlx::query(KEYS).fetch_all(&mut connection).await? {
        let (table, index): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let column: Option<String> = row.try_get(2)?;
        match keys.last_mut() {
            Some((of, name, columns)) if *of == table && *name == index => columns.push(column),
            _ => keys.push((table, index, vec![column])),
        }
    }
    for (table, index, columns) in keys {
        let whole = columns.iter().all(Option::is_some);
        let columns: Vec<String> = columns.into_iter().flatten().collect();
        of(&table, &mut |relation| {
            if index == "PRIMARY" && whole {
                relation.primary = Some(columns.clone());
            }
            relation.key(columns.clone(), whole);
        });
    }
    let mut last = (String::new(), String::new());
    for row in sqlx::query(REFERENCES).fetch_all(&mut connection).await? {
        let [table, constraint, parent, from, to] = texts(&row)?;
        let is_new = last != (table.clone(), constraint.clone());
        of(&table, &mut |relation| {
            if is_new {
                let (parent, on) = (parent.clone(), Vec::new());
                relation.references.push(Reference { parent, on });
            }
            if let Some(reference) = relation.references.last_mut() {
                reference.on.push((from.clone(), to.clone()));
            }
        });
        last = (table, constraint);
    }
    connection.close().await?;
    Ok(Database {
        product: Product::MariaDb,
        relations,
        enums: Vec::new(),
    })
}

/// The first columns of a row, NULL as an empty text.
fn texts<const N: usize>(row: &sqlx::mysql::MySqlRow) -> Result<[String; N], sqlx::Error> {
    let mut all = [const { String::new() }; N];
    for (place, text) in all.iter_mut().enumerate() {
        *text = row.try_get::<Option<String>, _>(place)?.unwrap_or_default();
    }
    Ok(all)
}
