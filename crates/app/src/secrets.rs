//! The server's master key and what is derived from it: signatures, hashes, tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The master key: 32 random bytes.
#[derive(Clone)]
pub struct Secrets {
    key: [u8; 32],
}

impl Secrets {
    /// Takes the master key.
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// A key for one purpose, so that what is signed for one is worth nothing for another.
    pub fn derived(&self, purpose: &str) -> [u8; 32] {
        hmac(&self.key, &[purpose.as_bytes()])
    }

    /// A signature over some text, for one purpose: 43 characters.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac(&self.derived(purpose), &[text.as_bytes()]))
    }

    /// Whether a signature is right, in constant time.
    pub fn verify(&self, purpose: &str, text: &str, signature: &str) -> bool {
        same(self.sign(purpose, text).as_bytes(), signature.as_bytes())
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

/// The SHA-256 of a random secret: right for secrets of 190 bits, which nobody can guess.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether two byte strings are the same, in constant time.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// HMAC-SHA256 over several parts.
pub fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_worth_something_for_its_purpose_alone() {
        let secrets = Secrets::new([7; 32]);
        let signature = secrets.sign("receipt", "cs_1");
        assert_eq!(signature.len(), 43);
        assert!(secrets.verify("receipt", "cs_1", &signature));
        assert!(!secrets.verify("receipt", "cs_2", &signature));
        assert!(!secrets.verify("csrf", "cs_1", &signature));
        assert!(!Secrets::new([8; 32]).verify("receipt", "cs_1", &signature));
    }
}
