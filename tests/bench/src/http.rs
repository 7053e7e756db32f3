//! A client of HTTP/1.1 that costs little, so that the load does not measure itself: one connection, one request at a time, bodies of a known
//! length. It knows nothing of redirects, compression or TLS.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most that a head or a frame may have.
const MOST: usize = 256 * 1024;

/// The bytes of a request without a body.
pub(crate) fn get(path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    head("GET", path, headers, "").into_bytes()
}

/// The bytes of a request with a JSON body.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let content = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    (head("POST", path, headers, &content) + body).into_bytes()
}

fn head(method: &str, path: &str, headers: &[(&str, &str)], content: &str) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}{content}\r\n")
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Its body, if it is a 2xx.
    pub(crate) fn checked(self) -> Result<Vec<u8>> {
        let Self { status, body } = self;
        ensure!((200..300).contains(&status), "answered {status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// Its JSON, if it is a 2xx.
    pub(crate) fn json(self) -> Result<serde_json::Value> {
        Ok(serde_json::from_slice(&self.checked()?)?)
    }
}

/// A connection that is kept, and opened again where the server has closed it.
pub(crate) struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Client {
    /// A client without a connection; the first request opens it.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::new() }
    }

    /// Opens the connection.
    pub(crate) async fn connect(&mut self) -> Result<()> {
        let stream = TcpStream::connect(self.address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        self.stream = Some(stream);
        Ok(())
    }

    /// Sends a request. On a kept connection that turns out to be closed, it is sent once more.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Answer> {
        let kept = self.stream.is_some();
        match self.once(request).await {
            Err(_) if kept && self.buffer.is_empty() => self.once(request).await,
            outcome => outcome,
        }
    }

    async fn once(&mut self, request: &[u8]) -> Result<Answer> {
        self.buffer.clear();
        if self.stream.is_none() {
            self.connect().await?;
        }
        // It is put back only when the answer was read to its end.
        let mut stream = self.stream.take().context("not connected")?;
        stream.write_all(request).await?;
        let length = read_head(&mut stream, &mut self.buffer).await?;
        let head = std::str::from_utf8(&self.buffer[..length])?;
        let status = status(head)?;
        let content = field(head, "content-length").and_then(|text| text.parse::<usize>().ok());
        let content = match content {
            Some(content) => content,
            None if status == 204 || status == 304 => 0,
            None => bail!("an answer {status} without a length"),
        };
        let closes = field(head, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        while self.buffer.len() < length + content {
            ensure!(stream.read_buf(&mut self.buffer).await? > 0, "closed within an answer");
        }
        let body = self.buffer[length..length + content].to_vec();
        if !closes {
            self.stream = Some(stream);
        }
        Ok(Answer { status, body })
    }
}

/// Reads until the end of the head. Returns its length.
async fn read_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<usize> {
    loop {
        if let Some(at) = buffer.windows(4).position(|end| end == b"\r\n\r\n") {
            return Ok(at + 4);
        }
        ensure!(buffer.len() < MOST, "a head without an end");
        ensure!(stream.read_buf(buffer).await? > 0, "closed without an answer");
    }
}

fn status(head: &str) -> Result<u16> {
    head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status")
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// An open stream of server-sent events.
pub(crate) struct Frames {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Frames {
    /// Opens it, and waits for its first event.
    pub(crate) async fn open(address: SocketAddr, path: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await.context("cannot connect")?;
        stream.write_all(&get(path, &[("accept", "text/event-stream")])).await?;
        let mut buffer = Vec::new();
        let length = read_head(&mut stream, &mut buffer).await?;
        let status = status(std::str::from_utf8(&buffer[..length])?)?;
        ensure!(status == 200, "a stream was answered {status}");
        buffer.drain(..length);
        let mut frames = Self { stream, buffer };
        frames.until("data:").await?;
        Ok(frames)
    }

    /// Reads until the text has arrived. What came before it is dropped.
    pub(crate) async fn until(&mut self, text: &str) -> Result<()> {
        loop {
            if self.buffer.windows(text.len()).any(|found| found == text.as_bytes()) {
                // Whatever follows in the buffer is part of the same event.
                self.buffer = Vec::new();
                return Ok(());
            }
            ensure!(self.buffer.len() < MOST, "a stream without the event");
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the stream was closed");
        }
    }

    /// Reads and drops what comes, until the stream ends. Calls `heard` for each read.
    pub(crate) async fn idle(mut self, heard: impl Fn()) {
        self.buffer = Vec::new();
        let mut small = [0; 256];
        while self.stream.read(&mut small).await.is_ok_and(|read| read > 0) {
            heard();
        }
    }
}
