//! Oracles that ask for no private database: what equality with one could miss.
//!
//! - *asked again*: an engine that was used answers as before.
//! - *scoped again*: a scoped text, scoped once more, means the same rows and leaves the same behind, or is refused.
//! - *partition*: where a query joins on the key, what all tenants see together is what the unscoped query sees.
//! - *pivot*: a row of the subject's that is described in full appears, one of a neighbour's does not.

use tenancy_core::TenantId;

use super::case::Worlds;
use crate::db::Answer;
use crate::dice::Dice;
use crate::engine::arguments;
use crate::oracle::{Seen, observe, same_rows};
use crate::schema::{Kind, Owner, Role, Row, Schema, Table, Ty};
use crate::{Engine, EngineOutput, Failure, Value};

/// A statement that one of these oracles found wrong.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) statement: String,
    pub(super) scoped: String,
    pub(super) difference: String,
}

/// Whether an engine says the same of a text that it has seen before.
pub(super) fn asked_again(
    engine: &dyn Engine,
    text: &str,
    tenant: &TenantId,
    output: &EngineOutput,
) -> Result<(), String> {
    match engine.scope_for(text, tenant) {
        Ok(again) if again == *output => Ok(()),
        Ok(again) => Err(format!("asked again, the engine says: {}", again.text)),
        Err(refusal) => Err(format!("asked again, the engine refuses: {}", refusal.message)),
    }
}

impl Worlds {
    /// Whether the scoped text, scoped once more, does the same; all it binds is now the caller's.
    pub(super) async fn scoped_again(
        &mut self,
        schema: &Schema,
        engine: &dyn Engine,
        output: &EngineOutput,
        binds: &[Value],
        (seen, write): (&Seen, bool),
    ) -> Result<Result<(), String>, Failure> {
        let (Ok(again), Ok(before)) = (engine.scope_for(&output.text, &schema.subject), &seen.result) else {
            return Ok(Ok(()));
        };
        // A bind may not be named any more: the key of an INSERT, which is replaced by the new one.
        let named = binds.get(..again.binds).unwrap_or(binds);
        let all = match arguments(&again, named, &schema.subject) {
            Ok(all) => all,
            Err(difference) => return Ok(Err(format!("scoped again: {difference}\n    {}", again.text))),
        };
        let tables = write.then_some(self.watched.as_slice());
        let after = observe(&mut self.shared.db, &again.text, &all, tables).await?;
        Ok(match &after.result {
            Err(e) if e.is_timeout() => Ok(()),
            Err(e) => Err(format!("scoped again it fails: {}\n    {}", e.text, again.text)),
            Ok(answer) => same_effect(answer, before, write)
                .and_then(|()| match after.after == seen.after {
                    true => Ok(()),
                    false => Err("it leaves other rows behind".to_owned()),
                })
                .map_err(|how| format!("scoped again it differs: {how}\n    {}", again.text)),
        })
    }

    /// The oracles that make up statements of their own, once a schema.
    pub(super) async fn extra(
        &mut self,
        schema: &Schema,
        engine: &dyn Engine,
        dice: &mut Dice,
    ) -> Result<Option<Found>, Failure> {
        for _ in 0..4 {
            if let Some(found) = self.partition(schema, engine, dice).await? {
                return Ok(Some(found));
            }
        }
        for table in schema.tables.iter().filter(|t| t.kind == Kind::Tenant) {
            let rows: Vec<&Row> = table.rows.iter().filter(|row| lives(row)).collect();
            for _ in 0..2 {
                if let Some(row) = dice.choose(&rows)
                    && let Some(found) = self.pivot(schema, engine, table, row).await?
                {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    async fn partition(
        &mut self,
        schema: &Schema,
        engine: &dyn Engine,
        dice: &mut Dice,
    ) -> Result<Option<Found>, Failure> {
        let Some(statement) = partitioned(schema, dice) else {
            return Ok(None);
        };
        let found = |scoped: &str, difference: String| {
            Ok(Some(Found {
                statement: statement.clone(),
                scoped: scoped.to_owned(),
                difference,
            }))
        };
        let whole = self.shared.db.run(&statement, &[]).await?;
        let (mut together, mut scoped) = (Answer::default(), String::new());
        let everybody: Vec<&TenantId> = std::iter::once(&schema.subject)
            .chain(&schema.neighbours)
            .collect();
        for tenant in everybody {
            let Ok(output) = engine.scope_for(&statement, tenant) else {
                return Ok(None);
            };
            let all = match arguments(&output, &[], tenant) {
                Ok(all) => all,
                Err(difference) => return found(&output.text, difference),
            };
            scoped.clone_from(&output.text);
            match self.shared.db.run(&output.text, &all).await {
                Ok(part) => {
                    together.columns = whole.columns.clone();
                    together.rows.extend(part.rows);
                }
                Err(e) => return found(&output.text, format!("fails as one of the tenants: {}", e.text)),
            }
        }
        match same_rows(&together, &whole, &[]) {
            Ok(()) => Ok(None),
            Err(how) => found(
                &scoped,
                format!("the tenants together do not see the whole: {how}"),
            ),
        }
    }

    async fn pivot(
        &mut self,
        schema: &Schema,
        engine: &dyn Engine,
        table: &Table,
        row: &Row,
    ) -> Result<Option<Found>, Failure> {
        let values = |row: &Row| -> Vec<Value> {
            let kept = table.columns.iter().zip(&row.values);
            kept.filter(|(c, _)| c.role != Role::Key)
                .map(|(_, v)| v.clone())
                .collect()
        };
        let described: Vec<String> = table
            .columns
            .iter()
            .zip(&row.values)
            .filter(|(c, _)| c.role != Role::Key)
            .map(|(c, v)| match v {
                Value::Null => format!("{} IS NULL", c.name),
                v => format!("{} = {}", c.name, v.literal_in(schema.dialect)),
            })
            .collect();
        let statement = format!("SELECT id FROM {} WHERE {}", table.name, described.join(" AND "));
        let expected = table
            .rows
            .iter()
            .filter(|r| r.owner == Owner::Subject && values(r) == values(row))
            .count();
        let mut found = Found {
            statement,
            scoped: String::new(),
            difference: String::new(),
        };
        let output = match engine.scope_for(&found.statement, &schema.subject) {
            Ok(output) => output,
            Err(refusal) => {
                found.difference = format!("the pivot row is refused: {}", refusal.message);
                return Ok(Some(found));
            }
        };
        found.scoped.clone_from(&output.text);
        let all = match arguments(&output, &[], &schema.subject) {
            Ok(all) => all,
            Err(difference) => {
                found.difference = difference;
                return Ok(Some(found));
            }
        };
        let rows = self.shared.db.run(&output.text, &all).await?.rows.len();
        if rows == expected {
            return Ok(None);
        }
        found.difference = format!("of the pivot row {rows} were seen and not {expected}");
        Ok(Some(found))
    }
}

/// Whether two answers have the same rows and, of a write, as many written ones.
fn same_effect(one: &Answer, other: &Answer, write: bool) -> Result<(), String> {
    if write && one.affected != other.affected {
        return Err(format!(
            "{} rows were written and not {}",
            one.affected, other.affected
        ));
    }
    same_rows(one, other, &[])
}

/// Whether a row stands in the first shared database.
fn lives(row: &Row) -> bool {
    match row.owner {
        Owner::Neighbour { first, .. } => first,
        Owner::Subject | Owner::Shared => true,
    }
}

/// Columns of some tables with the tenant's key, joined on it.
fn partitioned(schema: &Schema, dice: &mut Dice) -> Option<String> {
    let tables: Vec<&Table> = schema.tables.iter().filter(|t| t.kind == Kind::Tenant).collect();
    let key = &schema.key;
    let first = dice.choose(&tables)?;
    let mut from = format!("{} AS a0", first.name);
    let mut columns = vec!["a0.id AS c0".to_owned()];
    let integers = |table: &Table| -> Vec<String> {
        let all = table.columns.iter();
        all.filter(|c| c.ty == Ty::Int && c.role != Role::Key)
            .map(|c| c.name.clone())
            .collect()
    };
    for n in 1..=dice.below(3) {
        let next = dice.choose(&tables)?;
        let joined = dice.choose(&integers(next))?.clone();
        let how = dice.word(&["JOIN", "LEFT JOIN"]);
        from = format!(
            "{from} {how} {} AS a{n} ON a{n}.{key} = a0.{key} AND a{n}.{joined} = a0.id",
            next.name
        );
        columns.push(format!("a{n}.{joined} AS c{n}"));
    }
    let limit = dice.between(2, 20);
    Some(format!(
        "SELECT {} FROM {from} WHERE a0.id < {limit} AND a0.{key} = a0.{key}",
        columns.join(", ")
    ))
}
