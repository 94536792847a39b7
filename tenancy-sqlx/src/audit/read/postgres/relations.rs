//! Tables with all that is theirs.

use std::collections::HashMap;

use sqlx::FromRow;

use super::{Catalogues, ask};
use crate::audit::model::{
    Action, Column, Index, Postgres, Reference, Relation, RelationKind, Security, Trigger,
};

#[derive(FromRow)]
struct RelationRow {
    id: i64,
    schema: String,
    name: String,
    kind: String,
    partition: bool,
    secured: bool,
    forced: bool,
    owner: String,
    invoker: bool,
    extension: bool,
    identity: Vec<String>,
}

#[derive(FromRow)]
struct ColumnRow {
    relation: i64,
    name: String,
    column_type: String,
    nullable: bool,
    default_expr: Option<String>,
    generated: bool,
    computed: bool,
    of_domain: bool,
    identity: bool,
    folding: Option<String>,
}

#[derive(FromRow)]
struct IndexRow {
    relation: i64,
    name: String,
    is_unique: bool,
    is_primary: bool,
    partial: bool,
    valid: bool,
    constraint_name: Option<String>,
    exclusion: bool,
    columns: Vec<Option<String>>,
    equal: Vec<bool>,
    leaky: Vec<i32>,
    definition: String,
}

#[derive(FromRow)]
struct ReferenceRow {
    relation: i64,
    name: String,
    schema: String,
    parent: String,
    columns: Vec<String>,
    parents: Vec<String>,
    on_delete: String,
    on_update: String,
    sets: Vec<String>,
    validated: bool,
    enforced: bool,
    period: bool,
}

#[derive(FromRow)]
struct TriggerRow {
    relation: i64,
    name: String,
    body: String,
    function: String,
    definer: bool,
    compiled: bool,
}

impl Catalogues<'_> {
    pub(super) async fn relations(&mut self, server: &mut Postgres) -> Result<Vec<Relation>, sqlx::Error> {
        let rows: Vec<RelationRow> = self.all("tables", sqlx::query_as(ask::RELATIONS)).await?;
        let mut relations = Vec::new();
        for row in rows {
            server.security.push(Security {
                relation: row.id,
                on: row.secured,
                forced: row.forced,
                owner: row.owner.clone(),
                identity: row.identity.clone(),
            });
            relations.push(row.relation());
        }
        let mut found = Found::new(&mut relations);
        for row in self
            .all("columns", sqlx::query_as::<_, ColumnRow>(ask::COLUMNS))
            .await?
        {
            found.of(row.relation, |relation| relation.columns.push(row.column()));
        }
        for row in self
            .all("indexes", sqlx::query_as::<_, IndexRow>(ask::INDEXES))
            .await?
        {
            found.of(row.relation, |relation| relation.keys.push(row.index()));
        }
        for row in self
            .all("foreign keys", sqlx::query_as::<_, ReferenceRow>(ask::REFERENCES))
            .await?
        {
            found.of(row.relation, |relation| relation.references.push(row.reference()));
        }
        for row in self
            .all("triggers", sqlx::query_as::<_, TriggerRow>(ask::TRIGGERS))
            .await?
        {
            found.of(row.relation, |relation| relation.triggers.push(row.trigger()));
        }
        for (view, read) in self
            .all("what views read", sqlx::query_as(ask::VIEW_READS))
            .await?
        {
            found.of(view, |relation| relation.reads.push(read));
        }
        for (child, parent) in self
            .all("partitions and children", sqlx::query_as(ask::PARENTS))
            .await?
        {
            found.of(child, |relation| relation.parents.push(parent));
        }
        let disabled: Vec<(i64,)> = self
            .all("triggers of constraints", sqlx::query_as(ask::DISABLED))
            .await?;
        server.disabled = disabled.into_iter().map(|(relation,)| relation).collect();
        Ok(relations)
    }
}

/// Relations by their numbers.
struct Found<'a> {
    relations: &'a mut [Relation],
    places: HashMap<i64, usize>,
}

impl<'a> Found<'a> {
    fn new(relations: &'a mut [Relation]) -> Self {
        let places = relations.iter().map(|relation| relation.id).zip(0..).collect();
        Self { relations, places }
    }

    fn of(&mut self, id: i64, change: impl FnOnce(&mut Relation)) {
        if let Some(relation) = self
            .places
            .get(&id)
            .and_then(|place| self.relations.get_mut(*place))
        {
            change(relation);
        }
    }
}

impl RelationRow {
    fn relation(self) -> Relation {
        let kind = match self.kind.as_str() {
            "r" | "p" => RelationKind::Table,
            "v" => RelationKind::View,
            "m" => RelationKind::Materialized,
            "f" => RelationKind::Foreign,
            "S" => RelationKind::Sequence,
            other => RelationKind::Unknown(format!("relation of kind {other:?}")),
        };
        let mut relation = Relation::new(self.id, self.schema, self.name, kind);
        relation.partition = self.partition;
        relation.as_owner = !self.invoker;
        relation.extension = self.extension;
        relation
    }
}

impl ColumnRow {
    fn column(self) -> Column {
        let folding = match self.column_type.as_str() {
            "citext" => Some("citext".to_owned()),
            _ if self.column_type.ends_with(".citext") => Some("citext".to_owned()),
            _ => self.folding,
        };
        Column {
            name: self.name,
            column_type: self.column_type,
            nullable: self.nullable,
            default: self.default_expr,
            generated: self.generated,
            computed: self.computed,
            of_domain: self.of_domain,
            identity: self.identity,
            folding,
        }
    }
}

impl IndexRow {
    fn index(self) -> Index {
        let mut columns = self.columns;
        if self.exclusion {
            // Only what is compared by `=` keeps rows apart.
            for (column, equal) in columns.iter_mut().zip(&self.equal) {
                if !equal {
                    *column = None;
                }
            }
        }
        Index {
            name: self.name,
            unique: self.is_unique || self.exclusion,
            primary: self.is_primary,
            exclusion: self.exclusion,
            partial: self.partial,
            valid: self.valid,
            constraint: self.constraint_name,
            columns,
            leaky: self
                .leaky
                .iter()
                .filter_map(|place| usize::try_from(*place).ok())
                .collect(),
            built_in: false,
            conflict: None,
            definition: self.definition,
        }
    }
}

impl ReferenceRow {
    fn reference(self) -> Reference {
        Reference {
            name: Some(self.name),
            schema: self.schema,
            parent: self.parent,
            on: self.columns.into_iter().zip(self.parents).collect(),
            on_delete: action(&self.on_delete),
            on_update: action(&self.on_update),
            sets: self.sets,
            validated: self.validated && self.enforced,
            enforced: self.enforced,
            period: self.period,
        }
    }
}

fn action(letter: &str) -> Action {
    match letter {
        "a" | "r" => Action::Nothing,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        // What is not known is taken for the worst.
        _ => Action::Cascade,
    }
}

impl TriggerRow {
    fn trigger(self) -> Trigger {
        Trigger {
            name: self.name,
            body: self.body,
            function: Some(self.function),
            definer: self.definer,
            compiled: self.compiled,
        }
    }
}
