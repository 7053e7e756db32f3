//! The page of the shop that a customer returns to.
//!
//! The shop's own server reads this address, so it comes back byte for byte. A parser that writes it anew would change what only that server
//! understands: `%E6` of another encoding, `%20` for a space, a parameter without a value, a semicolon.

use url::Url;

/// The most bytes of an address.
const MAX_BYTES: usize = 2_000;
/// The parameter with the checkout's token.
const TOKEN: &str = "kvitt";

/// The address if it is on one of these origins, `None` otherwise: else anyone could use the proxy to redirect customers. Its path, query and
/// fragment stay as they are; only spaces and letters outside ASCII, which no header may have, are percent-encoded.
pub fn check(url: &str, allowed_origins: &[String]) -> Option<String> {
    let url = url.trim();
    let parsed = Url::parse(url).ok()?;
    let origin = parsed.origin().ascii_serialization();
    let (scheme, rest) = url.split_once("://")?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let path = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    // Programs do not agree on where any other address leads.
    let plain = scheme.eq_ignore_ascii_case(parsed.scheme()) && !authority.is_empty() && !authority.contains('@');
    let plain = plain && !path.contains('\\') && !url.contains(char::is_control);
    let kept = format!("{origin}{}", without_spaces(rest));
    (plain && kept.len() <= MAX_BYTES && allowed_origins.contains(&origin)).then_some(kept)
}

/// The address with the token, which replaces that of an earlier order: the customer may have ordered from a return page.
pub fn with_token(url: &str, token: &str) -> String {
    let (rest, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let (page, query) = rest.split_once('?').unwrap_or((rest, ""));
    let own = format!("{TOKEN}={token}");
    let is_token = |parameter: &str| parameter.split('=').next() == Some(TOKEN);
    let mut parameters: Vec<_> = query.split('&').filter(|parameter| !is_token(parameter)).collect();
    if parameters == [""] {
        parameters.clear();
    }
    parameters.push(&own);
    format!("{page}?{}{fragment}", parameters.join("&"))
}

/// The token in the address of a return page.
pub fn token_of(url: &str) -> Option<&str> {
    let query = url.split('#').next()?.split_once('?')?.1;
    let (_, token) =
        query.split('&').filter_map(|parameter| parameter.split_once('=')).find(|(name, _)| *name == TOKEN)?;
    Some(token)
}

fn without_spaces(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '!'..='~' => kept.push(letter),
            _ => letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| kept.push_str(&format!("%{byte:02X}"))),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(url: &str) -> Option<String> {
        check(url, &["https://shop.example".to_owned(), "https://xn--bker-gra.example".to_owned()])
    }

    #[test]
    fn an_address_of_the_shop_is_kept_byte_for_byte() {
        for url in [
            "https://shop.example",
            "https://shop.example/takk?navn=B%E6r",
            "https://shop.example/takk?a=b%20c&flag&empty=",
            "https://shop.example/takk?a=1;b=2",
            "https://shop.example/a/../b//c?next=/x?y&q=\"<{|}>'`^#!/route?a=b",
            "https://shop.example/takk?a=%zz&a=+&&b==c#",
        ] {
            assert_eq!(checked(url).as_deref(), Some(url));
        }
        for (url, kept) in [
            (" https://shop.example/takk ", "https://shop.example/takk"),
            ("HTTPS://Shop.Example:443/Takk", "https://shop.example/Takk"),
            ("https://shop.example/blå bær?ø", "https://shop.example/bl%C3%A5%20b%C3%A6r?%C3%B8"),
            ("https://bøker.example/takk", "https://xn--bker-gra.example/takk"),
        ] {
            assert_eq!(checked(url).as_deref(), Some(kept));
        }
    }

    #[test]
    fn an_address_elsewhere_is_refused() {
        for url in [
            "https://evil.example/",
            "http://shop.example/",
            "https://shop.example:444/",
            "https://shop.example.evil.example/",
            "https://shop.example@evil.example/",
            "https://evil.example@shop.example/",
            "https://@shop.example/",
            "https://shop.example\\@evil.example/",
            "https://shop.example/\\evil.example",
            "https://shop.example/\nx",
            "https:shop.example/",
            "https:shop.example/?to=https://shop.example",
            "https:///shop.example/",
            "//shop.example/",
            "/takk",
            "javascript:alert(1)//https://shop.example",
            "",
        ] {
            assert_eq!(checked(url), None, "{url:?}");
        }
        assert_eq!(checked(&format!("https://shop.example/{}", "å".repeat(400))), None, "too long once it is encoded");
    }

    #[test]
    fn the_token_is_added_and_nothing_else_changes() {
        for (url, expected) in [
            ("https://shop.example", "https://shop.example?kvitt=T"),
            ("https://shop.example/takk?", "https://shop.example/takk?kvitt=T"),
            ("https://shop.example/takk?navn=B%E6r&flag", "https://shop.example/takk?navn=B%E6r&flag&kvitt=T"),
            ("https://shop.example/takk?a=1;b=2#top?x", "https://shop.example/takk?a=1;b=2&kvitt=T#top?x"),
            ("https://shop.example/takk?kvitt=old", "https://shop.example/takk?kvitt=T"),
            ("https://shop.example/takk?kvitt=old&a=b%20c#x", "https://shop.example/takk?a=b%20c&kvitt=T#x"),
            ("https://shop.example/takk?a&kvitt&kvittering=1", "https://shop.example/takk?a&kvittering=1&kvitt=T"),
            ("https://shop.example/takk#kvitt=old", "https://shop.example/takk?kvitt=T#kvitt=old"),
        ] {
            let with = with_token(url, "T");
            assert_eq!(with, expected);
            assert_eq!(token_of(&with), Some("T"));
        }
        assert_eq!(token_of("https://shop.example/takk?a=b#kvitt=T"), None);
    }
}
