//! An origin that misbehaves to order, on a real socket: it reads a request's head and then does as it was told.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One thing the origin does after a request.
#[derive(Clone, Debug)]
pub(crate) enum Do {
    /// Sends these bytes at once.
    Send(Vec<u8>),
    /// Sends these bytes one by one, this far apart.
    Drip(Vec<u8>, Duration),
    /// Sends these bytes again and again until the other side has had enough.
    Forever(Vec<u8>),
    /// Keeps the connection and says nothing more.
    Hang,
    /// Ends the connection in good order.
    Close,
    /// Ends it with a reset.
    Reset,
}

/// What the origin saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    heads: Mutex<Vec<String>>,
    connections: AtomicUsize,
    live: AtomicUsize,
    most_live: AtomicUsize,
    sent_bytes: AtomicU64,
}

/// A running origin; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Origin {
    address: SocketAddr,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

type Script = dyn Fn(&str) -> Vec<Do> + Send + Sync;

impl Origin {
    /// Answers each request by what `script` says for its path. Without an explicit end the connection waits for
    /// the next request.
    pub(crate) async fn start(script: impl Fn(&str) -> Vec<Do> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let script: Arc<Script> = Arc::new(script);
        let task = tokio::spawn(accept(listener, script, Arc::clone(&seen)));
        Self { address, seen, task }
    }

    /// An origin that does the same for every path.
    pub(crate) async fn always(steps: Vec<Do>) -> Self {
        Self::start(move |_| steps.clone()).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of the requests so far, as they came.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.seen.heads.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were being answered at one time.
    pub(crate) fn most_live(&self) -> usize {
        self.seen.most_live.load(Ordering::SeqCst)
    }

    pub(crate) fn sent_bytes(&self) -> u64 {
        self.seen.sent_bytes.load(Ordering::SeqCst)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, script: Arc<Script>, seen: Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&seen)));
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>, seen: Arc<Seen>) {
    while let Some(head) = read_head(&mut stream).await {
        let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
        seen.heads.lock().unwrap().push(head);
        let live = seen.live.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most_live.fetch_max(live, Ordering::SeqCst);
        let goes_on = play(&mut stream, script(&path), &seen).await;
        seen.live.fetch_sub(1, Ordering::SeqCst);
        if !goes_on {
            return;
        }
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    // Latin-1, so that every byte can be asked after.
    Some(head.into_iter().map(char::from).collect())
}

/// False: the connection is over.
async fn play(stream: &mut TcpStream, steps: Vec<Do>, seen: &Seen) -> bool {
    for step in steps {
        match step {
            Do::Send(bytes) => {
                if !send(stream, &bytes, seen).await {
                    return false;
                }
            }
            Do::Drip(bytes, gap) => {
                for byte in bytes {
                    tokio::time::sleep(gap).await;
                    if !send(stream, &[byte], seen).await {
                        return false;
                    }
                }
            }
            Do::Forever(bytes) => while send(stream, &bytes, seen).await {},
            Do::Hang => std::future::pending().await,
            Do::Close => {
                let _ = stream.shutdown().await;
                return false;
            }
            Do::Reset => {
                let _ = stream.set_zero_linger();
                return false;
            }
        }
    }
    true
}

async fn send(stream: &mut TcpStream, bytes: &[u8], seen: &Seen) -> bool {
    let is_sent = stream.write_all(bytes).await.is_ok();
    if is_sent {
        seen.sent_bytes.fetch_add(bytes.len() as u64, Ordering::SeqCst);
    }
    is_sent
}

/// A whole answer: status line, these header lines, the length, the body.
pub(crate) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<Do> {
    let mut bytes = head(status, headers);
    let end = bytes.len() - 2;
    bytes.truncate(end);
    bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    vec![Do::Send(bytes)]
}

/// A head alone, with the blank line that ends it.
pub(crate) fn head(status: &str, headers: &[&str]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\n");
    for line in headers {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}
