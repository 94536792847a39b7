//! Indexes, and what is like one.

use sqlx::Row;

use super::{Index, Relation, Schema, or_unread, tokens};

impl Schema<'_> {
    pub(super) async fn keys(&mut self, relation: &mut Relation, sql: &str) -> Result<(), sqlx::Error> {
        let indexes = sqlx::query(
            "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?) ORDER BY origin <> 'pk', seq",
        )
        .bind(&relation.name)
        .fetch_all(&mut *self.connection)
        .await;
        let indexes = or_unread(
            indexes,
            &format!("indexes of {}", relation.name),
            &mut self.unread,
        )?;
        let conflicts = tokens::conflict_clauses(sql);
        let mut has_primary = false;
        for index in indexes {
            let name: String = index.try_get("name")?;
            let origin: String = index.try_get("origin")?;
            has_primary |= origin == "pk";
            let columns = self.index_columns(&name, relation).await?;
            let definition: Option<String> =
                sqlx::query_scalar("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?")
                    .bind(&name)
                    .fetch_optional(&mut *self.connection)
                    .await?
                    .flatten();
            relation.keys.push(Index {
                unique: index.try_get::<i64, _>("unique")? != 0,
                primary: origin == "pk",
                partial: index.try_get::<i64, _>("partial")? != 0,
                valid: true,
                built_in: origin != "c",
                columns,
                definition: definition.unwrap_or_default(),
                name,
                ..Index::default()
            });
        }
        if !has_primary {
            self.row_number(relation, sql).await?;
        }
        if let Some(clause) = conflicts.first() {
            match relation.keys.iter_mut().find(|key| key.built_in) {
                Some(key) => key.conflict = Some(clause.clone()),
                None => relation.keys.push(Index {
                    name: "a constraint".to_owned(),
                    built_in: true,
                    valid: true,
                    conflict: Some(clause.clone()),
                    ..Index::default()
                }),
            }
        }
        Ok(())
    }

    /// The columns of an index. One that folds what the column does not is none.
    async fn index_columns(
        &mut self,
        index: &str,
        relation: &Relation,
    ) -> Result<Vec<Option<String>>, sqlx::Error> {
        let rows = sqlx::query("SELECT name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno")
            .bind(index)
            .fetch_all(&mut *self.connection)
            .await?;
        let mut columns = Vec::new();
        for row in rows {
            let (name, collation): (Option<String>, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
            let own = name
                .as_ref()
                .and_then(|name| relation.columns.iter().find(|column| column.name == *name));
            let as_column = own
                .and_then(|column| column.folding.clone())
                .unwrap_or_else(|| "BINARY".to_owned());
            let same = collation.is_none_or(|collation| collation.eq_ignore_ascii_case(&as_column));
            columns.push(name.filter(|_| same));
        }
        Ok(columns)
    }

    /// An INTEGER PRIMARY KEY has no index: it is the row's number.
    async fn row_number(&mut self, relation: &mut Relation, sql: &str) -> Result<(), sqlx::Error> {
        let primary: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk")
                .bind(&relation.name)
                .fetch_all(&mut *self.connection)
                .await?;
        if primary.is_empty() {
            return Ok(());
        }
        let counted = tokens::words(sql)
            .iter()
            .any(|word| word.eq_ignore_ascii_case("autoincrement"));
        for column in &mut relation.columns {
            if primary.contains(&column.name) && primary.len() == 1 {
                column.identity = true;
            }
        }
        relation.keys.push(Index {
            name: if counted {
                "AUTOINCREMENT"
            } else {
                "the row's number"
            }
            .to_owned(),
            unique: true,
            primary: true,
            valid: true,
            built_in: true,
            columns: primary.into_iter().map(Some).collect(),
            ..Index::default()
        });
        Ok(())
    }
}
