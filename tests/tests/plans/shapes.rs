//! The shapes of queries whose plans and times are compared.
//!
//! A shape is one text. What stands between « and » is what a developer would have written by hand, with `:t` for the
//! tenant; without it, it is what the engine gets. So the two cannot say different things. `?` is a value.

use tenancy_testkit::Dialect;

/// A value of a shape.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bind {
    /// The id of the tenant's row of this number.
    Row(i64),
    Number(i64),
}

/// A text for some of the servers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    text: &'static str,
    pub(crate) binds: &'static [Bind],
    servers: &'static [Dialect],
}

use Bind::{Number, Row};

const ALL: &[Dialect] = &[Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];
const POSTGRES: &[Dialect] = &[Dialect::Postgres];
const SQLITE: &[Dialect] = &[Dialect::Sqlite];
const MYSQL: &[Dialect] = &[Dialect::Mysql];
const NOT_MYSQL: &[Dialect] = &[Dialect::Sqlite, Dialect::Postgres];

const fn shape(
    servers: &'static [Dialect],
    name: &'static str,
    binds: &'static [Bind],
    text: &'static str,
) -> Shape {
    Shape {
        name,
        text,
        binds,
        servers,
    }
}

const SHAPES: &[Shape] = &[
    shape(
        ALL,
        "point lookup",
        &[Row(3)],
        "SELECT id, status, total FROM orders WHERE «tid = :t AND »id = ?",
    ),
    shape(
        ALL,
        "range, order, limit",
        &[Number(100), Number(200)],
        "SELECT id, total FROM orders WHERE «tid = :t AND »placed_on BETWEEN ? AND ? ORDER BY placed_on, id LIMIT 20",
    ),
    shape(
        ALL,
        "keyset page",
        &[Number(100), Row(100)],
        "SELECT id, placed_on FROM orders WHERE «tid = :t AND »(placed_on, id) > (?, ?) ORDER BY placed_on, id LIMIT 20",
    ),
    shape(
        ALL,
        "max",
        &[],
        "SELECT max(placed_on) FROM orders« WHERE tid = :t»",
    ),
    shape(
        ALL,
        "join of two",
        &[Row(5)],
        "SELECT o.id, i.qty FROM orders o JOIN items i ON «i.tid = :t AND »i.order_id = o.id \
         WHERE «o.tid = :t AND »o.customer_id = ?",
    ),
    shape(
        ALL,
        "join with shared",
        &[Row(7)],
        "SELECT i.no, p.name FROM items i JOIN products p ON p.id = i.product_id WHERE «i.tid = :t AND »i.order_id = ?",
    ),
    shape(
        ALL,
        "join of three",
        &[Row(5)],
        "SELECT c.name, o.id, i.qty FROM customers c JOIN orders o ON «o.tid = :t AND »o.customer_id = c.id \
         JOIN items i ON «i.tid = :t AND »i.order_id = o.id WHERE «c.tid = :t AND »c.id = ? ORDER BY o.id LIMIT 20",
    ),
    shape(
        ALL,
        "left join",
        &[Row(5)],
        "SELECT c.id, o.id FROM customers c LEFT JOIN orders o ON «o.tid = :t AND »o.customer_id = c.id \
         WHERE «c.tid = :t AND »c.id = ?",
    ),
    shape(
        ALL,
        "EXISTS",
        &[Number(900)],
        "SELECT c.id FROM customers c WHERE «c.tid = :t AND »EXISTS \
         (SELECT 1 FROM orders o WHERE «o.tid = :t AND »o.customer_id = c.id AND o.total > ?)",
    ),
    shape(
        ALL,
        "NOT EXISTS",
        &[Number(900)],
        "SELECT c.id FROM customers c WHERE «c.tid = :t AND »NOT EXISTS \
         (SELECT 1 FROM orders o WHERE «o.tid = :t AND »o.customer_id = c.id AND o.total > ?)",
    ),
    shape(
        ALL,
        "IN subquery",
        &[Number(100)],
        "SELECT id, name FROM customers WHERE «tid = :t AND »id IN \
         (SELECT customer_id FROM orders WHERE «tid = :t AND »placed_on = ?)",
    ),
    shape(
        ALL,
        "aggregate",
        &[],
        "SELECT customer_id, count(*), sum(total) FROM orders« WHERE tid = :t» GROUP BY customer_id",
    ),
    shape(
        ALL,
        "count of one status",
        &[],
        "SELECT count(*) FROM orders WHERE «tid = :t AND »status = 'paid'",
    ),
    shape(
        ALL,
        "window",
        &[Number(100)],
        "SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY placed_on) AS n FROM orders \
         WHERE «tid = :t AND »placed_on < ?",
    ),
    shape(
        ALL,
        "CTE used twice",
        &[Number(400)],
        "WITH r AS (SELECT total FROM orders WHERE «tid = :t AND »placed_on >= ?) \
         SELECT count(*) FROM r WHERE total > (SELECT avg(total) FROM r)",
    ),
    shape(
        ALL,
        "UNION ALL",
        &[Row(5), Number(7)],
        "SELECT id FROM orders WHERE «tid = :t AND »customer_id = ? UNION ALL \
         SELECT order_id FROM items WHERE «tid = :t AND »product_id = ?",
    ),
    shape(
        ALL,
        "scalar subquery",
        &[],
        "SELECT c.id, (SELECT count(*) FROM orders o WHERE «o.tid = :t AND »o.customer_id = c.id) AS n \
         FROM customers c« WHERE c.tid = :t» ORDER BY c.id LIMIT 20",
    ),
    shape(
        ALL,
        "derived table",
        &[],
        "SELECT c.name, t.n FROM (SELECT customer_id, count(*) AS n FROM orders« WHERE tid = :t» GROUP BY customer_id) t \
         JOIN customers c ON «c.tid = :t AND »c.id = t.customer_id ORDER BY t.n DESC LIMIT 5",
    ),
    shape(
        ALL,
        "LIKE prefix",
        &[],
        "SELECT id, name FROM customers WHERE «tid = :t AND »name LIKE 'name1%'",
    ),
    shape(
        ALL,
        "enum",
        &[],
        "SELECT id, total FROM orders WHERE «tid = :t AND »status = 'new' ORDER BY id LIMIT 10",
    ),
    shape(
        ALL,
        "of one party",
        &[Number(5)],
        "SELECT id, qty FROM deals WHERE «(buyer = :t OR seller = :t) AND »qty > ?",
    ),
    shape(
        ALL,
        "all children",
        &[],
        "SELECT id, body FROM notes« WHERE order_id IN (SELECT id FROM orders WHERE tid = :t)»",
    ),
    shape(
        ALL,
        "one child",
        &[Row(3)],
        "SELECT id, body FROM notes WHERE «order_id IN (SELECT id FROM orders WHERE tid = :t) AND »id = ?",
    ),
    shape(
        ALL,
        "UPDATE",
        &[Row(9)],
        "UPDATE orders SET total = total + 1 WHERE «tid = :t AND »id = ?",
    ),
    shape(
        ALL,
        "DELETE",
        &[Row(100_000)],
        "DELETE FROM orders WHERE «tid = :t AND »id = ?",
    ),
    shape(
        NOT_MYSQL,
        "full join",
        &[],
        "SELECT c.id, o.id FROM «(SELECT * FROM »customers« WHERE tid = :t)» c \
         FULL JOIN «(SELECT * FROM »orders« WHERE tid = :t)» o ON o.customer_id = c.id",
    ),
    shape(
        POSTGRES,
        "JSON containment",
        &[],
        "SELECT id, total FROM orders WHERE «tid = :t AND »doc @> '{\"color\": 3}'",
    ),
    shape(
        SQLITE,
        "JSON, indexed",
        &[],
        "SELECT id, total FROM orders WHERE «tid = :t AND »json_extract(doc, '$.color') = 3",
    ),
    shape(
        MYSQL,
        "JSON containment",
        &[],
        "SELECT id, total FROM orders WHERE «tid = :t AND »JSON_CONTAINS(doc, '3', '$.color')",
    ),
    shape(
        MYSQL,
        "JSON, indexed",
        &[],
        "SELECT id, total FROM orders WHERE «tid = :t AND »color = 3",
    ),
    shape(
        POSTGRES,
        "full text",
        &[],
        "SELECT id, total FROM orders WHERE «tid = :t AND »words @@ to_tsquery('simple', 'word3')",
    ),
    shape(
        POSTGRES,
        "DISTINCT ON",
        &[],
        "SELECT DISTINCT ON (customer_id) customer_id, id, total FROM orders« WHERE tid = :t» \
         ORDER BY customer_id, placed_on DESC",
    ),
    shape(
        POSTGRES,
        "LATERAL",
        &[],
        "SELECT c.id, t.id FROM customers c CROSS JOIN LATERAL (SELECT o.id FROM orders o \
         WHERE «o.tid = :t AND »o.customer_id = c.id ORDER BY o.placed_on DESC LIMIT 2) t« WHERE c.tid = :t»",
    ),
    shape(
        POSTGRES,
        "GROUP BY primary key",
        &[Number(450)],
        "SELECT c.id, c.name, count(*) FROM customers c JOIN orders o ON «o.tid = :t AND »o.customer_id = c.id \
         WHERE «c.tid = :t AND »o.placed_on > ? GROUP BY c.id«, c.tid»",
    ),
    shape(
        POSTGRES,
        "next of a queue",
        &[],
        "SELECT id FROM orders WHERE «tid = :t AND »status = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
    ),
    shape(
        POSTGRES,
        "UPDATE FROM",
        &[Row(9)],
        "UPDATE orders o SET total = o.total + 1 FROM customers c \
         WHERE «o.tid = :t AND c.tid = :t AND »c.id = o.customer_id AND o.id = ?",
    ),
    shape(
        MYSQL,
        "UPDATE of a join",
        &[Row(9)],
        "UPDATE orders o JOIN customers c ON «c.tid = :t AND »c.id = o.customer_id SET o.total = o.total + 1 \
         WHERE «o.tid = :t AND »o.id = ?",
    ),
];

/// The shapes for a server.
pub(crate) fn shapes(server: Dialect) -> impl Iterator<Item = &'static Shape> {
    SHAPES.iter().filter(move |shape| shape.servers.contains(&server))
}

impl Shape {
    /// What the engine gets.
    pub(crate) fn plain(&self, server: Dialect) -> String {
        let mut out = String::new();
        let mut rest = self.text;
        while let Some((before, after)) = rest.split_once('«') {
            out.push_str(before);
            rest = after.split_once('»').map_or("", |(_, after)| after);
        }
        out.push_str(rest);
        numbered(&out, server)
    }

    /// What a developer would have written, with the tenant as the last bind; on MySQL, as for the engine, in the text.
    pub(crate) fn by_hand(&self, server: Dialect, tenant: i64) -> String {
        let last = self.binds.len() + 1;
        let place = match server {
            Dialect::Sqlite => format!("?{last}"),
            Dialect::Postgres => format!("${last}"),
            Dialect::Mysql => tenant.to_string(),
        };
        let text = self.text.replace(['«', '»'], "").replace(":t", &place);
        numbered(&text, server)
    }
}

/// The text with its placeholders as the server writes them.
fn numbered(text: &str, server: Dialect) -> String {
    let mut out = String::new();
    let mut count = 0;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, server) {
            ('?', Dialect::Postgres | Dialect::Sqlite) if !chars.peek().is_some_and(char::is_ascii_digit) => {
                count += 1;
                let mark = if server == Dialect::Postgres { '$' } else { '?' };
                out.push_str(&format!("{mark}{count}"));
            }
            _ => out.push(char),
        }
    }
    out
}
