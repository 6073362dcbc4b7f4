//! Time and chance, as arguments: what needs them takes a [`Clock`] or [`Ids`].

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The time now, to the microsecond (what the database keeps).
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the wall clock"
        )]
        let now = Timestamp::now();
        to_micros(now)
    }
}

/// A time that never comes: what would end after it ends then.
pub const FAR: Timestamp = Timestamp::constant(253_370_764_800, 0);

/// So much later, [`FAR`] at the latest.
pub fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).map_or(FAR, |time| time.min(FAR))
}

/// So much sooner, as far back as times go.
pub fn sooner(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// A clock that moves only when told to, for tests.
#[derive(Debug)]
pub struct ManualClock {
    micros: AtomicI64,
}

impl ManualClock {
    /// A clock standing at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self {
            micros: AtomicI64::new(start.as_microsecond()),
        }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: SignedDuration) {
        let micros =
            i64::try_from(by.as_micros()).expect("tests advance by less than 292,000 years");
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.micros.load(Ordering::SeqCst))
            .expect("a manual clock starts at a valid time")
    }
}

fn to_micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).expect("a valid time stays valid")
}

/// Makes ids and random tokens from the operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids;

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LOWER: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// Without `0`, `O`, `1`, `I` and `L`.
pub(crate) const LEGIBLE: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

impl Ids {
    /// A fresh time-ordered id (UUID version 7) for something made at `now`.
    pub fn next<T: From<Uuid>>(self, now: Timestamp) -> T {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        T::from(uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes::<10>()).into_uuid())
    }

    /// `length` characters of `[A-Za-z0-9]`, each worth 5.95 bits.
    pub fn token(self, length: usize) -> String {
        self.pick(ALPHANUMERIC, length)
    }

    /// `length` characters of `[a-z0-9]`.
    pub fn short(self, length: usize) -> String {
        self.pick(LOWER, length)
    }

    /// `length` capital letters and digits, none of which look alike, each worth 4.95 bits.
    pub fn legible(self, length: usize) -> String {
        self.pick(LEGIBLE, length)
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that draws random numbers"
        )]
        let mut rng = rand::rng();
        let mut bytes = [0; N];
        rand::Rng::fill_bytes(&mut rng, &mut bytes);
        bytes
    }

    fn pick(self, alphabet: &[u8], length: usize) -> String {
        // Bytes at or above the largest multiple of the alphabet's length are drawn again, so that
        // every character is equally likely.
        let limit = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(length);
        while text.len() < length {
            for byte in self.bytes::<32>() {
                if text.len() < length && usize::from(byte) < limit {
                    text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_by_time_and_tokens_have_their_alphabet() {
        let early = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        let late = Timestamp::from_millisecond(1_700_000_000_001).unwrap();
        assert!(Ids.next::<Uuid>(early) < Ids.next::<Uuid>(late));
        assert_eq!(Ids.next::<Uuid>(early).get_version_num(), 7);
        let token = Ids.token(4000);
        assert!(token.len() == 4000 && token.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(Ids.token(32), Ids.token(32));
        assert!(
            Ids.short(8)
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        );
    }
}
