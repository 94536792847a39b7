//! The temporary views and triggers of the wall, as text.
//!
//! Two views stand before each table: one with a name that nobody can guess, which reads the table and keeps the tenant's
//! rows, and one with the table's own name, which reads the first. The authorizer lets a table be read from inside of
//! the first alone. What is written has triggers in front of each row.

use tenancy_core::{Catalog, Party, Table, TableKind, Via};

use super::schema::{Live, Schema, Unique, schema_of};

/// What a statement says that would write what is not its own.
const REFUSED: &str = "RAISE(ABORT, 'tenancy: refused')";
const PASSED_OVER: &str = "RAISE(IGNORE)";

/// The statements that put the wall up.
pub(super) struct Plan {
    pub(super) needed: Vec<String>,
    /// What stands before each table that no tenant may name, by the table's name.
    pub(super) covers: Vec<(String, String)>,
    /// Views that are for convenience: a body that SQLite does not take is no reason to have no wall.
    pub(super) extra: Vec<String>,
}

/// Writes the wall of one connection.
pub(super) struct Writer<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) schema: &'a Schema,
    pub(super) prefix: &'a str,
}

impl Writer<'_> {
    pub(super) fn plan(&self) -> Plan {
        let mut plan = Plan {
            needed: Vec::new(),
            covers: Vec::new(),
            extra: Vec::new(),
        };
        for folded in self.schema.unknown() {
            // So that the name alone does not mean the table.
            let name = quoted(folded);
            let sql = format!(
                "DROP VIEW IF EXISTS temp.{name}; CREATE TEMP VIEW {name} AS SELECT NULL AS denied WHERE 0"
            );
            plan.covers.push((folded.to_owned(), sql));
        }
        for (at, table) in self.catalog.tables().enumerate() {
            match table.kind() {
                TableKind::Denied => {}
                TableKind::View { sql } => {
                    let name = quoted(table.name());
                    plan.extra.push(format!("DROP VIEW IF EXISTS temp.{name}"));
                    if self.schema.has(&table.name().to_ascii_lowercase()) {
                        plan.extra.push(format!("CREATE TEMP VIEW {name} AS {sql}"));
                    }
                }
                TableKind::Tenant { .. }
                | TableKind::Mixed { .. }
                | TableKind::Via(_)
                | TableKind::Party(_)
                | TableKind::Shared => {
                    self.views(&mut plan.needed, at, table);
                    self.triggers(&mut plan.needed, at, table);
                }
            }
        }
        plan
    }

    fn views(&self, out: &mut Vec<String>, at: usize, table: &Table) {
        let (own, inner) = (quoted(table.name()), self.inner(at));
        let mut base = format!("{}.{own}", quoted(schema_of(table)));
        if let Some(body) = self.body(table) {
            // A view of the application's: the wall has one of its own of the same body, whose names mean the wall's views.
            let copy = format!("temp.{}", quoted(&format!("{}{at}_body", self.prefix)));
            out.push(format!("DROP VIEW IF EXISTS {copy}"));
            out.push(format!("CREATE VIEW {copy}{body}"));
            base = copy;
        }
        let condition = self
            .seen(table)
            .map_or_else(String::new, |seen| format!(" WHERE {seen}"));
        out.push(format!("DROP VIEW IF EXISTS temp.{own}"));
        out.push(format!("DROP VIEW IF EXISTS {inner}"));
        out.push(format!(
            "CREATE VIEW {inner} AS SELECT * FROM {base} AS {own}{condition}"
        ));
        out.push(format!("CREATE TEMP VIEW {own} AS SELECT * FROM {inner}"));
    }

    fn inner(&self, at: usize) -> String {
        format!("temp.{}", quoted(&format!("{}{at}", self.prefix)))
    }

    /// The columns and the body of the application's own view.
    fn body(&self, table: &Table) -> Option<&str> {
        let key = (
            schema_of(table).to_ascii_lowercase(),
            table.name().to_ascii_lowercase(),
        );
        let sql = self.schema.views.get(&key).filter(|_| table.is_view())?;
        super::body::behind_name(sql)
    }

    /// The rows that a tenant sees; `None` where it sees all.
    fn seen(&self, table: &Table) -> Option<String> {
        let name = quoted(table.name());
        match table.kind() {
            TableKind::Tenant { key } => Some(self.is_own(&name, key)),
            TableKind::Mixed { key } => {
                let own = self.is_own(&name, key);
                Some(format!("({own} OR {name}.{} IS NULL)", quoted(key)))
            }
            TableKind::Party(parties) => {
                let each = parties.iter().map(|party| self.is_own(&name, party.key()));
                Some(any(each))
            }
            TableKind::Via(via) => Some(self.below(&name, via)),
            TableKind::Shared => None,
            TableKind::View { .. } | TableKind::Denied => Some("0".to_owned()),
        }
    }

    fn is_own(&self, name: &str, key: &str) -> String {
        // The collation of the column could fold case; an id never does.
        let exactly = match self.catalog.key_type() {
            tenancy_core::KeyType::BigInt => "",
            tenancy_core::KeyType::Uuid | tenancy_core::KeyType::Text => " COLLATE BINARY",
        };
        format!("{name}.{} = tenancy_slice(){exactly}", quoted(key))
    }

    /// The rows whose parent is one that the tenant sees.
    fn below(&self, name: &str, via: &Via) -> String {
        let parent = self
            .catalog
            .tables()
            .position(|table| table.name() == via.parent())
            .map(|at| self.inner(at));
        let Some(parent) = parent else {
            return "0".to_owned();
        };
        let list = |columns: &mut dyn Iterator<Item = String>| columns.collect::<Vec<_>>().join(", ");
        let own = list(&mut via.columns().map(|column| format!("{name}.{}", quoted(column))));
        let references = list(&mut via.on().map(|(_, column)| quoted(column)));
        format!("({own}) IN (SELECT {references} FROM {parent})")
    }

    fn triggers(&self, out: &mut Vec<String>, at: usize, table: &Table) {
        let key = (
            schema_of(table).to_ascii_lowercase(),
            table.name().to_ascii_lowercase(),
        );
        let Some(rows) = self.rows(table) else { return };
        for (event, mark) in [("INSERT", "i"), ("UPDATE", "u"), ("DELETE", "d")] {
            let name = format!("temp.{}", quoted(&format!("{}{at}_{mark}", self.prefix)));
            out.push(format!("DROP TRIGGER IF EXISTS {name}"));
            let Some(live) = self.schema.live.get(&key) else {
                continue;
            };
            let body = rows.body(event, table, live);
            let on = format!("{}.{}", quoted(schema_of(table)), quoted(table.name()));
            out.push(format!(
                "CREATE TRIGGER {name} BEFORE {event} ON {on} BEGIN {body} END"
            ));
        }
    }

    /// The conditions under which a row may be written; `None` where no trigger has to ask.
    fn rows(&self, table: &Table) -> Option<Rows> {
        if table.is_view() {
            return None;
        }
        match table.kind() {
            TableKind::Tenant { key } | TableKind::Mixed { key } => Some(Rows::all(reaches("{row}", key))),
            TableKind::Via(via) => Some(Rows {
                insert: self.has_own_parent("{row}", via),
                before: self.has_no_foreign_parent("{row}", via),
                after: self.has_own_parent("{row}", via),
                delete: self.has_no_foreign_parent("{row}", via),
            }),
            TableKind::Party(parties) => Some(party_rows(parties)),
            TableKind::Shared | TableKind::View { .. } | TableKind::Denied => None,
        }
    }

    /// No parent of the row is another tenant's. Where a parent was deleted with its children, there is none any more.
    fn has_no_foreign_parent(&self, row: &str, via: &Via) -> String {
        let Some(parent) = self.catalog.table(via.parent()) else {
            return "0".to_owned();
        };
        let own = self.is_written(parent, "tenancy_1", 1);
        format!(
            "NOT EXISTS ({} AND NOT {own})",
            parents(parent, row, "tenancy_1", via)
        )
    }

    /// A parent of the row is the tenant's own; a row without a parent is for the table's own constraints to refuse.
    fn has_own_parent(&self, row: &str, via: &Via) -> String {
        let Some(parent) = self.catalog.table(via.parent()) else {
            return "0".to_owned();
        };
        let own = self.is_written(parent, "tenancy_1", 1);
        let nulls = via
            .columns()
            .map(|column| format!("{row}.{} IS NULL", quoted(column)));
        let found = format!("EXISTS ({} AND {own})", parents(parent, row, "tenancy_1", via));
        any(nulls.chain([found]))
    }

    /// Whether the row under `name` is the tenant's own to write under.
    fn is_written(&self, table: &Table, name: &str, depth: usize) -> String {
        match table.kind() {
            TableKind::Tenant { key } | TableKind::Mixed { key } => reaches(name, key),
            TableKind::Via(via) => {
                let Some(parent) = self.catalog.table(via.parent()) else {
                    return "0".to_owned();
                };
                let above = format!("tenancy_{}", depth + 1);
                let own = self.is_written(parent, &above, depth + 1);
                format!("EXISTS ({} AND {own})", parents(parent, name, &above, via))
            }
            // The children of several parties are written by none.
            TableKind::Party(_) => "tenancy_crosses()".to_owned(),
            TableKind::Shared | TableKind::View { .. } | TableKind::Denied => "0".to_owned(),
        }
    }
}

/// The conditions on the rows that a statement writes, with `{row}` in the place of the row; an UPDATE's has `OLD` and `NEW`.
struct Rows {
    insert: String,
    /// On the row as it was.
    before: String,
    /// On the row as it will be.
    after: String,
    delete: String,
}

impl Rows {
    fn all(own: String) -> Rows {
        Rows {
            insert: own.clone(),
            before: own.clone(),
            after: own.clone(),
            delete: own,
        }
    }

    fn body(&self, event: &str, table: &Table, live: &Live) -> String {
        let refuse = |condition: &str, row: &str| {
            format!(
                "SELECT {REFUSED} WHERE NOT ({});",
                condition.replace("{row}", row)
            )
        };
        let pass = |condition: &str| {
            format!(
                "SELECT {PASSED_OVER} WHERE NOT ({});",
                condition.replace("{row}", "OLD")
            )
        };
        match event {
            "INSERT" => refuse(&self.insert, "NEW") + &self.replaced(table, live, false),
            "UPDATE" => pass(&self.before) + &refuse(&self.after, "NEW") + &self.replaced(table, live, true),
            _ => pass(&self.delete),
        }
    }

    /// Refuses a row that would take the place of one that is not the tenant's to delete.
    fn replaced(&self, table: &Table, live: &Live, update: bool) -> String {
        let mut collisions: Vec<String> = live.uniques.iter().map(collides).collect();
        if let Some(number) = live.row_number {
            collisions.push(format!("tenancy_o.{number} = NEW.{number}"));
        }
        if collisions.is_empty() {
            return String::new();
        }
        let itself = match (update, live.row_number) {
            (false, _) => String::new(),
            (true, Some(number)) => format!(" AND tenancy_o.{number} <> OLD.{number}"),
            (true, None) => {
                let same = live.primary.iter().map(|column| {
                    let column = quoted(column);
                    format!("tenancy_o.{column} IS OLD.{column}")
                });
                format!(" AND NOT ({})", same.collect::<Vec<_>>().join(" AND "))
            }
        };
        let asked = if live.replaces { "1" } else { "tenancy_replaces()" };
        let own = self.delete.replace("{row}", "tenancy_o");
        let on = format!("{}.{}", quoted(schema_of(table)), quoted(table.name()));
        let found = collisions.iter().map(|collision| {
            format!("EXISTS (SELECT 1 FROM {on} AS tenancy_o WHERE {collision}{itself} AND NOT ({own}))")
        });
        format!("SELECT {REFUSED} WHERE {asked} AND {};", any(found))
    }
}

/// Whether the row `tenancy_o` has the new row's values in a unique key.
fn collides(unique: &Unique) -> String {
    let each: Option<Vec<String>> = unique
        .columns
        .iter()
        .map(|(column, collation)| {
            let column = quoted(column.as_deref()?);
            Some(format!(
                "tenancy_o.{column} = NEW.{column} COLLATE {}",
                quoted(collation)
            ))
        })
        .collect();
    // What an expression makes of the new row cannot be told: any other tenant's row might be in the way.
    each.map_or_else(|| "1".to_owned(), |each| each.join(" AND "))
}

fn party_rows(parties: &[Party]) -> Rows {
    let those = |may: &dyn Fn(&Party) -> bool| {
        let each = parties.iter().filter(|party| may(party));
        let each = each.map(|party| reaches("{row}", party.key()));
        any(each.chain(["tenancy_crosses()".to_owned()]))
    };
    let owners = parties.iter().map(|party| {
        let key = quoted(party.key());
        format!("NEW.{key} IS OLD.{key}")
    });
    let mut columns: Vec<&String> = parties.iter().flat_map(Party::updatable).collect();
    columns.sort();
    columns.dedup();
    let changes = columns.into_iter().map(|column| {
        let may = parties.iter().filter(|party| party.may_update(column));
        let may = may.map(|party| reaches("OLD", party.key()));
        let column = quoted(column);
        any([format!("NEW.{column} IS OLD.{column}")].into_iter().chain(may))
    });
    let unchanged: Vec<String> = owners.chain(changes).collect();
    Rows {
        insert: those(&Party::may_insert),
        before: those(&|party| !party.updatable().is_empty()),
        after: any([unchanged.join(" AND "), "tenancy_crosses()".to_owned()].into_iter()),
        delete: those(&Party::may_delete),
    }
}

fn reaches(row: &str, key: &str) -> String {
    format!("tenancy_reaches({row}.{})", quoted(key))
}

/// The parents of a row, as a query that goes on with another condition.
fn parents(parent: &Table, row: &str, name: &str, via: &Via) -> String {
    let on: Vec<String> = via
        .on()
        .map(|(column, references)| format!("{name}.{} = {row}.{}", quoted(references), quoted(column)))
        .collect();
    format!(
        "SELECT 1 FROM {}.{} AS {name} WHERE {}",
        quoted(schema_of(parent)),
        quoted(parent.name()),
        on.join(" AND ")
    )
}

fn any(conditions: impl Iterator<Item = String>) -> String {
    format!("({})", conditions.collect::<Vec<_>>().join(" OR "))
}

/// A name in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotes.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
