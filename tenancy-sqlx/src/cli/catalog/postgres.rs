//! A PostgreSQL database's tables.

use std::{collections::HashMap, str::FromStr};

use sqlx::{Connection, PgConnection, Row, postgres::PgConnectOptions};

use super::model::{Column, Database, Kind, Product, Reference, Relation};

/// Each statement's first column is the relation's number.
const RELATIONS: &str = "
    SELECT c.oid::bigint, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
        (SELECT p.relname::text FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
         WHERE i.inhrelid = c.oid AND c.relispartition) AS partitioned,
        CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS body,
        EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'
                AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass) AS extension
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname !~ '^pg_(toast|temp)'
    ORDER BY n.nspname <> 'public', n.nspname, lower(c.relname::text), c.relname::text <> lower(c.relname::text), c.relname";

const COLUMNS: &str = "
    SELECT a.attrelid::bigint, a.attname::text, NOT a.attnotnull,
        pg_catalog.format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, NULL)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY($1::bigint[]::oid[])
    ORDER BY a.attrelid, a.attnum";

const KEYS: &str = "
    SELECT i.indrelid::bigint, i.indisprimary, i.indexprs IS NULL,
        ARRAY(SELECT a.attname::text FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (number, place)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place),
        (SELECT x.conname::text FROM pg_catalog.pg_constraint x
         WHERE x.conindid = i.indexrelid AND x.conrelid = i.indrelid AND x.contype IN ('p', 'u') AND NOT x.condeferrable)
    FROM pg_catalog.pg_index i
    WHERE i.indisunique AND i.indrelid = ANY($1::bigint[]::oid[])
    UNION ALL
    SELECT x.conrelid::bigint, false, false, '{}', NULL FROM pg_catalog.pg_constraint x
    WHERE x.contype = 'x' AND x.conrelid = ANY($1::bigint[]::oid[])
    ORDER BY 1, 2 DESC, 4";

const REFERENCES: &str = "
    SELECT f.conrelid::bigint, p.relname::text,
        ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k (number, place)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number ORDER BY k.place),
        ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY AS k (number, place)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.number ORDER BY k.place)
    FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class p ON p.oid = f.confrelid
    WHERE f.contype = 'f' AND f.conrelid = ANY($1::bigint[]::oid[])
    ORDER BY 1, f.conname";

const ENUMS: &str = "
    SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname::text || '.' END || t.typname::text
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e' ORDER BY 1";

pub(super) async fn read(url: &str) -> Result<Database, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.options([("default_transaction_read_only", "on")]);
    let mut connection = PgConnection::connect_with(&options).await?;
    let (numbers, mut relations) = relations(&mut connection).await?;
    let places: HashMap<i64, usize> = numbers.iter().copied().zip(0..).collect();
    let mut of = |number: i64, change: &mut dyn FnMut(&mut Relation)| {
        if let Some(relation) = places.get(&number).and_then(|place| relations.get_mut(*place)) {
            change(relation);
        }
    };

    for row in sqlx::query(COLUMNS)
        .bind(&numbers)
        .fetch_all(&mut connection)
        .await?
    {
        let (name, nullable, column_type): (String, bool, String) =
            (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        let mut column = Some(Column {
            name,
            column_type,
            nullable,
        });
        of(row.try_get(0)?, &mut |relation| {
            relation.columns.extend(column.take())
        });
    }
    for row in sqlx::query(KEYS)
        .bind(&numbers)
        .fetch_all(&mut connection)
        .await?
    {
        let (primary, whole, columns): (bool, bool, Vec<String>) =
            (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        let constraint: Option<String> = row.try_get(4)?;
        of(row.try_get(0)?, &mut |relation| {
            if primary {
                relation.primary = Some(columns.clone());
            }
            let named = constraint.as_ref().map(|name| (name.clone(), columns.clone()));
            relation.constraints.extend(named);
            relation.key(columns.clone(), whole);
        });
    }
    for row in sqlx::query(REFERENCES)
        .bind(&numbers)
        .fetch_all(&mut connection)
        .await?
    {
        let (parent, from, to): (String, Vec<String>, Vec<String>) =
            (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        let mut reference = Some(Reference {
            parent,
            on: from.into_iter().zip(to).collect(),
        });
        of(row.try_get(0)?, &mut |relation| {
            relation.references.extend(reference.take())
        });
    }
    let enums = sqlx::query_scalar(ENUMS).fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(Database {
        product: Product::Postgres,
        relations,
        enums,
    })
}

/// The relations, and their numbers in the same order.
async fn relations(connection: &mut PgConnection) -> Result<(Vec<i64>, Vec<Relation>), sqlx::Error> {
    let (mut numbers, mut relations) = (Vec::new(), Vec::new());
    for row in sqlx::query(RELATIONS).fetch_all(connection).await? {
        let partitioned: Option<String> = row.try_get("partitioned")?;
        let body: Option<String> = row.try_get("body")?;
        let body = body.map(|body| body.trim().trim_end_matches(';').to_owned());
        let kind = match (row.try_get("kind")?, partitioned) {
            _ if row.try_get("extension")? => Kind::Special("part of an extension".to_owned()),
            (_, Some(table)) => Kind::Special(format!("a partition; statements name {table:?}")),
            ("v", None) => Kind::View { body },
            // Its rows are those of the last refresh, which no query of the moment gives.
            ("m", None) => Kind::View { body: None },
            ("f", None) => Kind::Special("a foreign table".to_owned()),
            (_, None) => Kind::Table,
        };
        let schema: String = row.try_get("schema")?;
        let schema = (schema != "public").then_some(schema);
        numbers.push(row.try_get(0)?);
        relations.push(Relation::new(row.try_get("name")?, schema, kind));
    }
    Ok((numbers, relations))
}
