//! Views whose body the catalogue knows: the body takes the view's place, scoped by a walk of its own.
//!
//! It is read where the view was defined, not where it is named: no common table expression of the statement reaches it, and
//! nothing that it defines reaches out.

use sqlparser::ast::{Query, Statement};

use super::{Walk, only};
use crate::sql::{
    Dialect, Refusal, Rule, fails, mysql, splice,
    splice::{Outcome, Read},
    text::Text,
    words,
};

/// How deep views may stand in views.
const MAX_VIEWS: usize = 8;

/// How deep the body of one view may nest.
const MAX_OPEN: usize = 32;

/// How much deeper a statement gets by the views that it names.
pub(in crate::sql) const DEEPER: usize = MAX_VIEWS * MAX_OPEN;

impl Walk<'_> {
    /// The body of a view, scoped.
    pub(in crate::sql) fn view_body(&mut self, sql: &str) -> Result<(String, Query), Refusal> {
        let text = Text::new(sql.trim_end().trim_end_matches(';'), self.dialect)?;
        if self.views >= MAX_VIEWS || text.open > MAX_OPEN {
            return Err(Refusal::new(Rule::TooDeep));
        }
        if text.binds > 0 {
            return Err(Refusal::new(Rule::Placeholder));
        }
        let Read {
            mut statement,
            hidden,
            arbiters,
            words,
        } = splice::parse_read(&text, self.dialect)?;
        words::check(&statement, &words)?;
        let may_fail = self.placer.may_fail || fails::may_fail(&statement, self.dialect);
        let placer = self
            .placer
            .that_may_fail(may_fail)
            .with_slices_apart(self.dialect == Dialect::Mysql && mysql::has_to_stay_apart(&statement, true));
        let mut walk = Walk::new(&text, self.tables, placer);
        walk.views = self.views + 1;
        walk.hide(hidden, arbiters)?;
        match &mut statement {
            Statement::Query(query) => walk.query(query)?,
            _ => return Err(Refusal::new(Rule::StatementKind)),
        }
        let Outcome {
            edits,
            phrases,
            arbiters,
            reads,
            writes,
            uses_tenant,
            is_write,
        } = walk.finish()?;
        only(writes.is_empty() && !is_write)?;
        let spliced = splice::apply(&text.sql, edits)?;
        self.phrases.extend(phrases.iter().cloned());
        let proved = splice::prove(&spliced, &statement, phrases, &arbiters, self.dialect)?;
        self.reads.extend(reads);
        self.uses_tenant |= uses_tenant;
        match proved {
            Statement::Query(query) => Ok((spliced, *query)),
            _ => Err(Refusal::new(Rule::Verification)),
        }
    }
}
