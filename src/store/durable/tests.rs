use super::*;
use crate::store::contract::{self, at};
use std::path::Path;

fn options(path: &Path) -> Options {
    Options {
        cache_bytes: 8 << 20,
        ..Options::new(path, "example.org", at(1_795_336_200))
    }
}

#[tokio::test]
async fn it_does_what_any_store_owes() {
    let folder = tempfile::tempdir().unwrap();
    let count = AtomicU64::new(0);
    contract::hold(|| async {
        let name = count.fetch_add(1, Ordering::SeqCst).to_string();
        open(options(&folder.path().join(name))).unwrap()
    })
    .await;
}
