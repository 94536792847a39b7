//! A shop on a listening socket, over SQLite and over PostgreSQL.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::Connection;
use store::app::App;
use store::id::Id;
use store::model::NewPerson;
use store::repository::{self, Repository};
use store::{import, secrets, serve};
use tenancy_core::{Directory, Lookup, Role, Tenant, TenantContext, TenantStatus};
use tenancy_testkit::pg::PgDatabase;
use tokio::sync::{OnceCell, oneshot};

/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse";
/// The operator's token.
pub(crate) const OPERATOR: &str = "the-operators-token-in-tests";

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// What has to outlive the shop.
enum Keep {
    Folder(
        #[expect(dead_code, reason = "held until the shop ends, for what happens then")] tempfile::TempDir,
    ),
    Database(PgDatabase),
}

/// A running shop.
pub(crate) struct Shop {
    pub address: SocketAddr,
    pub client: reqwest::Client,
    pub repository: Arc<dyn Repository>,
    /// The database's URL, to look past the shop.
    pub url: String,
    stop: Option<oneshot::Sender<()>>,
    _keep: Keep,
}

/// An answer, as far as it must not tell one thing from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Runs a test on both databases.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let shop = crate::common::Shop::start(crate::common::On::Sqlite).await.unwrap();
                super::$name(shop).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(shop) = crate::common::Shop::start(crate::common::On::Postgres).await {
                    super::$name(shop).await;
                }
            }
        )+ }
    };
}

/// The shop's owner makes the stores' role itself.
pub(crate) async fn allow_roles(database: &PgDatabase) {
    let mut admin = sqlx::PgConnection::connect(database.admin_url()).await.unwrap();
    let statement = format!("ALTER ROLE {} CREATEROLE NOINHERIT", database.owner());
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(&mut admin)
        .await
        .unwrap();
}

impl Shop {
    /// Starts a shop with two stores, alpha and beta, that have the same handles and SKUs, and with two that are not
    /// active, closed (suspended) and waiting (pending). `None` where there is no PostgreSQL.
    pub(crate) async fn start(on: On) -> Option<Self> {
        let (url, keep) = match on {
            On::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("store.db").display());
                (url, Keep::Folder(folder))
            }
            On::Postgres => {
                let database = PgDatabase::or_skip("the store on PostgreSQL").await.unwrap()?;
                allow_roles(&database).await;
                (database.owner_url().to_owned(), Keep::Database(database))
            }
        };
        let repository = repository::open(&url, None).await.unwrap();
        let url = match &keep {
            Keep::Folder(_) => url,
            // The policies hold the owner too.
            Keep::Database(database) => database.admin_url().to_owned(),
        };
        serve::operator_token(&*repository, Some(OPERATOR.into()))
            .await
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = App::new(Arc::clone(&repository), "localhost").router().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(serve::run(listener, router, async {
            let _ = stopped.await;
        }));
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let shop = Self {
            address,
            client,
            repository,
            url,
            stop: Some(stop),
            _keep: keep,
        };
        for (slug, status) in [
            ("alpha", TenantStatus::Active),
            ("beta", TenantStatus::Active),
            ("closed", TenantStatus::Suspended),
            ("waiting", TenantStatus::Pending),
        ] {
            shop.add_store(slug, status).await;
        }
        Some(shop)
    }

    async fn add_store(&self, slug: &str, status: TenantStatus) {
        static HASH: OnceCell<String> = OnceCell::const_new();
        let hash = HASH
            .get_or_init(|| async { secrets::hash_password(PASSWORD.into()).await.unwrap() })
            .await;
        let owner = NewPerson {
            email: format!("owner@{slug}.example"),
            name: format!("Owner marker-{slug}"),
            role: Role::Owner,
            password_hash: hash.clone(),
        };
        let name = format!("Store {slug}");
        let slug = slug.parse().unwrap();
        let tenant = self
            .repository
            .add_store(&slug, &name, TenantStatus::Active, &owner)
            .await
            .unwrap();
        let ctx = TenantContext::service(&tenant, "test").unwrap();
        let catalogue = import::parse(catalogue(slug.as_str()).as_bytes()).unwrap();
        assert_eq!(catalogue.skipped, []);
        import::run(&*self.repository, &ctx, catalogue, |_| {})
            .await
            .unwrap();
        self.add_token(slug.as_str(), "the-old-token").await;
        if status != TenantStatus::Active {
            self.repository
                .set_store_status(tenant.id(), status)
                .await
                .unwrap();
        }
    }

    /// The store, past the cache.
    pub(crate) async fn tenant(&self, slug: &str) -> Arc<Tenant> {
        let lookup = Lookup::Slug(slug.parse().unwrap());
        self.repository
            .directory()
            .find(&lookup)
            .await
            .unwrap()
            .expect("the store is there")
    }

    /// A context of an active store.
    pub(crate) async fn ctx(&self, slug: &str) -> TenantContext {
        TenantContext::service(&self.tenant(slug).await, "test").unwrap()
    }

    /// Lets a token of one's own choice stand for the owner of a store.
    pub(crate) async fn add_token(&self, slug: &str, token: &str) {
        let ctx = self.ctx(slug).await;
        let email = format!("owner@{slug}.example");
        let owner = self
            .repository
            .person_by_email(&ctx, &email)
            .await
            .unwrap()
            .unwrap();
        self.repository
            .add_token(&ctx, &owner.id, &format!("{token}-{slug}"), 1)
            .await
            .unwrap();
    }

    /// A new token of the owner of a store.
    pub(crate) async fn token(&self, slug: &str) -> String {
        let token = secrets::new_token("test");
        self.add_token(slug, &token).await;
        format!("{token}-{slug}")
    }

    /// A request to a host name of the platform.
    pub(crate) fn request(&self, method: Method, host: &str, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url).header("Host", host)
    }

    /// A request to a store.
    pub(crate) fn to(&self, method: Method, slug: &str, path: &str) -> RequestBuilder {
        self.request(method, &format!("{slug}.localhost"), path)
    }

    /// What a store answers to a request without a token.
    pub(crate) async fn get(&self, slug: &str, path: &str) -> Answer {
        answer(self.to(Method::GET, slug, path)).await
    }

    /// What a store answers to its staff.
    pub(crate) async fn staff(&self, method: Method, slug: &str, path: &str, body: Option<&Value>) -> Answer {
        let request = self.to(method, slug, path).bearer_auth(self.token(slug).await);
        answer(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// A product of a store, with its variants.
    pub(crate) async fn product(&self, slug: &str, handle: &str) -> Value {
        let answer = self.get(slug, &format!("/api/v1/products/{handle}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Places an order of one line.
    pub(crate) async fn order(&self, slug: &str, variant: &Value, quantity: i64) -> Answer {
        let body = order(&[(variant, quantity)]);
        answer(self.to(Method::POST, slug, "/api/v1/orders").json(&body)).await
    }

    /// Imports a file as the owner of a store.
    pub(crate) async fn import(&self, slug: &str, file: impl Into<reqwest::Body>) -> Answer {
        let request = self
            .to(Method::POST, slug, "/api/v1/staff/import")
            .header("Content-Type", "text/csv");
        answer(request.bearer_auth(self.token(slug).await).body(file)).await
    }

    /// All that a store shows to its staff.
    pub(crate) async fn everything(&self, slug: &str) -> String {
        let list = self
            .staff(Method::GET, slug, "/api/v1/staff/products?per_page=100", None)
            .await;
        let mut text = list.body.clone();
        for product in list.json()["items"].as_array().unwrap() {
            let path = format!("/api/v1/staff/products/{}", product["id"].as_str().unwrap());
            text.push_str(&self.staff(Method::GET, slug, &path, None).await.body);
        }
        let orders = self
            .staff(Method::GET, slug, "/api/v1/staff/orders?per_page=100", None)
            .await;
        text.push_str(&orders.body);
        for order in orders.json()["items"].as_array().unwrap() {
            let path = format!("/api/v1/staff/orders/{}", order["id"].as_str().unwrap());
            text.push_str(&self.staff(Method::GET, slug, &path, None).await.body);
        }
        text
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// The body of an order.
pub(crate) fn order(lines: &[(&Value, i64)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(id, quantity)| json!({ "variant_id": id, "quantity": quantity }))
        .collect();
    json!({
        "customer": { "name": "Ann", "email": "ann@example.org", "address": "1 Street" },
        "lines": lines,
    })
}

/// Sends a request.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status();
    let mut headers: Vec<(String, String)> = response
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    headers.sort();
    let body = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
    Answer {
        status,
        headers,
        body,
    }
}

/// A file whose handles and SKUs are the same in every store, and whose texts are not.
pub(crate) fn catalogue(slug: &str) -> String {
    format!(
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,\
         Variant Inventory Qty,Variant Price,Image Src\n\
         shirt,Shirt marker-{slug},<p>Soft marker-{slug}</p>,Acme,Tops,\"blue, marker-{slug}\",true,Size,S,S-1,10,10.00,https://img.example/{slug}.jpg\n\
         shirt,,,,,,,,M,S-2,10,12.50,\n\
         shirt,,,,,,,,L,S-3,0,12.50,\n\
         mug,Mug marker-{slug},<p>Holds tea</p>,Bolt,Kitchen,,true,Title,Default Title,M-1,5,7.00,\n\
         only-{slug},Only marker-{slug},,Bolt,Kitchen,,true,Title,Default Title,O-{slug},5,99.00,\n\
         hidden,Hidden marker-{slug},,Bolt,Kitchen,,false,Title,Default Title,H-1,5,1.00,\n"
    )
}

/// An id that nothing has.
pub(crate) fn missing_id() -> String {
    Id::random().to_string()
}

pub(crate) use on_both;
