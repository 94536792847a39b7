//! [`Schema`]: what the wall has to know of a connection's tables, read when it is put up.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use tenancy_core::{Catalog, Party, Table, TableKind};

use super::native::{Fault, Raw};

/// A unique key: its columns, each with the collation in which it is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unique {
    /// A column without a name is an expression.
    pub(super) columns: Vec<(Option<String>, String)>,
}

/// A table as it stands in the database.
#[derive(Debug, Clone, Default)]
pub(super) struct Live {
    pub(super) columns: Vec<String>,
    pub(super) uniques: Vec<Unique>,
    pub(super) primary: Vec<String>,
    /// What its row number can be called; none where it has no row number.
    pub(super) row_number: Option<&'static str>,
    /// Whether its own definition may answer a conflict by deleting the other row.
    pub(super) replaces: bool,
    foreign: Vec<Foreign>,
}

#[derive(Debug, Clone)]
struct Foreign {
    parent: String,
    columns: Vec<String>,
    /// Empty where the parent's primary key is meant.
    references: Vec<String>,
    /// Whether rows of the child change with those of the parent.
    acts: bool,
}

/// What foreign keys make a write of a table read and write elsewhere.
#[derive(Debug, Clone, Default)]
struct Reached {
    reads: HashSet<(String, String)>,
    writes: HashSet<String>,
}

/// What the catalogue says of a table.
#[derive(Debug, Clone)]
struct Entry {
    schema: String,
    /// Its rows are guarded by triggers, once it has them.
    owned: bool,
    shared: bool,
    writable: bool,
    /// The columns that a party may change; `None`: all.
    updatable: Option<Vec<String>>,
}

/// What the wall knows of the connection's databases.
#[derive(Debug, Default)]
pub(super) struct Schema {
    prefix: String,
    entries: HashMap<String, Entry>,
    functions: HashSet<String>,
    guarded: HashSet<String>,
    names: HashSet<String>,
    databases: Vec<String>,
    /// The tables that nothing of the wall's could be put before.
    pub(super) bare: HashSet<String>,
    triggers: HashSet<String>,
    reached: HashMap<String, Reached>,
    /// The tables that there are, by schema and name, folded.
    pub(super) live: BTreeMap<(String, String), Live>,
    /// The bodies of views.
    pub(super) views: BTreeMap<(String, String), String>,
    pub(super) version: String,
}

/// The schema that a table stands in.
pub(super) fn schema_of(table: &Table) -> &str {
    table.schema_name().unwrap_or("main")
}

impl Schema {
    /// Looks at the databases that the catalogue's tables stand in.
    pub(super) fn read(raw: &Raw<'_>, catalog: &Catalog, prefix: &str) -> Result<Schema, Fault> {
        let mut schema = Schema {
            prefix: prefix.to_owned(),
            version: version(raw)?,
            functions: catalog
                .allowed_functions()
                .map(|name| name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase())
                .collect(),
            ..Schema::default()
        };
        for table in catalog.tables() {
            schema
                .entries
                .insert(table.name().to_ascii_lowercase(), Entry::of(table));
        }
        schema.databases = databases(raw)?;
        for database in schema.databases.clone() {
            schema.read_database(raw, &database)?;
        }
        for (name, entry) in &schema.entries {
            let there = schema.live.contains_key(&(entry.schema.clone(), name.clone()));
            if there && entry.writable {
                schema.guarded.insert(name.clone());
            }
        }
        let keys: Vec<(String, String)> = schema.live.keys().cloned().collect();
        for key in keys {
            let reached = schema.follow(&key);
            schema.reached.insert(key.1, reached);
        }
        Ok(schema)
    }

    fn read_database(&mut self, raw: &Raw<'_>, database: &str) -> Result<(), Fault> {
        let (quoted, text) = (super::views::quoted(database), super::views::text(database));
        let of = |table: Option<String>| {
            (
                database.to_owned(),
                table.unwrap_or_default().to_ascii_lowercase(),
            )
        };
        let mut replacing = HashSet::new();
        for row in raw.rows(&format!("SELECT type, name, sql FROM {quoted}.sqlite_schema"))? {
            let [Some(kind), Some(name), sql] = row.as_slice() else {
                continue;
            };
            let folded = name.to_ascii_lowercase();
            match (kind.as_str(), sql) {
                ("trigger", _) => {
                    self.triggers.insert(folded);
                }
                ("view", Some(sql)) => {
                    self.names.insert(folded.clone());
                    self.views.insert((database.to_owned(), folded), sql.clone());
                }
                ("table", sql) => {
                    if sql.as_deref().is_some_and(super::tokens::could_replace) {
                        replacing.insert(folded.clone());
                    }
                    self.names.insert(folded);
                }
                _ => {}
            }
        }
        // Virtual tables have no triggers, and their shadows are not for statements.
        let tables =
            format!("SELECT name, wr FROM pragma_table_list WHERE schema = {text} AND type = 'table'");
        for row in raw.rows(&tables)? {
            let [name, without_rowid] = <[_; 2]>::try_from(row).unwrap_or_default();
            let key = of(name);
            let live = Live {
                replaces: replacing.contains(&key.1),
                row_number: (without_rowid.as_deref() == Some("0")).then_some("rowid"),
                ..Live::default()
            };
            self.live.insert(key, live);
        }
        let from = format!(
            "FROM pragma_table_list AS t, pragma_table_xinfo(t.name, {text}) AS c WHERE t.schema = {text} AND t.type = 'table'"
        );
        for row in raw.rows(&format!(
            "SELECT t.name, c.name, c.pk {from} ORDER BY t.name, c.pk, c.cid"
        ))? {
            let [table, column, primary] = <[_; 3]>::try_from(row).unwrap_or_default();
            if let (Some(live), Some(column)) = (self.live.get_mut(&of(table)), column) {
                if primary.as_deref() != Some("0") {
                    live.primary.push(column.clone());
                }
                live.columns.push(column);
            }
        }
        for live in self.live.values_mut() {
            live.name_row_number();
        }
        self.read_uniques(raw, database, &text)?;
        self.read_foreign(raw, database, &text)
    }

    fn read_uniques(&mut self, raw: &Raw<'_>, database: &str, text: &str) -> Result<(), Fault> {
        let uniques = format!(
            "SELECT t.name, l.name, c.name, c.coll FROM pragma_table_list AS t, pragma_index_list(t.name, {text}) AS l, \
             pragma_index_xinfo(l.name, {text}) AS c WHERE t.schema = {text} AND t.type = 'table' \
             AND l.\"unique\" AND c.\"key\" ORDER BY t.name, l.name, c.seqno"
        );
        let mut last = None;
        for row in raw.rows(&uniques)? {
            let [table, index, column, collation] = <[_; 4]>::try_from(row).unwrap_or_default();
            let key = (
                database.to_owned(),
                table.unwrap_or_default().to_ascii_lowercase(),
            );
            let Some(live) = self.live.get_mut(&key) else {
                continue;
            };
            if last != Some((key.clone(), index.clone())) {
                last = Some((key, index));
                live.uniques.push(Unique { columns: Vec::new() });
            }
            if let Some(unique) = live.uniques.last_mut() {
                unique
                    .columns
                    .push((column, collation.unwrap_or_else(|| "BINARY".to_owned())));
            }
        }
        Ok(())
    }

    fn read_foreign(&mut self, raw: &Raw<'_>, database: &str, text: &str) -> Result<(), Fault> {
        let foreign = format!(
            "SELECT t.name, f.id, f.\"table\", f.\"from\", f.\"to\", \
             upper(f.on_update) IN ('NO ACTION', 'RESTRICT') AND upper(f.on_delete) IN ('NO ACTION', 'RESTRICT') \
             FROM pragma_table_list AS t, pragma_foreign_key_list(t.name, {text}) AS f \
             WHERE t.schema = {text} AND t.type = 'table' ORDER BY t.name, f.id, f.seq"
        );
        let mut last = None;
        for row in raw.rows(&foreign)? {
            let [table, id, parent, from, to, rests] = <[_; 6]>::try_from(row).unwrap_or_default();
            let key = (
                database.to_owned(),
                table.unwrap_or_default().to_ascii_lowercase(),
            );
            let Some(live) = self.live.get_mut(&key) else {
                continue;
            };
            if last != Some((key.clone(), id.clone())) {
                last = Some((key, id));
                live.foreign.push(Foreign {
                    parent: parent.unwrap_or_default().to_ascii_lowercase(),
                    columns: Vec::new(),
                    references: Vec::new(),
                    acts: rests.as_deref() != Some("1"),
                });
            }
            if let Some(foreign) = live.foreign.last_mut() {
                foreign.columns.extend(from.map(|name| name.to_ascii_lowercase()));
                foreign
                    .references
                    .extend(to.map(|name| name.to_ascii_lowercase()));
            }
        }
        Ok(())
    }

    /// What foreign keys make a write of this table read and write: the keys of its parents and children, and those children
    /// that change with it, and theirs.
    fn follow(&self, key: &(String, String)) -> Reached {
        let (database, start) = key;
        let mut reached = Reached::default();
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![start.clone()]);
        while let Some(table) = waiting.pop() {
            let Some(live) = self.live.get(&(database.clone(), table.clone())) else {
                continue;
            };
            if !seen.insert(table.clone()) {
                continue;
            }
            for foreign in &live.foreign {
                let parent = self.live.get(&(database.clone(), foreign.parent.clone()));
                let primary = parent.map(|parent| parent.primary.as_slice()).unwrap_or_default();
                let primary = primary.iter().map(|name| name.to_ascii_lowercase());
                let read = foreign.references.iter().cloned().chain(primary);
                reached
                    .reads
                    .extend(read.map(|column| (foreign.parent.clone(), column)));
            }
            for ((schema, child), other) in &self.live {
                let below = other.foreign.iter().filter(|foreign| foreign.parent == table);
                for foreign in below.filter(|_| schema == database) {
                    let own = live.primary.iter().map(|name| name.to_ascii_lowercase());
                    let own = own.chain(foreign.references.iter().cloned());
                    reached.reads.extend(own.map(|column| (table.clone(), column)));
                    let columns = foreign.columns.iter().cloned();
                    reached
                        .reads
                        .extend(columns.map(|column| (child.clone(), column)));
                    if foreign.acts {
                        reached.writes.insert(child.clone());
                        waiting.push(child.clone());
                    }
                }
            }
        }
        reached
    }

    /// Whether a name is one of the wall's own.
    pub(super) fn is_ours(&self, name: &str) -> bool {
        !self.prefix.is_empty() && name.starts_with(&self.prefix)
    }

    /// Whether a temporary view of this name is the wall's.
    pub(super) fn is_view(&self, name: &str) -> bool {
        self.is_ours(name)
            || self
                .entries
                .get(name)
                .is_some_and(|entry| !entry.schema.is_empty())
    }

    /// Whether there is a table or view of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The tables and views that no tenant may name: there are no views of the wall's for them but ones of nothing.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        let known = |name: &&String| {
            self.entries
                .get(*name)
                .is_some_and(|entry| !entry.schema.is_empty())
        };
        let names = self.names.iter().filter(move |name| !known(name));
        names
            .map(String::as_str)
            .filter(|name| !name.starts_with("sqlite_"))
    }

    pub(super) fn is_database(&self, name: &str) -> bool {
        name == "main" || self.databases.iter().any(|own| own == name)
    }

    /// Whether this is a table that the catalogue knows and does not deny.
    pub(super) fn is_catalogued(&self, schema: &str, table: &str) -> bool {
        self.entries
            .get(table)
            .is_some_and(|entry| entry.schema.eq_ignore_ascii_case(schema))
    }

    /// Whether all tenants read all rows of a table.
    pub(super) fn is_shared(&self, schema: &str, table: &str) -> bool {
        self.is_catalogued(schema, table) && self.entries.get(table).is_some_and(|entry| entry.shared)
    }

    pub(super) fn is_trigger(&self, name: &str) -> bool {
        self.triggers.contains(name)
    }

    /// Whether the rows of a table are guarded, or need not be.
    pub(super) fn is_guarded(&self, table: &str) -> bool {
        self.guarded.contains(table)
    }

    pub(super) fn allows_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    /// Whether a statement may write this table and column directly.
    pub(super) fn may_be_target(
        &self,
        schema: &str,
        table: &str,
        column: Option<&str>,
        crosses: bool,
    ) -> bool {
        let Some(entry) = self.entries.get(table) else {
            return false;
        };
        let column_is_fine = match (&entry.updatable, column) {
            (Some(updatable), Some(column)) => crosses || updatable.iter().any(|own| own == column),
            (None, _) | (_, None) => true,
        };
        entry.schema.eq_ignore_ascii_case(schema) && column_is_fine && (entry.owned || crosses)
    }

    /// Whether a write of `target` reads this column, of its own row or for a foreign key.
    pub(super) fn reads_for(&self, target: &str, schema: &str, table: &str, column: &str) -> bool {
        let Some(entry) = self.entries.get(target) else {
            return false;
        };
        entry.schema.eq_ignore_ascii_case(schema)
            && (target == table
                || self
                    .reached
                    .get(target)
                    .is_some_and(|reached| reached.reads.contains(&(table.to_owned(), column.to_owned()))))
    }

    /// Whether a foreign key changes rows of `table` where those of `target` change.
    pub(super) fn follows(&self, target: &str, schema: &str, table: &str) -> bool {
        self.entries
            .get(target)
            .is_some_and(|entry| entry.schema.eq_ignore_ascii_case(schema))
            && self
                .reached
                .get(target)
                .is_some_and(|reached| reached.writes.contains(table))
    }
}

impl Entry {
    fn of(table: &Table) -> Entry {
        let (owned, writable, updatable) = match table.kind() {
            TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Via(_) => (true, true, None),
            TableKind::Party(parties) => (true, true, Some(updatable(parties))),
            TableKind::Shared => (false, true, None),
            TableKind::View { .. } | TableKind::Denied => (false, false, None),
        };
        let denied = matches!(table.kind(), TableKind::Denied);
        Entry {
            // A denied table is in no schema, so that no rule finds it.
            schema: if denied {
                String::new()
            } else {
                schema_of(table).to_ascii_lowercase()
            },
            owned,
            shared: matches!(table.kind(), TableKind::Shared),
            writable: writable && !table.is_view(),
            updatable,
        }
    }
}

fn updatable(parties: &[Party]) -> Vec<String> {
    parties
        .iter()
        .flat_map(Party::updatable)
        .map(|column| column.to_ascii_lowercase())
        .collect()
}

impl Live {
    /// A column may take one of the names of the row number.
    fn name_row_number(&mut self) {
        if self.row_number.is_some() {
            let taken = |name: &&str| {
                self.columns
                    .iter()
                    .any(|column| column.eq_ignore_ascii_case(name))
            };
            self.row_number = ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name));
        }
    }
}

/// The databases of a connection, folded, but for the temporary one.
fn databases(raw: &Raw<'_>) -> Result<Vec<String>, Fault> {
    let rows = raw.rows("SELECT lower(name) FROM pragma_database_list WHERE lower(name) <> 'temp'")?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// What changes with every change of a schema.
pub(super) fn version(raw: &Raw<'_>) -> Result<String, Fault> {
    let mut version = String::new();
    for database in databases(raw)? {
        let rows = raw.rows(&format!(
            "PRAGMA {}.schema_version",
            super::views::quoted(&database)
        ))?;
        let number = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        version.push_str(&format!("{database} {number} "));
    }
    Ok(version)
}
