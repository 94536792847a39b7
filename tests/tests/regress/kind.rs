//! What is done with each statement of a script.

use super::script::Item;

/// What is done with a statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// A query or DML: compared.
    Compared,
    Begin,
    End,
    Savepoint,
    /// A setting, on all databases.
    Setting,
    Role,
    /// Makes or changes what the shared database has to have too.
    Ddl,
    /// For private databases alone; the shared one gets their rows afterwards.
    Private,
    /// For nobody.
    Nothing,
}

pub(super) fn kind(item: &Item) -> Kind {
    let head = item.head(3);
    let words: Vec<&str> = head.split(' ').collect();
    let (first, second) = (
        words.first().copied().unwrap_or(""),
        words.get(1).copied().unwrap_or(""),
    );
    let third = words.get(2).copied().unwrap_or("");
    match first {
        "select" | "insert" | "update" | "delete" | "values" | "table" | "with" | "merge" | "" => {
            Kind::Compared
        }
        "begin" | "start" => Kind::Begin,
        "commit" | "end" | "abort" => Kind::End,
        "rollback" if second == "to" => Kind::Savepoint,
        "rollback" => Kind::End,
        "savepoint" | "release" => Kind::Savepoint,
        "set" | "reset" if ["role", "session"].contains(&second) => Kind::Role,
        "set" | "reset" | "analyze" | "vacuum" | "reindex" => Kind::Setting,
        "alter" if item.text.to_lowercase().contains("row level security") => Kind::Private,
        // Storage parameters, options of columns, owners.
        "alter" if item.text.to_lowercase().contains(" set (") => Kind::Setting,
        "create" if second == "index" => Kind::Setting,
        "create" | "alter" | "drop" => match second {
            "view" | "materialized" | "rule" | "trigger" | "policy" | "role" | "user" | "recursive" => {
                Kind::Private
            }
            "or" if ["view", "rule", "trigger", "recursive"]
                .iter()
                .any(|w| item.head(4).ends_with(w)) =>
            {
                Kind::Private
            }
            "temp" | "temporary" if third == "view" || item.head(4).ends_with("view") => Kind::Private,
            _ => Kind::Ddl,
        },
        "explain" => Kind::Nothing,
        _ => Kind::Private,
    }
}
