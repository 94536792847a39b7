//! Rows: the subject's are clean; the neighbours' collide with them, carry markers, and are poison to evaluate.

use tenancy_core::{KeyType, TenantId};

use super::{FAR, Kind, Owner, Role, Row, SPAN, Table, Ty};
use crate::Value;
use crate::dice::Dice;

/// The tenant that asks and two neighbours, in any order of their ids.
pub(super) fn tenants(key_type: KeyType, dice: &mut Dice) -> (TenantId, Vec<TenantId>) {
    let marked = FAR + SPAN / 2;
    let mut ids: Vec<TenantId> = match key_type {
        // Small ids collide with ordinary values, large ones are markers themselves.
        KeyType::BigInt if dice.chance(70) => [1, 2, 3].iter().flat_map(|v| TenantId::bigint(*v)).collect(),
        KeyType::BigInt => [7, marked, marked + SPAN]
            .iter()
            .flat_map(|v| TenantId::bigint(*v))
            .collect(),
        KeyType::Text => ["acme", "zz1_corp", "zz2_corp"]
            .iter()
            .flat_map(|v| TenantId::text(v))
            .collect(),
        KeyType::Uuid => [1_u8, 2, 3]
            .iter()
            .flat_map(|v| TenantId::uuid([*v; 16]))
            .collect(),
    };
    // The markers name the neighbours, so only unmarked ids change places.
    if ids
        .first()
        .is_some_and(|id| id.to_string() == "1" || key_type == KeyType::Uuid)
    {
        dice.shuffle(&mut ids);
    }
    let mut ids = ids.into_iter();
    match ids.next() {
        Some(subject) => (subject, ids.collect()),
        // The ids above are valid by their form.
        None => tenants(key_type, dice),
    }
}

/// Fills a table with rows of everybody it is for.
pub(super) fn fill(table: &mut Table, dice: &mut Dice) {
    let mut rows = Vec::new();
    // Shared rows of a child stay only under a shared parent.
    if !matches!(table.kind, Kind::Tenant | Kind::Party) {
        rows.extend(owned(table, Owner::Shared, 3, dice));
    }
    if matches!(table.kind, Kind::Tenant | Kind::Mixed | Kind::Via | Kind::Party) {
        let empty = dice.chance(4);
        if !empty {
            rows.extend(owned(table, Owner::Subject, 3, dice));
        }
        for index in 0..2 {
            for (first, second) in [(true, true), (true, false), (false, true)] {
                rows.extend(owned(table, Owner::Neighbour { index, first, second }, 1, dice));
            }
        }
        dice.shuffle(&mut rows);
    }
    table.rows = rows;
}

fn owned(table: &Table, owner: Owner, least: usize, dice: &mut Dice) -> Vec<Row> {
    let mut ids: Vec<i64> = (1..=8).collect();
    dice.shuffle(&mut ids);
    let count = least + dice.below(3);
    ids.into_iter()
        .take(count)
        .map(|id| {
            // The three groups of a neighbour's rows must not meet in its own unique keys.
            let id = match owner {
                Owner::Neighbour {
                    first: true,
                    second: false,
                    ..
                } => id + 10,
                Owner::Neighbour {
                    first: false,
                    second: true,
                    ..
                } => id + 20,
                Owner::Neighbour { .. } | Owner::Shared | Owner::Subject => id,
            };
            let values = table
                .columns
                .iter()
                .map(|c| {
                    if c.nullable && dice.chance(20) {
                        return Value::Null;
                    }
                    match owner {
                        Owner::Shared | Owner::Subject => clean(c.role, c.ty, id, dice),
                        Owner::Neighbour { index, .. } => foreign(c.role, c.ty, id, index, dice),
                    }
                })
                .collect();
            Row { owner, values }
        })
        .collect()
}

fn clean(role: Role, ty: Ty, id: i64, dice: &mut Dice) -> Value {
    match (role, ty) {
        (Role::Id, _) => Value::Int(id),
        (Role::Ref, _) => Value::Int(dice.between(1, 8)),
        (Role::Divisor, _) => Value::Int(dice.between(1, 4)),
        (Role::Numeral, _) => Value::Text(dice.between(0, 20).to_string()),
        (Role::Code, _) => Value::Text(format!("k{id}")),
        // Filled in from elsewhere.
        (Role::Key | Role::Global | Role::Parent | Role::Partner, _) => Value::Null,
        (Role::Plain, Ty::Int | Ty::Key) => Value::Int(dice.between(-2, 9)),
        (Role::Plain, Ty::Text) => Value::from(dice.word(&["a", "b", "ab", "Abc", "it's", "", "k1"])),
        (Role::Plain, Ty::Real) => {
            Value::Real(f64::from(i32::try_from(dice.between(-8, 20)).unwrap_or(0)) / 4.0)
        }
    }
}

/// A neighbour's value: as the subject's would be, or marked, or poison.
fn foreign(role: Role, ty: Ty, id: i64, index: usize, dice: &mut Dice) -> Value {
    let number = i64::try_from(index).unwrap_or(0);
    match (role, ty) {
        // Ids collide: a join that misses its tenant finds them.
        (Role::Id | Role::Code | Role::Key | Role::Global | Role::Parent | Role::Partner, _) => {
            clean(role, ty, id, dice)
        }
        (Role::Divisor, _) => Value::Int(dice.between(0, 1)),
        // No number, and no pattern either.
        (Role::Numeral, _) => Value::Text(format!("zz{}_bad\\", index + 1)),
        (Role::Ref | Role::Plain, _) if dice.chance(40) => clean(role, ty, id, dice),
        (Role::Ref | Role::Plain, Ty::Int | Ty::Key) => {
            Value::Int(FAR + number * SPAN + dice.between(1, 100_000))
        }
        (Role::Ref | Role::Plain, Ty::Text) => {
            Value::Text(format!("zz{}_{}", index + 1, dice.between(1, 99)))
        }
        (Role::Ref | Role::Plain, Ty::Real) => Value::Real(7.2e15 + 8.0),
    }
}
