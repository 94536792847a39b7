//! [`Finding`]: one thing that is not as it should be.

use super::{AuditRule, rule::Severity};

/// One thing that the auditor found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    rule: AuditRule,
    severity: Severity,
    group: String,
    object: String,
    detail: String,
    mend: Vec<(Step, String)>,
    by_hand: Option<String>,
    wall: bool,
}

/// When a statement of the migration is run, so that each finds what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// What the role is: the wall is not built for one that nothing holds.
    Role,
    DropReference,
    DropKey,
    Column,
    AddKey,
    AddReference,
    Index,
    Policy,
    /// After the migration of `tenancy rls`, if that is needed.
    Grant,
    Other,
}

impl Finding {
    /// `group` is the table, or what the finding is under where it is about none.
    pub(super) fn new(rule: AuditRule, group: impl Into<String>, detail: impl Into<String>) -> Self {
        let group = group.into();
        Self {
            rule,
            severity: rule.severity(),
            object: group.clone(),
            group,
            detail: detail.into(),
            mend: Vec::new(),
            by_hand: None,
            wall: false,
        }
    }

    /// The object in the group.
    pub(super) fn object(mut self, object: impl Into<String>) -> Self {
        self.object = object.into();
        self
    }

    pub(super) fn severe(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// A statement that mends it, without its semicolon.
    pub(super) fn mend(mut self, step: Step, sql: impl Into<String>) -> Self {
        self.mend.push((step, sql.into()));
        self
    }

    /// The migration of `tenancy rls` mends it.
    pub(super) fn wall(mut self) -> Self {
        self.wall = true;
        self
    }

    /// No SQL mends it: what to do by hand.
    pub(super) fn by_hand(mut self, what: impl Into<String>) -> Self {
        self.by_hand = Some(what.into());
        self
    }

    /// The rule that it is a finding of.
    pub fn rule(&self) -> AuditRule {
        self.rule
    }

    /// The rule's stable code, such as `rls_off`.
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The table that it is about, or `roles`, `server` and their like.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The object: a table, column, index, policy, function, role or setting.
    pub fn object_name(&self) -> &str {
        &self.object
    }

    /// What was found. It names objects of the schema, and no row or value of a tenant's.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The SQL that mends it, if SQL can.
    pub fn mending_sql(&self) -> Option<String> {
        if self.mend.is_empty() {
            return None;
        }
        let mut steps: Vec<&(Step, String)> = self.mend.iter().collect();
        steps.sort_by_key(|(step, _)| *step);
        let each: Vec<String> = steps.iter().map(|(_, sql)| format!("{sql};")).collect();
        Some(each.join("\n"))
    }

    /// Whether the migration of `tenancy rls` mends it.
    pub fn needs_row_security(&self) -> bool {
        self.wall
    }

    /// What to do about it, in words.
    pub fn advice(&self) -> &str {
        self.by_hand.as_deref().unwrap_or(self.rule.advice())
    }

    pub(super) fn steps(&self) -> &[(Step, String)] {
        &self.mend
    }
}
