//! Signs events as [Standard Webhooks](https://www.standardwebhooks.com) specifies: an HMAC over id, timestamp and
//! body. A receiver can check the sender and the content, and refuse a replay of an old message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

const PREFIX: &str = "whsec_";
/// The length of a secret, in bytes.
const LENGTH: usize = 32;

/// A random secret, as it is shown to the owner of the endpoint.
pub fn new_secret() -> SecretString {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    rand::rng().fill_bytes(bytes.as_mut());
    format!("{PREFIX}{}", STANDARD.encode(bytes.as_ref())).into()
}

/// The value of `webhook-signature`: one signature per secret, so that a receiver may have either while one is being
/// replaced. `None` when a secret is malformed.
pub fn signatures(secrets: &[SecretString], id: &str, timestamp_s: i64, body: &str) -> Option<String> {
    let signed = secrets.iter().map(|secret| {
        let key = Zeroizing::new(STANDARD.decode(secret.expose_secret().strip_prefix(PREFIX)?).ok()?);
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).ok()?;
        mac.update(format!("{id}.{timestamp_s}.{body}").as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    });
    Some(signed.collect::<Option<Vec<_>>>()?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_standard_webhooks_verify() {
        for (secret, id, timestamp, body, signature) in [
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ] {
            assert_eq!(signatures(&[secret.into()], id, timestamp, body).unwrap(), signature);
        }
    }

    #[test]
    fn each_secret_signs_and_is_new() {
        let secrets = [new_secret(), new_secret()];
        let both = signatures(&secrets, "evt_1", 1, "{}").unwrap();
        let each: Vec<_> =
            secrets.iter().map(|one| signatures(std::slice::from_ref(one), "evt_1", 1, "{}").unwrap()).collect();
        assert_eq!(both, each.join(" "));
        assert_ne!(each[0], each[1]);
        assert_eq!(signatures(&["whsec_no base64".into()], "evt_1", 1, "{}"), None);
    }
}
