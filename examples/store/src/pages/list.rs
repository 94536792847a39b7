//! The store's front page: its products, searched and filtered.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use tenancy_core::TenantContext;

use super::layout;
use crate::api::storefront::ProductQuery;
use crate::app::App;
use crate::extract::ApiQuery;
use crate::model::{Brand, Category, Page, ProductSummary, Sort};
use crate::money;
use crate::problem::Problem;

/// What the form sends: a field that nobody filled is an empty text, and a link may bring fields of others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Params {
    q: String,
    category: String,
    brand: String,
    sort: String,
    in_stock: String,
    page: String,
}

const SORTS: [(&str, Sort, &str); 4] = [
    ("title", Sort::Title, "Name"),
    ("price_asc", Sort::PriceAsc, "Price, low to high"),
    ("price_desc", Sort::PriceDesc, "Price, high to low"),
    ("newest", Sort::Newest, "Newest"),
];

impl Params {
    fn query(&self) -> Result<ProductQuery, Problem> {
        let page = match self.page.as_str() {
            "" => 1,
            page => page
                .parse()
                .map_err(|_| Problem::malformed("the query: page is a whole number from 1"))?,
        };
        Ok(ProductQuery {
            q: Some(self.q.clone()),
            category: Some(self.category.clone()),
            brand: Some(self.brand.clone()),
            in_stock: Some(!self.in_stock.is_empty()),
            sort: SORTS
                .iter()
                .find(|(name, ..)| *name == self.sort)
                .map(|(_, sort, _)| *sort),
            page: Some(page),
            per_page: Some(24),
            ..ProductQuery::default()
        })
    }

    /// The same list, on another page.
    fn link(&self, page: i64) -> String {
        let mut query = form(&[
            ("q", &self.q),
            ("category", &self.category),
            ("brand", &self.brand),
            ("sort", &self.sort),
            ("in_stock", &self.in_stock),
        ]);
        query.push_str(&format!("page={page}"));
        format!("/?{query}")
    }
}

/// Fields as they stand in an address.
fn form(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(name);
        text.push('=');
        text.push_str(&super::product::encode(value));
        text.push('&');
    }
    text
}

pub(super) async fn page(
    ctx: TenantContext,
    State(app): State<App>,
    ApiQuery(params): ApiQuery<Params>,
) -> Result<Response, Problem> {
    let filter = params.query()?.filter(false)?;
    let products = app.repository.products(&ctx, &filter).await?;
    let categories = app.repository.categories(&ctx).await?;
    let brands = app.repository.brands(&ctx).await?;
    let store = ctx.tenant().name();
    let main = html! {
        h1 { @if params.q.is_empty() { "All products" } @else { "Results for “" (params.q) "”" } }
        (filters(&params, &categories, &brands))
        p.count { (products.total) " " @if products.total == 1 { "product" } @else { "products" } }
        @if products.items.is_empty() { p.empty { "Nothing here. Try other words or fewer filters." } }
        ul.products { @for product in &products.items { (card(product)) } }
        (pager(&params, &products))
    };
    Ok(layout::page(store, "Products", &params.q, &main))
}

fn filters(params: &Params, categories: &[Category], brands: &[Brand]) -> Markup {
    html! {
        form.filters action="/" method="get" {
            input type="hidden" name="q" value=(params.q);
            label { "Category"
                select name="category" {
                    option value="" { "All" }
                    @for category in categories {
                        option value=(category.slug) selected[category.slug == params.category] {
                            (category.name) " (" (category.products) ")"
                        }
                    }
                }
            }
            label { "Brand"
                select name="brand" {
                    option value="" { "All" }
                    @for brand in brands {
                        option value=(brand.name) selected[brand.name == params.brand] {
                            (brand.name) " (" (brand.products) ")"
                        }
                    }
                }
            }
            label { "Sort by"
                select name="sort" {
                    @for (name, _, words) in SORTS {
                        option value=(name) selected[name == params.sort] { (words) }
                    }
                }
            }
            label.check {
                input type="checkbox" name="in_stock" value="1" checked[!params.in_stock.is_empty()];
                "In stock only"
            }
            button { "Apply" }
        }
    }
}

fn card(product: &ProductSummary) -> Markup {
    html! {
        li.card {
            a href=(format!("/products/{}", super::product::encode(&product.handle))) {
                (super::product::picture(&product.images.0, &product.title))
                h2 { (product.title) }
                @if !product.brand.is_empty() { p.brand { (product.brand) } }
                p.price {
                    @if product.price_from_minor < product.price_to_minor { "from " }
                    (money::display(product.price_from_minor))
                }
                @if product.stock == 0 { p.out { "Sold out" } }
            }
        }
    }
}

fn pager(params: &Params, products: &Page<ProductSummary>) -> Markup {
    let before = products.page > 1;
    let after = products.page.saturating_mul(products.per_page) < products.total;
    html! {
        @if before || after {
            nav.pager aria-label="Pages" {
                @if before { a href=(params.link(products.page - 1)) rel="prev" { "← Previous" } }
                span { "Page " (products.page) }
                @if after { a href=(params.link(products.page + 1)) rel="next" { "Next →" } }
            }
        }
    }
}
