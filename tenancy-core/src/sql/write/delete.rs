//! DELETE.

use sqlparser::ast::{Delete, FromTable};

use crate::{
    Party,
    sql::{
        Dialect, Refusal, Rule,
        faults::{self, Fault, Place},
        walk::{Walk, only},
    },
};

impl Walk<'_> {
    pub(in crate::sql) fn delete(&mut self, delete: &mut Delete) -> Result<(), Refusal> {
        let at_top = std::mem::take(&mut self.at_top);
        if self.dialect == Dialect::Mysql && (!delete.tables.is_empty() || delete.using.is_some()) {
            return self.multi_delete(delete);
        }
        let Delete {
            delete_token,
            optimizer_hints,
            tables,
            from,
            using,
            selection,
            returning,
            output,
            order_by,
            limit,
        } = delete;
        only(optimizer_hints.is_empty() && tables.is_empty() && output.is_none())?;
        self.first_rows(order_by, limit.as_mut())?;
        let body = self.body_from(delete_token)?;
        let FromTable::WithFromKeyword(from) = from else {
            return Err(Refusal::new(Rule::Construct));
        };
        let [table] = from.as_mut_slice() else {
            return Err(Refusal::new(Rule::Construct));
        };
        let target = self.target(table)?;
        let depth = self.open_target(&target);
        if let Some(tables) = using {
            faults::within(Place::DeleteUsing, || self.other_tables(&target, tables))?;
        }
        let writers = self.writers(&target.table, Party::may_delete)?;
        let open = faults::is_on(Fault::OpenDelete);
        self.restrict(&target, writers.as_deref(), selection, body, open)?;
        self.at_top = at_top;
        faults::within(Place::Returning, || {
            self.returning(&target, using.as_deref().unwrap_or_default(), returning)
        })?;
        self.close_scopes(depth);
        Ok(())
    }
}
