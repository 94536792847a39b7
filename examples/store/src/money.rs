//! Money: whole numbers of minor units (cents), never floating point.

/// The currency of the platform.
pub const CURRENCY: &str = "EUR";

/// The highest price: with the limits on quantity and lines no sum of an order can overflow.
pub const MAX_PRICE_MINOR: i64 = 100_000_000_000;

/// Why a text is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrice {
    /// Nothing there.
    #[error("the price is missing")]
    Missing,
    /// A minus sign.
    #[error("a price cannot be negative")]
    Negative,
    /// Not digits with at most one point.
    #[error("a price is written as 1234.50: digits, and a point before the cents")]
    Malformed,
    /// Parts of a cent.
    #[error("a price has at most two digits after the point")]
    TooPrecise,
    /// Above [`MAX_PRICE_MINOR`].
    #[error("a price is at most 1000000000.00")]
    TooHigh,
}

/// Reads `42`, `42.5` or `42.50` as minor units.
pub fn parse_price(text: &str) -> Result<i64, InvalidPrice> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidPrice::Missing);
    }
    if text.starts_with('-') {
        return Err(InvalidPrice::Negative);
    }
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(cents) || text.ends_with('.') {
        return Err(InvalidPrice::Malformed);
    }
    // "9.990" is exact, "9.999" is not a number of cents.
    let cents = cents.trim_end_matches('0');
    if cents.len() > 2 {
        return Err(InvalidPrice::TooPrecise);
    }
    if whole.trim_start_matches('0').len() > 10 {
        return Err(InvalidPrice::TooHigh);
    }
    let whole: i64 = whole.parse().map_err(|_| InvalidPrice::TooHigh)?;
    let minor: i64 = match cents.len() {
        0 => 0,
        1 => cents.parse::<i64>().map_err(|_| InvalidPrice::Malformed)? * 10,
        _ => cents.parse().map_err(|_| InvalidPrice::Malformed)?,
    };
    match whole.checked_mul(100).and_then(|w| w.checked_add(minor)) {
        Some(price) if price <= MAX_PRICE_MINOR => Ok(price),
        _ => Err(InvalidPrice::TooHigh),
    }
}

/// Writes minor units for people: `42.50 EUR`.
pub fn display(minor: i64) -> String {
    format!("{}.{:02} {CURRENCY}", minor / 100, minor % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices() {
        for (text, minor) in [
            ("0", 0),
            ("42.99", 4299),
            ("85", 8500),
            (" 7.5 ", 750),
            ("9.990", 999),
            ("1000000000", MAX_PRICE_MINOR),
        ] {
            assert_eq!(parse_price(text), Ok(minor), "{text}");
        }
        for (text, why) in [
            ("", InvalidPrice::Missing),
            ("-1", InvalidPrice::Negative),
            ("1,50", InvalidPrice::Malformed),
            ("12.", InvalidPrice::Malformed),
            (".5", InvalidPrice::Malformed),
            ("1e3", InvalidPrice::Malformed),
            ("NaN", InvalidPrice::Malformed),
            ("€5", InvalidPrice::Malformed),
            ("٤٢", InvalidPrice::Malformed),
            ("1.999", InvalidPrice::TooPrecise),
            ("1000000000.01", InvalidPrice::TooHigh),
            ("99999999999999999999999999", InvalidPrice::TooHigh),
        ] {
            assert_eq!(parse_price(text), Err(why), "{text}");
        }
        assert_eq!(display(123_456), "1234.56 EUR");
        assert_eq!(display(5), "0.05 EUR");
    }
}
