//! The body of a view, found in the statement that made it.

/// What stands behind the view's name in `CREATE VIEW name (columns) AS query`: the columns, AS and the query. `None` for
/// what does not look like that.
pub(super) fn behind_name(sql: &str) -> Option<&str> {
    let mut rest = sql;
    for word in ["create", "view"] {
        rest = after_word(skip(rest), word)?;
        if word == "create" {
            rest = after_word(skip(rest), "temp")
                .or_else(|| after_word(skip(rest), "temporary"))
                .unwrap_or(rest);
        }
    }
    if let Some(behind) = after_word(skip(rest), "if") {
        rest = after_word(skip(after_word(skip(behind), "not")?), "exists")?;
    }
    rest = after_name(skip(rest))?;
    if let Some(behind) = skip(rest).strip_prefix('.') {
        rest = after_name(skip(behind))?;
    }
    let behind = skip(rest);
    (behind.starts_with('(') || after_word(behind, "as").is_some()).then_some(rest)
}

/// Behind blanks and comments.
fn skip(text: &str) -> &str {
    let mut rest = text;
    loop {
        let before = rest;
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, behind)| behind);
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, behind)| behind);
        }
        if rest.len() == before.len() {
            return rest;
        }
    }
}

fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (head, behind) = text.split_at_checked(word.len())?;
    let ends = !behind.starts_with(in_name);
    (head.eq_ignore_ascii_case(word) && ends).then_some(behind)
}

fn after_name(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    let end = match first {
        '"' | '`' | '\'' => first,
        '[' => return text.split_once(']').map(|(_, behind)| behind),
        _ => {
            let behind = text.trim_start_matches(in_name);
            return (behind.len() < text.len()).then_some(behind);
        }
    };
    let mut rest = text.strip_prefix(first)?;
    loop {
        rest = rest.split_once(end)?.1;
        // A quote that is written twice is one of the name's.
        match rest.strip_prefix(end) {
            Some(behind) => rest = behind,
            None => return Some(rest),
        }
    }
}

fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::behind_name;

    #[test]
    fn the_body_is_found_behind_the_name() {
        for (sql, body) in [
            ("CREATE VIEW a AS SELECT 1", " AS SELECT 1"),
            (
                "CREATE VIEW \"a \"\"b\" (x, y) AS SELECT 1, 2",
                " (x, y) AS SELECT 1, 2",
            ),
            ("create view if not exists main.[as] as select 1", " as select 1"),
            (
                "CREATE /* c */ VIEW a -- d\n(x) AS SELECT 1",
                " -- d\n(x) AS SELECT 1",
            ),
            ("CREATE TEMP VIEW `a`AS SELECT 1", "AS SELECT 1"),
        ] {
            assert_eq!(behind_name(sql), Some(body), "{sql}");
        }
        for sql in [
            "",
            "CREATE TABLE a (b)",
            "CREATE VIEW",
            "CREATE VIEW a",
            "CREATE VIEW \"a AS SELECT 1",
        ] {
            assert_eq!(behind_name(sql), None, "{sql}");
        }
    }
}
