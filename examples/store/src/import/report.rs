//! What became of a file: what was imported, and what was not and why.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use crate::money::InvalidPrice;

/// Why nothing of a file could be read. Nothing has been written then.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No bytes, or blank lines only.
    #[error("the file is empty; export the products again")]
    Empty,
    /// The encoding is not UTF-8.
    #[error("the file is not UTF-8; save it as \"CSV UTF-8\"")]
    NotUtf8,
    /// The encoding is UTF-16.
    #[error("the file is UTF-16; save it as \"CSV UTF-8\"")]
    Utf16,
    /// The first line cannot be read.
    #[error("the first line is not a line of column names")]
    BadHeader,
    /// Columns that an import needs.
    #[error("the first line names no column {}{}", list(missing), if *semicolons { "; the columns must be separated by commas, not semicolons" } else { "" })]
    MissingColumns {
        /// Their names.
        missing: Vec<&'static str>,
        /// Whether the first line looks like another separator was used.
        semicolons: bool,
    },
    /// One name over two columns.
    #[error("the first line names the column {0:?} twice")]
    DuplicateColumn(String),
    /// Nearly every line is bad.
    #[error("too many lines are no CSV records; reading stopped at line {line}")]
    NotCsv {
        /// Where reading stopped.
        line: u64,
    },
    /// More than an import takes.
    #[error("the file is larger than {limit} bytes; split it")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

fn list(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("{name:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Why a line, or a part of it, was not imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Another number of fields than the header.
    #[error("{found} columns instead of {expected}")]
    Columns {
        /// In the line.
        found: usize,
        /// In the header.
        expected: usize,
    },
    /// A quote without its partner.
    #[error("a quote (\") is not closed; within a quoted field it is written twice")]
    LoneQuote,
    /// A record of hundreds of kilobytes.
    #[error("the record is too long; a closing quote (\") may be missing")]
    RecordTooLong,
    /// Bytes that are no text.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// A NUL character.
    #[error("the line contains a NUL character")]
    Nul,
    /// No handle.
    #[error("the Handle is missing")]
    MissingHandle,
    /// A handle that could not be part of an address.
    #[error("the Handle may hold letters, digits, '-' and '_' only, at most 200")]
    InvalidHandle,
    /// The first line of a product has no title.
    #[error("the Title is missing on the first line of this Handle (is that line one of the bad ones?)")]
    MissingTitle,
    /// One handle for two products.
    #[error("this Handle already stands for the product with another Title on line {line}")]
    DuplicateHandle {
        /// Of the first one.
        line: u64,
    },
    /// Nothing that can be sold.
    #[error("the product has no variant that could be imported")]
    NoVariant,
    /// A column that is too long.
    #[error("{column} is longer than {limit} bytes")]
    TooLong {
        /// Its name.
        column: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A price.
    #[error("{column}: {why}")]
    Price {
        /// Its column.
        column: &'static str,
        /// What is wrong with it.
        why: InvalidPrice,
    },
    /// A number.
    #[error("{column} must be a whole number from 0 to {limit}")]
    Number {
        /// Its column.
        column: &'static str,
        /// The limit.
        limit: i64,
    },
    /// Neither true nor false.
    #[error("{column} must be true or false")]
    Bool {
        /// Its column.
        column: &'static str,
    },
    /// Two variants with the same options.
    #[error("the same options are on line {line}")]
    DuplicateVariant {
        /// Of the first one.
        line: u64,
    },
    /// One SKU for two variants of the file.
    #[error("the Variant SKU is on line {line} too")]
    DuplicateSku {
        /// Of the first one.
        line: u64,
    },
    /// One SKU for this variant and another of the store.
    #[error("the store has another variant with this Variant SKU")]
    SkuInUse,
    /// No web address.
    #[error("Image Src must begin with https:// or http:// and have at most 2000 bytes")]
    InvalidImage,
    /// More than one product takes.
    #[error("a product has at most {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

impl Why {
    /// A stable short name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Columns { .. } => "columns",
            Self::LoneQuote => "lone_quote",
            Self::RecordTooLong => "record_too_long",
            Self::NotUtf8 => "not_utf8",
            Self::Nul => "nul",
            Self::MissingHandle => "missing_handle",
            Self::InvalidHandle => "invalid_handle",
            Self::MissingTitle => "missing_title",
            Self::DuplicateHandle { .. } => "duplicate_handle",
            Self::NoVariant => "no_variant",
            Self::TooLong { .. } => "too_long",
            Self::Price { .. } => "price",
            Self::Number { .. } => "number",
            Self::Bool { .. } => "bool",
            Self::DuplicateVariant { .. } => "duplicate_variant",
            Self::DuplicateSku { .. } => "duplicate_sku",
            Self::SkuInUse => "sku_in_use",
            Self::InvalidImage => "invalid_image",
            Self::TooMany { .. } => "too_many",
        }
    }
}

/// What was not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The whole line.
    Line,
    /// A product with all its lines.
    Product,
    /// The variant on the line; the product and its other variants were imported.
    Variant,
    /// The image on the line; all else was imported.
    Image,
}

/// One thing that was not imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Skipped {
    /// The line in the file, from 1 (the header is line 1 where nothing stands before it).
    pub line: u64,
    /// The last line, where a bad record goes over several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_line: Option<u64>,
    /// The handle, where the line has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// What was left out.
    pub part: Part,
    /// A stable short name of the reason.
    pub code: &'static str,
    /// The reason, for people.
    pub reason: String,
}

impl Skipped {
    pub(crate) fn new(line: u64, handle: Option<&str>, part: Part, why: &Why) -> Self {
        let handle = handle.map(ToOwned::to_owned);
        Self {
            line,
            last_line: None,
            handle,
            part,
            code: why.code(),
            reason: why.to_string(),
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last_line {
            Some(last) => write!(f, "lines {}-{last}", self.line)?,
            None => write!(f, "line {}", self.line)?,
        }
        if let Some(handle) = &self.handle {
            write!(f, " ({handle})")?;
        }
        match self.part {
            Part::Line => write!(f, ": {}", self.reason),
            Part::Product => write!(f, ": product left out: {}", self.reason),
            Part::Variant => write!(f, ": variant left out: {}", self.reason),
            Part::Image => write!(f, ": image left out: {}", self.reason),
        }
    }
}

/// How many of something an import made, changed and found unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// New.
    pub created: u64,
    /// Changed.
    pub updated: u64,
    /// As they were when this was last imported.
    pub unchanged: u64,
}

/// What one thing of an import came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there.
    Created,
    /// It was there and the file says something new.
    Updated,
    /// The file says what it said when it was last imported.
    Unchanged,
}

impl Counts {
    /// Counts one.
    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
        }
    }
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Report {
    /// Products.
    pub products: Counts,
    /// Variants.
    pub variants: Counts,
    /// What was not imported, in the order of the file.
    pub skipped: Vec<Skipped>,
    /// Columns of the file that mean nothing to this shop.
    pub ignored_columns: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, counts) in [("products", self.products), ("variants", self.variants)] {
            writeln!(
                f,
                "{name}: {} new, {} changed, {} unchanged",
                counts.created, counts.updated, counts.unchanged
            )?;
        }
        if !self.ignored_columns.is_empty() {
            writeln!(f, "columns not used: {}", self.ignored_columns.join(", "))?;
        }
        writeln!(f, "left out: {}", self.skipped.len())?;
        self.skipped
            .iter()
            .try_for_each(|skipped| writeln!(f, "  {skipped}"))
    }
}
