//! The channels that polls have touched and nobody has published yet.

use crate::store::Channel;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Channels waiting to be published anew, and a bell for whoever does that.
#[derive(Default)]
pub struct Touched {
    waiting: Mutex<HashSet<Channel>>,
    bell: Notify,
}

impl Touched {
    /// These channels changed.
    pub fn add(&self, channels: Vec<Channel>) {
        if !channels.is_empty() {
            self.keep(channels);
            self.bell.notify_one();
        }
    }

    /// Remembers channels without ringing: what could not be published waits to be tried again.
    pub fn keep(&self, channels: Vec<Channel>) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(channels);
    }

    /// Waits for the bell.
    pub async fn come(&self) {
        self.bell.notified().await;
    }

    /// All that wait, in a fixed order.
    pub fn take(&self) -> Vec<Channel> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut channels: Vec<_> = waiting.drain().collect();
        channels.sort_unstable();
        channels
    }
}
