//! What the application's user may do, by its roles too.

use super::{Ask, MariaDb, MariaGrant, Schema, as_text, ask, or_unread, text_of, tokens};

impl Schema<'_> {
    /// The application's user, whether it exists, and what it may do.
    pub(super) async fn grants(
        &mut self,
        ask: Ask<'_>,
        own: &mut MariaDb,
    ) -> Result<(String, bool), sqlx::Error> {
        let current: String = sqlx::query_scalar("SELECT CAST(CURRENT_USER() AS CHAR)")
            .fetch_one(&mut *self.connection)
            .await?;
        let named = ask.options.app.clone();
        let app = named.clone().unwrap_or_else(|| current.clone());
        let mut mine = vec![app.clone()];
        // Roles that it was granted. Without a right to read them nobody knows which those are.
        let rows = sqlx::query("SELECT CAST(User AS CHAR), CAST(Role AS CHAR) FROM mysql.roles_mapping")
            .fetch_all(&mut *self.connection)
            .await;
        let mut members = Vec::new();
        for row in or_unread(rows, "the roles of users", &mut self.unread)? {
            members.push(text_of::<2>(&row)?);
        }
        // A role's own may stand in front of it, so it is looked through until nothing is new.
        while let Some([_, role]) = members.iter().find(|[user, role]| {
            mine.iter().any(|own| user_of(own) == user) && !mine.iter().skip(1).any(|own| own == role)
        }) {
            mine.push(role.clone());
        }
        // What everybody may do, from 10.11 on.
        let public = sqlx::query("SELECT User FROM mysql.user WHERE User = 'PUBLIC'")
            .fetch_all(&mut *self.connection)
            .await;
        if !or_unread(public, "the grants of PUBLIC", &mut self.unread)?.is_empty() {
            mine.push("PUBLIC".to_owned());
        }
        for row in self.rows_plain("grants", ask::GRANTS).await? {
            let [grantee, privilege, grantable, ..] = text_of::<6>(&row)?;
            let grantee = grantee.replace('\'', "");
            // What roles may do is not shown here.
            if !grantee.ends_with('@') && mine.iter().any(|name| is_user(&grantee, name)) {
                own.grants.push(MariaGrant {
                    grantee,
                    privilege,
                    grantable: grantable == "YES",
                    schema: as_text(&row, 3)?,
                    table: as_text(&row, 4)?,
                    column: as_text(&row, 5)?,
                });
            }
        }
        let mut exists = !own.grants.is_empty();
        for role in mine.iter().skip(1) {
            let sql = match role.as_str() {
                "PUBLIC" => "SHOW GRANTS FOR PUBLIC".to_owned(),
                role => format!("SHOW GRANTS FOR `{}`", role.replace('`', "``")),
            };
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                .fetch_all(&mut *self.connection)
                .await;
            for row in or_unread(rows, &format!("the grants of the role {role}"), &mut self.unread)? {
                let line = as_text(&row, 0)?.unwrap_or_default();
                // What comes from a role of the role's own stands among them.
                for grant in granted(&line, role) {
                    own.grants.push(grant);
                }
            }
        }
        let is_mine = |user: &str, host: &str| {
            mine.iter()
                .any(|name| is_user(&format!("{user}@{host}"), name) || name == user)
        };
        for [_, kind, name, user, host] in self.texts::<5>("the grants of routines", ask::CALLERS).await? {
            if is_mine(&user, &host) {
                own.callers.push((kind, name, format!("{user}@{host}")));
            }
        }
        for [user, host, proxied, proxied_host] in
            self.texts::<4>("who may be somebody else", ask::PROXIES).await?
        {
            if is_mine(&user, &host) {
                own.proxies
                    .push((format!("{user}@{host}"), format!("{proxied}@{proxied_host}")));
            }
        }
        if !exists && named.is_some() && !is_user(&current, &app) {
            let what = format!("the grants of {app}");
            let users = sqlx::query("SELECT CAST(COUNT(*) AS CHAR) FROM mysql.user")
                .fetch_all(&mut *self.connection)
                .await;
            // Of whom nothing can be seen nobody knows that it is not there.
            exists = users.is_err();
            or_unread(users, &what, &mut self.unread)?;
        }
        Ok((app, exists))
    }
}

/// The privileges of a line of SHOW GRANTS. A role that is granted has lines of its own.
fn granted(line: &str, role: &str) -> Vec<MariaGrant> {
    let tokens = tokens::read(line);
    let at = |word: &str| tokens.iter().position(|token| token.is(word));
    let Some(on) = at("on") else { return Vec::new() };
    let names: Vec<Option<String>> = tokens
        .iter()
        .skip(on + 1)
        .take_while(|token| !token.is("to"))
        .filter(|token| !token.is("."))
        .map(|token| token.name().map(str::to_owned))
        .collect();
    // A role shows what it has by another one too, as that one's.
    let grantee = tokens
        .iter()
        .skip(on)
        .skip_while(|token| !token.is("to"))
        .nth(1)
        .and_then(tokens::Token::name)
        .unwrap_or(role);
    let grantable = line.to_ascii_uppercase().ends_with("WITH GRANT OPTION");
    let mut grants = Vec::new();
    let (mut words, mut columns, mut inside) = (Vec::new(), Vec::new(), false);
    let mut push = |words: &mut Vec<String>, columns: &mut Vec<String>| {
        let privilege = std::mem::take(words).join(" ").to_ascii_uppercase();
        let of = |column: Option<String>| MariaGrant {
            grantee: grantee.to_owned(),
            privilege: privilege.clone(),
            grantable,
            schema: names.first().cloned().flatten(),
            table: names.get(1).cloned().flatten(),
            column,
        };
        if columns.is_empty() {
            grants.push(of(None));
        }
        grants.extend(columns.drain(..).map(|column| of(Some(column))));
    };
    for token in tokens.iter().take(on).skip(1) {
        if token.is("(") || token.is(")") {
            inside = token.is("(");
        } else if token.is(",") && !inside {
            push(&mut words, &mut columns);
        } else if let Some(name) = token.name() {
            let into = if inside { &mut columns } else { &mut words };
            into.push(name.to_owned());
        }
    }
    push(&mut words, &mut columns);
    grants
}

/// `shop@%` without the host.
fn user_of(name: &str) -> &str {
    name.rsplit_once('@').map_or(name, |(user, _)| user)
}

/// Whether a grantee is this user. A name without a host is all users of that name, and the role.
fn is_user(grantee: &str, name: &str) -> bool {
    grantee == name || (!name.contains('@') && user_of(grantee) == name)
}

#[cfg(test)]
mod tests {
    use super::granted;

    #[test]
    fn grants_are_read_from_their_lines() {
        let read = |line| {
            let show = |text: Option<String>| text.unwrap_or_else(|| "*".to_owned());
            let grants = granted(line, "r").into_iter();
            let each = grants.map(|one| {
                format!(
                    "{} {}.{} {}",
                    one.privilege,
                    show(one.schema),
                    show(one.table),
                    show(one.column)
                )
            });
            each.collect::<Vec<_>>()
        };
        assert_eq!(
            read("GRANT FILE, CREATE USER ON *.* TO `r`"),
            ["FILE *.* *", "CREATE USER *.* *"]
        );
        assert_eq!(
            read("GRANT SELECT ON `a b`.* TO `r` WITH GRANT OPTION"),
            ["SELECT a b.* *"]
        );
        assert_eq!(
            read("GRANT SELECT, UPDATE (`x`, `y`) ON `s`.`t` TO `r`"),
            ["SELECT s.t *", "UPDATE s.t x", "UPDATE s.t y"]
        );
        assert!(read("GRANT `other` TO `r`").is_empty());
    }
}
