//! `newsriver label ITEM CATEGORY`, and `--undo`: the admin's word on one item.

use super::{owner, terminal};
use crate::daemon::control::{Reply, Request};
use std::path::Path;
use std::process::ExitCode;

/// Has the item filed, and says where it is now.
pub(super) fn run(config: &Path, item: String, category: Option<String>) -> ExitCode {
    owner::ask(config, Request::Label { item, category }, |reply| {
        if let Reply::Answer { value } = reply {
            let categories = value.get("categories").and_then(|names| names.as_array());
            let categories: Vec<&str> = (categories.into_iter().flatten())
                .filter_map(|name| name.as_str())
                .collect();
            let place = match categories.as_slice() {
                [] => "in no category".to_owned(),
                names => format!("in {}", names.join(", ")),
            };
            let title = value.get("title").and_then(|title| title.as_str());
            let title = title.unwrap_or("the item has left, and");
            terminal::line(format_args!("{title}: now {place}"));
        }
    })
}
