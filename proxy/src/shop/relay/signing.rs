//! Signs what the shop is told, as [Standard Webhooks](https://www.standardwebhooks.com) has it: an HMAC over id, time and body, so that a
//! receiver knows who speaks, that nothing was altered, and that it is not an old message once more.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

const PREFIX: &str = "whsec_";
/// Bytes of a secret.
const LENGTH: usize = 32;

/// A new secret, as an endpoint's owner is given it.
pub fn new_secret() -> SecretString {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    rand::rng().fill_bytes(bytes.as_mut());
    format!("{PREFIX}{}", STANDARD.encode(bytes.as_ref())).into()
}

/// The value of `webhook-signature`: one signature for each secret, so that a receiver may have either while one is being replaced. None
/// when a secret is none.
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
    fn the_published_vectors_are_met() {
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
