//! No proxy of the suite logs a secret, a token or a telephone number, at the level `trace`.
//!
//! The proxies of this process log into memory, proxy processes into files. Each scenario checks the new lines when it ends, so the last
//! one has checked them all.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use aho_corasick::AhoCorasick;
use kvitt_emulator::Credentials;
use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;

use super::{ENCRYPTION_KEY, PHONE_NUMBER};

/// Texts that must not be logged. Tokens are recognized by their form.
static HIDDEN: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(|| {
    let keys = ["123456", "234567", "345678"].into_iter().filter_map(Credentials::of);
    let keys = keys.flat_map(|keys| [keys.client_secret, keys.subscription_key]);
    let known = [ENCRYPTION_KEY, PHONE_NUMBER, "4512345678", "358401234567", "Bearer "].map(str::to_owned);
    Mutex::new(keys.chain(known).collect())
});

/// Adds a text that must not be logged.
pub(crate) fn hide(secret: &str) {
    HIDDEN.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned());
}

/// Fails when a log contains a secret.
pub(crate) fn is_clean(log: &str) {
    if let Some(line) = finding(log) {
        panic!("the log contains a secret: {line}");
    }
}

/// The same for the lines that the proxies of this process have logged since the last check.
pub(crate) fn is_clean_here() {
    is_clean(&here().take());
}

/// The log of the proxies of this process, from the first call on.
pub(crate) fn here() -> &'static Recorder {
    static HERE: OnceLock<Recorder> = OnceLock::new();
    HERE.get_or_init(|| {
        let recorder = Recorder::default();
        tracing::subscriber::set_global_default(recorder.subscriber()).expect("no other subscriber is set");
        recorder
    })
}

/// The first line with a secret in it.
fn finding(log: &str) -> Option<&str> {
    let hidden = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
    let hidden = AhoCorasick::new(hidden.iter()).expect("few enough");
    log.lines().find(|line| hidden.is_match(line) || line.split(is_no_part).any(is_token))
}

fn is_no_part(letter: char) -> bool {
    !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_'
}

/// A checkout's token (its first half is a UUID of the seventh version), a key of the shop's, or the head of an access token.
fn is_token(word: &str) -> bool {
    let checkout = || kvitt::access::token::decode(word).is_some_and(|(id, _)| id.0.get_version_num() == 7);
    checkout() || kvitt::access::shop_key::Key::parse(word).is_some() || (word.len() > 40 && word.starts_with("eyJ"))
}

/// Records every line.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<u8>>>);

impl Recorder {
    fn subscriber(&self) -> impl Subscriber + Send + Sync + use<> {
        let writer = self.clone();
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        tracing_subscriber::registry().with(lines)
    }

    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8(bytes).expect("lines are text")
    }
}

impl Write for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_secret_in_a_line_is_found() {
    let (id, secret) = kvitt::access::token::new();
    let token = kvitt::access::token::encode(id, &secret);
    hide("a webhook's secret");
    let mut secrets = vec![
        PHONE_NUMBER.to_owned(),
        ENCRYPTION_KEY.to_owned(),
        "a webhook's secret".to_owned(),
        Credentials::of("123456").unwrap().client_secret,
        token.clone(),
        kvitt::access::shop_key::Key::new().expose(),
        format!("https://shop.example/thanks?kvitt={token}&x=y"),
        format!("eyJ{}.x.y", "0123456789abcdef".repeat(4)),
    ];
    secrets.dedup();
    for secret in secrets {
        let recorder = Recorder::default();
        let log = |secret: &str| {
            tracing::trace!("nothing to see");
            tracing::error_span!("within", secret).in_scope(|| tracing::trace!("planted"));
        };
        tracing::subscriber::with_default(recorder.subscriber(), || log(&secret));
        assert!(finding(&recorder.take()).is_some_and(|line| line.contains("planted")), "{secret}");
    }
    let recorder = Recorder::default();
    tracing::subscriber::with_default(recorder.subscriber(), || tracing::info!(checkout = %id, "harmless"));
    assert_eq!(finding(&recorder.take()), None);
}
