//! The program as it is typed: it starts with nothing, says what to try, and what it cannot do it says and ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn store(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_store"));
    command.current_dir(folder);
    for variable in [
        "DATABASE_URL",
        "STORE_LISTEN",
        "STORE_BASE_DOMAIN",
        "STORE_OPERATOR_TOKEN",
        "STORE_OWNER_PASSWORD",
        "RUST_LOG",
    ] {
        command.env_remove(variable);
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    store(folder).args(arguments).output().unwrap()
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// What a command says that fails.
fn failure(output: &Output) -> String {
    let (stdout, stderr) = texts(output);
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    assert!(
        stderr.starts_with("error: ") && !stderr.contains("panicked"),
        "{stderr}"
    );
    stderr
}

/// A server on a port of its own, and what it printed.
struct Server {
    child: Child,
    guide: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child = store(folder)
            .env("STORE_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut guide = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !guide.contains("Operator's token") {
            guide.push_str(&lines.next().expect("the server goes on").unwrap());
            guide.push('\n');
        }
        Self { child, guide }
    }

    /// Asks it to stop, as an init system does.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }

    /// Runs the lines that it says to try, and gives the statuses.
    async fn tries(&self) -> Vec<u16> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut statuses = Vec::new();
        for line in self
            .guide
            .lines()
            .filter(|line| line.trim_start().starts_with("curl "))
        {
            let parts: Vec<&str> = line.split('\'').skip(1).step_by(2).collect();
            let (url, headers) = parts.split_last().unwrap();
            let request = headers.iter().fold(client.get(*url), |request, header| {
                let (name, value) = header.split_once(": ").unwrap();
                request.header(name, value)
            });
            statuses.push(request.send().await.unwrap().status().as_u16());
        }
        statuses
    }
}

#[tokio::test]
async fn it_starts_with_nothing_and_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path());
    assert!(
        first.guide.contains("http://green-leaf.localhost:"),
        "{}",
        first.guide
    );
    assert!(first.guide.contains("http://blue-river.localhost:"));
    assert!(
        first
            .guide
            .contains("Operator's token, shown this once: operator_")
    );
    assert_eq!(first.tries().await, [200, 200, 200, 404, 401], "{}", first.guide);
    first.stop();
    assert!(folder.path().join("store.db").exists());

    let second = Server::start(folder.path());
    assert_eq!(
        second.tries().await,
        [200, 200, 200, 404, 401],
        "{}",
        second.guide
    );
    assert!(!second.guide.contains("operator_"), "shown once");
    second.stop();
    let (stores, _) = texts(&run(folder.path(), &["stores", "list"]));
    let stores: Vec<Vec<&str>> = stores.lines().map(|line| line.split('\t').collect()).collect();
    let stores: Vec<String> = stores
        .iter()
        .map(|store| format!("{} {}", store[1], store[2]))
        .collect();
    assert_eq!(
        stores,
        [
            "green-leaf active",
            "blue-river active",
            "grey-stone suspended",
            "new-moon pending"
        ]
    );
}

#[test]
fn a_port_in_use_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = failure(&run(folder.path(), &["serve", "--listen", &address]));
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
    assert!(!folder.path().join("store.db").exists());
    assert!(failure(&run(folder.path(), &["serve", "--listen", "nowhere"])).contains("nowhere"));
}

#[test]
fn databases_that_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("no.db"),
        "this is no database, and it is long enough to be seen as none",
    )
    .unwrap();
    for (url, words) in [
        ("mysql://localhost/x", "sqlite: or postgres:"),
        ("store.db", "sqlite: or postgres:"),
        ("sqlite:///nowhere/at/all/store.db", "could not be opened"),
        ("sqlite://no.db", "not a database"),
        ("postgres://secret:password@127.0.0.1:1/x", "could not be opened"),
        ("postgres://[", "could not be opened"),
    ] {
        let said = failure(&run(folder.path(), &["--database-url", url, "migrate"]));
        assert!(said.contains(words), "{url}: {said}");
        assert!(!said.contains("password@"), "{said}");
    }
    let said = failure(&run(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--base-domain", "127.0.0.1"],
    ));
    assert!(said.contains("--base-domain"), "{said}");
    let said = failure(&run(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--operator-token", "short"],
    ));
    assert!(said.contains("20 characters"), "{said}");
}

#[test]
fn help() {
    let folder = tempfile::tempdir().unwrap();
    let (said, _) = texts(&run(folder.path(), &["--help"]));
    for word in [
        "serve",
        "import",
        "stores",
        "migrate",
        "openapi",
        "store.db",
        "DATABASE_URL",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let document: serde_json::Value =
        serde_json::from_slice(&run(folder.path(), &["openapi"]).stdout).unwrap();
    assert!(document["paths"]["/api/v1/products"]["get"].is_object());
    assert!(!folder.path().join("store.db").exists());
}

#[test]
fn stores_and_imports() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let create = |slug: &str, password: &str| {
        let arguments = [
            "stores",
            "create",
            slug,
            "--name",
            "Red Barn",
            "--owner-email",
            "o@red.example",
        ];
        store(path)
            .args(arguments)
            .env("STORE_OWNER_PASSWORD", password)
            .output()
            .unwrap()
    };
    assert!(create("red-barn", "long enough").status.success());
    assert!(failure(&create("red-barn", "long enough")).contains("there is a store with this slug"));
    assert!(failure(&create("www", "long enough")).contains("kept for the platform"));
    assert!(failure(&create("blue-barn", "short")).contains("password"));
    assert_eq!(create("Red", "long enough").status.code(), Some(2));

    std::fs::write(
        path.join("a.csv"),
        "Handle,Title,Variant Price,Odd\nhay,Hay,5.00,x\nstraw,Straw,-1,x\nbad line\noats,Oats,7,x\n",
    )
    .unwrap();
    let import = |slug: &str, file: &str| run(path, &["import", "--store", slug, file]);
    let first = import("red-barn", "a.csv");
    let (report, progress) = texts(&first);
    assert!(first.status.success());
    assert_eq!(
        report,
        "products: 2 new, 0 changed, 0 unchanged\n\
         variants: 2 new, 0 changed, 0 unchanged\n\
         columns not used: Odd\n\
         left out: 3\n  \
           line 3 (straw): variant left out: Variant Price: a price cannot be negative\n  \
           line 3 (straw): product left out: the product has no variant that could be imported\n  \
           line 4: 1 columns instead of 4\n"
    );
    assert!(progress.contains("importing: 2 of 2 products"), "{progress}");
    let (again, _) = texts(&import("red-barn", "a.csv"));
    assert!(
        again.starts_with("products: 0 new, 0 changed, 2 unchanged\n"),
        "{again}"
    );

    let (master, _) = texts(&run(path, &["import", "--master", "a.csv"]));
    assert!(master.starts_with("products: 2 new"), "{master}");
    assert!(failure(&import("nobody", "a.csv")).contains("there is no store nobody"));
    assert!(failure(&import("red-barn", "none.csv")).contains("none.csv"));
    std::fs::write(path.join("empty.csv"), "").unwrap();
    assert!(failure(&import("red-barn", "empty.csv")).contains("the file is empty"));
    assert_eq!(run(path, &["import", "a.csv"]).status.code(), Some(2));
    assert_eq!(
        run(path, &["import", "--master", "--store", "red-barn", "a.csv"])
            .status
            .code(),
        Some(2)
    );

    let status = |slug: &str, status: &str| run(path, &["stores", "set-status", slug, status]);
    assert!(status("red-barn", "suspended").status.success());
    assert!(failure(&import("red-barn", "a.csv")).contains("suspended and takes no products"));
    assert!(failure(&status("red-barn", "pending")).contains("cannot become"));
    assert_eq!(status("red-barn", "asleep").status.code(), Some(2));
}
