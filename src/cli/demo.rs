//! `newsriver demo`: the whole system on this machine alone.

use super::{owner, terminal};
use crate::config;
use crate::daemon::{self, Options, shutdown};
use crate::demo;
use anyhow::Context;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs the sample sources and a daemon that polls them, until Ctrl-C.
pub(super) fn run(listen: &str, keep: Option<&Path>) -> ExitCode {
    terminal::log_as_daemon();
    owner::to_the_end(play(listen, keep))
}

async fn play(listen: &str, keep: Option<&Path>) -> anyhow::Result<()> {
    let stop = shutdown::on_signal()?;
    let folder = Folder::make(keep)?;
    let listen = free_address(listen)?;
    let origin = demo::Origin::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let text = demo::feeds_toml(&origin.address(), &listen, &folder.path.join("store"));
    let path = folder.path.join("feeds.toml");
    std::fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    let config = match config::load(&path) {
        Ok((config, _)) => config,
        Err(problems) => anyhow::bail!("the demo's own feeds.toml is wrong: {problems}"),
    };
    let shown = path.display().to_string();
    let announce = Box::new(move |address: SocketAddr| {
        terminal::line(format_args!(
            "The river runs at http://{address}/ - open it in a browser or subscribe with a feed reader."
        ));
        terminal::line(format_args!(
            "Its configuration is {shown}: edit it, and the river follows. `newsriver status -c {shown}` shows the sources. Ctrl-C ends the demo."
        ));
    });
    daemon::run(Options {
        config,
        stop,
        announce,
    })
    .await
}

/// The address itself, or, when its port is taken, one with the next free port.
fn free_address(listen: &str) -> anyhow::Result<String> {
    let wanted: SocketAddr = listen
        .parse()
        .with_context(|| format!("{listen} is no address; write it like 127.0.0.1:8080"))?;
    for port in wanted.port()..=wanted.port().saturating_add(50) {
        let address = SocketAddr::new(wanted.ip(), port);
        if std::net::TcpListener::bind(address).is_ok() {
            return Ok(address.to_string());
        }
    }
    anyhow::bail!("no free port from {listen} on; name another with --listen")
}

/// Where the demo's store lies: a folder to keep, or one that goes with the demo.
struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    fn make(keep: Option<&Path>) -> anyhow::Result<Self> {
        let path = match keep {
            Some(folder) => folder.to_owned(),
            None => std::env::temp_dir().join(format!("newsriver-demo-{}", std::process::id())),
        };
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let path = std::path::absolute(path)?;
        Ok(Self {
            path,
            is_kept: keep.is_some(),
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
