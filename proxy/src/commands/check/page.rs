//! `kvitt check --page`: fetches a page of the shop and says what is wrong with the Kvitt elements on it: the cause, the place, and what to do.
//!
//! It sees the page as the server sends it, as a browser does before any script has run.

mod elements;
mod policy;
mod tags;

use anyhow::{Context, bail, ensure};
use reqwest::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use url::Url;

use self::policy::Policy;
use self::tags::Tag;
use super::super::caller;
use super::super::findings::{Findings, Health};
use crate::config::Config;
use crate::http::routes;

/// The largest page, in bytes.
const MAX_BYTES: usize = 10 << 20;
/// The elements of the widget.
const ELEMENTS: [&str; 2] = ["kvitt-checkout", "kvitt-confirmation"];

/// A page, as its server sends it.
struct Page {
    /// Its address, after redirects.
    url: Url,
    /// What relative addresses on it begin with.
    base: Url,
    tags: Vec<Tag>,
    policies: Vec<Policy>,
}

/// Fetches the page and examines it.
pub(super) async fn examine(config: &Config, address: &str, findings: &mut Findings) {
    let page = match Page::fetch(address).await {
        Ok(page) => page,
        Err(error) => return findings.add(Health::Fail, "page", format!("{error:#}")),
    };
    page.examine_origin(config, findings);
    let script = page.examine_script(config, findings);
    let elements = page.tags.iter().filter(|tag| ELEMENTS.contains(&tag.name.as_str()));
    let mut count = 0;
    for element in elements {
        elements::examine(config, &page.base, element, script.is_some(), findings);
        count += 1;
    }
    if count == 0 {
        let found =
            "no kvitt-checkout and no kvitt-confirmation is in what the server sends; what scripts add is not examined";
        findings.add(Health::Warn, "elements", found);
    }
    page.examine_policies(config, script, findings);
}

impl Page {
    async fn fetch(address: &str) -> anyhow::Result<Self> {
        let mut response = caller::following_redirects()?.get(address).send().await.context("it cannot be fetched")?;
        ensure!(response.status().is_success(), "it is answered {}; name a page that is", response.status());
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        ensure!(kind.starts_with("text/html"), "it is {kind:?}, not text/html; name a page of the shop");
        let url = response.url().clone();
        let mut html = Vec::new();
        while let Some(chunk) = response.chunk().await.context("it breaks off")? {
            html.extend_from_slice(&chunk);
            if html.len() > MAX_BYTES {
                bail!("it has more than {} MB", MAX_BYTES >> 20);
            }
        }
        let tags = tags::all(&String::from_utf8_lossy(&html));
        let of_page = tags.iter().find(|tag| tag.name == "base").and_then(|tag| tag.get("href"));
        let base = of_page.and_then(|base| url.join(base).ok()).unwrap_or_else(|| url.clone());
        let headers =
            response.headers().get_all(CONTENT_SECURITY_POLICY).iter().filter_map(|value| value.to_str().ok());
        let is_policy = |tag: &&Tag| {
            let name = tag.get("http-equiv").unwrap_or_default();
            tag.name == "meta" && name.eq_ignore_ascii_case("content-security-policy")
        };
        let metas = tags.iter().filter(is_policy).filter_map(|tag| tag.get("content"));
        let policies = headers.chain(metas).flat_map(|text| Policy::all(text, &url)).collect();
        Ok(Self { url, base, tags, policies })
    }

    fn examine_origin(&self, config: &Config, findings: &mut Findings) {
        let origin = self.url.origin().ascii_serialization();
        if config.shop.allowed_origins.contains(&origin) {
            findings.add(Health::Ok, "page", format!("{} is on an allowed origin", self.url));
        } else {
            let found = format!("the proxy refuses what it asks for: add {origin:?} to allowed_origins");
            findings.add(Health::Fail, "page", found);
        }
    }

    /// Examines the widget's script, and returns it if the page has it.
    fn examine_script(&self, config: &Config, findings: &mut Findings) -> Option<&Tag> {
        let public_url = &config.shop.public_url;
        let address = |tag: &Tag| self.base.join(tag.get("src")?).ok();
        let scripts = self.tags.iter().filter(|tag| tag.name == "script");
        let mut scripts = scripts.filter_map(|tag| Some((tag, address(tag)?))).filter(|(_, url)| is_widget(url));
        let Some((tag, url)) = scripts.next() else {
            let found = format!(
                "no script tag of Kvitt is in what the server sends, as with a bundler; else add \
                 <script type=\"module\" src=\"{public_url}/pkg/kvitt.js\"></script>"
            );
            findings.add(Health::Warn, "script", found);
            return None;
        };
        let place = tag.place();
        let mut wrong = Vec::new();
        if !url.as_str().starts_with(&format!("{public_url}/pkg/")) {
            wrong.push(format!("it comes from {url}, not from public_url: use {public_url}/pkg/kvitt.js"));
        }
        if !tag.get("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("module")) {
            wrong.push("it is no module, and does not run: add type=\"module\"".to_owned());
        }
        if let Some(found) = wrong_release(tag, &url, public_url) {
            wrong.push(found);
        }
        if wrong.is_empty() {
            findings.add(Health::Ok, &place, url.as_str());
        }
        wrong.into_iter().for_each(|found| findings.add(Health::Fail, &place, found));
        Some(tag)
    }

    fn examine_policies(&self, config: &Config, script: Option<&Tag>, findings: &mut Findings) {
        let about = "Content-Security-Policy";
        let public_url = &config.shop.public_url;
        let address = |path: &str| Url::parse(&format!("{public_url}{path}"));
        let (Ok(requests), Ok(file)) = (address("/v1/checkouts"), address("/pkg/kvitt.js")) else { return };
        let mut good = true;
        let mut refused = |by: &str, what: &str, add: &str| {
            good = false;
            findings.add(Health::Fail, about, format!("{by} refuses {what}: add {add} to it"));
        };
        let origin = requests.origin().ascii_serialization();
        for policy in &self.policies {
            if let Some(by) = script.and_then(|tag| policy.refuses_script(&file, tag.get("nonce"))) {
                refused(by, "the script", &origin);
            }
            // The WebAssembly is beside the script, and is fetched as a request.
            if let Some(by) = [&requests, &file].into_iter().find_map(|url| policy.refuses_connection(url)) {
                refused(by, "requests to the proxy", &origin);
            }
            if let Some(by) = policy.refuses_wasm() {
                refused(by, "WebAssembly, so that only the plain form works", "'wasm-unsafe-eval'");
            }
        }
        if good {
            let found =
                if self.policies.is_empty() { "none" } else { "it allows the script, requests and WebAssembly" };
            findings.add(Health::Ok, about, found);
        }
    }
}

/// Whether an address is that of the widget's script, by the end of its path.
fn is_widget(url: &Url) -> bool {
    let of_release = || {
        url.path().rsplit_once('/').is_some_and(|(folder, name)| folder.ends_with("/pkg") && name.starts_with("kvitt-"))
    };
    url.path().ends_with("/kvitt.js") || of_release()
}

/// What is wrong with a script that is pinned by its hash.
fn wrong_release(tag: &Tag, url: &Url, public_url: &str) -> Option<String> {
    let own = routes::script(public_url);
    let integrity = tag.get("integrity");
    if url.path().ends_with("/kvitt.js") {
        integrity?;
        let found = "its content changes with the release, and the browser then refuses it: take away integrity, or use the tag \
                     that `kvitt check` prints";
        return Some(found.to_owned());
    }
    let own = own?;
    let wrong = if url.as_str() != own.src {
        "it is of another release, which this proxy does not serve"
    } else if integrity.is_some_and(|given| !given.split_ascii_whitespace().any(|hash| hash == own.integrity)) {
        "its hash is another, and the browser refuses it"
    } else {
        return None;
    };
    Some(format!("{wrong}: use {}", own.tag()))
}
