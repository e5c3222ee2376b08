//! Whoever owns the store answers: the running daemon, else this command itself.

use super::{WRONG, check, terminal};
use crate::clock::SystemClock;
use crate::config::{self, Config};
use crate::daemon::control::{self, Reply, Request};
use crate::daemon::engine::Engine;
use crate::daemon::{jobs, learning};
use crate::model::in_words;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Loads the configuration; what is wrong with it is drawn on standard error, and the exit code is 2.
pub(super) fn load(path: &Path) -> Result<Config, ExitCode> {
    match config::load(path) {
        Ok((config, _warnings)) => Ok(config),
        Err(problems) => {
            check::tell_problems(&problems);
            Err(ExitCode::from(WRONG))
        }
    }
}

/// A runtime for what waits on sockets; parsing and sanitizing have threads of their own, as many as there are cores.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(cores * 2 + 14)
        .build()
}

/// Runs what runs until it is told to stop, and says in a line why it failed if it did.
pub(super) fn to_the_end(work: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    let result = runtime().map_err(anyhow::Error::from).and_then(|runtime| {
        let ended = runtime.block_on(work);
        // Threads that still wait on the network have nothing left to say.
        runtime.shutdown_background();
        ended
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(in_words(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// Has a request answered and hands each reply to `see`. Exit code 0 when all went well.
pub(super) fn ask(path: &Path, request: Request, mut see: impl FnMut(Reply)) -> ExitCode {
    let (store, config) = match config::load(path) {
        Ok((config, _warnings)) => (config.store.path.clone(), Some(config)),
        Err(problems) => {
            let running =
                config::store_of(path).filter(|store| request.only_reads() && control::is_served(store));
            let Some(store) = running else {
                check::tell_problems(&problems);
                return ExitCode::from(WRONG);
            };
            let file = path.display();
            terminal::complain(format_args!(
                "{file} cannot be taken as it is, `newsriver check` tells why; this is what the running daemon goes by"
            ));
            (store, None)
        }
    };
    terminal::log_as_command();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::complain(format_args!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        let answered = match (control::ask(&store, &request).await, config) {
            (Ok(Some(replies)), _) => read(replies, &mut see).await,
            (Ok(None), Some(config)) => answer_ourselves(config, request, &mut see).await,
            (Ok(None), None) => Err(anyhow::anyhow!("the daemon went away before it was asked")),
            (Err(error), _) => Err(error),
        };
        match answered {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                terminal::complain(in_words(error.as_ref()));
                ExitCode::FAILURE
            }
        }
    });
    // Threads that still wait on the network have nothing left to say.
    runtime.shutdown_background();
    code
}

async fn answer_ourselves(
    config: Config,
    request: Request,
    see: &mut impl FnMut(Reply),
) -> anyhow::Result<bool> {
    let engine = Engine::open(config, Arc::new(SystemClock)).await?;
    let is_poll = matches!(request, Request::Poll { .. });
    let (sender, receiver) = mpsc::channel(64);
    let answering = {
        let engine = Arc::clone(&engine);
        tokio::spawn(async move { control::answer(&engine, request, &sender).await })
    };
    let well = read(receiver, see).await;
    let _ = answering.await;
    if is_poll {
        // Where no daemon does it by the hour, or every ten minutes.
        jobs::keep_house_if_due(&engine).await;
        learning::learn_if_due(&engine).await;
    }
    engine.close().await?;
    well
}

async fn read(mut replies: mpsc::Receiver<Reply>, see: &mut impl FnMut(Reply)) -> anyhow::Result<bool> {
    while let Some(reply) = replies.recv().await {
        match reply {
            Reply::Done { well } => return Ok(well),
            Reply::Failed { why } => anyhow::bail!(why),
            other => see(other),
        }
    }
    anyhow::bail!("the daemon went away before it had answered")
}
