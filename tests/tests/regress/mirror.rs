//! The shared database beside the private ones: each table with the tenant's column, each key with it in front.

use std::collections::{BTreeMap, BTreeSet};

use tenancy_core::{Catalog, KeyType, Table};

use super::lane::{Failed, Lane};

/// The tenant's column in the shared database.
pub(crate) const KEY: &str = "tenant_id";

/// Tables of the shared database: what they are called and what a private one shows of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shape {
    /// By name: the columns without the tenant's, those that can be written, and whether rows stand in it itself.
    pub(crate) tables: BTreeMap<String, Columns>,
    unique: BTreeMap<String, Vec<Vec<String>>>,
    primary: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Columns {
    pub(crate) all: Vec<String>,
    pub(crate) writable: Vec<String>,
    pub(crate) stores: bool,
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", ")
}

impl Shape {
    /// Reads it from the shared database.
    pub(crate) async fn read(shared: &mut Lane) -> Shape {
        let mut shape = Shape::default();
        let columns = shared
            .table(&format!(
                "SELECT c.relname, c.relkind::text, a.attname, a.attgenerated::text FROM pg_class c \
                 LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                 AND a.attname <> '{KEY}' \
                 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') \
                 ORDER BY c.relname, a.attnum"
            ))
            .await;
        for row in columns {
            let [name, kind, column, generated] = row.as_slice() else {
                continue;
            };
            let table = shape.tables.entry(name.clone()).or_default();
            table.stores = kind == "r";
            if column.is_empty() {
                continue;
            }
            table.all.push(column.clone());
            if generated.is_empty() {
                table.writable.push(column.clone());
            }
        }
        let unique = shared
            .table(
                "SELECT t.relname, i.indexrelid::text, i.indisprimary::text, a.attname FROM pg_index i \
                 JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = 'public'::regnamespace \
                 CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY k (attnum, n) \
                 JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum \
                 WHERE i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL ORDER BY 1, i.indexrelid, k.n",
            )
            .await;
        let mut keys: BTreeMap<(String, String, bool), Vec<String>> = BTreeMap::new();
        for row in unique {
            if let [table, index, primary, column] = row.as_slice() {
                let key = (table.clone(), index.clone(), primary == "true");
                keys.entry(key).or_default().push(column.clone());
            }
        }
        for ((table, _, primary), columns) in keys {
            if primary {
                shape.primary.insert(table.clone(), columns.clone());
            }
            shape.unique.entry(table).or_default().push(columns);
        }
        shape
    }

    /// What a developer would have written down.
    pub(crate) fn catalog(&self) -> Result<Catalog, String> {
        self.catalog_with(None).or_else(|_| self.catalog_with(Some(KEY)))
    }

    fn catalog_with(&self, key: Option<&str>) -> Result<Catalog, String> {
        let mut builder = Catalog::builder().tenant_key(KEY, KeyType::BigInt);
        for (name, columns) in &self.tables {
            let shown = columns.all.iter().cloned().chain(key.map(str::to_owned));
            let mut table = Table::tenant(name).columns(shown);
            for key in self.unique.get(name).into_iter().flatten() {
                table = table.unique(key.iter().cloned());
            }
            if let Some(key) = self.primary.get(name) {
                table = table.primary(key.iter().cloned());
            }
            builder = builder.table(table);
        }
        builder.build().map_err(|e| e.to_string())
    }

    /// The tables whose rows differ between the shared database and a private one: by tenant.
    pub(crate) async fn differing(
        &self,
        shared: &mut Lane,
        private: &mut [Lane],
        only: Option<&BTreeSet<String>>,
    ) -> Vec<(usize, String)> {
        let names: Vec<&String> = self
            .tables
            .iter()
            .filter(|(n, t)| t.stores && only.is_none_or(|o| o.contains(*n)))
            .map(|(n, _)| n)
            .collect();
        if names.is_empty() {
            return Vec::new();
        }
        let digest = |name: &String, from: &str, key: &str, group: &str| {
            let columns = list(&self.tables[name].all);
            let row = if columns.is_empty() {
                "1".to_owned()
            } else {
                columns
            };
            format!(
                "SELECT '{}'::text AS t, {key} AS k, count(*)::text AS n, \
                 coalesce(sum(hashtextextended(ROW({row})::text, 0)::numeric), 0)::text AS h FROM ONLY {from}{group}",
                name.replace('\'', "''")
            )
        };
        let here: Vec<String> = names
            .iter()
            .map(|n| {
                let from = format!("public.{}", quoted(n));
                digest(n, &from, &format!("{KEY}::text"), &format!(" GROUP BY {KEY}"))
            })
            .collect();
        let mut of_shared: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
        for row in shared.table(&here.join(" UNION ALL ")).await {
            if let [t, k, n, h] = row.as_slice() {
                of_shared.insert((t.clone(), k.clone()), (n.clone(), h.clone()));
            }
        }
        let mut wrong = Vec::new();
        for (at, lane) in private.iter_mut().enumerate() {
            let there: Vec<String> = names.iter().map(|n| digest(n, &quoted(n), "''", "")).collect();
            let whole = lane.guarded(&[&there.join(" UNION ALL ")]).await;
            let rows = match whole {
                Ok(rows) => rows.rows,
                // A table that is not there, or not the same: one at a time.
                Err(_) => {
                    let mut rows = Vec::new();
                    for sql in &there {
                        rows.extend(lane.guarded(&[sql]).await.unwrap_or_default().rows);
                    }
                    rows
                }
            };
            for row in rows {
                let cell = |i: usize| row.get(i).cloned().flatten().unwrap_or_default();
                let key = (cell(0), (at + 1).to_string());
                let nothing = ("0".to_owned(), "0".to_owned());
                if *of_shared.get(&key).unwrap_or(&nothing) != (cell(2), cell(3)) {
                    wrong.push((at, cell(0)));
                }
            }
        }
        wrong
    }

    /// Gives the shared database a private one's rows of a table.
    pub(crate) async fn resync(
        &self,
        shared: &mut Lane,
        private: &mut Lane,
        tenant: usize,
        table: &str,
    ) -> Result<(), String> {
        let columns = list(&self.tables[table].writable);
        let comma = if columns.is_empty() { "" } else { ", " };
        let query = format!(
            "SELECT {tenant}::bigint{comma}{columns} FROM ONLY {}",
            quoted(table)
        );
        let data = private.copy_out(&query).await.map_err(|e| e.to_string())?;
        let name = format!("public.{}", quoted(table));
        shared.must("SET session_replication_role = replica").await;
        shared
            .must(&format!("DELETE FROM ONLY {name} WHERE {KEY} = {tenant}"))
            .await;
        let command = format!("COPY {name} ({KEY}{comma}{columns}) FROM STDIN");
        let outcome = shared.copy_in(&command, &data).await;
        shared.must("SET session_replication_role = origin").await;
        outcome.map(|_| ()).map_err(|e| format!("{table}: {e}"))
    }

    /// Gives a private database the rows of another.
    pub(crate) async fn copy(&self, from: &mut Lane, to: &mut Lane, table: &str) -> Result<(), String> {
        let columns = list(&self.tables[table].writable);
        let name = quoted(table);
        let data = from.copy_out(&format!("SELECT {columns} FROM ONLY {name}")).await;
        let data = data.map_err(|e| e.to_string())?;
        to.must("SET session_replication_role = replica").await;
        to.must(&format!("DELETE FROM ONLY {name}")).await;
        let outcome = to
            .copy_in(&format!("COPY {name} ({columns}) FROM STDIN"), &data)
            .await;
        to.must("SET session_replication_role = origin").await;
        outcome.map(|_| ()).map_err(|e| e.to_string())
    }

    /// Empties, in the shared database, the tables that a statement names.
    pub(crate) async fn empty(&self, shared: &mut Lane, named: &BTreeSet<String>) {
        shared.must("SET session_replication_role = replica").await;
        for table in named.iter().filter(|n| self.tables.contains_key(*n)) {
            shared
                .must(&format!("DELETE FROM public.{}", quoted(table)))
                .await;
        }
        shared.must("SET session_replication_role = origin").await;
    }
}

/// Brings tables and indexes that a script has just made into the form of the shared database.
pub(crate) async fn adopt(shared: &mut Lane, like: &mut Lane) -> Result<(), Failed> {
    loop {
        let fresh = shared
            .table(&format!(
                "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace \
                 AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid \
                 AND a.attname = '{KEY}' AND NOT a.attisdropped) \
                 ORDER BY EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid), c.oid LIMIT 1"
            ))
            .await;
        let Some(name) = fresh.into_iter().flatten().next() else {
            break;
        };
        let name = format!("public.{}", quoted(&name));
        shared.run(&format!("DELETE FROM {name}")).await?;
        shared
            .run(&format!("ALTER TABLE {name} ADD COLUMN {KEY} bigint NOT NULL"))
            .await?;
    }
    let bare = shared
        .table(&format!(
            "SELECT 'public.' || quote_ident(t.relname), quote_ident(x.relname), quote_ident(coalesce(c.conname, '')), \
             coalesce(pg_get_constraintdef(c.oid), pg_get_indexdef(i.indexrelid)), coalesce(c.contype::text, ''), i.indisvalid::text \
             FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = 'public'::regnamespace \
             JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam \
             LEFT JOIN pg_constraint c ON c.conindid = x.oid AND c.contype IN ('p', 'u', 'x') AND c.conrelid = t.oid \
             WHERE NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = x.oid) \
             AND (m.amname = 'btree' OR c.contype = 'x') AND (i.indkey[0] = 0 OR (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = t.oid \
                  AND a.attnum = i.indkey[0]) <> '{KEY}')"
        ))
        .await;
    for row in bare {
        let [table, index, constraint, definition, kind, valid] = row.as_slice() else {
            continue;
        };
        if kind.is_empty() {
            // An index on a partitioned table alone is not valid until its partitions have one.
            let made = if valid == "true" {
                definition.replacen(" ON ONLY ", " ON ", 1)
            } else {
                definition.clone()
            };
            let Some((head, tail)) = made.split_once(" USING btree (") else {
                continue;
            };
            shared.run(&format!("DROP INDEX public.{index}")).await?;
            shared.run(&format!("{head} USING btree ({KEY}, {tail}")).await?;
        } else {
            shared
                .run(&format!("ALTER TABLE {table} DROP CONSTRAINT {constraint}"))
                .await?;
            let equal = if kind == "x" { " WITH =" } else { "" };
            let made = definition.replacen('(', &format!("({KEY}{equal}, "), 1);
            shared
                .run(&format!("ALTER TABLE {table} ADD CONSTRAINT {constraint} {made}"))
                .await?;
        }
    }
    foreign_keys(shared, like).await
}

/// Foreign keys, with the tenant's column on both sides.
async fn foreign_keys(shared: &mut Lane, like: &mut Lane) -> Result<(), Failed> {
    let query = "SELECT c.conrelid::regclass::text || '.' || c.conname, c.conrelid::regclass::text, \
                 quote_ident(c.conname), pg_get_constraintdef(c.oid) FROM pg_constraint c \
                 WHERE c.contype = 'f' AND c.conparentid = 0 ORDER BY 1";
    let there: BTreeSet<String> = shared
        .table(query)
        .await
        .into_iter()
        .map(|r| r[0].clone())
        .collect();
    for row in like.table(query).await {
        let [name, table, constraint, definition] = row.as_slice() else {
            continue;
        };
        if there.contains(name) {
            continue;
        }
        let made = definition
            .replacen("FOREIGN KEY (", &format!("FOREIGN KEY ({KEY}, "), 1)
            .replacen(")", "\u{1}", 1)
            .replacen('(', "\u{2}", 1)
            .replacen('(', &format!("({KEY}, "), 1)
            .replacen('\u{2}', "(", 1)
            .replacen('\u{1}', ")", 1);
        shared
            .run(&format!("ALTER TABLE {table} ADD CONSTRAINT {constraint} {made}"))
            .await?;
    }
    Ok(())
}

/// Names in the private database that are no tables: views, sequences, the server's own catalogue; and what the
/// script has defined itself, functions and types.
#[derive(Debug, Clone, Default)]
pub(crate) struct Others {
    pub(crate) relations: BTreeSet<String>,
    pub(crate) own: BTreeSet<String>,
}

impl Others {
    pub(crate) async fn read(private: &mut Lane) -> Others {
        let names = |rows: Vec<Vec<String>>| rows.into_iter().flatten().collect();
        let relations = private
            .table(
                "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm', 'S', 'f') OR (relkind IN ('r', 't') \
                 AND relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace))",
            )
            .await;
        let own = private
            .table(
                "SELECT proname FROM pg_proc WHERE oid >= 16384 UNION SELECT typname FROM pg_type t \
                 WHERE t.oid >= 16384 AND typcategory <> 'A' AND (typrelid = 0 OR EXISTS (SELECT FROM pg_class \
                 WHERE oid = typrelid AND relkind = 'c')) UNION SELECT collname FROM pg_collation WHERE oid >= 16384",
            )
            .await;
        Others {
            relations: names(relations),
            own: names(own),
        }
    }
}

/// Drops in the shared database what the private one no longer has, and makes what it has and could not be brought over.
pub(crate) async fn prune(shared: &mut Lane, like: &mut Lane) {
    let names = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid) AND \
                 (relnamespace = 'public'::regnamespace OR relpersistence = 't')";
    let there: BTreeSet<String> = like.table(names).await.into_iter().flatten().collect();
    let here: BTreeSet<String> = shared.table(names).await.into_iter().flatten().collect();
    for gone in here.difference(&there) {
        let _ = shared
            .guarded(&[&format!("DROP TABLE IF EXISTS public.{} CASCADE", quoted(gone))])
            .await;
    }
    for fresh in there.difference(&here) {
        let name = quoted(fresh);
        let columns = like
            .table(&format!(
                "SELECT string_agg(format('%I %s%s', attname, format_type(atttypid, atttypmod), \
                 CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END), ', ' ORDER BY attnum) FROM pg_attribute \
                 WHERE attrelid = '{}'::regclass AND attnum > 0 AND NOT attisdropped",
                name.replace('\'', "''")
            ))
            .await;
        let columns = columns.into_iter().flatten().next().unwrap_or_default();
        let made = shared
            .guarded(&[&format!("CREATE TABLE public.{name} ({columns})")])
            .await;
        if made.is_ok() {
            let _ = adopt(shared, like).await;
        }
    }
}

/// Sequences of the shared database continue where the private one's stand: whose numbers they are is another question.
pub(crate) async fn same_sequences(shared: &mut Lane, private: &mut Lane) {
    let names = "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace";
    for name in shared.table(names).await.into_iter().flatten() {
        let name = quoted(&name);
        let Ok(state) = private
            .guarded(&[&format!("SELECT last_value::text, is_called::text FROM {name}")])
            .await
        else {
            continue;
        };
        if let Some([Some(value), Some(called)]) = state.rows.first().map(Vec::as_slice) {
            let _ = shared
                .guarded(&[&format!("SELECT setval('{name}', {value}, {called})")])
                .await;
        }
    }
}

/// Tables whose writes run rules or triggers of the script: those are not scoped.
pub(crate) async fn hooked(private: &mut Lane) -> BTreeSet<String> {
    private
        .table(
            "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.oid >= 16384 AND (EXISTS (SELECT FROM \
             pg_rewrite WHERE ev_class = c.oid) OR EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal AND (tgrelid = \
             c.oid OR tgrelid IN (SELECT relid FROM pg_partition_tree(c.oid)))))",
        )
        .await
        .into_iter()
        .flatten()
        .collect()
}
