//! What the unit tests here share.

use super::{SourceView, View};
use crate::config::{Categorize, Config, Fetch, Filter, Publish, Server, Site, StoreConfig};
use crate::model::{Category, ContentLevel, SourceId};
use std::time::Duration;

/// A site with two categories and one source.
pub(super) fn view() -> View {
    let category = |name: &str, title: &str, aliases: &[&str]| Category {
        name: name.into(),
        title: title.into(),
        aliases: aliases.iter().map(|alias| (*alias).into()).collect(),
        ..Category::default()
    };
    let mut view = View::new(&config(), &[]);
    view.categories = vec![
        category("finance", "财经", &["money"]),
        category("科技", "科技", &[]),
    ];
    view.with_sources(vec![SourceView {
        id: SourceId(1),
        name: "alpha".into(),
        url: "https://alpha.example/feed".into(),
        is_ranking: false,
        categories: vec!["finance".into()],
        content: ContentLevel::Full,
        language: None,
        weight: 1,
    }])
}

fn config() -> Config {
    let minute = Duration::from_secs(60);
    Config {
        path: "feeds.toml".into(),
        site: Site {
            title: "Newsriver".into(),
            url: "https://river.example/".parse().unwrap(),
            language: "en".into(),
            timezone: None,
            contact: None,
        },
        server: Server {
            listen: "127.0.0.1:0".into(),
        },
        store: StoreConfig {
            path: "store".into(),
            retention: minute,
            max_size_bytes: 0,
        },
        fetch: Fetch {
            concurrency: 1,
            per_host: 1,
            max_body_bytes: 1,
            memory_bytes: 1,
            timeout: minute,
            interval: minute,
            min_interval: minute,
            max_interval: minute,
            allow_private_networks: false,
            allow_files: false,
        },
        publish: Publish {
            items: 50,
            window: minute * 120,
            per_source: 0,
            content: ContentLevel::Full,
            collapses_duplicates: true,
        },
        story: crate::config::Story::default(),
        hot: crate::config::Hot {
            items: 50,
            half_life: minute * 360,
            publishers: 2,
            per_source: 0,
        },
        websub: crate::config::WebSub::default(),
        filter: Filter::default(),
        source_filters: Vec::new(),
        examples: Vec::new(),
        categorize: Categorize {
            learned: false,
            floor: 0.7,
            is_floor_written: false,
        },
        categories: Vec::new(),
        sources: Vec::new(),
    }
}
