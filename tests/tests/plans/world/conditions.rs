//! Conditions as the servers show them, in a form in which equal ones are equal.

/// What a condition compares, without the names of the tables, the order of what AND joins, and the engine's guard, which is
/// the comparison that stands beside it once more.
pub(super) fn condition(shown: &str) -> String {
    let mut tokens = tokens(&without_guards(shown));
    unnumbered(&mut tokens);
    tokens.retain(|token| !matches!(token.as_str(), "(" | ")" | "AND" | "and"));
    tokens.sort_unstable();
    tokens.join(" ")
}

/// `subquery#2` loses its number.
fn unnumbered(tokens: &mut Vec<String>) {
    while let Some(at) = tokens.iter().position(|token| token == "#") {
        tokens.drain(at..tokens.len().min(at + 2));
    }
}

/// A list of expressions whose order counts.
pub(super) fn listed(shown: &str) -> String {
    tokens(shown).join(" ")
}

/// `CASE WHEN (tid = $1) THEN true ELSE NULL::boolean END IS NOT NULL` goes away: it stands beside the same comparison.
fn without_guards(shown: &str) -> String {
    const OPEN: &str = "CASE WHEN ";
    const CLOSE: &str = " THEN true ELSE NULL::boolean END IS NOT NULL";
    let mut out = shown.to_owned();
    while let Some((before, rest)) = out.split_once(OPEN) {
        let Some((test, after)) = rest.split_once(CLOSE) else {
            return out;
        };
        assert!(is_key_test(test), "a guard of {test}");
        out = format!("{before}{after}");
    }
    out
}

/// A guard compares a column with a value, and nothing else.
fn is_key_test(test: &str) -> bool {
    let keys = ["tid", "buyer", "seller", "bigint"];
    tokens(test)
        .iter()
        .all(|token| keys.contains(&token.as_str()) || !token.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Words, numbers, texts and operators; a name is its last part.
fn tokens(shown: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut chars = shown.chars().peekable();
    while let Some(first) = chars.next() {
        let mut token = String::from(first);
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        if first.is_whitespace() {
            continue;
        } else if first == '\'' {
            for c in chars.by_ref() {
                token.push(c);
                if c == '\'' {
                    break;
                }
            }
        } else if matches!(first, '"' | '`') {
            token.clear();
            token.extend(chars.by_ref().take_while(|c| *c != first));
        } else if is_word(first) {
            while let Some(c) = chars.next_if(|c| is_word(*c)) {
                token.push(c);
            }
        } else if !matches!(first, '(' | ')' | '.' | ',') {
            while let Some(c) =
                chars.next_if(|c| !is_word(*c) && !c.is_whitespace() && !"()'\"`.,".contains(*c))
            {
                token.push(c);
            }
        }
        out.push(token);
    }
    // `tenancy.orders.tid`
    while let Some(dot) = out.iter().position(|token| token == ".") {
        out.drain(dot.saturating_sub(1)..=dot);
    }
    out
}
