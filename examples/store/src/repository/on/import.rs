//! Importing a catalogue into a store.

use std::collections::HashMap;

use async_trait::async_trait;
use tenancy_core::{Scoped, TenantContext};

use super::{Database, Result};
use crate::clock;
use crate::id::Id;
use crate::import::{Draft, Outcome, Part, Report, Skipped, VariantDraft, Why, fingerprint, slug};
use crate::repository::statements::import as sql;
use crate::repository::{Imports, RepositoryError, json, search_text};

#[derive(sqlx::FromRow)]
struct Known {
    id: Id,
    import_hash: Option<String>,
}

#[derive(sqlx::FromRow)]
struct KnownVariant {
    id: Id,
    option1: String,
    option2: String,
    option3: String,
    import_hash: Option<String>,
    position: i64,
}

/// Who has a SKU.
#[derive(sqlx::FromRow)]
struct Holder {
    id: Id,
    handle: String,
    option1: String,
    option2: String,
    option3: String,
}

impl Holder {
    fn options(&self) -> [&String; 3] {
        [&self.option1, &self.option2, &self.option3]
    }
}

/// What to do with a variant.
struct Todo<'d> {
    draft: &'d VariantDraft,
    hash: String,
    /// The variant that is there.
    known: Option<Id>,
    position: i64,
}

/// How often a product is tried that somebody else writes at the same time.
const TRIES: u32 = 5;

#[async_trait]
impl Imports for Database {
    async fn import_product(&self, ctx: &TenantContext, draft: &Draft, report: &mut Report) -> Result<()> {
        let mut tries = 1;
        loop {
            match self.try_to_import(ctx, draft, report).await {
                // What was looked at is no longer so: another import was quicker.
                Err(error) if (error.is_unique_violation() || error.is_retryable()) && tries < TRIES => {
                    tries += 1
                }
                Err(error) if error.is_unique_violation() => {
                    return Err(RepositoryError::conflict(
                        "the same products are being written by somebody else; import the file again",
                    ));
                }
                result => return result,
            }
        }
    }
}

impl Database {
    async fn try_to_import(&self, ctx: &TenantContext, draft: &Draft, report: &mut Report) -> Result<()> {
        let db = self.tenants.scoped(ctx);
        let hash = fingerprint(draft);
        let known: Option<Known> = sqlx::query_as(sql::PRODUCT)
            .bind(&draft.handle)
            .fetch_optional(&db)
            .await?;
        let variants: Vec<KnownVariant> = match &known {
            Some(known) => {
                sqlx::query_as(sql::VARIANTS)
                    .bind(&known.id)
                    .fetch_all(&db)
                    .await?
            }
            None => Vec::new(),
        };
        let mut position = variants
            .iter()
            .map(|variant| variant.position + 1)
            .max()
            .unwrap_or(0);
        let by_options: HashMap<_, _> = variants
            .iter()
            .map(|v| ([v.option1.as_str(), v.option2.as_str(), v.option3.as_str()], v))
            .collect();

        let mut todo = Vec::new();
        let mut skipped = Vec::new();
        let mut unchanged = 0;
        for variant in &draft.variants {
            let hash = fingerprint(variant);
            let known = by_options.get(&variant.options.each_ref().map(String::as_str));
            if known.is_some_and(|known| known.import_hash.as_ref() == Some(&hash)) {
                unchanged += 1;
                continue;
            }
            if let Some(sku) = &variant.sku {
                let holder: Option<Holder> =
                    sqlx::query_as(sql::BY_SKU).bind(sku).fetch_optional(&db).await?;
                let known = known.map(|known| &known.id);
                if let Some(holder) = holder.filter(|holder| Some(&holder.id) != known) {
                    if holder.handle == draft.handle && holder.options() == variant.options.each_ref() {
                        // It is this very variant, which was not there a moment ago.
                        return Err(RepositoryError::stale());
                    }
                    let why = Why::SkuInUse;
                    skipped.push(Skipped::new(
                        variant.line,
                        Some(&draft.handle),
                        Part::Variant,
                        &why,
                    ));
                    continue;
                }
            }
            todo.push(Todo {
                draft: variant,
                hash,
                known: known.map(|known| known.id.clone()),
                position,
            });
            position += i64::from(known.is_none());
        }

        let same = known
            .as_ref()
            .is_some_and(|known| known.import_hash.as_ref() == Some(&hash));
        let outcome = match (&known, same && todo.is_empty()) {
            (None, _) if todo.is_empty() => {
                // All of its variants were left out: a product that nobody can buy is none.
                report.skipped.append(&mut skipped);
                let why = Why::NoVariant;
                report
                    .skipped
                    .push(Skipped::new(draft.line, Some(&draft.handle), Part::Product, &why));
                return Ok(());
            }
            (None, _) => Outcome::Created,
            (Some(_), true) => Outcome::Unchanged,
            (Some(_), false) => Outcome::Updated,
        };
        if outcome != Outcome::Unchanged {
            self.write_import(ctx, draft, &hash, known.map(|known| known.id), &todo)
                .await?;
        }
        // Only what is written is counted.
        report.products.add(outcome);
        report.variants.unchanged += unchanged;
        for todo in &todo {
            report.variants.add(if todo.known.is_some() {
                Outcome::Updated
            } else {
                Outcome::Created
            });
        }
        report.skipped.append(&mut skipped);
        Ok(())
    }

    /// Writes a product and those of its variants that are new or changed, all or nothing.
    async fn write_import(
        &self,
        ctx: &TenantContext,
        draft: &Draft,
        hash: &str,
        known: Option<Id>,
        variants: &[Todo<'_>],
    ) -> Result<()> {
        let now = clock::now();
        let mut tx = self.write(ctx).await?;
        let category: Option<Id> = if draft.category.is_empty() {
            None
        } else {
            let id = sqlx::query_scalar(sql::UPSERT_CATEGORY)
                .bind(Id::random())
                .bind(slug(&draft.category))
                .bind(&draft.category)
                .bind(None::<Id>)
                .fetch_one(&mut tx)
                .await?;
            Some(id)
        };
        let text = search_text(
            &draft.title,
            &draft.brand,
            &draft.category,
            &draft.tags,
            &draft.description_html,
        );
        let product = known.clone().unwrap_or_else(Id::random);
        let statement = match known {
            Some(_) => sqlx::query(sql::UPDATE_PRODUCT).bind(&product),
            None => sqlx::query(sql::INSERT_PRODUCT)
                .bind(&product)
                .bind(&draft.handle),
        };
        statement
            .bind(category)
            .bind(&draft.title)
            .bind(&draft.description_html)
            .bind(&draft.brand)
            .bind(json(&draft.tags))
            .bind(json(&draft.images))
            .bind(json(&draft.options))
            .bind(text)
            .bind(draft.visible)
            .bind(hash)
            .bind(&now)
            .execute(&mut tx)
            .await?;
        for Todo {
            draft: variant,
            hash,
            known,
            position,
        } in variants
        {
            let insert = known.is_none();
            let id = known.clone().unwrap_or_else(Id::random);
            let [option1, option2, option3] = &variant.options;
            let statement = if insert {
                let statement = sqlx::query(sql::INSERT_VARIANT).bind(id).bind(&product);
                statement.bind(option1).bind(option2).bind(option3)
            } else {
                sqlx::query(sql::UPDATE_VARIANT).bind(id)
            };
            let statement = statement
                .bind(&variant.sku)
                .bind(&variant.barcode)
                .bind(variant.grams)
                .bind(variant.price_minor)
                .bind(variant.compare_at_minor)
                .bind(variant.stock);
            let statement = if insert {
                statement.bind(position)
            } else {
                statement
            };
            statement.bind(hash).bind(&now).execute(&mut tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
