//! What a client is made of. Secrets stay in `SecretString`, which shows nothing; what is sent with every request is made into headers once.

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
    /// Who is calling.
    pub system: System,
    /// The longest a request may take, answer included.
    pub timeout: Duration,
}

/// The keys of one sales unit, as the portal shows them.
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

/// Who is calling, for the people at Vipps MobilePay who read their logs. Each is cut to 30 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// The shop system.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The plugin in it.
    pub plugin_name: String,
    /// The plugin's version.
    pub plugin_version: String,
}

/// A configuration that no client can be made of.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Neither `https://…` nor `http://…`.
    #[error("the base URL is no http(s) URL")]
    BaseUrl,
    /// A character that no header can carry, or nothing at all.
    #[error("{0} is empty or has characters that cannot be sent")]
    Header(&'static str),
    /// TLS could not be set up.
    #[error("the HTTP client could not be built")]
    Http(#[source] reqwest::Error),
}

/// The headers that a configuration comes down to.
pub(crate) struct Headers {
    /// For the token endpoint alone.
    pub(crate) credentials: HeaderMap,
    /// Every request.
    pub(crate) common: HeaderMap,
    /// Every request but one.
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
