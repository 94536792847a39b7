//! Times as text: ISO 8601, UTC, milliseconds, always of one length, so that they sort as they follow each other.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Now.
pub fn now() -> String {
    text(OffsetDateTime::now_utc())
}

/// In so many days from now (negative: before now).
pub fn in_days(days: i64) -> String {
    text(OffsetDateTime::now_utc().saturating_add(time::Duration::days(days)))
}

/// Reads a date (`2026-11-21`) or a time (`2026-11-21T10:00:00Z`) and gives it in the form that is stored.
pub fn parse(value: &str) -> Option<String> {
    let rfc3339 = &Rfc3339;
    let time = if value.len() == 10 {
        OffsetDateTime::parse(&format!("{value}T00:00:00Z"), rfc3339)
    } else {
        OffsetDateTime::parse(value, rfc3339)
    };
    time.ok().map(|t| text(t.to_offset(time::UtcOffset::UTC)))
}

fn text(time: OffsetDateTime) -> String {
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second, milli) = time.to_hms_milli();
    format!(
        "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z",
        u8::from(month)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        assert_eq!(parse("2026-11-21").as_deref(), Some("2026-11-21T00:00:00.000Z"));
        assert_eq!(
            parse("2026-11-21T10:00:00+02:00").as_deref(),
            Some("2026-11-21T08:00:00.000Z")
        );
        for bad in ["", "yesterday", "2026-13-01", "2026-1-1", "2026-11-21T25:00:00Z"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(now().len(), 24);
        assert!(in_days(-1) < now() && now() < in_days(1));
    }
}
