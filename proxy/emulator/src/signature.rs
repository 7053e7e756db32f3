//! The signature of a webhook: HMAC-SHA256 over the request line, the date, the host and the hash of the body.
//!
//! The key is the secret's text, never decoded, even though it looks like base64. The code is apart from the client's, so that a mistake in one
//! is not repeated in the other.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The headers that the signature adds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// `x-ms-content-sha256`
    pub(crate) content_hash: String,
    /// `Authorization`
    pub(crate) authorization: String,
}

/// Signs a POST. `host` and `path_and_query` are those of the registered URL, `date` is the `x-ms-date` header.
pub(crate) fn sign(secret: &str, host: &str, path_and_query: &str, date: &str, body: &[u8]) -> Signed {
    let content_hash = STANDARD.encode(Sha256::digest(body));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("POST\n{path_and_query}\n{date};{host};{content_hash}").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let authorization = format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
    Signed { content_hash, authorization }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the API's own documentation published.
    #[test]
    fn the_published_vector() {
        let signed = sign(
            "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==",
            "webhook.site",
            "/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
            "Thu, 30 Mar 2023 08:38:32 GMT",
            br#"{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}"#,
        );
        assert_eq!(signed.content_hash, "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=");
        assert_eq!(
            signed.authorization,
            "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U="
        );
    }
}
