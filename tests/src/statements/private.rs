//! A user's own schema made private: the same tables, in which the tenant's key is the default.

use tenancy_core::{Catalog, Party, Table, TableKind};

use crate::db::{Database, Fault};
use crate::{Dialect, Value};

/// Turns a database that holds one tenant's rows into what that tenant would have had to itself: the key column
/// has the tenant as its default, what is unique for the tenant is unique, and shared rows are read-only.
pub(super) async fn make_private(
    db: &mut Database,
    dialect: Dialect,
    catalog: &Catalog,
    tenant: &Value,
) -> Result<(), Fault> {
    for (n, table) in catalog.tables().enumerate() {
        let forced = match table.kind() {
            TableKind::Party(parties) => {
                let guards = super::kinds::party_guards(dialect, table, parties, &tenant.literal(), n)?;
                db.script(&guards).await?;
                parties.iter().find(|party| party.may_insert()).map(Party::key)
            }
            TableKind::Tenant { .. }
            | TableKind::Mixed { .. }
            | TableKind::Shared
            | TableKind::Via(_)
            | TableKind::View { .. }
            | TableKind::Denied => table.key().filter(|_| !table.is_view()),
        };
        let Some(key) = forced else { continue };
        if table.hides_key() {
            super::kinds::without_key(db, dialect, table, key).await?;
        } else {
            set_default(db, dialect, table, key, tenant).await?;
        }
        if matches!(table.kind(), TableKind::Party(_)) {
            continue;
        }
        for (m, columns) in table.unique_keys().unwrap_or_default().iter().enumerate() {
            let rest: Vec<String> = columns
                .iter()
                .filter(|c| *c != key)
                .map(|c| quoted(dialect, c))
                .collect();
            // Shared rows of a mixed table have a name space of their own.
            let mixed = matches!(table.kind(), TableKind::Mixed { .. });
            if rest.is_empty() || rest.len() == columns.len() || mixed {
                continue;
            }
            let (name, rest) = (written(dialect, table), rest.join(", "));
            db.script(&format!(
                "CREATE UNIQUE INDEX tenancy_private_{n}_{m} ON {name} ({rest})"
            ))
            .await?;
        }
        if matches!(table.kind(), TableKind::Mixed { .. }) {
            if dialect == Dialect::Mysql {
                return Err(Fault {
                    kind: "harness".to_owned(),
                    text: format!(
                        "{}: no trigger of MariaDB passes over shared rows, and without one a private \
                         database has no mixed tables",
                        table.name()
                    ),
                });
            }
            db.script(&read_only_shared(
                dialect,
                &written(dialect, table),
                &quoted(dialect, key),
                n,
            ))
            .await?;
        }
    }
    Ok(())
}

async fn set_default(
    db: &mut Database,
    dialect: Dialect,
    table: &Table,
    key: &str,
    tenant: &Value,
) -> Result<(), Fault> {
    match dialect {
        Dialect::Sqlite => sqlite_default(db, table.name(), key, &tenant.literal()).await,
        Dialect::Postgres | Dialect::Mysql => {
            let (name, key, tenant) = (written(dialect, table), quoted(dialect, key), tenant.literal());
            db.script(&format!(
                "ALTER TABLE {name} ALTER COLUMN {key} SET DEFAULT {tenant}"
            ))
            .await
        }
    }
}

/// A table's name as SQL.
pub(super) fn written(dialect: Dialect, table: &Table) -> String {
    match table.schema_name() {
        Some(schema) => format!("{}.{}", quoted(dialect, schema), quoted(dialect, table.name())),
        None => quoted(dialect, table.name()),
    }
}

pub(super) fn quoted(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
        Dialect::Mysql => format!("`{}`", name.replace('`', "``")),
    }
}

/// A trigger that passes over the rows whose key is NULL in updates and deletes; MariaDB has none that could.
pub(crate) fn read_only_shared(dialect: Dialect, table: &str, key: &str, n: usize) -> String {
    match dialect {
        Dialect::Sqlite => ["UPDATE", "DELETE"]
            .map(|what| {
                format!(
                    "CREATE TRIGGER tenancy_shared_{n}_{what} BEFORE {what} ON {table} WHEN OLD.{key} IS NULL \
                     BEGIN SELECT RAISE(IGNORE); END;"
                )
            })
            .concat(),
        Dialect::Postgres => format!(
            "CREATE OR REPLACE FUNCTION tenancy_shared_{n}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF OLD.{key} IS NULL THEN RETURN NULL; END IF; \
             IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER tenancy_shared_{n} BEFORE UPDATE OR DELETE ON {table} \
             FOR EACH ROW EXECUTE FUNCTION tenancy_shared_{n}();"
        ),
        Dialect::Mysql => String::new(),
    }
}

/// SQLite cannot change a default: the column's definition in the stored text is extended.
async fn sqlite_default(db: &mut Database, table: &str, key: &str, tenant: &str) -> Result<(), Fault> {
    let name = Value::from(table);
    let found = db
        .run(
            "SELECT sql FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?1)",
            std::slice::from_ref(&name),
        )
        .await?;
    let wrong = |text: String| Fault {
        kind: "harness".to_owned(),
        text,
    };
    let Some(Value::Text(sql)) = found.rows.first().and_then(|r| r.first()) else {
        return Err(wrong(format!(
            "the catalogue names a table that the schema does not make: {table}"
        )));
    };
    let end = definition_end(sql, key).ok_or_else(|| {
        wrong(format!(
            "{table}: no definition of its key column {key} was found"
        ))
    })?;
    let (head, tail) = sql
        .split_at_checked(end)
        .ok_or_else(|| wrong("not at a character".to_owned()))?;
    let sql = Value::Text(format!("{head} DEFAULT {tenant}{tail}"));
    db.script("PRAGMA writable_schema = ON").await?;
    db.run(
        "UPDATE sqlite_schema SET sql = ?1 WHERE type = 'table' AND lower(name) = lower(?2)",
        &[sql, name.clone()],
    )
    .await?;
    db.script("PRAGMA writable_schema = RESET").await?;
    // The proof that the text was put where it was meant.
    let check = "SELECT dflt_value FROM pragma_table_info(?1) WHERE lower(name) = lower(?2)";
    let now = db.run(check, &[name, Value::from(key)]).await?;
    match now.rows.first().and_then(|r| r.first()) {
        Some(Value::Text(default)) if default == tenant => Ok(()),
        _ => Err(wrong(format!(
            "{table}: its key column {key} could not be given a default"
        ))),
    }
}

/// Where the definition of `column` ends in a `CREATE TABLE`: the comma or parenthesis after it.
fn definition_end(sql: &str, column: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut here = false;
    let mut first = false;
    let mut chars = sql.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' => {
                depth += 1;
                first |= depth == 1;
                continue;
            }
            ')' | ',' if depth == 1 => {
                if here {
                    return Some(at);
                }
                first = c == ',';
                if c == ')' {
                    return None;
                }
                continue;
            }
            ')' => {
                depth = depth.saturating_sub(1);
                continue;
            }
            '-' if chars.next_if(|(_, c)| *c == '-').is_some() => {
                for (_, c) in chars.by_ref() {
                    if c == '\n' {
                        break;
                    }
                }
                continue;
            }
            '/' if chars.next_if(|(_, c)| *c == '*').is_some() => {
                let mut star = false;
                for (_, c) in chars.by_ref() {
                    if star && c == '/' {
                        break;
                    }
                    star = c == '*';
                }
                continue;
            }
            c if c.is_whitespace() => continue,
            _ => {}
        }
        let mut word = String::new();
        let close = match c {
            '"' | '`' | '\'' => Some(c),
            '[' => Some(']'),
            _ => None,
        };
        if let Some(close) = close {
            for (_, c) in chars.by_ref() {
                if c == close {
                    break;
                }
                word.push(c);
            }
        } else {
            word.push(c);
            while let Some((_, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_') {
                word.push(c);
            }
        }
        if first && depth == 1 {
            here = word.eq_ignore_ascii_case(column);
            first = false;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::definition_end;

    #[test]
    fn the_end_of_a_column_is_found_past_checks_comments_and_quotes() {
        let ends_before = |sql: &str, column: &str| {
            definition_end(sql, column).and_then(|at| sql.get(at..).map(str::to_owned))
        };
        let check =
            |sql: &str, rest: &str| assert_eq!(ends_before(sql, "store_id").as_deref(), Some(rest), "{sql}");
        check(
            "CREATE TABLE t (id INT, store_id INT NOT NULL, b TEXT)",
            ", b TEXT)",
        );
        check(
            "CREATE TABLE t (id INT, \"store_id\" INT CHECK (store_id > 0), b)",
            ", b)",
        );
        check("CREATE TABLE t (-- store_id, first\n store_id INT)", ")");
        check(
            "CREATE TABLE t (/* , store_id */ a TEXT DEFAULT ',', [STORE_ID] INT)",
            ")",
        );
        assert_eq!(
            ends_before("CREATE TABLE t (id INT, UNIQUE (store_id))", "store_id"),
            None
        );
    }
}
