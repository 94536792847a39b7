//! SQL texts of a database's own (bodies, conditions, CREATE TABLE), cut into tokens. It looks for words and never decides that a text is
//! good because it could not be read: what it does not know is a token like any other.

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A keyword, name or number, as it is written.
    Word(String),
    /// A name in quotes, without them.
    Quoted(String),
    /// A literal in single quotes, without them.
    Text(String),
    /// A bracket or an operator.
    Sign(String),
}

impl Token {
    /// Whether it is this keyword.
    pub(crate) fn is(&self, word: &str) -> bool {
        match self {
            Token::Word(own) => own.eq_ignore_ascii_case(word),
            Token::Sign(own) => own == word,
            Token::Quoted(_) | Token::Text(_) => false,
        }
    }

    /// The name that it is, if it is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Token::Word(name) | Token::Quoted(name) => Some(name),
            Token::Text(_) | Token::Sign(_) => None,
        }
    }
}

/// The tokens of a text, without comments.
pub(crate) fn read(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (token, length) = next(rest, first);
        tokens.extend(token);
        rest = rest.get(length.max(first.len_utf8())..).unwrap_or_default();
    }
    tokens
}

/// The first token and how many bytes it takes.
fn next(rest: &str, first: char) -> (Option<Token>, usize) {
    if first.is_whitespace() {
        return (None, first.len_utf8());
    }
    if rest.starts_with("--") {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (None, rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    match first {
        '\'' => quoted(rest, '\'', Token::Text),
        '"' => quoted(rest, '"', Token::Quoted),
        '`' => quoted(rest, '`', Token::Quoted),
        '[' if rest.chars().nth(1).is_some_and(char::is_alphabetic) => quoted(rest, ']', Token::Quoted),
        _ if is_word(first) => {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            (rest.get(..end).map(|word| Token::Word(word.to_owned())), end)
        }
        _ if "=<>!~+-*/%|&^:@#".contains(first) => {
            let end = rest
                .find(|c| !"=<>!~+-*/%|&^:@#".contains(c))
                .unwrap_or(rest.len());
            (rest.get(..end).map(|sign| Token::Sign(sign.to_owned())), end)
        }
        _ => (Some(Token::Sign(first.to_string())), first.len_utf8()),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// A token up to the quote that ends it; the quote twice stands for itself.
fn quoted(rest: &str, end: char, make: fn(String) -> Token) -> (Option<Token>, usize) {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != end {
            text.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == end) {
            text.push(c);
            chars.next();
        } else {
            return (Some(make(text)), at + end.len_utf8());
        }
    }
    (Some(make(text)), rest.len())
}

/// Every name and keyword of a text.
pub(crate) fn names(sql: &str) -> Vec<String> {
    read(sql)
        .iter()
        .filter_map(|token| token.name().map(str::to_owned))
        .collect()
}

/// Every word of a text that stands in no quotes.
pub(crate) fn words(sql: &str) -> Vec<String> {
    read(sql)
        .into_iter()
        .filter_map(|token| match token {
            Token::Word(word) => Some(word),
            Token::Quoted(_) | Token::Text(_) | Token::Sign(_) => None,
        })
        .collect()
}

/// The columns of a CREATE TABLE that have a collation, with it.
pub(crate) fn collations(sql: &str) -> Vec<(String, String)> {
    let (mut depth, mut column, mut first) = (0, None, true);
    let mut found = Vec::new();
    let tokens = read(sql);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign(sign) if sign == "(" => {
                depth += 1;
                first = depth == 1 || first;
            }
            Token::Sign(sign) if sign == ")" => depth -= 1,
            Token::Sign(sign) if sign == "," && depth == 1 => first = true,
            _ if depth == 1 && first => {
                // SQLite takes a name in single quotes too.
                column = match token {
                    Token::Text(name) => Some(name.clone()),
                    Token::Word(_) | Token::Quoted(_) | Token::Sign(_) => token.name().map(str::to_owned),
                };
                first = false;
            }
            _ if depth == 1 && token.is("collate") => {
                let collation = tokens.get(at + 1).and_then(Token::name);
                found.extend(column.clone().zip(collation.map(str::to_owned)));
            }
            _ => {}
        }
    }
    found
}

/// What the constraints of a CREATE TABLE answer a conflict with, where that is not an error of the one statement.
pub(crate) fn conflict_clauses(sql: &str) -> Vec<String> {
    let tokens = read(sql);
    tokens
        .windows(3)
        .filter_map(|three| match three {
            [on, conflict, what] if on.is("on") && conflict.is("conflict") => what.name(),
            _ => None,
        })
        .map(str::to_ascii_uppercase)
        .filter(|what| ["REPLACE", "IGNORE", "ROLLBACK"].contains(&what.as_str()))
        .collect()
}

/// The columns of NEW that a body gives a value.
pub(crate) fn assigned(body: &str) -> Vec<String> {
    let tokens = read(body);
    let mut found = Vec::new();
    for (at, five) in tokens.windows(4).enumerate() {
        let [new, dot, column, sign] = five else { continue };
        if !(new.is("new") && dot.is(".")) {
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let starts = ["set", ",", ";", "begin", "then", "else", "loop"];
        let begins = before.is_none_or(|token| starts.iter().any(|word| token.is(word)));
        let taken = before.is_some_and(|token| token.is("into"));
        if taken || sign.is(":=") || begins && sign.is("=") {
            found.extend(column.name().map(str::to_owned));
        }
    }
    found
}

/// What stands behind IN without a bracket.
pub(crate) fn looked_into(body: &str) -> impl Iterator<Item = String> {
    let tokens = read(body);
    (0..tokens.len()).filter_map(move |at| {
        let behind = tokens
            .get(at)
            .filter(|token| token.is("in"))
            .and(tokens.get(at + 1));
        behind.and_then(Token::name).map(str::to_owned)
    })
}

/// The condition and the body of a CREATE TRIGGER.
pub(crate) fn after_head(sql: &str) -> String {
    let lower = sql.to_ascii_lowercase();
    let at = lower
        .match_indices("begin")
        .chain(lower.match_indices("when"))
        .filter(|(at, word)| {
            let before = lower.get(..*at).and_then(|text| text.chars().next_back());
            let after = lower.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
        .map(|(at, _)| at)
        .min()
        .unwrap_or_default();
    sql.get(at..).unwrap_or(sql).to_owned()
}

/// Whether a body that runs at a write reads or writes a table, or hands on what it is given. A body without any of these words
/// changes the row at hand at most.
pub(crate) fn reaches(body: &str) -> Option<String> {
    let tokens = read(body);
    let found = tokens.iter().enumerate().find(|(at, token)| {
        // `SELECT RAISE(…)` and `SELECT … INTO` from nothing have no FROM.
        let from = token.is("from")
            && !tokens
                .get(at.wrapping_sub(1))
                .is_some_and(|before| before.is("distinct"));
        let other = [
            "insert",
            "update",
            "delete",
            "replace",
            "merge",
            "truncate",
            "copy",
            "execute",
            "call",
            "perform",
            "notify",
            "pg_notify",
            "dblink",
            "table",
            "lo_export",
            "set_config",
            "prepare",
            "query_to_xml",
            "load",
            "handler",
        ];
        let written = other.iter().any(|word| token.is(word)) && !is_about_the_trigger(&tokens, *at);
        from || written
    });
    found.map(|(_, token)| match token {
        Token::Word(word) => word.to_ascii_uppercase(),
        Token::Quoted(_) | Token::Text(_) | Token::Sign(_) => String::new(),
    })
}

/// `TG_OP = 'UPDATE'` and `REPLACE(text, …)` are words and no statements; a function of such a name is followed by a bracket.
fn is_about_the_trigger(tokens: &[Token], at: usize) -> bool {
    let after = tokens.get(at + 1);
    let called = after.is_some_and(|token| token.is("("));
    called && tokens.get(at).is_some_and(|token| token.is("replace"))
}

#[cfg(test)]
mod tests {
    use super::{after_head, assigned, collations, conflict_clauses, names, reaches};

    #[test]
    fn collations_are_of_columns() {
        let sql = "CREATE TABLE t (\"Shop\" TEXT CHECK (a COLLATE x = 'b') COLLATE NOCASE NOT NULL, id TEXT COLLATE rtrim, c)";
        let expected = [("Shop", "NOCASE"), ("id", "rtrim")];
        assert_eq!(
            collations(sql),
            expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn conflicts_that_are_no_error() {
        assert_eq!(
            conflict_clauses(
                "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, a UNIQUE ON CONFLICT abort)"
            ),
            ["REPLACE"]
        );
        assert!(conflict_clauses("CREATE TABLE t (a TEXT DEFAULT 'ON CONFLICT REPLACE')").is_empty());
    }

    #[test]
    fn bodies_that_reach_tables() {
        assert_eq!(
            reaches("BEGIN SELECT RAISE(ABORT, 'no update from here'); END"),
            None
        );
        assert_eq!(
            reaches("BEGIN NEW.total := replace(NEW.note, 'a', 'b'); RETURN NEW; END"),
            None
        );
        assert_eq!(
            reaches("BEGIN IF NEW.a IS DISTINCT FROM OLD.a THEN RETURN NULL; END IF; END"),
            None
        );
        assert_eq!(
            reaches("BEGIN -- UPDATE x\n UPDATE log SET n = 1; END").as_deref(),
            Some("UPDATE")
        );
        assert_eq!(
            reaches("BEGIN NEW.x := (SELECT max(x) FROM orders); END").as_deref(),
            Some("FROM")
        );
    }

    #[test]
    fn columns_of_the_row_at_hand_that_are_set() {
        for (body, expected) in [
            ("BEGIN NEW.store_id := 1; RETURN NEW; END", vec!["store_id"]),
            ("SET NEW.a = 1, new.`b` = OLD.a", vec!["a", "b"]),
            ("BEGIN SELECT 1 INTO NEW.a; END", vec!["a"]),
            ("BEGIN IF NEW.a = 1 THEN NEW.b = 2; END IF; END", vec!["b"]),
            ("BEGIN RETURN NEW.a = OLD.a; END", vec![]),
        ] {
            assert_eq!(assigned(body), expected, "{body}");
        }
    }

    #[test]
    fn a_body_begins_behind_the_head() {
        assert_eq!(
            after_head("CREATE TRIGGER beginning BEFORE UPDATE ON t BEGIN SELECT 1; END"),
            "BEGIN SELECT 1; END"
        );
        assert_eq!(
            after_head("CREATE TRIGGER whenever BEFORE UPDATE ON t WHEN 1 IN u BEGIN SELECT 1; END"),
            "WHEN 1 IN u BEGIN SELECT 1; END"
        );
        assert_eq!(
            names("SELECT \"a b\" FROM `c` -- d\n"),
            ["SELECT", "a b", "FROM", "c"]
        );
    }
}
