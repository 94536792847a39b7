//! Every route of the API, as the OpenAPI document has them, × (own, the other store's, no token, suspended, unknown).
//!
//! Nothing here names a route: bodies and addresses are made from the document, and ids are tried until one fits. A new
//! route is covered by being there; if no id of the store itself fits it, the test fails and says so.

use std::collections::BTreeSet;

use crate::common::{Answer, OPERATOR, Shop, answer, missing_id};
use crate::example::{Filling, example};
use reqwest::Method;
use serde_json::Value;

crate::common::on_both!(every_route);

/// A route of the document.
struct Route {
    method: Method,
    path: String,
    operation: Value,
    /// Whose token it takes: `staff`, `operator` or nobody's.
    security: Option<String>,
}

impl Route {
    fn all(document: &Value) -> Vec<Self> {
        let mut routes = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let Ok(method) = method.to_uppercase().parse::<Method>() else {
                    continue;
                };
                let security = operation["security"][0]
                    .as_object()
                    .map(|schemes| schemes.keys().next().unwrap().clone());
                routes.push(Self {
                    method,
                    path: path.clone(),
                    operation: operation.clone(),
                    security,
                });
            }
        }
        routes
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether an id, or a handle, stands in the path or in the body.
    fn has_ids(&self, document: &Value) -> bool {
        self.path.contains('{')
            || serde_json::to_string(&self.json(
                document,
                Filling {
                    id: "MARK",
                    handle: "MARK",
                },
            ))
            .unwrap()
            .contains("MARK")
    }

    fn json(&self, document: &Value, filling: Filling<'_>) -> Option<Value> {
        let schema = &self.operation["requestBody"]["content"]["application/json"]["schema"];
        (!schema.is_null()).then(|| example(document, schema, "", filling))
    }

    /// The request, to `host`, with `token`.
    async fn ask(
        &self,
        shop: &Shop,
        document: &Value,
        host: &str,
        token: Option<&str>,
        filling: Filling<'_>,
    ) -> Answer {
        let mut path = self
            .path
            .replace("{id}", filling.id)
            .replace("{handle}", filling.handle);
        assert!(
            !path.contains('{'),
            "{}: say in this test what stands in its path",
            self.name()
        );
        let parameters = self.operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let needed = parameters
            .iter()
            .filter(|p| p["in"] == "query" && p["required"] == true);
        for (n, parameter) in needed.enumerate() {
            let value = example(document, &parameter["schema"], "", filling);
            let sign = if n == 0 { '?' } else { '&' };
            path = format!(
                "{path}{sign}{}={}",
                parameter["name"].as_str().unwrap(),
                value.as_str().unwrap()
            );
        }
        let mut request = shop.request(self.method.clone(), host, &path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = self.json(document, filling) {
            request = request.json(&body);
        } else if self.operation["requestBody"]["content"]["text/csv"].is_object() {
            let file = "Handle,Title,Variant Price\nimported,Imported,1.00\n";
            request = request.header("Content-Type", "text/csv").body(file);
        }
        answer(request).await
    }
}

/// Every id and handle that a store has, and the ids of the master catalogue that it could take.
async fn ids_of(shop: &Shop, slug: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut ids, mut handles) = (BTreeSet::new(), BTreeSet::new());
    let all = shop.everything(slug).await;
    let master = shop
        .staff(Method::GET, slug, "/api/v1/staff/master-products", None)
        .await
        .body;
    let stream = serde_json::Deserializer::from_str(&all).into_iter::<Value>();
    for value in stream
        .map(Result::unwrap)
        .chain([serde_json::from_str(&master).unwrap()])
    {
        collect(&value, &mut ids, &mut handles);
    }
    (ids, handles)
}

fn collect(value: &Value, ids: &mut BTreeSet<String>, handles: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if name == "handle" => _ = handles.insert(text.to_owned()),
                    Some(text) if text.parse::<store::id::Id>().is_ok() => _ = ids.insert(text.to_owned()),
                    _ => collect(value, ids, handles),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids, handles)),
        _ => {}
    }
}

async fn every_route(shop: Shop) {
    let document: Value = answer(shop.request(Method::GET, "localhost", "/api/openapi.json"))
        .await
        .json();
    let routes = Route::all(&document);
    assert!(routes.len() >= 18, "only {} routes in the document", routes.len());
    let names: BTreeSet<&str> = routes
        .iter()
        .filter_map(|r| r.operation["operationId"].as_str())
        .collect();
    assert_eq!(names.len(), routes.len(), "each operation has a name of its own");

    // Both stores have products, orders and something of the master catalogue to take.
    let master = "Handle,Title,Variant Price\nmaster,Master,1.00\n";
    let parsed = store::import::parse(master.as_bytes()).unwrap();
    store::import::run_master(&*shop.repository, parsed, |_| {})
        .await
        .unwrap();
    for slug in ["alpha", "beta"] {
        let mug = shop.product(slug, "mug").await;
        assert_eq!(shop.order(slug, &mug["variants"][0]["id"], 1).await.status, 201);
    }
    let (own_ids, own_handles) = ids_of(&shop, "alpha").await;
    let (ids, handles) = ids_of(&shop, "beta").await;
    let other_ids: Vec<&String> = ids.difference(&own_ids).collect();
    let other_handles: Vec<&String> = handles.difference(&own_handles).collect();
    assert!(
        other_ids.len() > 10 && !other_handles.is_empty(),
        "the control: beta has ids of its own"
    );
    let beta_before = shop.everything("beta").await;

    let mut covered = 0;
    for route in &routes {
        if route.security.as_deref() == Some("operator") {
            operators_route(&shop, &document, route).await;
        } else {
            let (own, other) = ((&own_ids, &own_handles), (&other_ids[..], &other_handles[..]));
            stores_route(&shop, &document, route, own, other).await;
        }
        covered += 1;
    }
    assert_eq!(covered, routes.len());
    assert_eq!(
        shop.everything("beta").await,
        beta_before,
        "nothing that was asked of alpha touched beta"
    );
}

async fn stores_route(
    shop: &Shop,
    document: &Value,
    route: &Route,
    (own_ids, own_handles): (&BTreeSet<String>, &BTreeSet<String>),
    (other_ids, other_handles): (&[&String], &[&String]),
) {
    let name = route.name();
    let missing = missing_id();
    let nothing = Filling {
        id: &missing,
        handle: "no-such-handle",
    };
    let staff = route.security.is_some();
    let some_handle = own_handles.first().unwrap();

    // Suspended, unknown, pending, no store at all: whatever the token.
    for token in [None, Some("the-old-token-closed"), Some("made-up")] {
        let suspended = route
            .ask(shop, document, "closed.localhost", token, nothing)
            .await;
        assert_eq!(
            (suspended.status.as_u16(), suspended.code().as_str()),
            (403, "suspended_tenant"),
            "{name}"
        );
        let unknown = route
            .ask(shop, document, "nobody.localhost", token, nothing)
            .await;
        assert_eq!(
            (unknown.status.as_u16(), unknown.code().as_str()),
            (404, "unknown_tenant"),
            "{name}"
        );
        let pending = route
            .ask(shop, document, "waiting.localhost", token, nothing)
            .await;
        assert_eq!(pending, unknown, "{name}");
        let none = route.ask(shop, document, "localhost", token, nothing).await;
        assert_eq!(
            (none.status.as_u16(), none.code().as_str()),
            (400, "no_identity"),
            "{name}"
        );
    }

    // No token.
    if staff {
        let refused = route.ask(shop, document, "alpha.localhost", None, nothing).await;
        assert_eq!(refused.status, 401, "{name}: {refused:?}");
    }

    // The other store's token is as good as one that was made up, with any id.
    let made_up = route
        .ask(shop, document, "alpha.localhost", Some("made-up"), nothing)
        .await;
    assert_eq!(made_up.status, 401, "{name}: {made_up:?}");
    let of_beta = shop.token("beta").await;
    for id in own_ids.iter().chain(other_ids.iter().copied()) {
        let filling = Filling {
            id,
            handle: some_handle,
        };
        let refused = route
            .ask(shop, document, "alpha.localhost", Some(&of_beta), filling)
            .await;
        assert_eq!(refused, made_up, "{name}");
    }

    // The other store's ids, with the store's own token: as if there were no such thing, byte for byte.
    let own = async |filling| {
        let token = shop.token("alpha").await;
        route
            .ask(
                shop,
                document,
                "alpha.localhost",
                staff.then_some(token.as_str()),
                filling,
            )
            .await
    };
    if route.has_ids(document) {
        let absent = own(nothing).await;
        assert!(absent.status.is_client_error(), "{name}: {absent:?}");
        for id in other_ids {
            assert_eq!(own(Filling { id, ..nothing }).await, absent, "{name}");
        }
        for handle in other_handles {
            assert_eq!(own(Filling { handle, ..nothing }).await, absent, "{name}");
        }
    }

    // Own: the controls. Some id of its own fits, the answer is a success and speaks of no other store.
    let mut answers = Vec::new();
    if route.has_ids(document) {
        for id in own_ids {
            answers.push(own(Filling { id, ..nothing }).await);
        }
        for handle in own_handles {
            answers.push(own(Filling { handle, ..nothing }).await);
        }
    } else {
        answers.push(own(nothing).await);
    }
    let fits = answers.iter().any(|answer| answer.status.is_success());
    assert!(
        fits,
        "{name}: no id of the store's own fits, the last answer was {:?}",
        answers.last()
    );
    for answer in &answers {
        assert!(!answer.status.is_server_error(), "{name}: {answer:?}");
        for trace in ["marker-beta", "only-beta"]
            .into_iter()
            .chain(other_ids.iter().map(|id| id.as_str()))
        {
            assert!(!answer.body.contains(trace), "{name}: {trace} in {answer:?}");
        }
    }
}

async fn operators_route(shop: &Shop, document: &Value, route: &Route) {
    let name = route.name();
    let missing = missing_id();
    let filling = Filling {
        id: &missing,
        handle: "no-such-handle",
    };
    // At a store's host name it is not there, whoever asks.
    let owner = shop.token("alpha").await;
    for host in [
        "alpha.localhost",
        "closed.localhost",
        "nobody.localhost",
        "elsewhere.example",
    ] {
        for token in [None, Some(owner.as_str()), Some(OPERATOR)] {
            let refused = route.ask(shop, document, host, token, filling).await;
            assert_eq!(
                (refused.status.as_u16(), refused.code().as_str()),
                (404, "not_found"),
                "{name} at {host}"
            );
        }
    }
    for token in [None, Some("made-up"), Some(owner.as_str())] {
        let refused = route.ask(shop, document, "localhost", token, filling).await;
        assert_eq!(refused.status, 401, "{name}: {refused:?}");
    }
    let allowed = route
        .ask(shop, document, "localhost", Some(OPERATOR), filling)
        .await;
    assert!(allowed.status.is_success(), "{name}: {allowed:?}");
}
