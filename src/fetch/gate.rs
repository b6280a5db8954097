//! Who may call when: so many requests in flight to one service of one account, and so many altogether. AWS counts by
//! account and service, so that many accounts can be asked at once where one must be asked slowly.

use super::settings::OVERALL;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limits.
#[derive(Debug)]
pub struct Gate {
    each: usize,
    all: Arc<Semaphore>,
    by: Mutex<HashMap<(String, &'static str), Arc<Semaphore>>>,
}

/// A request in flight.
pub struct Turn {
    _own: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Gate {
    /// `each` in flight to one service of one account.
    pub fn new(each: usize) -> Self {
        let each = each.max(1);
        Self { each, all: Arc::new(Semaphore::new(each.saturating_mul(OVERALL))), by: Mutex::default() }
    }

    /// Wait for a turn. It ends when what is given back is dropped.
    pub async fn enter(&self, account: &str, service: &'static str) -> Turn {
        let own = {
            let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
            by.entry((account.to_owned(), service)).or_insert_with(|| Arc::new(Semaphore::new(self.each))).clone()
        };
        // The narrow gate first: who waits there keeps nobody else out. Semaphores that are never closed always let in.
        let own = own.acquire_owned().await.ok();
        let all = self.all.clone().acquire_owned().await.ok();
        Turn { _own: own, _all: all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream::{self, StreamExt};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The most that were in flight at once, when a hundred ask for one of so many accounts.
    fn peak(gate: &Gate, accounts: usize) -> usize {
        let (here, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |n: usize| {
            let (here, peak) = (&here, &peak);
            async move {
                let _turn = gate.enter(&format!("{}", n % accounts), "iam").await;
                peak.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                here.fetch_sub(1, Ordering::SeqCst);
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(stream::iter(0..100).map(work).buffer_unordered(100).collect::<Vec<()>>());
        peak.into_inner()
    }

    #[test]
    fn limits_hold_for_each_and_for_all() {
        assert_eq!(peak(&Gate::new(2), 1), 2);
        assert_eq!(peak(&Gate::new(2), 3), 6);
        assert_eq!(peak(&Gate::new(2), 50), 2 * OVERALL);
        assert_eq!(peak(&Gate::new(0), 1), 1);
    }
}
