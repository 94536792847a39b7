//! `FOR UPDATE`, `FOR SHARE` and `LOCK IN SHARE MODE`.
//!
//! A lock of the outer query does not reach into a derived table, so each slice carries it. The rows that it locks are the
//! tenant's own; a table that all tenants share is not for one of them to lock.

use sqlparser::{
    ast::{LockClause, LockType, NonBlock, SetExpr},
    keywords::Keyword,
};

use crate::sql::{Refusal, Rule, text::Tok};

/// The words of a lock, for the slices of the query that it stands at.
///
/// `toks` are the statement's: MariaDB has no `FOR SHARE`, and MySQL no `LOCK IN SHARE MODE NOWAIT`, so it is written as the
/// statement has it.
pub(in crate::sql) fn lock_text(
    locks: &[LockClause],
    body: &SetExpr,
    toks: &[Tok],
) -> Result<Option<String>, Refusal> {
    let refused = Refusal::new(Rule::RowLock);
    let lock = match (locks, body) {
        ([], _) => return Ok(None),
        ([lock], SetExpr::Select(_)) => lock,
        _ => return Err(refused),
    };
    let LockClause {
        lock_type,
        of,
        nonblock,
    } = lock;
    if of.is_some() {
        return Err(refused);
    }
    let strength = match lock_type {
        LockType::Update => "FOR UPDATE",
        LockType::Share if toks.iter().any(|tok| tok.is_keyword(Keyword::LOCK)) => "LOCK IN SHARE MODE",
        LockType::Share => "FOR SHARE",
    };
    let patience = match nonblock {
        None => "",
        Some(NonBlock::Nowait) => " NOWAIT",
        Some(NonBlock::SkipLocked) => " SKIP LOCKED",
    };
    Ok(Some(format!("{strength}{patience}")))
}
