//! What a text of a request must be before anything is done with it.

use crate::problem::Problem;

/// A line of text: trimmed, not empty, not too long, without control characters (which PostgreSQL would not store).
pub(crate) fn line(what: &str, text: &str, max: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::invalid(format!("{what} is missing")));
    }
    optional_line(what, text, max)
}

/// As [`line`], or nothing.
pub(crate) fn optional_line(what: &str, text: &str, max: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.chars().count() > max {
        return Err(Problem::invalid(format!("{what} has more than {max} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::invalid(format!("{what} holds control characters")));
    }
    Ok(text.to_owned())
}

/// Text of several lines, or nothing.
pub(crate) fn lines(what: &str, text: &str, max: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.len() > max {
        return Err(Problem::invalid(format!("{what} has more than {max} bytes")));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Problem::invalid(format!("{what} holds control characters")));
    }
    Ok(text.to_owned())
}

/// An address for mail, in lower case. Whether anybody reads it, only a mail can tell.
pub(crate) fn email(text: &str) -> Result<String, Problem> {
    let text = line("the e-mail address", text, 254)?.to_lowercase();
    let well_formed = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !text.contains(char::is_whitespace)
    });
    if well_formed {
        Ok(text)
    } else {
        Err(Problem::invalid(
            "the e-mail address has the form name@example.org",
        ))
    }
}

/// A number within bounds.
pub(crate) fn number(what: &str, number: i64, bounds: std::ops::RangeInclusive<i64>) -> Result<i64, Problem> {
    if bounds.contains(&number) {
        return Ok(number);
    }
    Err(Problem::invalid(format!(
        "{what} must be a whole number from {} to {}",
        bounds.start(),
        bounds.end()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(line("x", " a b ", 3).unwrap(), "a b");
        for bad in ["", "  ", "abcd", "a\0", "a\nb"] {
            assert!(line("x", bad, 3).is_err(), "{bad:?}");
        }
        assert!(lines("x", "a\nb", 3).is_ok() && lines("x", "a\0", 3).is_err());
    }

    #[test]
    fn addresses() {
        assert_eq!(email(" Ann@Example.org ").unwrap(), "ann@example.org");
        for bad in ["", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\0"] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }
}
