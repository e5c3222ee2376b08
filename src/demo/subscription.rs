//! The `feeds.toml` by which the demo's daemon follows the demo's origin.

use super::cast::CAST;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

/// The file that makes newsriver poll every source of `origin` from 127.0.0.1, listen on `listen` (`HOST:PORT`, the
/// port as readers reach it) and keep its items under `store` (written as text: a path that is not UTF-8 loses letters).
pub fn feeds_toml(origin: &SocketAddr, listen: &str, store: &Path) -> String {
    let mut file = HEAD
        .replace("{site}", &quoted(&format!("http://{listen}")))
        .replace("{listen}", &quoted(listen))
        .replace("{store}", &quoted(&store.to_string_lossy()));
    for player in &CAST {
        let url = quoted(&format!("http://{origin}{}", player.path()));
        let _ = write!(
            file,
            "\n[[source]]\nname     = {}\nurl      = {url}\ninterval = \"{}s\"\n",
            quoted(player.name),
            player.interval_seconds
        );
        if let [category] = player.categories {
            let _ = writeln!(file, "category = {}", quoted(category));
        }
    }
    file
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Everything but the sources. The time-out is shorter than the slow source's answer takes.
const HEAD: &str = r##"# The demo's feeds.toml, made for one run of `newsriver demo`: every source is played on this machine.

[site]
title    = "Newsriver demo"
url      = {site}
language = "en"
timezone = "Asia/Shanghai"

[server]
listen = {listen}

[store]
path = {store}

[fetch]
interval     = "3s"
min_interval = "1s"
max_interval = "10s"
concurrency  = 32
per_host     = 32   # all sources of the demo are one host
timeout      = "4s"
allow_private_networks = true

[publish]
items  = 50
window = "2h"

[[category]]
name  = "world"
title = "World"
match = { any = ["council", "lighthouse", "镇"] }
sections = ["local", "harbour", "社会"]

[[category]]
name  = "finance"
title = "财经"
match = { any = ["股市", "央行", "GDP", "/interest rates?/"], none = ["体育"] }
sections = ["财经", "Finance", "economy", "market"]

[[category]]
name  = "technology"
title = "Technology 科技"
match = { any = ["compiler", "编译器", "芯片", "robot"] }
sections = ["科技", "robots"]

[[category]]
name  = "science"
title = "Science"
match = { any = ["telescope", "望远镜", "research"] }

[[category]]
name  = "sport"
title = "体育 Sport"
match = { any = ["regatta", "football", "chess club", "/足球|篮球|龙舟/"] }
sections = ["体育", "sport"]

[[category]]
name  = "文化"
title = "文化"
match = { any = ["novel", "博物馆", "museum"] }
sections = ["文化", "books", "theatre", "music", "film"]
"##;

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn written(store: &str) -> toml::Table {
        let origin = SocketAddr::from((Ipv4Addr::LOCALHOST, 4000));
        feeds_toml(&origin, "127.0.0.1:8080", Path::new(store))
            .parse()
            .unwrap()
    }

    #[test]
    fn the_file_names_every_source_and_only_declared_categories() {
        let file = written("/tmp/store");
        let sources = file["source"].as_array().unwrap();
        assert_eq!(sources.len(), CAST.len());
        let declared: Vec<_> = file["category"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["name"])
            .collect();
        for source in sources {
            if let Some(category) = source.get("category") {
                assert!(declared.contains(&category), "{category}");
            }
        }
        assert!(sources.iter().any(|source| source.get("category").is_none()));
    }

    #[test]
    fn a_path_with_quotes_stays_itself() {
        let file = written("/tmp/a \"b\" \\ c");
        assert_eq!(file["store"]["path"].as_str(), Some("/tmp/a \"b\" \\ c"));
    }

    #[test]
    fn the_slow_source_is_slower_than_the_time_out() {
        let timeout = written("x")["fetch"]["timeout"].as_str().unwrap().to_owned();
        assert!(humantime::parse_duration(&timeout).unwrap() < super::super::stage::SLOW);
    }
}
