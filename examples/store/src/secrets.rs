//! Passwords and tokens: what is kept of them cannot be used to log in.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rand::RngExt;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

/// Hashing takes 19 MiB and tens of milliseconds: no more than this many at once, the others wait.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// Compared against when there is no such person, so that the answer takes as long as for a wrong password.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this password").ok());

/// Hashing did not work.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashError;

/// The shortest and the longest password, in bytes.
pub const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 10..=200;

/// Hashes a password with Argon2id and a random salt, as a PHC string.
pub async fn hash_password(password: String) -> Result<String, HashError> {
    let _turn = AT_ONCE.acquire().await.map_err(|_| HashError)?;
    tokio::task::spawn_blocking(move || hash_now(&password))
        .await
        .map_err(|_| HashError)?
}

/// Whether the password is the one that was hashed. `None` (no such person) takes as long and is `false`.
pub async fn verify_password(password: String, hash: Option<String>) -> Result<bool, HashError> {
    let _turn = AT_ONCE.acquire().await.map_err(|_| HashError)?;
    tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let hash = hash.or_else(|| NOBODY.clone()).ok_or(HashError)?;
        let parsed = PasswordHash::new(&hash).map_err(|_| HashError)?;
        Ok(Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
            && known)
    })
    .await
    .map_err(|_| HashError)?
}

fn hash_now(password: &str) -> Result<String, HashError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| HashError)
}

/// A new token: 256 random bits, as hexadecimal digits behind a prefix that secret scanners can look for.
pub fn new_token(prefix: &str) -> String {
    let bits: [u8; 32] = rand::rng().random();
    format!("{prefix}_{}", hex(&bits))
}

/// What is kept of a token. A token is random and long, so one round of SHA-256 is enough.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Lower case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn passwords() {
        let hash = hash_password("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_ne!(
            hash,
            hash_password("correct horse".into()).await.unwrap(),
            "salted"
        );
        assert!(
            verify_password("correct horse".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!verify_password("wrong".into(), Some(hash)).await.unwrap());
        assert!(
            !verify_password("nobody has this password".into(), None)
                .await
                .unwrap()
        );
    }

    #[test]
    fn tokens() {
        let token = new_token("store");
        assert_eq!(token.len(), "store_".len() + 64);
        assert_ne!(token, new_token("store"));
        assert_eq!(token_hash("a").len(), 64);
        assert_ne!(token_hash("a"), token_hash("b"));
    }
}
