//! Children, parties and hidden keys in a user's own schema.

use tenancy_core::{Catalog, Party, Table, TableKind};

use super::private::{quoted, written};
use crate::db::{Database, Fault};
use crate::oracle::Watched;
use crate::schema::skip;
use crate::{Dialect, Value};

/// What is compared of each table after a write by `tenant`; views have no rows of their own.
pub(super) fn watched(
    catalog: &Catalog,
    dialect: Dialect,
    tenant: &Value,
    generated: &[(String, String)],
    private: bool,
) -> Vec<Watched> {
    catalog
        .tables()
        .filter(|t| !matches!(t.kind(), TableKind::Denied) && !t.is_view())
        .map(|t| Watched {
            name: written(dialect, t),
            owner: owner(catalog, dialect, t, "tenancy_t", &tenant.literal(), private),
            left_out: t.key().filter(|_| t.hides_key()).map(str::to_owned),
            generated: generated
                .iter()
                .filter(|(n, _)| n == t.name())
                .map(|(_, c)| c.clone())
                .collect(),
        })
        .collect()
}

/// An expression for the owner of a row that is known as `alias`; NULL for a shared one.
fn owner(
    catalog: &Catalog,
    dialect: Dialect,
    table: &Table,
    alias: &str,
    tenant: &str,
    private: bool,
) -> Option<String> {
    let column = |alias: &str, name: &str| format!("{alias}.{}", quoted(dialect, name));
    match table.kind() {
        TableKind::Shared | TableKind::Denied | TableKind::View { .. } => None,
        // There is no such column where it is hidden, and nobody else.
        TableKind::Tenant { .. } | TableKind::Mixed { .. } if private && table.hides_key() => {
            Some(match catalog.key_type() {
                tenancy_core::KeyType::Uuid => format!("CAST({tenant} AS UUID)"),
                tenancy_core::KeyType::BigInt | tenancy_core::KeyType::Text => tenant.to_owned(),
            })
        }
        TableKind::Tenant { key } | TableKind::Mixed { key } => Some(column(alias, key)),
        TableKind::Party(parties) => {
            let keys: Vec<String> = parties.iter().map(|party| column(alias, party.key())).collect();
            let whens: Vec<String> = keys
                .iter()
                .map(|key| format!("WHEN {key} = {tenant} THEN {key}"))
                .collect();
            Some(format!("CASE {} ELSE {} END", whens.join(" "), keys.first()?))
        }
        TableKind::Via(via) => {
            let parent = catalog.table(via.parent())?;
            let inner = format!("{alias}p");
            let above = owner(catalog, dialect, parent, &inner, tenant, private)?;
            let on: Vec<String> = via
                .on()
                .map(|(own, theirs)| format!("{} = {}", column(&inner, theirs), column(alias, own)))
                .collect();
            let name = written(dialect, parent);
            Some(format!(
                "(SELECT {above} FROM {name} AS {inner} WHERE {})",
                on.join(" AND ")
            ))
        }
    }
}

/// Takes a hidden key out of the private database, which never had it. Its unique keys are made anew by the caller.
pub(super) async fn without_key(
    db: &mut Database,
    dialect: Dialect,
    table: &Table,
    key: &str,
) -> Result<(), Fault> {
    let (name, key) = (written(dialect, table), quoted(dialect, key));
    match dialect {
        Dialect::Postgres => {
            db.script(&format!("ALTER TABLE {name} DROP COLUMN {key} CASCADE"))
                .await
        }
        Dialect::Mysql => db.script(&format!("ALTER TABLE {name} DROP COLUMN {key}")).await,
        Dialect::Sqlite => Err(Fault {
            kind: "harness".to_owned(),
            text: format!(
                "{}: SQLite takes no column out of a key; check a catalogue that lists the key column",
                table.name()
            ),
        }),
    }
}

/// What keeps a private database's tenant from writes that a party may not make.
pub(super) fn party_guards(
    dialect: Dialect,
    table: &Table,
    parties: &[Party],
    tenant: &str,
    n: usize,
) -> Result<String, Fault> {
    if dialect == Dialect::Mysql {
        return Err(Fault {
            kind: "harness".to_owned(),
            text: format!(
                "{}: no trigger of MariaDB passes over another party's rows",
                table.name()
            ),
        });
    }
    let name = written(dialect, table);
    let nobody = |may: &dyn Fn(&Party) -> bool| {
        let not: Vec<String> = parties
            .iter()
            .filter(|party| may(party))
            .map(|party| format!("COALESCE(OLD.{} <> {tenant}, TRUE)", quoted(dialect, party.key())))
            .collect();
        if not.is_empty() {
            "TRUE".to_owned()
        } else {
            not.join(" AND ")
        }
    };
    let mut columns: Vec<&String> = parties.iter().flat_map(|party| party.updatable()).collect();
    columns.sort();
    columns.dedup();
    let mut out = skip(
        dialect,
        &format!("tenancy_party_{n}"),
        &name,
        "DELETE",
        &nobody(&Party::may_delete),
    );
    for (m, column) in columns.into_iter().enumerate() {
        let event = format!("UPDATE OF {}", quoted(dialect, column));
        let when = nobody(&|party| party.may_update(column));
        out.push_str(&skip(
            dialect,
            &format!("tenancy_party_{n}_{m}"),
            &name,
            &event,
            &when,
        ));
    }
    Ok(out)
}

/// Gives the private database the party's rows that another tenant's fixture has.
pub(super) async fn party_rows(
    shared: &mut Database,
    private: &mut Database,
    dialect: Dialect,
    catalog: &Catalog,
    tenant: &str,
) -> Result<(), Fault> {
    for table in catalog.tables() {
        let TableKind::Party(parties) = table.kind() else {
            continue;
        };
        let name = written(dialect, table);
        let own: Vec<String> = parties
            .iter()
            .map(|party| format!("{} = {tenant}", quoted(dialect, party.key())))
            .collect();
        let query = format!("SELECT * FROM {name} WHERE {}", own.join(" OR "));
        let rows = shared.run(&query, &[]).await?.rows;
        private.script(&format!("DELETE FROM {name}")).await?;
        for row in rows {
            let values: Vec<String> = row.iter().map(|value| value.literal_in(dialect)).collect();
            let insert = format!("INSERT INTO {name} VALUES ({})", values.join(", "));
            private.script(&insert).await?;
        }
    }
    Ok(())
}
