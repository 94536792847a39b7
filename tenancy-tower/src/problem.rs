//! What a refused request is answered: RFC 9457 problem documents.

use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use serde::Serialize;

use crate::{IdentifyError, SetupError};

/// Why a request was not let through: the contents of an `application/problem+json` answer.
///
/// All of it is fixed text: nothing of the request is repeated and no tenant is named, so that every unknown
/// tenant looks the same, whatever the directory knows. The answer carries the `Problem` as an extension, for an outer
/// layer that renders it in another way.
///
/// | code | status | when |
/// |---|---|---|
/// | `no_identity` | 400 | no part of the request names a tenant |
/// | `malformed_identity` | 400 | a part that should name a tenant cannot be read |
/// | `conflicting_identities` | 400 | two parts name different tenants |
/// | `unauthenticated` | 401 | admission asks for credentials |
/// | `forbidden` | 403 | admission turned the actor down |
/// | `suspended_tenant` | 403 | the tenant is suspended |
/// | `unknown_tenant` | 404 | there is no such tenant, or it is pending, rejected or deleted |
/// | `misconfigured` | 500 | the layer is wrongly set up; the log says how |
/// | `unavailable` | 503 | the directory or the application's admission could not answer |
///
/// ```
/// use tenancy_tower::Problem;
///
/// /// An outer layer can show people a page.
/// fn as_page(response: http::Response<String>) -> http::Response<String> {
///     match response.extensions().get::<Problem>().map(Problem::code) {
///         Some("unknown_tenant") => response.map(|_| "<h1>No such shop</h1>".to_owned()),
///         Some(_) | None => response,
///     }
/// }
/// # assert_eq!(as_page(http::Response::new("ok".to_owned())).body(), "ok");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    detail: &'static str,
    challenge: Option<HeaderValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    NoIdentity,
    MalformedIdentity,
    ConflictingIdentities,
    Unauthenticated,
    Forbidden,
    SuspendedTenant,
    UnknownTenant,
    Misconfigured,
    Unavailable,
}

/// The members of RFC 9457, section 3.1, and the code.
#[derive(Serialize)]
struct Document {
    r#type: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'static str,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Kind::NoIdentity => "no_identity",
            Kind::MalformedIdentity => "malformed_identity",
            Kind::ConflictingIdentities => "conflicting_identities",
            Kind::Unauthenticated => "unauthenticated",
            Kind::Forbidden => "forbidden",
            Kind::SuspendedTenant => "suspended_tenant",
            Kind::UnknownTenant => "unknown_tenant",
            Kind::Misconfigured => "misconfigured",
            Kind::Unavailable => "unavailable",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Kind::NoIdentity | Kind::MalformedIdentity | Kind::ConflictingIdentities => {
                StatusCode::BAD_REQUEST
            }
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden | Kind::SuspendedTenant => StatusCode::FORBIDDEN,
            Kind::UnknownTenant => StatusCode::NOT_FOUND,
            Kind::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Kind::NoIdentity => "The request names no tenant",
            Kind::MalformedIdentity => "The request's tenant cannot be read",
            Kind::ConflictingIdentities => "The request names more than one tenant",
            Kind::Unauthenticated => "Credentials are needed",
            Kind::Forbidden => "Not allowed",
            Kind::SuspendedTenant => "The tenant is suspended",
            Kind::UnknownTenant => "No such tenant",
            Kind::Misconfigured => "The service is wrongly configured",
            Kind::Unavailable => "The service cannot answer now",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Kind::NoIdentity => {
                "send the request to the tenant's own host name, or name the tenant as this service documents"
            }
            Kind::MalformedIdentity => {
                "the part of the request that names the tenant is not in its written form"
            }
            Kind::ConflictingIdentities => {
                "the host, the path and the headers of a request have to name the same tenant"
            }
            Kind::Unauthenticated => "send valid credentials of this tenant",
            Kind::Forbidden => "the actor may not act in this tenant",
            Kind::SuspendedTenant => "the tenant is not served for now",
            Kind::UnknownTenant => "there is no tenant by the name that the request gives",
            Kind::Misconfigured => "the operator's log says what is wrong",
            Kind::Unavailable => "try again later",
        }
    }
}

impl Problem {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            detail: kind.detail(),
            challenge: None,
        }
    }

    pub(crate) fn with_challenge(mut self, challenge: HeaderValue) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// The stable code, as in the table above.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// What kind of problem it is, for people.
    pub fn title(&self) -> &'static str {
        self.kind.title()
    }

    /// What is wrong, and how to mend it.
    pub fn detail(&self) -> &'static str {
        self.detail
    }

    /// The answer, with the document as its body and the `Problem` as its extension.
    pub(crate) fn to_response<B: From<String>>(&self) -> Response<B> {
        let document = Document {
            r#type: format!("urn:problem-type:tenancy:{}", self.code()),
            title: self.title(),
            status: self.status().as_u16(),
            code: self.code(),
            detail: self.detail(),
        };
        // Five fixed strings and a number always serialise; without the document the status still says it.
        let body = serde_json::to_string(&document).unwrap_or_default();
        let mut response = Response::new(B::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // A tenant that is unknown now may be served in a minute.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = &self.challenge {
            headers.insert(WWW_AUTHENTICATE, challenge.clone());
        }
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<IdentifyError> for Problem {
    fn from(error: IdentifyError) -> Self {
        if error.is_setup() {
            return SetupError(error.message()).into();
        }
        Self {
            detail: error.message(),
            ..Self::new(Kind::MalformedIdentity)
        }
    }
}

impl From<SetupError> for Problem {
    fn from(error: SetupError) -> Self {
        tracing::error!(%error, "tenancy is wrongly configured");
        Self::new(Kind::Misconfigured)
    }
}
