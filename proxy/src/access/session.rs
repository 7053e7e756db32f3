//! Who is let in at the order desk without showing a key in each request: sessions, and the links that open one.
//!
//! A browser shows a session by a cookie that no script can read. It counts only together with the header [`HEADER`], which no form, link
//! or picture can send, and only from the desk's own origin: so no other page moves money with it. Of cookie and link a SHA-256 is written
//! down: both are 256 random bits, which nobody tries out. Neither may be logged.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, Method, header};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use crate::access::shop_key::{Key, ShopKey};
use crate::base::clock;
use crate::checkout::Moment;
use crate::config::Desk;
use crate::engine::chores::Chore;
use crate::store::{self, Store};

/// The header that the desk sends with everything: [`BY_ITSELF`] where no person has asked for it, so that a desk that is left alone ends.
pub const HEADER: HeaderName = HeaderName::from_static("kvitt-desk");
/// What [`HEADER`] says of a request that the page makes by itself.
pub const BY_ITSELF: &str = "page";
/// Whose requests those are that come in a session that was opened with a link.
const NO_KEY: &str = "desk";
/// So exact is the time of a session's last use.
const USE_IS_NOTED_MS: i64 = 60 * 1000;
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// A secret that opens something: 256 random bits.
#[derive(Clone, Debug)]
pub struct Pass(SecretString);

impl Pass {
    fn new() -> Self {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// What somebody says is one; `None` when it does not look like it.
    fn read(text: &str) -> Option<Self> {
        let is_one = URL_SAFE_NO_PAD.decode(text).ok()?.len() == 32;
        is_one.then(|| Self(text.into()))
    }

    fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose_secret()))
    }
}

/// What somebody opens a session with.
pub enum Shown<'a> {
    /// A shop key.
    Key(&'a str),
    /// What stands at the end of a link.
    Link(&'a str),
}

/// A session that has been opened, with what the browser is given for it.
pub struct Opened {
    /// The session.
    pub session: Session,
    pass: Pass,
}

/// A session that goes on.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    hash: String,
    /// What the shop key begins with that it was opened with.
    pub key_prefix: Option<String>,
    sales_unit: Option<String>,
    /// When it ends at the latest.
    pub ends_at: Moment,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("key_prefix", &self.key_prefix).finish_non_exhaustive()
    }
}

impl Session {
    /// Whose requests come in it.
    pub fn shop_key(&self) -> ShopKey {
        let prefix = self.key_prefix.clone().unwrap_or_else(|| NO_KEY.to_owned());
        ShopKey { prefix, sales_unit: self.sales_unit.clone() }
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn end(&self, store: &Store) -> Result<(), store::Error> {
        store.end_desk_session(&self.hash).await
    }
}

/// A new link: the address of the desk, with a secret behind the `#`, which is in no request for it, no log and no referrer. It is used by
/// a button on the page and not by being looked at, so whoever fetches it in advance spoils nothing.
///
/// # Errors
/// When the store says no.
pub async fn link(desk: &Desk, store: &Store) -> Result<String, store::Error> {
    let pass = Pass::new();
    store.add_desk_link(&pass.hash(), clock::now().plus_ms(desk.link_ms)).await?;
    Ok(format!("{}/desk#link={}", desk.public_url, pass.0.expose_secret()))
}

/// Opens a session, if what is shown is good.
///
/// # Errors
/// When the store does not answer.
pub async fn open(desk: &Desk, store: &Store, shown: Shown<'_>) -> Result<Option<Opened>, store::Error> {
    let now = clock::now();
    let key = match shown {
        Shown::Key(text) => {
            let Some(key) = Key::read(text) else { return Ok(None) };
            let Some(key) = key.recognize(store).await? else { return Ok(None) };
            Some(key)
        }
        Shown::Link(text) => {
            let Some(link) = Pass::read(text) else { return Ok(None) };
            if !store.consume_desk_link(&link.hash(), now).await? {
                return Ok(None);
            }
            None
        }
    };
    let pass = Pass::new();
    let (key_prefix, sales_unit) = key.map_or((None, None), |key| (Some(key.prefix), key.sales_unit));
    store.add_desk_session(&pass.hash(), key_prefix.as_deref(), now).await?;
    let session = Session { hash: pass.hash(), key_prefix, sales_unit, ends_at: now.plus_ms(desk.session_ms) };
    Ok(Some(Opened { session, pass }))
}

/// The session that a request shows, if it shows one that goes on, and comes from the desk's own page.
///
/// # Errors
/// When the store does not answer.
pub async fn recognize(
    desk: &Desk,
    store: &Store,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Session>, store::Error> {
    if !desk.enabled || !is_from_the_desk(desk, method, headers) {
        return Ok(None);
    }
    let Some(pass) = cookie(desk, headers).and_then(Pass::read) else { return Ok(None) };
    let hash = pass.hash();
    let Some(stored) = store.desk_session(&hash).await? else { return Ok(None) };
    let now = clock::now();
    let ends_at = stored.created_at.plus_ms(desk.session_ms);
    if now >= ends_at || now >= stored.used_at.plus_ms(desk.idle_ms) {
        return Ok(None);
    }
    let by_person = headers.get(HEADER).is_some_and(|value| value != BY_ITSELF);
    if by_person && now >= stored.used_at.plus_ms(USE_IS_NOTED_MS.min(desk.idle_ms / 2)) {
        store.touch_desk_session(&hash, now).await?;
    }
    Ok(Some(Session { hash, key_prefix: stored.key_prefix, sales_unit: stored.sales_unit, ends_at }))
}

/// Whether a request was made by the desk's own page. What changes something has to prove where it comes from; of what only looks it is
/// enough that nothing says otherwise, since whoever is elsewhere cannot read the answer.
pub fn is_from_the_desk(desk: &Desk, method: &Method, headers: &HeaderMap) -> bool {
    let said = |name: HeaderName| headers.get(name).map(http::HeaderValue::as_bytes);
    let site = said(HeaderName::from_static("sec-fetch-site")).map(|site| site == b"same-origin");
    let own = Url::parse(&desk.public_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    // A browser that says `same-origin` has looked itself, whatever the address is that it knows us by.
    let origin = said(header::ORIGIN).map(|origin| site == Some(true) || origin == own.as_bytes());
    let proven = site.or(origin);
    headers.contains_key(HEADER)
        && site != Some(false)
        && origin != Some(false)
        && (matches!(*method, Method::GET | Method::HEAD) || proven == Some(true))
}

impl Opened {
    /// The header that gives the browser its cookie.
    pub fn set_cookie(&self, desk: &Desk) -> String {
        written(desk, self.pass.0.expose_secret(), desk.session_ms / 1000)
    }
}

/// The header that takes the cookie away.
pub fn remove_cookie(desk: &Desk) -> String {
    written(desk, "", 0)
}

fn written(desk: &Desk, value: &str, max_age_s: i64) -> String {
    let secure = if is_secure(desk) { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}", cookie_name(desk))
}

fn cookie<'a>(desk: &Desk, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = cookie_name(desk);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find_map(|(given, value)| (given == name).then_some(value))
}

/// With `__Host-` no neighbour below the same domain can set it.
fn cookie_name(desk: &Desk) -> &'static str {
    if is_secure(desk) { "__Host-kvitt-desk" } else { "kvitt-desk" }
}

fn is_secure(desk: &Desk) -> bool {
    desk.public_url.starts_with("https:")
}

/// The chore that forgets what has ended.
pub fn forgetting(store: &Store, desk: &Desk) -> Chore {
    let (store, session_ms) = (store.clone(), desk.session_ms);
    Chore::new("forget sessions of the desk", SWEEP, SWEEP, move || {
        let store = store.clone();
        let now = clock::now();
        async move { Ok(store.prune_desk(now.plus_ms(-session_ms), now).await?) }
    })
}
