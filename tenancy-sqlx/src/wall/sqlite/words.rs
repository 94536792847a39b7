//! Whether a name can stand in a text, judged so that a mistake is one of caution.

/// Whether `word` stands in `text`, in whatever case, and not as a part of a longer word.
///
/// SQLite takes the longest run of letters, digits, `_`, `$` and bytes above 127 for one word, and a name in quotes is
/// written out in them; so a word that this does not find is none that SQLite reads. One that it finds may be in a literal.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    if word.is_empty() {
        return true;
    }
    let is_part = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|byte| is_in_words(*byte));
    let whole = word.iter().all(|byte| is_in_words(*byte));
    text.windows(word.len()).enumerate().any(|(at, window)| {
        window.eq_ignore_ascii_case(word)
            // A name with other characters in it stands in quotes, and may begin and end with anything.
            && (!whole || !(is_part(at.checked_sub(1)) || is_part(Some(at + word.len()))))
    })
}

/// Whether the text could say REPLACE, and not just call the function of that name.
pub(super) fn could_replace(text: &str) -> bool {
    let word = b"replace";
    text.as_bytes().windows(word.len()).enumerate().any(|(at, window)| {
        let behind = text.as_bytes().get(at + word.len()..).unwrap_or_default();
        let next = behind.iter().find(|byte| !byte.is_ascii_whitespace());
        window.eq_ignore_ascii_case(word) && next != Some(&b'(')
    })
}

/// Whether the text could give this name to a query (`WITH name AS`). A quote in a name is written twice, so that it would
/// not be found: it is taken for one that could.
pub(super) fn could_name_query(text: &str, name: &str) -> bool {
    let quoted = name.contains(['"', '`', ']', '\'']);
    has_word(text, "with") && (quoted || has_word(text, name))
}

fn is_in_words(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte > 127
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        assert!(has_word("INSERT OR replace INTO t", "REPLACE"));
        assert!(has_word("replace(a,b,c)", "replace"));
        assert!(!has_word("SELECT replaced, width FROM t", "replace"));
        assert!(!has_word("SELECT width FROM t", "with"));
        assert!(has_word("WITH\"a\" AS (SELECT 1)", "with"));
        assert!(has_word("x AS (SELECT 1), \"The Name\" AS", "the name"));
        assert!(!has_word("", "with"));
    }

    #[test]
    fn a_call_of_replace_replaces_nothing() {
        assert!(could_replace("INSERT OR REPLACE INTO t VALUES (1)"));
        assert!(could_replace("replace/**/ into t values (replace('a', 'b', 'c'))"));
        assert!(!could_replace("UPDATE t SET a = replace (a, 'b', 'c')"));
    }

    #[test]
    fn a_query_can_have_a_name_only_behind_with() {
        assert!(could_name_query("WITH audit AS (SELECT 1) DELETE FROM t", "audit"));
        assert!(!could_name_query("DELETE FROM audit", "audit"));
        assert!(!could_name_query("WITH b AS (SELECT 1) DELETE FROM t", "audit"));
        assert!(could_name_query("WITH b AS (SELECT 1) DELETE FROM t", "a\"b"));
    }
}
