//! Reads options from a table and collects every mistake instead of stopping at the first.
//!
//! A getter always returns a value, so that reading can continue. If there was a mistake, the caller discards the result.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use toml::{Table, Value};
use tracing_subscriber::EnvFilter;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::base::text;
use crate::base::vault::Key;
use crate::checkout::Moment;

/// The largest number of an option: more than anybody needs, and small enough that no sum of such numbers overflows.
const MAX: i64 = 2_000_000_000;
/// A hundred years.
const MAX_DAYS: i64 = 36_500;

static EMPTY: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::new);

/// One table, its path, and the keys that were read.
pub(super) struct Reader<'a> {
    table: &'a Table,
    path: String,
    used: BTreeSet<String>,
    mistakes: &'a mut Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(table: &'a Table, path: &str, mistakes: &'a mut Vec<String>) -> Self {
        Self { table, path: path.to_owned(), used: BTreeSet::new(), mistakes }
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn mistake(&mut self, key: &str, what: &str) {
        let name = self.name(key);
        self.mistakes.push(format!("{name}: {what}"));
    }

    fn get(&mut self, key: &str) -> Option<&'a Value> {
        self.used.insert(key.to_owned());
        self.table.get(key)
    }

    /// Reports every key that was not read: it is misspelled.
    pub(super) fn reject_unknown(&mut self) {
        let others: Vec<_> = self.table.keys().filter(|key| !self.used.contains(*key)).cloned().collect();
        for key in others {
            self.mistake(&key, "there is no such option");
        }
    }

    /// An optional text, without what an editor or `echo` leaves around it. A number is accepted as its digits, since a serial number looks
    /// like one.
    pub(super) fn optional(&mut self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) if !trim(text).is_empty() => Some(trim(text).to_owned()),
            Value::Integer(number) => Some(number.to_string()),
            Value::String(_) => None,
            _ => {
                self.mistake(key, "must be text");
                None
            }
        }
    }

    pub(super) fn string(&mut self, key: &str) -> String {
        let before = self.mistakes.len();
        self.optional(key).unwrap_or_else(|| {
            if self.mistakes.len() == before {
                self.mistake(key, "is required");
            }
            String::new()
        })
    }

    /// A text that people are shown, of one line.
    pub(super) fn line(&mut self, key: &str, most: usize) -> String {
        let line = self.string(key);
        if !line.is_empty() && !text::is_line(&line, 1..=most) {
            self.mistake(key, &format!("must have 1 to {most} characters, none of them a control character"));
        }
        line
    }

    /// The same, if it is set.
    pub(super) fn optional_line(&mut self, key: &str, most: usize) -> Option<String> {
        self.optional(key).map(|_| self.line(key, most))
    }

    pub(super) fn secret(&mut self, key: &str) -> SecretString {
        SecretString::from(self.string(key))
    }

    /// A secret that is sent in a header. An invalid one is never quoted.
    pub(super) fn header_secret(&mut self, key: &str) -> SecretString {
        let text = self.string(key);
        if let Some(place) = text.chars().position(|letter| !matches!(letter, ' '..='~')) {
            let what = format!(
                "cannot be sent: character {} of {} is a line break, or not ASCII",
                place + 1,
                text.chars().count()
            );
            self.mistake(key, &what);
        }
        SecretString::from(text)
    }

    /// An optional encryption key. An invalid one is never quoted: it may be a real key with a typing error.
    pub(super) fn optional_key(&mut self, key: &str) -> Option<Key> {
        let text = Zeroizing::new(self.optional(key)?);
        let read = Key::parse(&text);
        if read.is_none() {
            self.mistake(key, "must be 32 bytes in base64, as `openssl rand -base64 32` prints them");
        }
        read
    }

    pub(super) fn key(&mut self, key: &str) -> Key {
        let before = self.mistakes.len();
        self.optional_key(key).unwrap_or_else(|| {
            if self.mistakes.len() == before {
                self.mistake(key, "is required");
            }
            Key::random()
        })
    }

    /// A URL to which paths are appended: without a query, and without a slash at the end.
    pub(super) fn base_url(&mut self, key: &str) -> String {
        let text = self.url(key);
        if text.contains(['?', '#']) {
            self.mistake(key, "must have no query");
        }
        text.trim_end_matches('/').to_owned()
    }

    /// An address to listen on: a host or an IP address, and a port.
    pub(super) fn listen(&mut self, key: &str) -> String {
        let text = self.string(key);
        let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
        if !text.is_empty() && !matches!(port, Some(Ok(_))) {
            self.mistake(key, "must be an address and a port such as \"127.0.0.1:8080\"");
        }
        text
    }

    /// An optional address to listen on.
    pub(super) fn optional_listen(&mut self, key: &str) -> Option<String> {
        self.optional(key).map(|_| self.listen(key))
    }

    /// A tracing filter of the log.
    pub(super) fn filter(&mut self, key: &str) -> String {
        let text = self.string(key);
        if let Err(error) = EnvFilter::try_new(&text) {
            self.mistake(key, &format!("is not a filter: {error}"));
        }
        text
    }

    /// A URL: https, or http only on this machine.
    pub(super) fn url(&mut self, key: &str) -> String {
        let text = self.string(key);
        if !text.is_empty() {
            match Url::parse(&text) {
                Ok(url) if is_safe(&url) => {}
                Ok(_) => self.mistake(key, "must be an https:// URL (http:// only on this machine)"),
                Err(error) => self.mistake(key, &format!("is not a URL: {error}")),
            }
        }
        text
    }

    /// The same, if it is set.
    pub(super) fn optional_url(&mut self, key: &str) -> Option<String> {
        self.optional(key).map(|_| self.url(key))
    }

    /// The optional URL of a collector of traces. It may be http, which is common within a network. It may have no password, since the URL is logged.
    pub(super) fn collector(&mut self, key: &str) -> Option<String> {
        let text = self.optional(key)?;
        let is_one = |url: Url| {
            let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            plain && url.password().is_none() && url.has_host() && matches!(url.scheme(), "http" | "https")
        };
        if !cfg!(feature = "otlp") {
            self.mistake(key, "this build cannot export traces: it was built without the feature otlp");
        } else if !Url::parse(&text).is_ok_and(is_one) {
            self.mistake(key, "must be a URL such as \"http://collector:4318\", without user or query");
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    pub(super) fn origins(&mut self, key: &str) -> Vec<String> {
        let read = |text: &str| Url::parse(text).ok().filter(is_safe).map(|url| url.origin().ascii_serialization());
        self.list(key, read, "is not an origin such as \"https://shop.example\"")
    }

    /// A list of host names.
    pub(super) fn hosts(&mut self, key: &str) -> Vec<String> {
        let read = |text: &str| match Host::parse(text) {
            Ok(Host::Domain(name)) if name.contains('.') && !name.starts_with('.') => Some(name),
            _ => None,
        };
        self.list(key, read, "is not a host name such as \"vipps.no\"")
    }

    /// A list of texts, each parsed by `read`.
    fn list<T>(&mut self, key: &str, read: impl Fn(&str) -> Option<T>, otherwise: &str) -> Vec<T> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let value = typed(value);
        let Some(list) = value.as_array() else {
            self.mistake(key, "must be a list");
            return Vec::new();
        };
        list.iter()
            .filter_map(|entry| {
                let value = entry.as_str().and_then(&read);
                if value.is_none() {
                    self.mistake(key, &format!("{entry} {otherwise}"));
                }
                value
            })
            .collect()
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        let value = self.get(key).and_then(|value| typed(value).as_bool());
        value.unwrap_or_else(|| {
            self.mistake(key, "must be true or false");
            false
        })
    }

    /// An optional flag; false when absent.
    pub(super) fn switch(&mut self, key: &str) -> bool {
        self.table.contains_key(key) && self.flag(key)
    }

    pub(super) fn positive(&mut self, key: &str) -> i64 {
        self.between(key, 1, MAX)
    }

    pub(super) fn between(&mut self, key: &str, least: i64, most: i64) -> i64 {
        let value = self.get(key).and_then(|value| typed(value).as_integer());
        value.filter(|value| (least..=most).contains(value)).unwrap_or_else(|| {
            self.mistake(key, &format!("must be a whole number from {least} to {most}"));
            least
        })
    }

    /// A number of days, in milliseconds; none for 0.
    pub(super) fn days(&mut self, key: &str) -> Option<i64> {
        let value = self.get(key).and_then(|value| typed(value).as_integer());
        let days = value.filter(|days| (0..=MAX_DAYS).contains(days)).unwrap_or_else(|| {
            self.mistake(key, "must be a whole number from 0 to 36500");
            0
        });
        (days > 0).then(|| days * 24 * 60 * 60 * 1000)
    }

    /// A rate limit; zero and absent are no limit.
    pub(super) fn rate(&mut self, key: &str) -> Option<NonZeroU32> {
        let value = typed(self.get(key)?);
        let rate = value.as_integer().filter(|value| (0..=MAX).contains(value)).and_then(|value| value.try_into().ok());
        if rate.is_none() {
            self.mistake(key, "must be a whole number from 0 to 2000000000");
        }
        NonZeroU32::new(rate?)
    }

    /// A list of networks, each an address with or without a prefix length.
    pub(super) fn networks(&mut self, key: &str) -> Vec<IpNet> {
        let read = |text: &str| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
        self.list(key, read, "is not a network such as \"10.0.0.0/8\"")
    }

    pub(super) fn count(&mut self, key: &str) -> usize {
        usize::try_from(self.positive(key)).unwrap_or(usize::MAX)
    }

    pub(super) fn duration(&mut self, key: &str) -> Duration {
        Duration::from_millis(self.positive(key).unsigned_abs())
    }

    /// A list of durations in milliseconds, of any length.
    pub(super) fn durations(&mut self, key: &str) -> Vec<Duration> {
        let value = self.get(key).map(typed);
        let listed = value.as_ref().and_then(Value::as_array).map(|list| {
            let positive = |value: &Value| value.as_integer().filter(|number| (1..=MAX).contains(number));
            list.iter().map(|entry| positive(entry).map(|ms| Duration::from_millis(ms.unsigned_abs()))).collect()
        });
        listed.flatten().unwrap_or_else(|| {
            self.mistake(key, &format!("must be a list of whole numbers from 1 to {MAX}"));
            Vec::new()
        })
    }

    pub(super) fn moment(&mut self, key: &str) -> Moment {
        match self.string(key).parse::<jiff::Timestamp>() {
            Ok(timestamp) => Moment(timestamp.as_millisecond()),
            Err(_) => {
                self.mistake(key, "must be a time such as \"2027-01-12T00:00:00+01:00\"");
                Moment(0)
            }
        }
    }

    pub(super) fn one_of<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> T {
        let text = self.string(key);
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
            return *choice;
        }
        if !text.is_empty() {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            self.mistake(key, &format!("must be one of {}", names.join(", ")));
        }
        choices[0].1
    }

    /// Reads a table within this one. Read each table only once: keys that a reading leaves out are reported as misspelled.
    pub(super) fn section<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let table = match self.get(key) {
            None => &EMPTY,
            Some(Value::Table(table)) => table,
            Some(_) => {
                self.mistake(key, "must be a table");
                &EMPTY
            }
        };
        let mut reader = Reader::new(table, &self.name(key), self.mistakes);
        let value = read(&mut reader);
        reader.reject_unknown();
        value
    }

    /// Reads every table of a list of tables.
    pub(super) fn each<T>(&mut self, key: &str, mut read: impl FnMut(&mut Reader<'_>) -> T) -> Vec<T> {
        let tables: Vec<&Table> = match self.get(key) {
            None => Vec::new(),
            Some(value) => {
                let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let tables: Vec<_> = list.iter().filter_map(Value::as_table).collect();
                if tables.len() != list.len() || value.as_array().is_none() {
                    self.mistake(key, "must be written as [[…]] tables");
                }
                tables
            }
        };
        let name = self.name(key);
        let mut values = Vec::new();
        for (place, table) in tables.into_iter().enumerate() {
            let label = table.get("name").and_then(Value::as_str).map_or_else(|| place.to_string(), str::to_owned);
            let mut reader = Reader::new(table, &format!("{name}[{label}]"), self.mistakes);
            values.push(read(&mut reader));
            reader.reject_unknown();
        }
        values
    }
}

/// The value that a text stands for: every value from the environment is a text.
fn typed(value: &Value) -> Value {
    let parsed = value.as_str().and_then(|text| format!("value = {text}").parse::<Table>().ok());
    parsed.and_then(|mut table| table.remove("value")).unwrap_or_else(|| value.clone())
}

/// A text without the white space, byte order marks and invisible spaces around it.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}'))
}

fn is_safe(url: &Url) -> bool {
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && local)
}
