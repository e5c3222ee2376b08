//! Finding an item's original and its story, with a window of 100,000 items.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use newsriver::cluster::{Article, Read, Stories, Window, decide};
use newsriver::model::{ItemNumber, Timestamp};
use std::cell::RefCell;
use std::collections::HashMap;

const WINDOW: u64 = 100_000;
const BATCH: u64 = 500;

/// 700 characters of made-up Chinese, another text for each number; every fifth repeats one of lately.
fn words(number: u64) -> (String, String) {
    let mut seed = if number % 5 == 4 { number - 4 } else { number }.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut word = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        // Low numbers come oftener.
        let rank = (seed >> 33) % ((seed & 0x3FFF) + 20);
        [0x4E00 + rank % 3000, 0x4E00 + rank * 7 % 3000]
            .map(|code| char::from_u32(u32::try_from(code).unwrap()).unwrap())
    };
    let text: String = (0..345).flat_map(|_| word()).collect();
    let title: String = (0..8).flat_map(|_| word()).collect();
    (
        format!("{title}{number}"),
        format!("本报{}日电 {text}", number % 28),
    )
}

#[derive(Default)]
struct River {
    window: Window,
    stories: Stories,
    recent: HashMap<ItemNumber, Article>,
    next: u64,
    copies: u64,
}

impl River {
    fn take(&mut self, count: u64) {
        for number in self.next..self.next + count {
            let time = Timestamp::from_seconds(i64::try_from(number * 21 * 86_400 / WINDOW).unwrap());
            let (title, text) = words(number);
            let read = Read::new(
                ItemNumber(number),
                u32::try_from(number % 500).unwrap(),
                time,
                &title,
                &text,
            );
            let candidates = self.window.candidates(&read.article, time);
            let brought = candidates
                .likely
                .iter()
                .filter_map(|number| self.recent.get(number));
            if decide(&read.article, &candidates, brought).is_some() {
                self.copies += 1;
                continue;
            }
            self.window.add(&read.article, time);
            black_box(self.stories.place(&read));
            self.recent.insert(read.article.number, read.article);
            self.recent
                .retain(|kept, _| number % 1000 != 0 || number - kept.0 < 1000);
        }
        self.next += count;
    }
}

thread_local! {
    static RIVER: RefCell<River> = RefCell::new({
        let mut river = River::default();
        river.take(WINDOW);
        assert!(river.copies >= WINDOW / 5 - 10, "{} copies", river.copies);
        river
    });
}

/// From an item's plain words to its original or its story.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn duplicates_and_stories(bencher: Bencher) {
    RIVER.with_borrow(|river| assert!(river.window.len() > 70_000));
    let counted = bencher.counter(ItemsCount::new(BATCH));
    counted.bench_local(|| RIVER.with_borrow_mut(|river| river.take(BATCH)));
}
