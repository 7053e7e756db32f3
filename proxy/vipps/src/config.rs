//! The configuration of a client: one sales unit's keys in one environment, and the headers made of them once. Secrets stay in `SecretString`,
//! which `Debug` does not print, and in headers marked as sensitive.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// The longest value of a `Vipps-System-*` header, in characters.
const SYSTEM_LIMIT: usize = 30;

pub(crate) const SUBSCRIPTION_KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const MERCHANT_SERIAL_NUMBER: HeaderName = HeaderName::from_static("merchant-serial-number");

/// One sales unit in one environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// `https://api.vipps.no`, `https://apitest.vipps.no`, or an emulator.
    pub base_url: String,
    /// The sales unit's keys.
    pub credentials: Credentials,
    /// The shop's software.
    pub system: System,
    /// The timeout of a request, including its answer.
    pub timeout: Duration,
}

/// The keys of one sales unit, from the portal.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// `client_id`
    pub client_id: SecretString,
    /// `client_secret`
    pub client_secret: SecretString,
    /// `Ocp-Apim-Subscription-Key`, the primary or the secondary one.
    pub subscription_key: SecretString,
    /// The sales unit's number (MSN). Not a secret.
    pub merchant_serial_number: String,
}

/// The shop's software, sent as `Vipps-System-*` headers for the logs of Vipps MobilePay. Each value is cut to 30 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// The shop system.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The plugin.
    pub plugin_name: String,
    /// The plugin's version.
    pub plugin_version: String,
}

/// An invalid configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The base URL is neither `https://…` nor `http://…`.
    #[error("the base URL is not an http(s) URL")]
    BaseUrl,
    /// A value is empty or has a character that a header cannot carry.
    #[error("{0} is empty or has characters that cannot be sent")]
    Header(&'static str),
    /// TLS could not be set up.
    #[error("the HTTP client could not be built")]
    Http(#[source] reqwest::Error),
}

/// The headers made of a configuration.
pub(crate) struct Headers {
    /// For the token endpoint only.
    pub(crate) credentials: HeaderMap,
    /// For every request.
    pub(crate) common: HeaderMap,
    /// For every request except those that go without it.
    pub(crate) subscription_key: HeaderValue,
}

impl Headers {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let Credentials { client_id, client_secret, subscription_key, merchant_serial_number } = &config.credentials;
        let mut credentials = HeaderMap::new();
        credentials.insert("client_id", secret("client_id", client_id)?);
        credentials.insert("client_secret", secret("client_secret", client_secret)?);
        let mut common = HeaderMap::new();
        common.insert(MERCHANT_SERIAL_NUMBER, plain("merchant_serial_number", merchant_serial_number)?);
        let System { name, version, plugin_name, plugin_version } = &config.system;
        for (header, text) in [
            ("vipps-system-name", name),
            ("vipps-system-version", version),
            ("vipps-system-plugin-name", plugin_name),
            ("vipps-system-plugin-version", plugin_version),
        ] {
            let text: String = text.chars().take(SYSTEM_LIMIT).collect();
            if !text.is_empty() {
                common.insert(header, plain(header, &text)?);
            }
        }
        Ok(Self { credentials, common, subscription_key: secret("subscription_key", subscription_key)? })
    }
}

fn plain(name: &'static str, text: &str) -> Result<HeaderValue, ConfigError> {
    let printable = !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let value = HeaderValue::from_str(text).ok().filter(|_| printable);
    value.ok_or(ConfigError::Header(name))
}

fn secret(name: &'static str, secret: &SecretString) -> Result<HeaderValue, ConfigError> {
    let mut value = plain(name, secret.expose_secret())?;
    value.set_sensitive(true);
    Ok(value)
}
