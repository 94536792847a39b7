//! The tables of built-in functions, read from the text files beside this one.

use std::{collections::HashMap, sync::LazyLock};

use super::Dialect;

/// What a function depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing but its arguments, and the session's time zone and locale, which a tenant cannot change.
    Pure,
    /// The clock or a random number too.
    Clock,
    /// What the session or the server is, or did before.
    Session,
    /// Relations, schemas, statistics, files, sequences, locks, other sessions; or it runs SQL.
    Outside,
    /// A part of a type, an operator, an index or an aggregate, which nobody writes.
    Internal,
}

/// Where a function may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In an expression.
    Scalar,
    /// In an expression, over the rows of a group.
    Aggregate,
    /// In an expression, over a window.
    Window,
    /// In an expression and in FROM.
    Rows,
    /// In FROM alone.
    From,
    /// In an expression, and it is grammar: it stands in no schema.
    Syntax,
}

/// What the table says of a name: it covers every function of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) class: Class,
    pub(super) place: Place,
    /// The only number of arguments with which the class holds.
    pub(super) args: Option<usize>,
}

impl Entry {
    /// Whether it may be called somewhere.
    pub(super) fn is_harmless(self) -> bool {
        match self.class {
            Class::Pure | Class::Clock => true,
            Class::Session | Class::Outside | Class::Internal => false,
        }
    }

    /// Whether it may be called in an expression.
    pub(super) fn in_expressions(self, args: usize) -> bool {
        let stands = match self.place {
            Place::Scalar | Place::Aggregate | Place::Window | Place::Rows | Place::Syntax => true,
            Place::From => false,
        };
        self.is_harmless() && stands && self.args.is_none_or(|only| only == args)
    }

    /// Whether it may be called in FROM.
    pub(super) fn in_from(self) -> bool {
        let stands = match self.place {
            Place::Rows | Place::From => true,
            Place::Scalar | Place::Aggregate | Place::Window | Place::Syntax => false,
        };
        self.is_harmless() && stands && self.args.is_none()
    }
}

type Table = HashMap<&'static str, Entry>;

const POSTGRES: &str = include_str!("postgres.txt");
const SQLITE: &str = include_str!("sqlite.txt");
const MYSQL: &str = include_str!("mysql.txt");

/// What the dialect's table says of a name.
pub(super) fn entry(dialect: Dialect, name: &str) -> Option<Entry> {
    table(dialect).get(name).copied()
}

fn table(dialect: Dialect) -> &'static Table {
    static POSTGRES_TABLE: LazyLock<Table> = LazyLock::new(|| read(POSTGRES));
    static SQLITE_TABLE: LazyLock<Table> = LazyLock::new(|| read(SQLITE));
    static MYSQL_TABLE: LazyLock<Table> = LazyLock::new(|| read(MYSQL));
    match dialect {
        Dialect::Mysql => &MYSQL_TABLE,
        Dialect::Postgres => &POSTGRES_TABLE,
        Dialect::Sqlite => &SQLITE_TABLE,
    }
}

/// What cannot be read names nothing, and what is not named is refused.
fn read(text: &'static str) -> Table {
    let mut table = Table::new();
    let mut heading = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(text) = line.strip_prefix("== ") {
            heading = read_heading(text);
            continue;
        }
        let Some((class, place)) = heading else { continue };
        for word in line.split_whitespace() {
            let (name, args) = match word.split_once('/') {
                None => (word, None),
                Some((name, args)) => match args.parse() {
                    Ok(args) => (name, Some(args)),
                    Err(_) => continue,
                },
            };
            table.insert(name, Entry { class, place, args });
        }
    }
    table
}

/// `class place: what they are`; what is refused needs no place.
fn read_heading(text: &str) -> Option<(Class, Place)> {
    let (kind, _) = text.split_once(": ")?;
    let (class, place) = kind.split_once(' ').unwrap_or((kind, ""));
    let class = match class {
        "pure" => Class::Pure,
        "clock" => Class::Clock,
        "session" => Class::Session,
        "outside" => Class::Outside,
        "internal" => Class::Internal,
        _ => return None,
    };
    let place = match (place, class) {
        ("scalar", _) | ("", Class::Session | Class::Outside | Class::Internal) => Place::Scalar,
        ("aggregate", _) => Place::Aggregate,
        ("window", _) => Place::Window,
        ("rows", _) => Place::Rows,
        ("from", _) => Place::From,
        ("syntax", _) => Place::Syntax,
        _ => return None,
    };
    Some((class, place))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const FILES: [&str; 3] = [POSTGRES, SQLITE, include_str!("mysql.txt")];

    fn lines(text: &str) -> impl Iterator<Item = &str> {
        text.lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
    }

    #[test]
    fn every_heading_reads() {
        for heading in FILES
            .iter()
            .flat_map(|text| lines(text))
            .filter_map(|line| line.strip_prefix("== "))
        {
            assert!(read_heading(heading).is_some(), "{heading}");
        }
        for wrong in ["pure: no place", "harmless scalar: no class", "pure scalar", ""] {
            assert!(read_heading(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_name_stands_once_folded_and_in_order() {
        for text in FILES {
            let mut seen = HashSet::new();
            let mut before = "";
            for line in lines(text) {
                if line.starts_with("== ") {
                    before = "";
                    continue;
                }
                for word in line.split_whitespace() {
                    let (name, args) = word.split_once('/').unwrap_or((word, "0"));
                    assert!(
                        name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'),
                        "{name}"
                    );
                    assert!(args.parse::<usize>().is_ok(), "{word}");
                    assert!(seen.insert(name), "{name} stands twice");
                    assert!(before < name, "{before} stands before {name}");
                    before = name;
                }
            }
        }
    }

    #[test]
    fn what_is_allowed_is_in_lower_case() {
        for text in FILES {
            for (name, entry) in read(text) {
                let harmless = entry.in_from() || entry.is_harmless();
                assert!(
                    !harmless || !name.bytes().any(|b| b.is_ascii_uppercase()),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_there() {
        assert!(read("abs\n== harmless scalar: no class\nabs\n== pure: no place\nabs").is_empty());
        assert!(read("== pure scalar: numbers\nabs/two").is_empty());
        assert_eq!(
            read("== pure scalar: numbers\nabs/2 ceil").get("abs").copied(),
            Some(Entry {
                class: Class::Pure,
                place: Place::Scalar,
                args: Some(2)
            })
        );
    }
}
