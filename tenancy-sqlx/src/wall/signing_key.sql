
-- The keys that the application signs with, and beside each the server's own, which signs whose turn it is once the
-- application was believed and never leaves the server. Only the owner, and so the functions below, reads them.
CREATE TABLE IF NOT EXISTS {schema}.signing_key (
    id text PRIMARY KEY CHECK (id ~ '^[0-9]{3}$'),
    inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64),
    turn_inner bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
        || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
    turn_outer bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
        || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
REVOKE ALL ON TABLE {schema}.signing_key FROM PUBLIC, {app}, {operator};
