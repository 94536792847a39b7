//! What all pages have in common.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// No scripts, no frames, forms to this store only. Pictures come from wherever the catalogue says.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src https: http: data:; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

/// A page of a store.
pub(super) fn page(store: &str, title: &str, query: &str, main: &Markup) -> Response {
    respond(html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{title} – {store}")))
            body {
                header.top {
                    a.brand href="/" { (store) }
                    form.search action="/" method="get" role="search" {
                        input type="search" name="q" value=(query) placeholder="Search" aria-label="Search" maxlength="255";
                        button { "Search" }
                    }
                }
                main { (main) }
                footer { (store) " · prices include taxes · " a href="/api/openapi.json" { "API" } }
            }
        }
    })
}

/// What went wrong, outside of any store: whose page it would have been is not known, or not to be told.
pub(super) fn problem(title: &str, detail: &str) -> Response {
    respond(html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                main.problem {
                    h1 { (title) }
                    p { (detail) }
                    p.hint {
                        "Each store has an address of its own, such as "
                        code { "http://green-leaf.localhost:8080/" }
                        " in the demo."
                    }
                }
            }
        }
    })
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) }
            link rel="stylesheet" href="/style.css";
            link rel="icon" href="data:,";
        }
    }
}

fn respond(markup: Markup) -> Response {
    let mut response = Html(markup.into_string()).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
