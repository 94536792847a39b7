//! Which tables a text names past the wall's views, read off its words.
//!
//! SQLite's authorizer is not told of everything: the columns that `FULL JOIN … USING (column)` merges are read without a
//! question. So it must not come to a table's being named at all. A name alone means one of the wall's views; what names a table
//! past them is a name behind that of a database, which the text of a tenant has in one place only, for what it writes, or
//! the name of one of the library's own tables, over which nothing can stand.
//!
//! This reads words and no grammar, and takes what may be a name for one.

/// A word of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A name, in quotes or not, folded.
    Name(String),
    /// DELETE, INTO or UPDATE, which without quotes are never names.
    Verb(&'static str),
    /// A text, which SQLite takes for a name where one has to stand, folded.
    Text(String),
    Dot,
    Comma,
    Open,
    Other,
}

/// The library's own tables.
const LIBRARY: [&str; 17] = [
    "bytecode",
    "completion",
    "dbstat",
    "sqlite_dbpage",
    "sqlite_master",
    "sqlite_parameters",
    "sqlite_schema",
    "sqlite_sequence",
    "sqlite_stat1",
    "sqlite_stat2",
    "sqlite_stat3",
    "sqlite_stat4",
    "sqlite_stmt",
    "sqlite_temp_master",
    "sqlite_temp_schema",
    "sqlite_vtab",
    "tables_used",
];

/// Whether a text names no table but by the wall's views, and, once, one of those that it writes.
pub(super) fn stays_behind_views(
    text: &str,
    is_database: impl Fn(&str) -> bool,
    is_bare: impl Fn(&str) -> bool,
    writes: &[String],
) -> bool {
    let Some(tokens) = tokens(text) else { return false };
    let mut bare = 0;
    for (at, token) in tokens.iter().enumerate() {
        let (name, library) = match token {
            Token::Name(name) => (
                name,
                name.starts_with("sqlite_") || is_library(name) || is_bare(name),
            ),
            Token::Text(name) => (name, is_library(name) || is_bare(name)),
            Token::Verb(_) | Token::Dot | Token::Comma | Token::Open | Token::Other => continue,
        };
        if library {
            return false;
        }
        let rest = tokens.get(at + 1..).unwrap_or_default();
        let [Token::Dot, Token::Name(table) | Token::Text(table), rest @ ..] = rest else {
            continue;
        };
        // `main.orders.total` is a column, of a table that is named elsewhere.
        let is_column = matches!(rest, [Token::Dot, ..]);
        if is_database(name) && !is_column {
            bare += 1;
            if !writes.contains(table) || !is_target(tokens.get(..at).unwrap_or_default()) {
                return false;
            }
        }
    }
    bare <= 1
}

/// Whether a table is written that is named behind these words, and not read.
fn is_target(before: &[Token]) -> bool {
    let word = |token: &Token, words: &[&str]| matches!(token, Token::Name(name) if words.contains(&&**name));
    match before {
        [.., Token::Verb("into" | "update")] => true,
        [.., Token::Verb("delete"), from] => word(from, &["from"]),
        [.., Token::Verb("update"), or, how] => {
            word(or, &["or"]) && word(how, &["abort", "fail", "ignore", "replace", "rollback"])
        }
        _ => false,
    }
}

fn is_library(name: &str) -> bool {
    LIBRARY.contains(&name) || name.starts_with("pragma_")
}

/// Whether a text may give this name to a query (`WITH name AS`), so that something inside of that query looks as if it
/// stood in a view or trigger of the name.
pub(super) fn could_name_query(text: &str, name: &str) -> bool {
    let Some(tokens) = tokens(text) else { return true };
    let name = name.to_ascii_lowercase();
    let word = |token: &Token, words: &[&str]| matches!(token, Token::Name(word) if words.contains(&&**word));
    let mut with = false;
    for trio in tokens.windows(3) {
        let [before, Token::Name(named) | Token::Text(named), after] = trio else {
            with |= trio.first().is_some_and(|token| word(token, &["with"]));
            continue;
        };
        with |= word(before, &["with"]);
        let begins = *before == Token::Comma || word(before, &["with", "recursive"]);
        let defines = *after == Token::Open || word(after, &["as"]);
        if with && begins && defines && *named == name {
            return true;
        }
    }
    false
}

/// Whether a text may answer a conflict by REPLACE, and does not just call the function of that name.
pub(super) fn could_replace(text: &str) -> bool {
    let Some(tokens) = tokens(text) else { return true };
    let is_word = |token: &Token| matches!(token, Token::Name(word) if word == "replace");
    tokens
        .iter()
        .enumerate()
        .any(|(at, token)| is_word(token) && tokens.get(at + 1) != Some(&Token::Open))
}

/// The words of a text as SQLite cuts them; `None` for what it does not read, and for variables in Tcl's form.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let behind = rest.get(first.len_utf8()..)?;
        let (token, next) = match first {
            ' ' | '\t' | '\n' | '\u{c}' | '\r' | '\u{feff}' => (None, behind),
            '-' if behind.starts_with('-') => (None, behind.split_once('\n').map_or("", |(_, next)| next)),
            '/' if behind.starts_with('*') => {
                // `/*/` does not end what it begins.
                let inside = behind.get(1..)?;
                (None, inside.split_once("*/").map_or("", |(_, next)| next))
            }
            '\'' => {
                let (value, next) = quoted(behind, '\'')?;
                (Some(Token::Text(value)), next)
            }
            '"' | '`' => {
                let (value, next) = quoted(behind, first)?;
                (Some(Token::Name(value)), next)
            }
            '[' => {
                let (value, next) = behind.split_once(']')?;
                (Some(Token::Name(value.to_ascii_lowercase())), next)
            }
            '.' => (Some(Token::Dot), behind),
            ',' => (Some(Token::Comma), behind),
            '(' => (Some(Token::Open), behind),
            '?' | '$' | ':' | '@' | '#' => {
                let next = behind.trim_start_matches(in_word);
                if first == '$' && next.starts_with(['(', ':']) {
                    return None;
                }
                (Some(Token::Other), next)
            }
            'x' | 'X' if behind.starts_with('\'') => {
                let (_, next) = quoted(behind.get(1..)?, '\'')?;
                (Some(Token::Other), next)
            }
            _ if in_word(first) => {
                let next = rest.trim_start_matches(in_word);
                let word = rest.get(..rest.len() - next.len())?;
                let word = word.to_ascii_lowercase();
                let token = match word.as_str() {
                    "delete" => Token::Verb("delete"),
                    "into" => Token::Verb("into"),
                    "update" => Token::Verb("update"),
                    _ if first.is_ascii_digit() => Token::Other,
                    _ => Token::Name(word),
                };
                (Some(token), next)
            }
            _ => (Some(Token::Other), behind),
        };
        tokens.extend(token);
        rest = next;
    }
    Some(tokens)
}

/// What stands up to the closing quote, where one that is written twice is one of the text's own.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let (mut value, mut rest) = (String::new(), text);
    loop {
        let (before, behind) = rest.split_once(quote)?;
        value.push_str(before);
        match behind.strip_prefix(quote) {
            Some(next) => {
                value.push(quote);
                rest = next;
            }
            None => return Some((value.to_ascii_lowercase(), behind)),
        }
    }
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stays(text: &str, writes: &[&str]) -> bool {
        let writes: Vec<String> = writes.iter().map(|table| (*table).to_owned()).collect();
        stays_behind_views(text, |name| name == "main", |name| name == "covert", &writes)
    }

    #[test]
    fn views_and_one_target_are_named() {
        for (text, writes) in [
            ("SELECT a FROM items", &[][..]),
            (r#"SELECT "main"."items"."a" FROM "temp"."items""#, &[]),
            (
                "SELECT 'main', 'in main. Street', x'00', 1.5e3 FROM items WHERE a = ?1 AND b = $2",
                &[],
            ),
            (
                r#"UPDATE "main"."items" SET a = main.items.b WHERE c IN (SELECT c FROM temp.items)"#,
                &["items"],
            ),
            ("SELECT 1 -- main.items\n, 2 /* main.items */", &[]),
        ] {
            assert!(stays(text, writes), "{text}");
        }
    }

    #[test]
    fn a_table_that_is_named_past_the_views_is_seen() {
        for text in [
            "SELECT sku FROM main.items FULL JOIN (SELECT 1 AS sku) USING (sku)",
            "SELECT 1 FROM MAIN . items",
            "SELECT 1 FROM 'main'.'items'",
            "SELECT 1 FROM [main]./* */`items`",
            "SELECT 1 FROM main--\n.\"items\"",
            "SELECT 1 FROM \u{feff}main.items",
            "SELECT 'a''' , 1 FROM main.items",
            "SELECT \"a\"\"\", 1 FROM main.items",
            "SELECT $a('), 1 FROM main.items -- '",
            "SELECT x'', 1 FROM main.items -- '",
            "SELECT name FROM sqlite_schema",
            "SELECT name FROM 'sqlite_master'",
            "SELECT 1 FROM \"pragma_table_info\"('items')",
            "SELECT 1 FROM dbstat",
            "SELECT 1 FROM Covert",
            "SELECT /*/ main.items */ 1 FROM main.items",
            "SELECT 'unterminated",
        ] {
            assert!(!stays(text, &[]), "{text}");
        }
    }

    #[test]
    fn a_call_of_replace_replaces_nothing() {
        assert!(could_replace("INSERT OR replace INTO t VALUES (1)"));
        assert!(could_replace(
            "replace/**/ into t values (replace('a', 'b', 'c'))"
        ));
        assert!(!could_replace("UPDATE t SET a = replace (a, 'b', 'replace')"));
    }

    #[test]
    fn a_query_has_a_name_only_behind_with() {
        for text in [
            "WITH audit AS (SELECT 1) DELETE FROM t",
            "WITH RECURSIVE AUDIT (n) AS (SELECT 1) DELETE FROM t",
            "WITH a AS (SELECT 1), 'audit' AS (SELECT 1) DELETE FROM t",
            "DELETE FROM t WHERE a IN (WITH/**/[audit]AS (SELECT 1) SELECT 1)",
            "DELETE FROM t WHERE $a(",
        ] {
            assert!(could_name_query(text, "audit"), "{text}");
        }
        for text in [
            "DELETE FROM audit",
            "WITH b AS (SELECT 1) DELETE FROM audit",
            "WITH b AS (SELECT 1) SELECT 1, audit.a FROM b AS audit",
            "WITH audits AS (SELECT 1) SELECT 'WITH audit AS (SELECT 1)'",
        ] {
            assert!(!could_name_query(text, "audit"), "{text}");
        }
    }

    #[test]
    fn a_target_is_named_once_and_is_what_is_written() {
        let twice = "UPDATE main.items SET a = (SELECT max(a) FROM main.items)";
        assert!(!stays(twice, &["items"]));
        assert!(!stays("UPDATE main.items SET a = 1", &["orders"]));
        assert!(stays("UPDATE main.items SET a = 1", &["items"]));
    }

    #[test]
    fn a_target_is_written_and_not_read() {
        for text in [
            "SELECT a FROM main.items",
            "SELECT 1 AS \"delete\" FROM main.items",
            "SELECT 1 AS [delete]FROM main.items",
            "VALUES ((SELECT max(a) FROM main.items))",
            "DELETE FROM temp.items WHERE a IN (SELECT a FROM main.items)",
            "INSERT INTO temp.items SELECT * FROM \"into\" JOIN main.items",
            "SELECT \"update\" OR replace, main.items.a FROM main.items",
        ] {
            assert!(!stays(text, &["items"]), "{text}");
        }
        for text in [
            "UPDATE OR IGNORE main.items SET a = 1",
            "WITH x AS (SELECT 1) delete/**/from main.items",
            "INSERT INTO main.items VALUES (1)",
            "REPLACE INTO \"main\".\"items\" VALUES (1)",
        ] {
            assert!(stays(text, &["items"]), "{text}");
        }
    }
}
