//! The platform's own: the stores and who operates them. No store's statement reaches these tables, and of a store's
//! own tables only the one row of `INSERT_OWNER` is written here, while the store is being made.

super::statements! {
    /// All of this module.
    ALL:

    /// slug, name, status, now
    INSERT_STORE = "INSERT INTO stores (id, slug, name, status, created_at) \
                    SELECT coalesce(max(s.id), 0) + 1, $1, $2, $3, $4 FROM stores s RETURNING id";

    /// store, id, email, name, role, password's hash, now
    INSERT_OWNER = "INSERT INTO people (store_id, id, email, name, role, password_hash, created_at) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7)";

    /// store, status
    SET_STATUS = "UPDATE stores SET status = $2 WHERE id = $1";

    /// nothing
    STORES = "SELECT id, slug, name, status FROM stores ORDER BY id";

    /// id, name, token's hash, now
    INSERT_OPERATOR = "INSERT INTO operator_tokens (id, name, token_hash, created_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (token_hash) DO NOTHING";

    /// token's hash
    OPERATOR = "SELECT name FROM operator_tokens WHERE token_hash = $1";

    /// nothing
    COUNT_OPERATORS = "SELECT count(*) FROM operator_tokens";

    /// name, secret
    KEEP_SECRET = "INSERT INTO platform_secrets (name, secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

    /// name
    SECRET = "SELECT secret FROM platform_secrets WHERE name = $1";
}
