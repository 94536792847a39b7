//! A product, ordering it, and the receipt.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;
use tenancy_core::TenantContext;

use super::layout;
use crate::api::orders::{Customer, OrderRequest, place_order};
use crate::app::App;
use crate::check;
use crate::extract::ApiPath;
use crate::id::Id;
use crate::import::Image;
use crate::model::{NewLine, Product, Variant};
use crate::money;
use crate::problem::Problem;

/// What the order form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OrderForm {
    variant_id: String,
    quantity: String,
    name: String,
    email: String,
    address: String,
}

impl OrderForm {
    fn request(&self) -> Result<OrderRequest, Problem> {
        let variant_id: Id = self
            .variant_id
            .parse()
            .map_err(|_| Problem::invalid("choose one of the variants"))?;
        let quantity = self
            .quantity
            .trim()
            .parse()
            .map_err(|_| Problem::invalid("the quantity is a whole number"))?;
        Ok(OrderRequest {
            customer: Customer {
                name: self.name.clone(),
                email: self.email.clone(),
                address: self.address.clone(),
            },
            lines: vec![NewLine { variant_id, quantity }],
        })
    }
}

pub(super) async fn page(
    ctx: TenantContext,
    State(app): State<App>,
    ApiPath(handle): ApiPath<String>,
) -> Result<Response, Problem> {
    let product = find(&app, &ctx, &handle).await?;
    let form = OrderForm {
        quantity: "1".into(),
        ..OrderForm::default()
    };
    Ok(show(&ctx, &product, &form, None))
}

async fn find(app: &App, ctx: &TenantContext, handle: &str) -> Result<Product, Problem> {
    let handle = check::line("the handle", handle, 200)?;
    app.repository
        .product(ctx, &handle)
        .await?
        .ok_or_else(Problem::not_found)
}

/// Places the order of the form. What is wrong with it is said above the form, which keeps what was typed.
pub(super) async fn order(
    ctx: TenantContext,
    State(app): State<App>,
    ApiPath(handle): ApiPath<String>,
    form: Result<Form<OrderForm>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(form) = form.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::unsupported_media_type("application/x-www-form-urlencoded")
        }
        _ => Problem::malformed("the form cannot be read; go back and send it again"),
    })?;
    let product = find(&app, &ctx, &handle).await?;
    let placed = match form.request() {
        Ok(request) => place_order(&app, &ctx, &request).await,
        Err(problem) => Err(problem),
    };
    match placed {
        Ok(order) => Ok(Redirect::to(&format!("/orders/{}", order.facts.id)).into_response()),
        Err(problem) if problem.is_clients() => {
            let mut response = show(&ctx, &product, &form, Some(&problem));
            *response.status_mut() = problem.status();
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

pub(super) async fn receipt(
    ctx: TenantContext,
    State(app): State<App>,
    ApiPath(id): ApiPath<Id>,
) -> Result<Response, Problem> {
    let order = app
        .repository
        .order(&ctx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let main = html! {
        h1 { "Thank you" }
        p { "Your order " code { (order.facts.id) } " was placed." }
        table.lines {
            thead { tr { th { "Product" } th { "Price" } th { "Quantity" } } }
            tbody {
                @for line in &order.lines {
                    tr {
                        td { (line.title) @if !line.variant.is_empty() { ", " (line.variant) } }
                        td { (money::display(line.price_minor)) }
                        td { (line.quantity) }
                    }
                }
            }
            tfoot { tr { th { "Total" } td colspan="2" { (money::display(order.facts.total_minor)) } } }
        }
        p { a href="/" { "Back to the shop" } }
    };
    Ok(layout::page(ctx.tenant().name(), "Your order", "", &main))
}

fn show(ctx: &TenantContext, product: &Product, form: &OrderForm, problem: Option<&Problem>) -> Response {
    let facts = &product.facts;
    let main = html! {
        article.product {
            div.gallery {
                (picture(&facts.images.0, &facts.title))
                div.more { @for image in facts.images.0.iter().skip(1).take(4) {
                    img src=(image.src) alt=(image.alt) loading="lazy";
                } }
            }
            div.facts {
                h1 { (facts.title) }
                p.brand {
                    (facts.brand)
                    @if !facts.brand.is_empty() && !facts.category.is_empty() { " · " }
                    (facts.category)
                }
                // What is stored was made harmless when it was stored; it is made so again where it matters.
                div.description { (PreEscaped(ammonia::clean(&facts.description_html))) }
                (buy(product, form, problem))
            }
        }
    };
    layout::page(ctx.tenant().name(), &facts.title, "", &main)
}

fn buy(product: &Product, form: &OrderForm, problem: Option<&Problem>) -> Markup {
    let sold_out = product.variants.iter().all(|variant| variant.stock == 0);
    html! {
        @if let Some(problem) = problem { p.error role="alert" { (problem.detail()) } }
        @if sold_out { p.out { "Sold out" } }
        form.buy method="post" action=(format!("/products/{}/order", encode(&product.facts.handle))) {
            fieldset {
                legend { @if product.facts.options.0.is_empty() { "Price" } @else { (product.facts.options.0.join(" / ")) } }
                @for (place, variant) in product.variants.iter().enumerate() {
                    (choice(variant, form, place == 0))
                }
            }
            label { "Quantity"
                input type="number" name="quantity" min="1" max="1000" value=(form.quantity) required;
            }
            label { "Name" input name="name" value=(form.name) maxlength="200" autocomplete="name" required; }
            label { "E-mail"
                input type="email" name="email" value=(form.email) maxlength="254" autocomplete="email" required;
            }
            label { "Address"
                textarea name="address" rows="3" maxlength="2000" autocomplete="street-address" required { (form.address) }
            }
            button.primary disabled[sold_out] { "Order now" }
        }
    }
}

fn choice(variant: &Variant, form: &OrderForm, first: bool) -> Markup {
    let options = [&variant.option1, &variant.option2, &variant.option3];
    let name: Vec<&str> = options
        .into_iter()
        .map(String::as_str)
        .filter(|value| !value.is_empty())
        .collect();
    let chosen = if form.variant_id.is_empty() {
        first
    } else {
        form.variant_id == variant.id.as_str()
    };
    html! {
        label.choice {
            input type="radio" name="variant_id" value=(variant.id) checked[chosen] required;
            @if !name.is_empty() { span { (name.join(" / ")) } }
            span.price { (money::display(variant.price_minor)) }
            @if let Some(before) = variant.compare_at_minor.filter(|before| *before > variant.price_minor) {
                s { (money::display(before)) }
            }
            span.stock { @if variant.stock == 0 { "sold out" } @else { (variant.stock) " in stock" } }
        }
    }
}

/// The first picture of a product, or its first letter.
pub(super) fn picture(images: &[Image], title: &str) -> Markup {
    html! {
        @if let Some(image) = images.first() {
            img.picture src=(image.src) alt=(if image.alt.is_empty() { title } else { &image.alt }) loading="lazy";
        } @else {
            div.picture.none aria-hidden="true" { (title.chars().next().unwrap_or('·')) }
        }
    }
}

/// A text as a part of an address.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
