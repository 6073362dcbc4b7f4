//! Time and chance, read in one place.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::TryRng;
use rand::rngs::SysRng;

/// The seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of the agent that reads the wall clock"
    )]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// 32 random hexadecimal digits.
pub(crate) fn random_id() -> String {
    let mut bytes = [0; 16];
    SysRng
        .try_fill_bytes(&mut bytes)
        .expect("the operating system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Between half of a pause and the whole of it, so that agents do not come back all at once.
pub(crate) fn jitter(pause: Duration) -> Duration {
    // Without random bytes it comes back a little too regularly, which is no reason to stop.
    let share = SysRng.try_next_u32().unwrap_or(0) % 1000;
    pause / 2 + pause * share / 2000
}
