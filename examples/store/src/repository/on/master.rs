//! Writing the master catalogue: the operator's, on tables that every store reads and no store writes.

use sqlx::Row;

use super::{Database, Result};
use crate::clock;
use crate::id::Id;
use crate::import::{Draft, Outcome, Report, fingerprint, slug};
use crate::repository::statements::master as sql;
use crate::repository::{json, search_text};

impl Database {
    pub(super) async fn put_master(&self, draft: &Draft, report: &mut Report) -> Result<()> {
        let hash = fingerprint(&(draft, &draft.variants));
        let mut tx = self.platform.begin().await?;
        let known = sqlx::query(sql::PRODUCT)
            .bind(&draft.handle)
            .fetch_optional(&mut *tx)
            .await?;
        let mut options = Vec::new();
        if let Some(row) = &known {
            if row.try_get::<String, _>("import_hash")? == hash {
                report.products.add(Outcome::Unchanged);
                draft
                    .variants
                    .iter()
                    .for_each(|_| report.variants.add(Outcome::Unchanged));
                return Ok(());
            }
            let id: Id = row.try_get("id")?;
            for row in sqlx::query(sql::VARIANTS).bind(id).fetch_all(&mut *tx).await? {
                let known: [String; 3] = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
                options.push(known);
            }
        }
        let brand: Option<Id> = if draft.brand.is_empty() {
            None
        } else {
            let id = sqlx::query_scalar(sql::UPSERT_BRAND)
                .bind(Id::random())
                .bind(&draft.brand);
            Some(id.fetch_one(&mut *tx).await?)
        };
        let category: Option<Id> = if draft.category.is_empty() {
            None
        } else {
            let id = sqlx::query_scalar(sql::UPSERT_CATEGORY)
                .bind(Id::random())
                .bind(slug(&draft.category))
                .bind(&draft.category);
            Some(id.fetch_one(&mut *tx).await?)
        };
        let text = search_text(
            &draft.title,
            &draft.brand,
            &draft.category,
            &draft.tags,
            &draft.description_html,
        );
        let product: Id = sqlx::query_scalar(sql::UPSERT_PRODUCT)
            .bind(Id::random())
            .bind(&draft.handle)
            .bind(&draft.title)
            .bind(&draft.description_html)
            .bind(brand)
            .bind(category)
            .bind(json(&draft.tags))
            .bind(json(&draft.images))
            .bind(json(&draft.options))
            .bind(text)
            .bind(hash)
            .bind(clock::now())
            .fetch_one(&mut *tx)
            .await?;
        for (position, variant) in (0_i64..).zip(&draft.variants) {
            let [option1, option2, option3] = &variant.options;
            sqlx::query(sql::UPSERT_VARIANT)
                .bind(Id::random())
                .bind(&product)
                .bind(option1)
                .bind(option2)
                .bind(option3)
                .bind(&variant.sku)
                .bind(&variant.barcode)
                .bind(variant.grams)
                .bind(variant.price_minor)
                .bind(variant.compare_at_minor)
                .bind(position)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        let outcome = |known| if known { Outcome::Updated } else { Outcome::Created };
        report.products.add(outcome(known.is_some()));
        draft
            .variants
            .iter()
            .for_each(|variant| report.variants.add(outcome(options.contains(&variant.options))));
        Ok(())
    }
}
