//! The command line: `store`, `store import`, `store stores`, `store migrate`, `store openapi`.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use tenancy_core::{Directory, Lookup, Slug, Tenant, TenantContext, TenantStatus};

use crate::app::App;
use crate::import::{self, Progress};
use crate::repository::{self, Repository};
use crate::{demo, serve};

/// Where the data is, if nobody says.
const DEFAULT_URL: &str = "sqlite://store.db";

/// What went wrong, as it is told to whoever typed the command.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A shop platform: one deployment, many stores.
///
/// Without a command it serves: it makes the database file store.db in the current directory, loads demo stores into it
/// and listens on 127.0.0.1:8080.
#[derive(Debug, Parser)]
#[command(version, name = "store")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Global {
    /// The database: sqlite://FILE or postgres://USER@HOST/NAME [default: sqlite://store.db]
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// On PostgreSQL, the role that the stores' statements run as: postgres://ROLE@HOST/NAME [default: one that the
    /// role of --database-url makes]
    #[arg(long, global = true, env = "STORES_DATABASE_URL", hide_env_values = true)]
    stores_url: Option<String>,
    /// The domain in front of which the stores' names stand
    #[arg(long, global = true, env = "STORE_BASE_DOMAIN", default_value = "localhost")]
    base_domain: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests (this is what happens without a command, too)
    Serve(Serve),
    /// Import Shopify's product CSV, into a store or into the master catalogue
    #[command(group = clap::ArgGroup::new("into").required(true).args(["store", "master"]))]
    Import {
        /// The slug of the store whose own the products become
        #[arg(long, value_name = "SLUG")]
        store: Option<Slug>,
        /// Write the master catalogue, which all stores can take products from
        #[arg(long)]
        master: bool,
        /// The file
        file: PathBuf,
    },
    /// The stores of the platform
    Stores {
        #[command(subcommand)]
        command: Stores,
    },
    /// Make the tables, or bring them up to date, and do nothing else
    Migrate,
    /// Print the OpenAPI document of the API
    Openapi,
}

#[derive(Debug, Args)]
struct Serve {
    /// Where to listen
    #[arg(long, env = "STORE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Load the demo stores, also where a database was named
    #[arg(long, conflicts_with = "no_demo")]
    demo: bool,
    /// Load no demo stores
    #[arg(long)]
    no_demo: bool,
    /// A token of the operator's, of at least 20 characters; without it, and where there is none yet, one is made
    #[arg(long, env = "STORE_OPERATOR_TOKEN", hide_env_values = true)]
    operator_token: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Stores {
    /// Show all stores with their status
    List,
    /// Make a store
    Create {
        /// Its name in addresses: lower case letters, digits and dashes
        slug: Slug,
        /// Its name
        #[arg(long)]
        name: String,
        /// The owner's address for mail
        #[arg(long)]
        owner_email: String,
        /// The owner's password, of at least 10 characters; better in the environment than on the command line
        #[arg(long, env = "STORE_OWNER_PASSWORD", hide_env_values = true)]
        owner_password: String,
    },
    /// Change the status of a store
    SetStatus {
        /// Its name in addresses
        slug: Slug,
        /// active, suspended, rejected or deleted
        status: TenantStatus,
    },
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(cli)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    match command {
        // `store` alone takes its options from the environment, as `store serve` does.
        None => serve(&global, Serve::try_parse_from_env()?).await,
        Some(Command::Serve(options)) => serve(&global, options).await,
        Some(Command::Openapi) => {
            println!("{}", serde_json::to_string_pretty(&crate::app::openapi())?);
            Ok(())
        }
        Some(Command::Migrate) => {
            open(&global).await?.close().await;
            eprintln!("the database is up to date");
            Ok(())
        }
        Some(Command::Import {
            store,
            master: _,
            file,
        }) => import(&global, store.as_ref(), &file).await,
        Some(Command::Stores { command }) => stores(&global, command).await,
    }
}

impl Serve {
    fn try_parse_from_env() -> Result<Self, Failure> {
        #[derive(Parser)]
        struct Alone {
            #[command(flatten)]
            serve: Serve,
        }
        Ok(Alone::try_parse_from(["store"])?.serve)
    }
}

/// Opens the database and brings it up to date.
async fn open(global: &Global) -> Result<Arc<dyn Repository>, Failure> {
    let url = global.database_url.as_deref().unwrap_or(DEFAULT_URL);
    let opened = repository::open(url, global.stores_url.as_deref()).await;
    opened.map_err(|error| {
        // A URL of a server may hold a password.
        let place = if url.starts_with("sqlite:") {
            url
        } else {
            "the database of DATABASE_URL"
        };
        format!("{place}: {error}").into()
    })
}

async fn serve(global: &Global, options: Serve) -> Result<(), Failure> {
    if options
        .operator_token
        .as_ref()
        .is_some_and(|token| token.len() < 20)
    {
        return Err("STORE_OPERATOR_TOKEN must have at least 20 characters".into());
    }
    // First of all, so that a port in use leaves no database behind.
    let listener = tokio::net::TcpListener::bind(&options.listen)
        .await
        .map_err(|error| {
            format!(
                "cannot listen on {}: {error}; choose another address with --listen",
                options.listen
            )
        })?;
    let address = listener.local_addr()?;
    let repository = open(global).await?;

    let named = global.database_url.is_some();
    let operator = serve::operator_token(&*repository, options.operator_token).await?;
    println!("Listening on http://{address}/");
    // A database that somebody named is not filled with stores whose tokens stand in this program's text.
    if options.demo || (!named && !options.no_demo) {
        let demo = demo::load(&*repository).await?;
        println!("{}", demo.guide(&global.base_domain, address));
    } else if repository.stores().await?.is_empty() {
        println!("There is no store yet: make one with `store stores create`.");
    }
    match operator {
        Some(token) => println!("Operator's token, shown this once: {token}"),
        None => {
            println!("Operator's token: STORE_OPERATOR_TOKEN, or the one that was shown at the first start")
        }
    }
    std::io::stdout().flush()?;

    let app = App::new(Arc::clone(&repository), &global.base_domain);
    let router = app.router().map_err(|error| format!("--base-domain: {error}"))?;
    serve::run(listener, router, serve::stop_signal()).await?;
    repository.close().await;
    eprintln!("stopped");
    Ok(())
}

async fn find(repository: &dyn Repository, slug: &Slug) -> Result<Arc<Tenant>, Failure> {
    let found = repository.directory().find(&Lookup::Slug(slug.clone())).await?;
    found.ok_or_else(|| format!("there is no store {slug}; `store stores list` shows all").into())
}

async fn import(global: &Global, store: Option<&Slug>, file: &PathBuf) -> Result<(), Failure> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let catalogue = import::parse(&bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    let repository = open(global).await?;
    let report = match store {
        Some(slug) => {
            let tenant = find(&*repository, slug).await?;
            let ctx = TenantContext::service(&tenant, "import")
                .map_err(|_| format!("the store {slug} is {} and takes no products", tenant.status()))?;
            import::run(&*repository, &ctx, catalogue, show_progress()).await?
        }
        None => import::run_master(&*repository, catalogue, show_progress()).await?,
    };
    repository.close().await;
    print!("{report}");
    Ok(())
}

/// Shows on standard error how far an import is: one line that changes, or one now and then where that is a file.
fn show_progress() -> impl FnMut(Progress) + Send {
    let terminal = std::io::stderr().is_terminal();
    move |Progress { done, of }| {
        if terminal {
            eprint!("\rimporting: {done} of {of} products");
            if done == of {
                eprintln!();
            }
        } else if done == of || done.is_multiple_of(500) {
            eprintln!("importing: {done} of {of} products");
        }
    }
}

async fn stores(global: &Global, command: Stores) -> Result<(), Failure> {
    let repository = open(global).await?;
    match command {
        Stores::List => {
            for store in repository.stores().await? {
                println!(
                    "{}\t{}\t{}\t{}",
                    store.id(),
                    store.slug(),
                    store.status(),
                    store.name()
                );
            }
        }
        Stores::Create {
            slug,
            name,
            owner_email,
            owner_password,
        } => {
            let app = App::new(Arc::clone(&repository), &global.base_domain);
            let owner = crate::stores::Owner {
                name: name.clone(),
                email: owner_email,
                password: owner_password,
            };
            let store = crate::stores::create(&app, slug.as_str(), &name, owner)
                .await
                .map_err(|problem| problem.detail().to_owned())?;
            println!(
                "{}\t{}\t{}\t{}",
                store.id(),
                store.slug(),
                store.status(),
                store.name()
            );
        }
        Stores::SetStatus { slug, status } => {
            let tenant = find(&*repository, &slug).await?;
            if !crate::stores::may_become(tenant.status(), status) {
                return Err(format!("a store that is {} cannot become {status}", tenant.status()).into());
            }
            repository.set_store_status(tenant.id(), status).await?;
            println!("{slug} is {status}");
        }
    }
    repository.close().await;
    Ok(())
}
