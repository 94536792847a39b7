//! MERGE: the target's own rows alone match, and a new row carries the key.
//!
//! The predicate stands in front of the join's condition, so that no row of another tenant matches a row of the source. Such a
//! row is then one that the source does not match: an arm for those has the predicate too.

use sqlparser::{
    ast::{
        Expr, Merge, MergeAction, MergeClause, MergeClauseKind, MergeInsertExpr, MergeInsertKind,
        MergeUpdateExpr, MergeUpdateKind, OutputClause, SelectItem, helpers::attached_token::AttachedToken,
    },
    keywords::Keyword,
};

use super::{NewRow, Target, both, known_ident};
use crate::{
    TableKind,
    sql::{
        Dialect, Refusal, Rule,
        faults::{self, Fault, Place as FaultPlace},
        kinds::Rows,
        names, splice,
        walk::{Forms, Walk, only},
    },
};

impl Walk<'_> {
    pub(in crate::sql) fn merge(&mut self, merge: &mut Merge) -> Result<(), Refusal> {
        let at_top = std::mem::take(&mut self.at_top);
        let Merge {
            merge_token,
            optimizer_hints,
            into: _,
            table,
            source,
            on,
            clauses,
            output,
        } = merge;
        only(optimizer_hints.is_empty())?;
        if self.dialect != Dialect::Postgres {
            return Err(Refusal::new(Rule::Merge));
        }
        let body = self.body_from(merge_token)?;
        let target = self.target_factor(table)?;
        match target.table.kind() {
            TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Shared => {}
            TableKind::Via(_) | TableKind::Party(_) | TableKind::View { .. } | TableKind::Denied => {
                return Err(Refusal::new(Rule::Merge));
            }
        }
        let known_as = known_ident(source).map(|ident| names::folded(&ident, self.dialect));
        if known_as.is_none_or(|name| name == target.folded) {
            return self.refuse(Rule::Name, source);
        }
        let depth = self.open_target(&target);
        self.table_factor(source)?;
        self.place_factor(source, &Forms::default())?;
        self.expr(on)?;
        let predicate = self
            .placer
            .rows(self.tables, &target.table, &target.name, Rows::Own)
            .filter(|_| !faults::is_on(Fault::OpenMerge));
        if let Some(text) = &predicate {
            self.note_tenant();
            let lost = Refusal::new(Rule::Verification);
            let word = self.find_word(body, &[Keyword::ON]).ok_or(lost.clone())?;
            let first = self.text.toks.get(word + 1).ok_or(lost.clone())?.range.start;
            let when = clauses.first().ok_or(lost)?;
            let end = self.end_of(self.token_of(&when.when_token)?.checked_sub(1))?;
            self.conjoin(text, on, first..end)?;
        }
        faults::within(FaultPlace::MergeArm, || {
            clauses
                .iter_mut()
                .try_for_each(|clause| self.merge_clause(&target, predicate.as_deref(), clause))
        })?;
        self.returned = None;
        match output {
            None => {}
            Some(OutputClause::Returning {
                returning_token: _,
                select_items,
            }) => {
                // `*` shows source and target side by side.
                let shows_all = select_items
                    .iter()
                    .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
                if shows_all && self.hides_key(&target.table) {
                    return Err(Refusal::new(Rule::HiddenKey));
                }
                self.at_top = at_top;
                self.returned = Some(self.select_items(select_items)?);
            }
            Some(OutputClause::Output { .. }) => return Err(Refusal::new(Rule::Construct)),
        }
        self.close_scopes(depth);
        Ok(())
    }

    /// `WHEN … THEN …`
    fn merge_clause(
        &mut self,
        target: &Target,
        own: Option<&str>,
        clause: &mut MergeClause,
    ) -> Result<(), Refusal> {
        let MergeClause {
            when_token,
            clause_kind,
            predicate,
            action,
        } = clause;
        if let Some(predicate) = predicate.as_mut() {
            self.expr(predicate)?;
        }
        match clause_kind {
            MergeClauseKind::Matched | MergeClauseKind::NotMatched | MergeClauseKind::NotMatchedByTarget => {}
            MergeClauseKind::NotMatchedBySource => {
                if let Some(own) = own.filter(|_| !faults::is_on(Fault::OpenMergeArm)) {
                    let then = self.token_of(first_token(action))?.checked_sub(1);
                    self.restrict_arm(own, predicate, self.token_of(when_token)?, then)?;
                }
            }
        }
        match action {
            MergeAction::Insert(insert) => self.merge_insert(target, insert),
            MergeAction::Update(MergeUpdateExpr {
                update_token: _,
                kind,
                update_predicate,
                delete_predicate,
            }) => {
                only(update_predicate.is_none() && delete_predicate.is_none())?;
                match kind {
                    MergeUpdateKind::Set(assignments) => self.assignments(&target.table, assignments),
                    MergeUpdateKind::Wildcard => Err(Refusal::new(Rule::Construct)),
                }
            }
            MergeAction::Delete { delete_token: _ }
            | MergeAction::DoNothing {
                do_token: _,
                nothing_token: _,
            } => Ok(()),
        }
    }

    /// `WHEN NOT MATCHED BY SOURCE [AND …] THEN`, of the tenant's own rows; `then` is the index of THEN.
    fn restrict_arm(
        &mut self,
        own: &str,
        predicate: &mut Option<Expr>,
        when: usize,
        then: Option<usize>,
    ) -> Result<(), Refusal> {
        /// `WHEN NOT MATCHED BY SOURCE`
        const WORDS: usize = 5;
        let lost = Refusal::new(Rule::Verification);
        let then = then.ok_or(lost.clone())?;
        match predicate {
            Some(predicate) => {
                let first = self.text.toks.get(when + WORDS + 1).ok_or(lost)?.range.start;
                let end = self.end_of(then.checked_sub(1))?;
                self.conjoin(own, predicate, first..end)
            }
            None => {
                let end = self.end_of(then.checked_sub(1))?;
                self.put(end, format!(" AND {own}"));
                *predicate = Some(splice::parse_expr(own, self.dialect)?);
                Ok(())
            }
        }
    }

    /// Puts the predicate in front of a condition, which stands in this range.
    fn conjoin(
        &mut self,
        own: &str,
        condition: &mut Expr,
        range: std::ops::Range<usize>,
    ) -> Result<(), Refusal> {
        self.put_first(range.start, format!("{own} AND ("));
        self.put(range.end, ")".to_owned());
        let user = std::mem::replace(condition, splice::parse_expr(own, self.dialect)?);
        let own = condition.clone();
        *condition = both(own, Expr::Nested(Box::new(user)));
        Ok(())
    }

    fn merge_insert(&mut self, target: &Target, insert: &mut MergeInsertExpr) -> Result<(), Refusal> {
        let MergeInsertExpr {
            insert_token,
            columns,
            kind_token: _,
            kind,
            insert_predicate,
        } = insert;
        only(insert_predicate.is_none())?;
        let MergeInsertKind::Values(values) = kind else {
            return Err(Refusal::new(Rule::Construct));
        };
        only(!values.explicit_row && !values.value_keyword)?;
        let [row] = values.rows.as_mut_slice() else {
            return Err(Refusal::new(Rule::Construct));
        };
        self.exprs(&mut row.content)?;
        let width = row.content.len();
        let at = self.offset(insert_token.0.span);
        let key = match self.new_row(&target.table, at)? {
            NewRow::Anything => return self.check_columns(&target.table, columns).map(drop),
            NewRow::Parent(_) => return Err(Refusal::at(Rule::Merge, at)),
            NewRow::Key(key) => key,
        };
        let place = if columns.is_empty() {
            let head_end = self.end_of(Some(self.token_of(insert_token)?))?;
            self.list_columns(&target.table, &key, columns, width, head_end)?
        } else {
            self.name_key(&target.table, &key, columns)?
        };
        if faults::is_on(Fault::KeyNotForced) && matches!(place, super::source::Place::At(_)) {
            return Ok(());
        }
        self.note_tenant();
        self.force_values(values, place, width)
    }

    /// The index of a token that the parser kept.
    fn token_of(&self, token: &AttachedToken) -> Result<usize, Refusal> {
        self.text.tok_at(self.text.offset(token.0.span.start)?)
    }
}

/// The word that an arm's action begins with.
fn first_token(action: &MergeAction) -> &AttachedToken {
    match action {
        MergeAction::Insert(insert) => &insert.insert_token,
        MergeAction::Update(update) => &update.update_token,
        MergeAction::Delete { delete_token } => delete_token,
        MergeAction::DoNothing { do_token, .. } => do_token,
    }
}
