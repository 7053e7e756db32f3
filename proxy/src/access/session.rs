//! Sessions of the order desk, and the links that log in to it.
//!
//! A browser authenticates with a cookie that no script can read. It counts only together with the header [`HEADER`],
//! which no form, link or picture can send, and only from the desk's own origin. So no other page can act in the
//! session (CSRF). Cookies and links are 256 random bits; only their SHA-256 is stored. Neither may be logged.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, Method, header};
use kvitt_wire::{Actor, Role, Via};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use crate::access::shop_key::{Key, ShopKey};
use crate::base::clock;
use crate::checkout::Moment;
use crate::checkout::audit::{Action, Entry};
use crate::config::Desk;
use crate::engine::chores::Chore;
use crate::store::{self, Store, StoredLink, StoredSession};

/// The header that the desk sends with each request: [`AUTOMATIC`] where no user asked for it, so that a session that
/// is left alone expires.
pub const HEADER: HeaderName = HeaderName::from_static("kvitt-desk");
/// The value of [`HEADER`] in a request that the page makes by itself.
pub const AUTOMATIC: &str = "page";
/// The name in place of a key's prefix, for a session that was opened with a link.
const NO_KEY: &str = "desk";
/// How precisely the last use of a session is stored, in milliseconds.
const USED_AT_PRECISION_MS: i64 = 60 * 1000;
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// The secret of a cookie or a link: 256 random bits.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    fn new() -> Self {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// Parses a secret; `None` when it has another form.
    fn parse(text: &str) -> Option<Self> {
        let is_one = URL_SAFE_NO_PAD.decode(text).ok()?.len() == 32;
        is_one.then(|| Self(text.into()))
    }

    fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose_secret()))
    }
}

/// What a user logs in with.
pub enum Credential<'a> {
    /// A shop key.
    Key(&'a str),
    /// The secret at the end of a link.
    Link(&'a str),
}

/// A new session, with the secret for its cookie.
pub struct NewSession {
    /// The session.
    pub session: Session,
    secret: Secret,
}

/// A session that has not expired.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    hash: String,
    /// The prefix of the shop key that it was opened with, if any.
    pub key_prefix: Option<String>,
    /// The name of that key, or of the link.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The one sales unit that it may access; `None` for all.
    pub sales_unit: Option<String>,
    /// When it expires at the latest.
    pub ends_at: Moment,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("key_prefix", &self.key_prefix).finish_non_exhaustive()
    }
}

impl Session {
    /// The shop key that its requests count as.
    pub fn shop_key(&self) -> ShopKey {
        let prefix = self.key_prefix.clone().unwrap_or_else(|| NO_KEY.to_owned());
        ShopKey { prefix, by: self.actor(), role: self.role, sales_unit: self.sales_unit.clone() }
    }

    fn actor(&self) -> Actor {
        Actor { name: self.name.clone(), via: Via::Desk, key: self.key_prefix.clone() }
    }

    /// The session with the secret of that hash.
    fn of(stored: StoredSession, hash: String, desk: &Desk) -> Self {
        let StoredSession { key_prefix, name, role, sales_unit, created_at, .. } = stored;
        Self { hash, key_prefix, name, role, sales_unit, ends_at: created_at.plus_ms(desk.session_ms) }
    }

    /// Ends the session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, store: &Store) -> Result<(), store::Error> {
        store.end_desk_session(&self.hash).await
    }
}

/// What a link passes on to its session.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The name of the session: whom the link is for.
    pub name: String,
    /// What the session may do.
    pub role: Role,
    /// The one sales unit that it may access; `None` for all.
    pub sales_unit: Option<String>,
}

/// Makes a link to the desk. Its secret is in the fragment (`#`), which browsers send in no request and no referrer. A
/// button on the page uses it, so fetching the link in advance does not use it up.
///
/// # Errors
/// When the store fails.
pub async fn new_link(desk: &Desk, store: &Store, link: NewLink, by: &Actor) -> Result<String, store::Error> {
    let (secret, now) = (Secret::new(), clock::now());
    let NewLink { name, role, sales_unit } = link;
    let entry = Entry::new(Action::AddDeskLink, by, now).at_unit(sales_unit.as_deref());
    let entry = entry.with_detail(format!("{name}, {}", role.as_str()));
    let link = StoredLink { name, role, sales_unit, expires_at: now.plus_ms(desk.link_ms) };
    store.add_desk_link(&secret.hash(), &link, &entry).await?;
    Ok(format!("{}/desk#link={}", desk.public_url, secret.0.expose_secret()))
}

/// Logs in: opens a session if the credential is valid, else returns `None`.
///
/// # Errors
/// When the store fails.
pub async fn log_in(
    desk: &Desk,
    store: &Store,
    credential: Credential<'_>,
) -> Result<Option<NewSession>, store::Error> {
    let now = clock::now();
    let (key_prefix, name, role, sales_unit) = match credential {
        Credential::Key(text) => {
            let Some(key) = Key::parse(text) else { return Ok(None) };
            let Some(key) = key.authenticate(store).await? else { return Ok(None) };
            (Some(key.prefix), key.by.name, key.role, key.sales_unit)
        }
        Credential::Link(text) => {
            let Some(secret) = Secret::parse(text) else { return Ok(None) };
            let Some(link) = store.consume_desk_link(&secret.hash(), now).await? else { return Ok(None) };
            (None, link.name, link.role, link.sales_unit)
        }
    };
    let secret = Secret::new();
    let stored = StoredSession { key_prefix, name, role, sales_unit, created_at: now, used_at: now };
    let session = Session::of(stored.clone(), secret.hash(), desk);
    let entry = Entry::new(Action::LogIn, &session.actor(), now).at_unit(session.sales_unit.as_deref());
    store.add_desk_session(&secret.hash(), &stored, &entry).await?;
    Ok(Some(NewSession { session, secret }))
}

/// The session of a request; `None` without a valid one, or when the request does not come from the desk's own page.
///
/// # Errors
/// When the store fails.
pub async fn authenticate(
    desk: &Desk,
    store: &Store,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Session>, store::Error> {
    if !desk.enabled || !is_same_origin(desk, method, headers) {
        return Ok(None);
    }
    let Some(secret) = cookie(desk, headers).and_then(Secret::parse) else { return Ok(None) };
    let hash = secret.hash();
    let Some(stored) = store.desk_session(&hash).await? else { return Ok(None) };
    let now = clock::now();
    let ends_at = stored.created_at.plus_ms(desk.session_ms);
    if now >= ends_at || now >= stored.used_at.plus_ms(desk.idle_ms) {
        return Ok(None);
    }
    let by_user = headers.get(HEADER).is_some_and(|value| value != AUTOMATIC);
    if by_user && now >= stored.used_at.plus_ms(USED_AT_PRECISION_MS.min(desk.idle_ms / 2)) {
        store.touch_desk_session(&hash, now).await?;
    }
    Ok(Some(Session::of(stored, hash, desk)))
}

/// Whether a request comes from the desk's own page. A request that changes something must prove its origin. For one
/// that only reads it suffices that no header names another origin, because a page elsewhere cannot read the response.
pub fn is_same_origin(desk: &Desk, method: &Method, headers: &HeaderMap) -> bool {
    let header_value = |name: HeaderName| headers.get(name).map(http::HeaderValue::as_bytes);
    let site = header_value(HeaderName::from_static("sec-fetch-site")).map(|site| site == b"same-origin");
    let own = Url::parse(&desk.public_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    // The browser has compared the origins itself, whatever address it uses for this proxy.
    let origin = header_value(header::ORIGIN).map(|origin| site == Some(true) || origin == own.as_bytes());
    let proven = site.or(origin);
    headers.contains_key(HEADER)
        && site != Some(false)
        && origin != Some(false)
        && (matches!(*method, Method::GET | Method::HEAD) || proven == Some(true))
}

impl NewSession {
    /// The `Set-Cookie` header of the session.
    pub fn set_cookie(&self, desk: &Desk) -> String {
        cookie_header(desk, self.secret.0.expose_secret(), desk.session_ms / 1000)
    }
}

/// The `Set-Cookie` header that removes the cookie.
pub fn remove_cookie(desk: &Desk) -> String {
    cookie_header(desk, "", 0)
}

fn cookie_header(desk: &Desk, value: &str, max_age_s: i64) -> String {
    let secure = if is_secure(desk) { "; Secure" } else { "" };
    let path = if desk.path.is_empty() { "/" } else { &desk.path };
    format!("{}={value}; Path={path}; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}", cookie_name(desk))
}

fn cookie<'a>(desk: &Desk, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = cookie_name(desk);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find_map(|(given, value)| (given == name).then_some(value))
}

/// With the prefix `__Host-`, a sibling domain cannot set it. It requires the root: below a path the rest of the site must not get the cookie.
fn cookie_name(desk: &Desk) -> &'static str {
    match (is_secure(desk), desk.path.is_empty()) {
        (true, true) => "__Host-kvitt-desk",
        (true, false) => "__Secure-kvitt-desk",
        (false, _) => "kvitt-desk",
    }
}

fn is_secure(desk: &Desk) -> bool {
    desk.public_url.starts_with("https:")
}

/// The chore that deletes expired sessions and links.
pub fn sweep_chore(store: &Store, desk: &Desk) -> Chore {
    let (store, session_ms) = (store.clone(), desk.session_ms);
    let chore = Chore::new("forget sessions of the desk", SWEEP_EVERY, SWEEP_EVERY, move || {
        let store = store.clone();
        let now = clock::now();
        async move { Ok(store.prune_desk(now.plus_ms(-session_ms), now).await?) }
    });
    chore.that_deletes()
}
