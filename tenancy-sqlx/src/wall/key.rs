//! [`SigningKey`]: what makes a tenant on a connection something that no statement can forge.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tenancy_core::TenantId;

/// The block of SHA-256, to which HMAC pads its key.
const BLOCK: usize = 64;
/// The least that a key is worth as much as its hash.
const LEAST: usize = 32;

/// The secret that the application shares with the function that tells PostgreSQL's policies whose turn it is.
///
/// What tells the tenant is signed with it (HMAC-SHA-256, RFC 2104), for a short time. The server believes it in the first
/// statement of a transaction alone, and signs for itself whose turn it is: for this connection and this transaction, with a
/// key that never leaves the server. A statement that gets past the engine can change the setting that holds the turn, but
/// not sign it.
///
/// A key has a number, so that the next one can be installed before it is used, and the last one removed afterwards.
///
/// ```
/// use tenancy_sqlx::SigningKey;
///
/// let key = SigningKey::new(1, b"32 random bytes, from a secret store")?;
/// // Run once, by the owner of the tables; it holds the secret.
/// let install = key.install("tenancy");
/// assert!(install.starts_with(r#"INSERT INTO "tenancy".signing_key"#));
/// # Ok::<(), tenancy_sqlx::InvalidSigningKey>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    id: u8,
    /// The secret as HMAC pads it to a block.
    block: [u8; BLOCK],
}

/// A secret that is too short to sign with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a signing key needs at least {LEAST} bytes")]
pub struct InvalidSigningKey(());

impl SigningKey {
    /// A key of at least 32 bytes, which should be random ones.
    ///
    /// # Errors
    /// There are fewer.
    pub fn new(id: u8, secret: &[u8]) -> Result<Self, InvalidSigningKey> {
        if secret.len() < LEAST {
            return Err(InvalidSigningKey(()));
        }
        let mut block = [0; BLOCK];
        if secret.len() > BLOCK {
            let hash = Sha256::digest(secret);
            block.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        } else {
            block.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
        }
        Ok(Self { id, block })
    }

    /// The statements that install the key where the [migration](super::RowSecurity) made its table, in the schema that it
    /// made. They hold the secret, and are run by the owner of the tables.
    pub fn install(&self, schema: &str) -> String {
        let schema = super::slice::quoted(schema);
        format!(
            "INSERT INTO {schema}.signing_key (id, inner_pad, outer_pad) VALUES ('{:03}', '\\x{}', '\\x{}') \
             ON CONFLICT (id) DO UPDATE SET inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad; \
             ANALYZE {schema}.signing_key",
            self.id,
            // What the two hashes of an HMAC begin with, so that the server does not make it anew each time.
            hex(&self.block.map(|byte| byte ^ 0x36)),
            hex(&self.block.map(|byte| byte ^ 0x5c))
        )
    }

    /// What the server's function `enter` has to be given for a transaction to be this tenant's, at a time in milliseconds
    /// since 1970: it is believed where the transaction's `now()` is less than ten seconds from it.
    ///
    /// A [`TenantDb`](crate::TenantDb) does this by itself; here is what another driver does. In one round trip,
    /// `BEGIN; SELECT tenancy.enter('…', '1kB')`, with 1024 spaces between the two: as many as the server's
    /// `track_activity_query_size` says, so that `pg_stat_activity` does not show the token. The end of the transaction is the
    /// end of the turn.
    ///
    /// # Cross-tenant
    /// Whoever can ask for tokens can be any tenant: this is for the program that decides whose turn it is, never for one
    /// that runs a tenant's own code. A token that somebody else gets hold of can be used until its time is over, in the
    /// first statement of a transaction.
    ///
    /// ```
    /// use tenancy_core::TenantId;
    /// use tenancy_sqlx::SigningKey;
    ///
    /// let key = SigningKey::new(1, b"32 random bytes, from a secret store")?;
    /// let token = key.token(&TenantId::bigint(7)?, 1_700_000_000_000);
    /// assert!(token.ends_with(".1700000000000.001.7"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token(&self, tenant: &TenantId, at: i64) -> String {
        let signed = format!("{at:013}.{:03}.{tenant}", self.id);
        let mac = Hmac::<Sha256>::new(&self.block.into())
            .chain_update(&signed)
            .finalize();
        format!("{}.{signed}", hex(&mac.into_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
