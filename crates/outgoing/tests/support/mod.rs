//! Servers that do what a test wants, and a name server that says what a test wants.
#![allow(dead_code, clippy::unwrap_used)] // Each test file uses a part of it.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use petrel_outgoing::Resolver;
use petrel_outgoing::limits::REQUESTS_PER_HOST_MAX;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

/// Ends with its test's runtime.
pub struct Server {
    pub port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    all: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Server {
    /// Answers each request by what `answer` makes of its head.
    pub async fn answering(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
        let answer = Arc::new(answer);
        Server::scripted(move |mut stream, head| {
            let bytes = answer(&head);
            async move {
                stream.write_all(&bytes).await?;
                stream.shutdown().await
            }
        })
        .await
    }

    /// Answers when as many wait as may wait at once.
    pub async fn holding(bytes: Vec<u8>) -> Server {
        let all_here = Arc::new(Barrier::new(REQUESTS_PER_HOST_MAX));
        Server::scripted(move |mut stream, _| {
            let (all_here, bytes) = (all_here.clone(), bytes.clone());
            async move {
                all_here.wait().await;
                stream.write_all(&bytes).await?;
                stream.shutdown().await
            }
        })
        .await
    }

    pub async fn scripted<F>(
        script: impl Fn(TcpStream, String) -> F + Send + Sync + 'static,
    ) -> Server
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let counts = Arc::new(Counts::default());
        let (script, counting) = (Arc::new(script), counts.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (script, counts) = (script.clone(), counting.clone());
                tokio::spawn(async move {
                    counts.all.fetch_add(1, Ordering::SeqCst);
                    let now = counts.now.fetch_add(1, Ordering::SeqCst) + 1;
                    counts.most.fetch_max(now, Ordering::SeqCst);
                    let head = head_of(&mut stream).await;
                    // Whom a client leaves has an error, which is what some tests are about.
                    let _ = script(stream, head).await;
                    counts.now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Server { port, counts }
    }

    pub fn connections(&self) -> usize {
        self.counts.all.load(Ordering::SeqCst)
    }

    pub fn most_at_once(&self) -> usize {
        self.counts.most.load(Ordering::SeqCst)
    }
}

async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
        // Who greets with TLS never says a line.
        if !head[0].is_ascii_alphabetic() {
            break;
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Says one list of addresses after the other, the last one for ever.
pub struct Names {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Names {
    pub fn always(addresses: Vec<IpAddr>) -> Arc<Names> {
        Names::in_turn(vec![addresses])
    }

    pub fn in_turn(answers: Vec<Vec<IpAddr>>) -> Arc<Names> {
        Arc::new(Names {
            answers,
            asked: AtomicUsize::new(0),
        })
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Resolver for Names {
    async fn addresses(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers[turn.min(self.answers.len() - 1)].clone())
    }
}
