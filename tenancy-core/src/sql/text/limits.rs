//! How long and how deep a text may be, and where its parentheses close.

use sqlparser::{keywords::Keyword, tokenizer::Token};

use super::{MAX_OPEN, MAX_TOKENS, Tok};
use crate::sql::{Refusal, Rule};

/// What stands open in one parenthesis.
#[derive(Debug, Default)]
struct Level {
    item: usize,
    arms: usize,
}

/// Refuses too many tokens and too deep a nesting; returns the bound on the depth.
pub(super) fn check_limits(toks: &[Tok]) -> Result<usize, Refusal> {
    let toks = || {
        toks.iter()
            .filter(|tok| !matches!(tok.token, Token::Whitespace(_)))
    };
    if toks().count() > MAX_TOKENS {
        return Err(Refusal::new(Rule::TooLong));
    }
    // For each open parenthesis the tokens of its current list item, and those that no comma ends; and their sum.
    let mut levels: Vec<Level> = vec![Level::default()];
    let (mut open, mut deepest) = (0_usize, 0);
    for tok in toks() {
        match tok.token {
            Token::LParen | Token::LBracket => levels.push(Level::default()),
            Token::RParen | Token::RBracket if levels.len() > 1 => {
                open -= levels.pop().map_or(0, |level| level.item + level.arms);
            }
            Token::Comma => {
                if let Some(level) = levels.last_mut() {
                    open -= std::mem::take(&mut level.item);
                }
            }
            _ => {}
        }
        if let Some(level) = levels.last_mut() {
            // The arms of a set operation lean on each other across the commas of their select lists.
            let is_arm = [
                Keyword::UNION,
                Keyword::INTERSECT,
                Keyword::EXCEPT,
                Keyword::MINUS,
            ]
            .into_iter()
            .any(|word| tok.is_keyword(word));
            *(if is_arm { &mut level.arms } else { &mut level.item }) += 1;
            open += 1;
        }
        deepest = deepest.max(open);
        if open > MAX_OPEN {
            return Err(Refusal::at(Rule::TooDeep, tok.range.start));
        }
    }
    Ok(deepest)
}

/// For each token that opens a parenthesis or bracket the one that closes it.
pub(super) fn closes(toks: &[Tok]) -> Vec<Option<usize>> {
    let mut closes = vec![None; toks.len()];
    let mut open = Vec::new();
    for (index, tok) in toks.iter().enumerate() {
        match tok.token {
            Token::LParen | Token::LBracket => open.push(index),
            Token::RParen | Token::RBracket => {
                let opened = open.pop().and_then(|opened: usize| closes.get_mut(opened));
                if let Some(close) = opened {
                    *close = Some(index);
                }
            }
            _ => {}
        }
    }
    closes
}
