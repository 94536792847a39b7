//! Staff logging in and out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tenancy_core::TenantContext;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{Anyone, ApiJson};
use crate::problem::Problem;
use crate::{admission, check, secrets};

/// How long a token holds.
const DAYS: i64 = 7;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(me))
}

/// Who logs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// Their address for mail.
    pub email: String,
    /// Their password.
    #[schema(format = Password)]
    pub password: String,
}

/// What opens the store's back office.
#[derive(Serialize, ToSchema)]
pub(crate) struct Token {
    /// To be sent as `Authorization: Bearer TOKEN`. It is shown once.
    pub token: String,
    /// How many days it holds.
    pub days: i64,
}

/// Whom a token stands for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// The person's id in this store.
    pub person: String,
    /// What they may do: `owner`, `admin`, `member` or `read_only`.
    pub role: &'static str,
}

/// Log in
#[utoipa::path(
    post, path = "/staff/login", tag = "staff", request_body = Login,
    responses((status = 200, body = Token), (status = 401, body = Problem), (status = 422, body = Problem))
)]
async fn login(
    ctx: TenantContext,
    State(app): State<App>,
    ApiJson(login): ApiJson<Login>,
) -> Result<Json<Token>, Problem> {
    let email = check::email(&login.email)?;
    if login.password.len() > *secrets::PASSWORD_LENGTH.end() {
        return Err(Problem::invalid("the password is too long"));
    }
    let person = app.repository.person_by_email(&ctx, &email).await?;
    let hash = person.as_ref().map(|person| person.password_hash.clone());
    // Nobody and a wrong password take the same time and get the same answer.
    let right = secrets::verify_password(login.password, hash).await?;
    let person = person
        .filter(|_| right)
        .ok_or_else(|| Problem::unauthenticated("nobody in this store has this address and this password"))?;
    let token = secrets::new_token("store");
    app.repository.add_token(&ctx, &person.id, &token, DAYS).await?;
    Ok(Json(Token { token, days: DAYS }))
}

/// Log out
///
/// The token that is sent ends.
#[utoipa::path(
    post, path = "/staff/logout", tag = "staff", security(("staff" = [])),
    responses((status = 204), (status = 401, body = Problem))
)]
async fn logout(
    Anyone(ctx): Anyone,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    if let Ok(Some(token)) = admission::bearer(&headers) {
        app.repository.end_token(&ctx, token).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Who am I?
#[utoipa::path(
    get, path = "/staff/me", tag = "staff", security(("staff" = [])),
    responses((status = 200, body = Me), (status = 401, body = Problem))
)]
async fn me(Anyone(ctx): Anyone) -> Json<Me> {
    let person = match ctx.actor() {
        tenancy_core::Actor::User(id) => id.as_str().to_owned(),
        _ => String::new(),
    };
    Json(Me {
        person,
        role: ctx.role().map_or("", tenancy_core::Role::as_str),
    })
}
