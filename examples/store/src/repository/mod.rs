//! All SQL of the shop. Nothing else of it knows that there is a database.
//!
//! [`Repository`] is what the rest asks for; [`open`] gives it for a URL. The statements stand in [`statements`]. The files
//! of `on/` run them and are compiled twice, under `sqlite` and under `postgres`: `super::Db` is the one difference.

mod error;
// The files of `on/` are compiled once for each database: see above.
#[allow(clippy::duplicate_mod)]
mod postgres;
#[allow(clippy::duplicate_mod)]
mod sqlite;
pub mod statements;
mod wall;

use std::sync::Arc;

use async_trait::async_trait;
use tenancy_core::{CrossTenant, Directory, Slug, Tenant, TenantContext, TenantId, TenantStatus};

pub use self::error::RepositoryError;
use crate::id::Id;
use crate::import::{Draft, Report};
use crate::model::{
    Brand, Category, MasterProduct, NewOrder, NewPerson, Order, OrderFacts, Page, Paging, Person, Placed,
    Product, ProductChange, ProductFilter, ProductSummary, StoreSales, Variant, VariantChange,
};

type Result<T, E = RepositoryError> = std::result::Result<T, E>;

/// What shoppers see.
#[async_trait]
pub trait Catalogue {
    /// A page of products.
    async fn products(&self, ctx: &TenantContext, filter: &ProductFilter) -> Result<Page<ProductSummary>>;
    /// A product that shoppers see.
    async fn product(&self, ctx: &TenantContext, handle: &str) -> Result<Option<Product>>;
    /// The categories that hold products.
    async fn categories(&self, ctx: &TenantContext) -> Result<Vec<Category>>;
    /// The brands that products have.
    async fn brands(&self, ctx: &TenantContext) -> Result<Vec<Brand>>;
}

/// Orders.
#[async_trait]
pub trait Orders {
    /// Places an order and takes its stock, or does nothing.
    async fn place_order(&self, ctx: &TenantContext, order: &NewOrder) -> Result<Placed>;
    /// An order.
    async fn order(&self, ctx: &TenantContext, id: &Id) -> Result<Option<Order>>;
    /// A page of orders, the newest first.
    async fn orders(&self, ctx: &TenantContext, paging: Paging) -> Result<Page<OrderFacts>>;
    /// What each store sold from one time to another.
    ///
    /// # Cross-tenant
    /// Reads the orders of all stores that the crossing names; the audit log has the record first.
    async fn sales(&self, crossing: &CrossTenant, from: &str, to: &str) -> Result<Vec<StoreSales>>;
}

/// Who works in a store.
#[async_trait]
pub trait People {
    /// The person with an address for mail.
    async fn person_by_email(&self, ctx: &TenantContext, email: &str) -> Result<Option<Person>>;
    /// The person whose token it is.
    async fn person_by_token(&self, ctx: &TenantContext, token: &str) -> Result<Option<Person>>;
    /// Adds a person.
    async fn add_person(&self, ctx: &TenantContext, person: &NewPerson) -> Result<Id>;
    /// Lets a token stand for a person for some days.
    async fn add_token(&self, ctx: &TenantContext, person: &Id, token: &str, days: i64) -> Result<()>;
    /// Ends a token.
    async fn end_token(&self, ctx: &TenantContext, token: &str) -> Result<()>;
}

/// Staff editing what the store shows.
#[async_trait]
pub trait Staff {
    /// A product, also one that shoppers do not see.
    async fn product_by_id(&self, ctx: &TenantContext, id: &Id) -> Result<Option<Product>>;
    /// Changes a product; `None` where there is none.
    async fn change_product(
        &self,
        ctx: &TenantContext,
        id: &Id,
        change: &ProductChange,
    ) -> Result<Option<Product>>;
    /// Changes a variant; `None` where there is none.
    async fn change_variant(
        &self,
        ctx: &TenantContext,
        id: &Id,
        change: VariantChange,
    ) -> Result<Option<Variant>>;
    /// A page of the master catalogue.
    async fn master_products(
        &self,
        ctx: &TenantContext,
        query: &str,
        paging: Paging,
    ) -> Result<Page<MasterProduct>>;
    /// Takes a product of the master catalogue into the store, with no stock; `None` where there is none.
    async fn take_product(&self, ctx: &TenantContext, master: &Id) -> Result<Option<Product>>;
}

/// Importing a catalogue.
#[async_trait]
pub trait Imports {
    /// Writes one product with its variants as the store's own, and counts what came of it.
    async fn import_product(&self, ctx: &TenantContext, draft: &Draft, report: &mut Report) -> Result<()>;
}

/// What is no store's: the stores themselves, the operators and the master catalogue.
#[async_trait]
pub trait Platform {
    /// Who is asked whose a request is.
    fn directory(&self) -> Arc<dyn Directory>;
    /// All stores, of every status.
    async fn stores(&self) -> Result<Vec<Tenant>>;
    /// Makes a store together with its owner, or neither.
    ///
    /// # Cross-tenant
    /// Writes the owner before anybody can be admitted to the store.
    async fn add_store(
        &self,
        slug: &Slug,
        name: &str,
        status: TenantStatus,
        owner: &NewPerson,
    ) -> Result<Arc<Tenant>>;
    /// Gives a store another status.
    async fn set_store_status(&self, store: &TenantId, status: TenantStatus) -> Result<()>;
    /// Whether anybody can operate the platform.
    async fn has_operator(&self) -> Result<bool>;
    /// Lets a token stand for an operator.
    async fn add_operator(&self, name: &str, token: &str) -> Result<()>;
    /// The name of the operator whose token it is.
    async fn operator_by_token(&self, token: &str) -> Result<Option<String>>;
    /// Writes one product of the master catalogue.
    ///
    /// # Cross-tenant
    /// Every store that took the product and has no value of its own shows what is written here.
    async fn put_master_product(&self, draft: &Draft, report: &mut Report) -> Result<()>;
    /// Waits for what runs and closes the database.
    async fn close(&self);
}

/// All that the shop asks of its database.
pub trait Repository: Catalogue + Orders + People + Staff + Imports + Platform + Send + Sync {}

impl<T: Catalogue + Orders + People + Staff + Imports + Platform + Send + Sync> Repository for T {}

/// Opens the database of a URL and brings its tables up to date; an SQLite file is made if it is not there.
///
/// On PostgreSQL the URL is of the role that owns the database, and `stores` of the one that the stores' statements run as.
/// Without it the owner makes that role.
///
/// # Errors
///
/// When a URL is of no database that the shop can use, the database does not answer, or its wall cannot be put up.
pub async fn open(url: &str, stores: Option<&str>) -> Result<Arc<dyn Repository>> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") if stores.is_some() => Err(RepositoryError::one_role()),
        Some("sqlite") => Ok(Arc::new(sqlite::open(url).await?)),
        Some("postgres" | "postgresql") => Ok(Arc::new(postgres::open(url, stores).await?)),
        _ => Err(RepositoryError::url()),
    }
}

/// Which table belongs to whom: the one thing that the engine has to be told.
///
/// # Errors
///
/// Never, as long as a test of this module passes.
pub fn catalog() -> std::result::Result<tenancy_core::Catalog, tenancy_core::CatalogError> {
    tenancy_core::Catalog::from_toml(include_str!("../../tenancy.toml"))
}

/// Turns what somebody searches for into a pattern; nothing for nothing.
fn pattern(query: &str) -> String {
    let words = query
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    if words.is_empty() {
        return words;
    }
    let escaped = words.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

/// What a product is found by.
fn search_text(title: &str, brand: &str, category: &str, tags: &[String], description_html: &str) -> String {
    let text = ammonia::Builder::empty().clean(description_html).to_string();
    let all = [title, brand, category, &tags.join(" "), &text]
        .join(" ")
        .to_lowercase();
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn json(list: &impl serde::Serialize) -> String {
    // Lists of texts always serialise.
    serde_json::to_string(list).unwrap_or_else(|_| "[]".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_was_typed() {
        assert_eq!(pattern("  "), "");
        assert_eq!(pattern(" Blue  SHIRT "), "%blue shirt%");
        assert_eq!(pattern("100%_!"), "%100!%!_!!%");
    }

    #[test]
    fn search_text_is_plain() {
        let text = search_text(
            "Blue Shirt",
            "Acme",
            "",
            &["Men".into()],
            "<p>Soft\n <b>wool</b></p>",
        );
        assert_eq!(text, "blue shirt acme men soft wool");
    }

    #[test]
    fn the_catalogue_of_tables_is_read() {
        assert!(catalog().unwrap().tables().count() >= 15);
    }
}
