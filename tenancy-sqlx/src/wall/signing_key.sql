
-- The keys that the application signs with. Only the owner, and so the functions below, reads them.
CREATE TABLE IF NOT EXISTS {schema}.signing_key (
    id smallint PRIMARY KEY,
    inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64)
);
-- The server's own, which signs whose turn it is once it has believed the application. It never leaves the server.
CREATE TABLE IF NOT EXISTS {schema}.turn_key (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    inner_pad bytea NOT NULL,
    outer_pad bytea NOT NULL
);
INSERT INTO {schema}.turn_key (inner_pad, outer_pad)
SELECT
    uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
    uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
ON CONFLICT DO NOTHING;
REVOKE ALL ON TABLE {schema}.signing_key, {schema}.turn_key FROM PUBLIC, {app}, {operator};
