//! What keeps a private database's tenant from writes that it may not make.

use super::kinds::{GLOBAL, PARENT};
use super::{Kind, Schema, Side, Table};
use crate::Dialect;
use crate::engine::tenant_value;

impl Schema {
    /// The triggers of a table.
    pub(super) fn guards(&self, table: &Table) -> String {
        let subject = tenant_value(&self.subject).literal();
        let name = &table.name;
        match table.kind {
            Kind::Via => {
                // Only a mixed table has rows that are nobody's.
                let mixed = self.root(table).is_some_and(|root| root.kind == Kind::Mixed);
                let parent = self.parent_name(name);
                // While a parent is deleted with its children, it is not there any more.
                let shared = |row: &str| {
                    let owner = self.owner(table, row, Side::Private).filter(|_| mixed);
                    let there = format!("{row}.{PARENT} IN (SELECT {GLOBAL} FROM {parent})");
                    owner.map(|owner| format!("{there} AND {owner} IS NULL"))
                };
                let (Some(old), Some(new)) = (shared("OLD"), shared("NEW")) else {
                    return String::new();
                };
                self.skip(name, "DELETE", &old)
                    + &self.skip(name, "UPDATE", &old)
                    + &self.fail(name, "INSERT", &new)
                    + &self.fail(name, "UPDATE", &format!("{new} AND NOT ({old})"))
            }
            Kind::Party => {
                let (buyer, seller) = table.extra.rights.clone().unwrap_or_default();
                let mut out = self.skip(name, "DELETE", &format!("OLD.buyer <> {subject}"));
                for column in table.columns.iter().map(|c| &c.name) {
                    let is = |may: &[String], party: &str| {
                        may.contains(column).then(|| format!("OLD.{party} <> {subject}"))
                    };
                    let not: Vec<String> = [is(&buyer, "buyer"), is(&seller, "seller")]
                        .into_iter()
                        .flatten()
                        .collect();
                    if !not.is_empty() {
                        let event = format!("UPDATE OF {column}");
                        out.push_str(&self.skip(name, &event, &not.join(" AND ")));
                    }
                }
                out
            }
            Kind::Tenant | Kind::Mixed | Kind::Shared | Kind::Denied | Kind::View => String::new(),
        }
    }

    /// A trigger that passes over rows.
    fn skip(&self, table: &str, event: &str, when: &str) -> String {
        let name = format!("tenancy_{table}_{}", event.to_lowercase().replace(' ', "_"));
        skip(self.dialect, &name, table, event, when)
    }

    /// A trigger that refuses rows, as a foreign key would.
    fn fail(&self, table: &str, event: &str, when: &str) -> String {
        let name = format!("tenancy_{table}_parent_{}", event.to_lowercase());
        match self.dialect {
            Dialect::Sqlite => format!(
                "CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when} \
                 BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed'); END;\n"
            ),
            Dialect::Mysql => String::new(),
            Dialect::Postgres => format!(
                "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF {when} THEN RAISE EXCEPTION 'no such parent' USING ERRCODE = '23503'; END IF; RETURN NEW; END $$; \
                 CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();\n"
            ),
        }
    }
}

/// A trigger `name` that passes over the rows of `table` for which `when` holds.
pub(crate) fn skip(dialect: Dialect, name: &str, table: &str, event: &str, when: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!(
            "CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when} BEGIN SELECT RAISE(IGNORE); END;\n"
        ),
        // No trigger passes over a row there, so that no table is made that would need one.
        Dialect::Mysql => String::new(),
        Dialect::Postgres => {
            let other = if event.starts_with("DELETE") { "OLD" } else { "NEW" };
            format!(
                "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF {when} THEN RETURN NULL; END IF; RETURN {other}; END $$; \
                 CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();\n"
            )
        }
    }
}
