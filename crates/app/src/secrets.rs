//! The server's master key and what is derived from it: signatures, hashes, tokens, and what is sealed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, Payload};
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

/// The length of a [`Secrets::seal`]'s nonce: so long that random ones never meet.
pub const NONCE: usize = 24;

/// How [`Secrets::seal`] writes, in the first byte of what is sealed.
const SEAL_VERSION: u8 = 1;

impl Secrets {
    /// Encrypts for one purpose, so that it can be read under the same `context` alone: what is sealed
    /// for one row is worth nothing in another. `nonce` is random.
    pub fn seal(
        &self,
        purpose: &str,
        context: &[u8],
        nonce: [u8; NONCE],
        secret: &[u8],
    ) -> Vec<u8> {
        let payload = Payload {
            msg: secret,
            aad: context,
        };
        let sealed = self
            .cipher(purpose)
            .encrypt(&nonce.into(), payload)
            .expect("a secret is shorter than 256 GiB");
        [&[SEAL_VERSION], &nonce[..], &sealed[..]].concat()
    }

    /// Decrypts what [`Self::seal`] made; `None` where it was not made so, with this key and context.
    pub fn open(&self, purpose: &str, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>()?;
        if *version != SEAL_VERSION {
            return None;
        }
        let payload = Payload {
            msg: text,
            aad: context,
        };
        let cipher = self.cipher(purpose);
        cipher.decrypt(&(*nonce).into(), payload).ok()
    }

    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derived(purpose).into())
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

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_context_alone() {
        let secrets = Secrets::new([7; 32]);
        let sealed = secrets.seal("gift card", b"card 1", [3; NONCE], b"secret");
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        let open = |purpose, context: &[u8]| secrets.open(purpose, context, &sealed);
        assert_eq!(
            open("gift card", b"card 1").as_deref(),
            Some(&b"secret"[..])
        );
        assert_eq!(open("gift card", b"card 2"), None);
        assert_eq!(open("gateway", b"card 1"), None);
        let other = Secrets::new([8; 32]);
        assert_eq!(other.open("gift card", b"card 1", &sealed), None);
        for place in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[place] ^= 1;
            assert_eq!(
                secrets.open("gift card", b"card 1", &broken),
                None,
                "{place}"
            );
            let short = &sealed[..place];
            assert_eq!(secrets.open("gift card", b"card 1", short), None);
        }
    }
}
