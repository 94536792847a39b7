//! psql's lexical rules: a script as the statements that psql would send.

use std::collections::HashMap;

/// One statement, with the data that follows a `COPY … FROM stdin`.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The line of the script on which it begins.
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) data: Option<String>,
}

impl Item {
    /// The first `n` words, in lower case.
    pub(crate) fn head(&self, n: usize) -> String {
        words(&self.text)
            .into_iter()
            .take(n)
            .map(|w| w.text)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Splits a script; what psql itself does with a line that begins with a backslash is left out, but `\set`.
pub(crate) fn split(script: &str) -> Vec<Item> {
    let mut reader = Reader {
        rest: script.chars().rev().collect(),
        line: 1,
        variables: HashMap::new(),
    };
    let mut items = Vec::new();
    while let Some(item) = reader.statement() {
        if !item.text.is_empty() {
            items.push(item);
        }
    }
    items
}

struct Reader {
    /// What is left, its next character last.
    rest: Vec<char>,
    line: usize,
    variables: HashMap<String, String>,
}

impl Reader {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.pop()?;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        let at = self.rest.len().checked_sub(ahead + 1)?;
        self.rest.get(at).copied()
    }

    fn rest_of_line(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.next().filter(|c| *c != '\n') {
            text.push(c);
        }
        text
    }

    fn statement(&mut self) -> Option<Item> {
        self.peek(0)?;
        let (mut text, mut line, mut depth) = (String::new(), self.line, 0_usize);
        while let Some(c) = self.next() {
            let before = text.chars().next_back();
            match c {
                '-' if self.peek(0) == Some('-') => {
                    self.rest_of_line();
                    text.push('\n');
                }
                '/' if self.peek(0) == Some('*') => {
                    self.comment();
                    text.push(' ');
                }
                '\'' => {
                    let escapes = before.is_some_and(|b| b.eq_ignore_ascii_case(&'e'))
                        && !text.chars().rev().nth(1).is_some_and(is_word);
                    text.push(c);
                    self.quoted('\'', escapes, &mut text);
                }
                '"' => {
                    text.push(c);
                    self.quoted('"', false, &mut text);
                }
                '$' if !before.is_some_and(is_word) => self.dollar(&mut text),
                '(' | ')' => {
                    depth = if c == '(' {
                        depth + 1
                    } else {
                        depth.saturating_sub(1)
                    };
                    text.push(c);
                }
                ';' if depth == 0 => break,
                '\\' => self.command(),
                ':' if before != Some(':') && self.variable() => {}
                c if c.is_whitespace() && text.trim().is_empty() => {
                    text.clear();
                    line = self.line;
                }
                c => text.push(c),
            }
        }
        let text = text.trim().to_owned();
        let copies = text.to_lowercase();
        let data = (copies.starts_with("copy") && copies.contains("from stdin")).then(|| self.data());
        Some(Item { line, text, data })
    }

    fn comment(&mut self) {
        let mut open = 0_usize;
        self.rest.push('/');
        while let Some(c) = self.next() {
            match (c, self.peek(0)) {
                ('/', Some('*')) => {
                    self.next();
                    open += 1;
                }
                ('*', Some('/')) => {
                    self.next();
                    open -= 1;
                    if open == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    fn quoted(&mut self, quote: char, escapes: bool, text: &mut String) {
        while let Some(c) = self.next() {
            text.push(c);
            if c == '\\' && escapes {
                text.extend(self.next());
            } else if c == quote {
                if self.peek(0) != Some(quote) {
                    return;
                }
                text.extend(self.next());
            }
        }
    }

    /// A dollar-quoted literal, or the sign alone.
    fn dollar(&mut self, text: &mut String) {
        let mut tag = String::from('$');
        let mut ahead = 0;
        while let Some(c) = self.peek(ahead).filter(|c| is_word(*c)) {
            tag.push(c);
            ahead += 1;
        }
        let digit = tag.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        if digit || self.peek(ahead) != Some('$') {
            text.push('$');
            return;
        }
        tag.push('$');
        let start = text.len();
        text.push('$');
        while let Some(c) = self.next() {
            text.push(c);
            if text.len() - start >= 2 * tag.len() && text.ends_with(&tag) {
                return;
            }
        }
    }

    /// A command of psql: only `\set` matters.
    fn command(&mut self) {
        let line = self.rest_of_line();
        let mut parts = line.splitn(3, ' ');
        if let (Some("set"), Some(name), Some(value)) = (parts.next(), parts.next(), parts.next()) {
            let plain = value.trim().strip_prefix('\'').and_then(|v| v.strip_suffix('\''));
            let value = plain.map_or_else(|| value.to_owned(), |v| v.replace("''", "'"));
            self.variables.insert(name.to_owned(), value);
        }
    }

    /// Puts a variable's value in its place.
    fn variable(&mut self) -> bool {
        let mut name = String::new();
        while let Some(c) = self.peek(name.chars().count()).filter(|c| is_word(*c)) {
            name.push(c);
        }
        let Some(value) = self.variables.get(&name) else {
            return false;
        };
        self.rest.truncate(self.rest.len() - name.chars().count());
        self.rest.extend(value.chars().rev());
        true
    }

    fn data(&mut self) -> String {
        self.rest_of_line();
        let mut data = String::new();
        while self.peek(0).is_some() {
            let line = self.rest_of_line();
            if line.trim_end() == "\\." {
                break;
            }
            data.push_str(&line);
            data.push('\n');
        }
        data
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A word outside of literals, with how deep in parentheses it stands.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// In lower case, unless it was quoted.
    pub(crate) text: String,
    pub(crate) at: usize,
    pub(crate) depth: usize,
}

/// The words and quoted names of a statement.
pub(crate) fn words(sql: &str) -> Vec<Word> {
    let chars: Vec<(usize, char)> = sql.char_indices().collect();
    let (mut i, mut depth, mut out) = (0, 0_usize, Vec::new());
    while let Some(&(at, c)) = chars.get(i) {
        i += 1;
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '\'' | '"' => {
                let mut text = String::new();
                while let Some(&(_, d)) = chars.get(i) {
                    i += 1;
                    if d == c {
                        if chars.get(i).is_none_or(|n| n.1 != c) {
                            break;
                        }
                        i += 1;
                    }
                    text.push(d);
                }
                if c == '"' {
                    out.push(Word { text, at, depth });
                }
            }
            c if is_word(c) => {
                let mut text = c.to_lowercase().to_string();
                while let Some(&(_, d)) = chars.get(i).filter(|d| is_word(d.1)) {
                    text.extend(d.to_lowercase());
                    i += 1;
                }
                out.push(Word { text, at, depth });
            }
            _ => {}
        }
    }
    out
}
