//! Keeps an answer for a while, so that a value that takes a scan is not read for each request.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// A value, and when it was read.
#[derive(Debug)]
pub struct Cached<T> {
    keep: Duration,
    read: Mutex<Option<(Instant, T)>>,
}

impl<T: Clone> Cached<T> {
    /// Nothing has been read yet; what is read is kept for so long.
    pub fn new(keep: Duration) -> Self {
        Self { keep, read: Mutex::new(None) }
    }

    /// The kept value, or a new one. Requests that come meanwhile wait for that one. An error is not kept.
    ///
    /// # Errors
    /// That of `read`.
    pub async fn get<E>(&self, read: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let mut kept = self.read.lock().await;
        if let Some((at, value)) = kept.as_ref()
            && at.elapsed() < self.keep
        {
            return Ok(value.clone());
        }
        let value = read.await?;
        *kept = Some((Instant::now(), value.clone()));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_read_once_while_it_is_kept_and_an_error_each_time() {
        let kept = Cached::new(Duration::from_secs(3600));
        assert_eq!(kept.get(async { Err(1) }).await, Err(1));
        assert_eq!(kept.get(async { Ok::<_, u8>("first") }).await, Ok("first"));
        assert_eq!(kept.get(async { Ok::<_, u8>("second") }).await, Ok("first"));
        let fresh = Cached::new(Duration::ZERO);
        assert_eq!(fresh.get(async { Ok::<_, u8>("first") }).await, Ok("first"));
        assert_eq!(fresh.get(async { Ok::<_, u8>("second") }).await, Ok("second"));
    }
}
