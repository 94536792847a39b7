//! The parts of a request as arguments of handlers; what cannot be read is a [`Problem`].

use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tenancy_core::{Role, TenantContext};

use crate::app::{App, MAX_UPLOAD};
use crate::model::{MAX_PER_PAGE, Paging};
use crate::problem::Problem;
use crate::{admission, check};

/// A body of JSON.
#[derive(Debug)]
pub(crate) struct ApiJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(Problem::unsupported_media_type("application/json"))
            }
            Err(JsonRejection::BytesRejection(error)) => Err(body(&error)),
            Err(JsonRejection::JsonDataError(error)) => Err(Problem::invalid(error.body_text())),
            Err(error) => Err(Problem::malformed(error.body_text())),
        }
    }
}

/// How much of a file that is too large is read all the same, in bytes.
const MAX_DRAINED: usize = 64 << 20;

/// A body of CSV.
#[derive(Debug)]
pub(crate) struct ApiCsv(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for ApiCsv {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let content_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let essence = content_type
            .and_then(|value| value.split(';').next())
            .unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case("text/csv") {
            return Err(Problem::unsupported_media_type("text/csv"));
        }
        upload(request).await.map(Self)
    }
}

/// Reads an upload. One that is too large is read on for a while and thrown away: who is still sending when the answer
/// comes would see a broken connection, and not the answer.
async fn upload(request: Request) -> Result<Vec<u8>, Problem> {
    let mut chunks = request.into_body().into_data_stream();
    let (mut file, mut read) = (Vec::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::malformed("the request's body ended too early"))?;
        read = read.saturating_add(chunk.len());
        if read <= MAX_UPLOAD {
            file.extend_from_slice(&chunk);
        } else if read > MAX_DRAINED {
            break;
        } else {
            file = Vec::new();
        }
    }
    if read > MAX_UPLOAD {
        Err(Problem::too_large())
    } else {
        Ok(file)
    }
}

fn body(error: &BytesRejection) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large()
    } else {
        Problem::malformed("the request's body ended too early")
    }
}

/// The part of the path that names something. What is no name of anything is 400, and says so.
#[derive(Debug)]
pub(crate) struct ApiPath<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for ApiPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(error) => Err(Problem::malformed(format!("the address: {}", error.body_text()))),
        }
    }
}

/// What stands behind the question mark.
#[derive(Debug)]
pub(crate) struct ApiQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => Err(Problem::malformed(format!("the query: {}", error.body_text()))),
        }
    }
}

/// A page as it is asked for.
pub(crate) fn paging(page: Option<i64>, per_page: Option<i64>) -> Result<Paging, Problem> {
    Ok(Paging {
        page: check::number("page", page.unwrap_or(1), 1..=1_000_000)?,
        per_page: check::number("per_page", per_page.unwrap_or(20), 1..=MAX_PER_PAGE)?,
    })
}

/// Staff of the store, with a role that is at least some role.
macro_rules! staff {
    ($($(#[$doc:meta])* $name:ident = $role:expr;)+) => {
        $($(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name(pub TenantContext);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                at_least(parts, $role).map(Self)
            }
        })+
    };
}

staff! {
    /// Anybody who works in the store.
    Anyone = Role::ReadOnly;
    /// Who may change what the store shows.
    Editor = Role::Member;
    /// Who may change all of it at once.
    Manager = Role::Admin;
}

fn at_least(parts: &Parts, least: Role) -> Result<TenantContext, Problem> {
    // Put there by the tenancy layer; without it there is no store, and nobody works in it.
    let ctx = parts
        .extensions
        .get::<TenantContext>()
        .ok_or_else(Problem::internal)?;
    match ctx.role() {
        None => Err(Problem::unauthenticated(
            "log in at /api/v1/staff/login and send Authorization: Bearer TOKEN",
        )),
        Some(role) if role.at_least(least) => Ok(ctx.clone()),
        Some(_) => Err(Problem::forbidden("your role in this store does not allow this")),
    }
}

/// An operator of the platform. Operators work in no store.
#[derive(Debug)]
pub(crate) struct ApiOperator(pub tenancy_core::Operator);

impl FromRequestParts<App> for ApiOperator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        const DETAIL: &str = "send the operator's token as Authorization: Bearer TOKEN";
        let token = admission::bearer(&parts.headers)
            .map_err(|_| Problem::unauthenticated(DETAIL))?
            .ok_or_else(|| Problem::unauthenticated(DETAIL))?;
        let name = app.repository.operator_by_token(token).await?;
        let name = name.ok_or_else(|| Problem::unauthenticated(DETAIL))?;
        tenancy_core::Operator::new(&name)
            .map(Self)
            .map_err(|_| Problem::internal())
    }
}
