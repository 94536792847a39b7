//! The demo stores. Their tokens and passwords stand in this file, so they are loaded only where nobody named a
//! database, or where somebody asks for them.

use std::net::SocketAddr;
use std::sync::Arc;

use tenancy_core::{Directory, Lookup, Role, Slug, Tenant, TenantContext, TenantStatus};

use crate::id::Id;
use crate::import::{self, Catalogue};
use crate::model::{NewLine, NewOrder, NewPerson, Paging, Placed, ProductFilter, Sort, VariantChange};
use crate::money::MAX_PRICE_MINOR;
use crate::repository::{Repository, RepositoryError};
use crate::secrets;

/// A demo store.
struct Demo {
    slug: &'static str,
    name: &'static str,
    status: TenantStatus,
    catalogue: &'static str,
    /// Products that it takes from the master catalogue.
    takes: &'static [&'static str],
}

const MASTER: &str = include_str!("../data/master.csv");

const STORES: [Demo; 4] = [
    Demo {
        slug: "green-leaf",
        name: "Green Leaf",
        status: TenantStatus::Active,
        catalogue: include_str!("../data/green-leaf.csv"),
        takes: &["watering-can", "garden-gloves"],
    },
    Demo {
        slug: "blue-river",
        name: "Blue River",
        status: TenantStatus::Active,
        catalogue: include_str!("../data/blue-river.csv"),
        takes: &["watering-can"],
    },
    Demo {
        slug: "grey-stone",
        name: "Grey Stone",
        status: TenantStatus::Suspended,
        catalogue: "",
        takes: &[],
    },
    Demo {
        slug: "new-moon",
        name: "New Moon",
        status: TenantStatus::Pending,
        catalogue: "",
        takes: &[],
    },
];

/// The token of a demo store's owner. It is no secret.
pub fn token(slug: &str) -> String {
    format!("demo-token-of-{slug}")
}

/// The password of a demo store's owner. It is no secret.
pub fn password(slug: &str) -> String {
    format!("demo-password-of-{slug}")
}

/// The address with which the owner of a demo store logs in.
pub fn email(slug: &str) -> String {
    format!("owner@{slug}.example")
}

/// What was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// An order of `green-leaf`.
    order: Option<Id>,
}

/// Loads what is not there yet; a load that was interrupted is taken up again.
///
/// # Errors
///
/// When the database fails.
pub async fn load(repository: &dyn Repository) -> Result<Loaded, RepositoryError> {
    import::run_master(repository, parse(MASTER), |_| {}).await?;
    let mut order = None;
    for demo in &STORES {
        let Ok(slug) = demo.slug.parse::<Slug>() else {
            continue;
        };
        let found = repository.directory().find(&Lookup::Slug(slug.clone())).await?;
        let tenant = match found {
            Some(tenant) => tenant,
            None => create(repository, demo, &slug).await?,
        };
        // Whoever suspended it meanwhile meant it.
        let Ok(ctx) = TenantContext::service(&tenant, "demo") else {
            continue;
        };
        fill(repository, demo, &ctx).await?;
        if demo.slug == "green-leaf" {
            order = Some(first_order(repository, &ctx).await?).flatten();
        }
    }
    Ok(Loaded { order })
}

async fn create(
    repository: &dyn Repository,
    demo: &Demo,
    slug: &Slug,
) -> Result<Arc<Tenant>, RepositoryError> {
    let password_hash = secrets::hash_password(password(demo.slug)).await?;
    let name = format!("Owner of {}", demo.name);
    let owner = NewPerson {
        email: email(demo.slug),
        name,
        role: Role::Owner,
        password_hash,
    };
    repository.add_store(slug, demo.name, demo.status, &owner).await
}

async fn fill(repository: &dyn Repository, demo: &Demo, ctx: &TenantContext) -> Result<(), RepositoryError> {
    let token = token(demo.slug);
    if repository.person_by_token(ctx, &token).await?.is_none()
        && let Some(owner) = repository.person_by_email(ctx, &email(demo.slug)).await?
    {
        repository.add_token(ctx, &owner.id, &token, 3_650).await?;
    }
    if !demo.catalogue.is_empty() {
        import::run(repository, ctx, parse(demo.catalogue), |_| {}).await?;
    }
    let all = Paging {
        page: 1,
        per_page: 100,
    };
    for master in repository.master_products(ctx, "", all).await?.items {
        let wanted = demo.takes.contains(&master.handle.as_str());
        if !wanted || master.store_product_id.is_some() {
            continue;
        }
        if let Some(product) = repository.take_product(ctx, &master.id).await? {
            for variant in product.variants {
                let change = VariantChange {
                    price_minor: None,
                    stock: Some(12),
                };
                repository.change_variant(ctx, &variant.id, change).await?;
            }
        }
    }
    Ok(())
}

/// The newest order of a store; places one where there is none.
async fn first_order(
    repository: &dyn Repository,
    ctx: &TenantContext,
) -> Result<Option<Id>, RepositoryError> {
    let one = Paging { page: 1, per_page: 1 };
    if let Some(order) = repository.orders(ctx, one).await?.items.into_iter().next() {
        return Ok(Some(order.id));
    }
    let filter = ProductFilter {
        query: String::new(),
        category: String::new(),
        brand: String::new(),
        min_price: 0,
        max_price: MAX_PRICE_MINOR,
        in_stock: true,
        hidden_too: false,
        sort: Sort::Title,
        paging: one,
    };
    let Some(product) = repository.products(ctx, &filter).await?.items.into_iter().next() else {
        return Ok(None);
    };
    let Some(product) = repository.product(ctx, &product.handle).await? else {
        return Ok(None);
    };
    let Some(variant) = product.variants.into_iter().find(|variant| variant.stock > 0) else {
        return Ok(None);
    };
    let order = NewOrder {
        name: "Ann Example".into(),
        email: "ann@example.org".into(),
        address: "1 Demo Street".into(),
        lines: vec![NewLine {
            variant_id: variant.id,
            quantity: 1,
        }],
    };
    match repository.place_order(ctx, &order).await? {
        Placed::Order(order) => Ok(Some(order.facts.id)),
        Placed::UnknownVariant(_) | Placed::OutOfStock(_) => Ok(None),
    }
}

/// The files are part of the program; a test sees that they can be read.
fn parse(file: &str) -> Catalogue {
    import::parse(file.as_bytes()).unwrap_or_default()
}

impl Loaded {
    /// What to open and what to try.
    pub fn guide(&self, base_domain: &str, address: SocketAddr) -> String {
        let port = address.port();
        let curl = |path: &str, slug: &str, more: &str| {
            format!("  curl -i -H 'Host: {slug}.{base_domain}'{more} 'http://{address}{path}'\n")
        };
        let bearer = |slug: &str| format!(" -H 'Authorization: Bearer {}'", token(slug));
        let mut text = String::from("\nDemo stores (their tokens and passwords are known to everybody):\n");
        for demo in &STORES {
            let shop = format!("http://{}.{base_domain}:{port}/", demo.slug);
            text.push_str(&format!("  {shop:<42} {}\n", demo.status));
        }
        text.push_str(&format!(
            "  http://{base_domain}:{port}/api/openapi.json\n\nTry:\n"
        ));
        text.push_str(&curl("/api/v1/products?q=pot&sort=price_asc", "green-leaf", ""));
        text.push_str(&curl("/api/v1/staff/orders", "green-leaf", &bearer("green-leaf")));
        if let Some(order) = &self.order {
            let path = format!("/api/v1/staff/orders/{order}");
            text.push_str("\nAn order of Green Leaf, asked of Green Leaf:\n");
            text.push_str(&curl(&path, "green-leaf", &bearer("green-leaf")));
            text.push_str("the same order, asked of Blue River: 404, as if there were no such order:\n");
            text.push_str(&curl(&path, "blue-river", &bearer("blue-river")));
            text.push_str("and with Blue River's token, asked of Green Leaf: 401:\n");
            text.push_str(&curl(&path, "green-leaf", &bearer("blue-river")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_whole() {
        for file in [MASTER, STORES[0].catalogue, STORES[1].catalogue] {
            let catalogue = import::parse(file.as_bytes()).unwrap();
            assert!(!catalogue.drafts.is_empty());
            assert_eq!(catalogue.skipped, []);
        }
    }
}
