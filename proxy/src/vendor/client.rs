//! Makes the client that calls Vipps MobilePay for one sales unit.

use kvitt_vipps::{Client, ConfigError, Credentials, System};

use crate::config::{SalesUnit, Vipps};

/// A client with the API keys of the sales unit.
///
/// # Errors
/// When the HTTP client cannot be made.
pub fn new(vipps: &Vipps, unit: &SalesUnit) -> Result<Client, ConfigError> {
    Client::new(kvitt_vipps::Config {
        base_url: vipps.base_url.clone(),
        credentials: Credentials {
            client_id: unit.client_id.clone(),
            client_secret: unit.client_secret.clone(),
            subscription_key: unit.subscription_key.clone(),
            merchant_serial_number: unit.merchant_serial_number.clone(),
        },
        system: System {
            name: "Kvitt".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            plugin_name: "kvitt-proxy".to_owned(),
            plugin_version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        timeout: vipps.timeout,
    })
}
