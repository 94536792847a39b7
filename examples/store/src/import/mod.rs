//! Shopify's product CSV: one product goes over several rows, the first of which has its title; each row may bring a
//! variant, an image, or both.
//!
//! What a store imports is the store's own: it is written to the store's tables only, so no import changes what another
//! store shows, whatever handles and SKUs its file uses. A product that the store took from the master catalogue keeps
//! its master; the file's values are laid over it. Nothing is removed by an import.
//!
//! Each product is written in one transaction and remembers what the file said. The same file again changes
//! nothing, not even what was edited or sold in between.

mod columns;
mod lines;
mod product;
mod report;

use sha2::{Digest, Sha256};
use tenancy_core::TenantContext;

pub use self::product::{Draft, Image, VariantDraft};
pub use self::report::{Counts, FileError, Outcome, Part, Report, Skipped, Why};
use crate::repository::{Repository, RepositoryError};

/// The largest file that the command line takes, in bytes; an upload has a lower limit.
pub const MAX_FILE: usize = 256 * 1024 * 1024;

/// A file that has been read and checked; nothing is written yet.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Its products.
    pub drafts: Vec<Draft>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    /// Columns that are not used.
    pub ignored_columns: Vec<String>,
}

/// Reads a file.
///
/// # Errors
///
/// When nothing of the file can be used. A bad line is no error: it is in [`Catalogue::skipped`].
pub fn parse(bytes: &[u8]) -> Result<Catalogue, FileError> {
    if bytes.len() > MAX_FILE {
        return Err(FileError::TooLarge { limit: MAX_FILE });
    }
    let lines = lines::split(bytes)?;
    let (columns, ignored_columns) = columns::Columns::find(&lines.header)?;
    let mut gatherer = product::Gatherer::new(&columns);
    for record in &lines.records {
        gatherer.push(record);
    }
    let (drafts, mut skipped) = gatherer.finish();
    skipped.extend(lines.bad.into_iter().map(|bad| Skipped {
        last_line: (bad.last > bad.first).then_some(bad.last),
        ..Skipped::new(bad.first, None, Part::Line, &bad.why)
    }));
    skipped.sort_by_key(|skipped| skipped.line);
    Ok(Catalogue {
        drafts,
        skipped,
        ignored_columns,
    })
}

/// How far an import is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Products done.
    pub done: usize,
    /// Products in the file.
    pub of: usize,
}

/// Writes a catalogue as the own products of the context's store.
///
/// # Errors
///
/// When the database fails. What was written until then stays, product by product; importing the file again goes on from
/// there.
pub async fn run(
    repository: &dyn Repository,
    ctx: &TenantContext,
    catalogue: Catalogue,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Report, RepositoryError> {
    let Catalogue {
        drafts,
        skipped,
        ignored_columns,
    } = catalogue;
    let mut report = Report {
        skipped,
        ignored_columns,
        ..Report::default()
    };
    let of = drafts.len();
    for (done, draft) in drafts.iter().enumerate() {
        progress(Progress { done, of });
        repository.import_product(ctx, draft, &mut report).await?;
    }
    progress(Progress { done: of, of });
    report.skipped.sort_by_key(|skipped| skipped.line);
    Ok(report)
}

/// Writes a catalogue as the master catalogue, which is the operator's to write.
///
/// # Cross-tenant
///
/// Every store that took one of the products, and has no value of its own, shows what is written here.
///
/// # Errors
///
/// When the database fails.
pub async fn run_master(
    repository: &dyn Repository,
    catalogue: Catalogue,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Report, RepositoryError> {
    let Catalogue {
        drafts,
        skipped,
        ignored_columns,
    } = catalogue;
    let mut report = Report {
        skipped,
        ignored_columns,
        ..Report::default()
    };
    let of = drafts.len();
    for (done, draft) in drafts.iter().enumerate() {
        progress(Progress { done, of });
        repository.put_master_product(draft, &mut report).await?;
    }
    progress(Progress { done: of, of });
    Ok(report)
}

/// What a draft says, in short: equal for equal content, wherever in the file it stands.
pub(crate) fn fingerprint(draft: &impl serde::Serialize) -> String {
    // Structs of texts and numbers always serialise.
    let json = serde_json::to_vec(draft).unwrap_or_default();
    crate::secrets::hex(&Sha256::digest(&json))
}

/// The name of a category as it stands in an address: lower case letters and digits with dashes between them.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    // Names of signs only have no letters to show.
    if slug.is_empty() {
        fingerprint(&name).chars().take(12).collect()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
