//! Who works in a store, and their tokens.

super::statements! {
    /// All of this module.
    ALL:

    /// email
    BY_EMAIL = "SELECT id, email, name, role, password_hash FROM people WHERE email = $1";

    /// token's hash, now. A token of another store is not there to be found.
    BY_TOKEN = "SELECT p.id, p.email, p.name, p.role, p.password_hash \
                FROM api_tokens t JOIN people p ON p.id = t.person_id \
                WHERE t.token_hash = $1 AND t.expires_at > $2";

    /// id, email, name, role, password's hash, now
    INSERT = "INSERT INTO people (id, email, name, role, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)";

    /// id, person, token's hash, now, end
    INSERT_TOKEN = "INSERT INTO api_tokens (id, person_id, token_hash, created_at, expires_at) \
                    VALUES ($1, $2, $3, $4, $5)";

    /// token's hash
    DELETE_TOKEN = "DELETE FROM api_tokens WHERE token_hash = $1";

    /// now
    DELETE_OLD_TOKENS = "DELETE FROM api_tokens WHERE expires_at <= $1";
}
