//! How long the disk takes to make a write durable: no commit can be faster.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, Instant},
};

use crate::measure::quantile;

pub(crate) struct Sync {
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

const WRITES: usize = 1000;

/// Writes pages one after the other into a file that is long enough already, as a log is.
pub(crate) fn sync(path: &Path) -> std::io::Result<Sync> {
    let (mut file, page) = (File::create_new(path)?, [7; 4096]);
    for _ in 0..WRITES {
        file.write_all(&page)?;
    }
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let began = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(Sync {
        median: quantile(&times, 50),
        p99: quantile(&times, 99),
    })
}
