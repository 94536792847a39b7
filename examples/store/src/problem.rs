//! What an error is answered: problem documents (RFC 9457), of the same form as the tenancy layer's own.
//!
//! A problem holds fixed words and what the request itself said. A row of another store and a row that is not there
//! are the same [`Problem::not_found`].

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::import::FileError;
use crate::repository::RepositoryError;

/// An error as the client gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem.
    #[schema(example = "urn:problem-type:store:not_found")]
    r#type: String,
    /// The kind of problem, for people.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// The kind of problem, for programs; it does not change.
    #[schema(example = "not_found")]
    code: &'static str,
    /// What is wrong, and how to mend it.
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let r#type = format!("urn:problem-type:store:{code}");
        Self {
            r#type,
            title,
            status: status.as_u16(),
            code,
            detail: detail.into(),
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is wrong, and how to mend it.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Whether who asks can mend it.
    pub fn is_clients(&self) -> bool {
        self.status().is_client_error()
    }

    /// 400: a part of the request cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed",
            "The request cannot be read",
            detail,
        )
    }

    /// 401: there is no token that holds here.
    pub fn unauthenticated(detail: &'static str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Credentials are needed",
            detail,
        )
    }

    /// 403: who asks is known, and may not.
    pub fn forbidden(detail: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// 404: there is nothing, or nothing of this store.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "Not found",
            "there is nothing at this address",
        )
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        let detail = "this address does not take this method; the answer's Allow header has those it takes";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "Method not allowed",
            detail,
        )
    }

    /// 409: what is there already, or is there no more, stands against it.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "Conflict", detail)
    }

    /// 413: more than is taken.
    pub fn too_large() -> Self {
        let detail = "the request's body is larger than this address takes; send less";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Too large", detail)
    }

    /// 415: another kind of body is expected.
    pub fn unsupported_media_type(expected: &str) -> Self {
        let detail = format!("send the body with the header Content-Type: {expected}");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Unsupported media type",
            detail,
        )
    }

    /// 422: it can be read, and means nothing.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "The request is not valid",
            detail,
        )
    }

    /// 500. The cause is in the log and not in the answer.
    pub fn internal() -> Self {
        let detail = "something went wrong here; the operator's log says what";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Internal error",
            detail,
        )
    }

    /// 503: the same request may work later.
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Too busy",
            "nothing was changed; try again in a moment",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<RepositoryError> for Problem {
    fn from(error: RepositoryError) -> Self {
        if let Some(what) = error.as_conflict() {
            return Self::conflict("conflict", what);
        }
        tracing::error!(%error, "the repository failed");
        if error.is_retryable() {
            Self::busy()
        } else {
            Self::internal()
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad_file",
            "The file cannot be imported",
            error.to_string(),
        )
    }
}

impl From<crate::secrets::HashError> for Problem {
    fn from(error: crate::secrets::HashError) -> Self {
        tracing::error!(%error, "hashing failed");
        Self::internal()
    }
}
