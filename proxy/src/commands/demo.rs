//! `kvitt demo`: an emulator of Vipps MobilePay, the proxy on a temporary database, and the demo shop, in one process. It leaves nothing behind.

use std::fmt::Write;
use std::net::SocketAddr;

use anyhow::Context;
use kvitt_emulator::{Credentials, Emulator};
use kvitt_wire::Role;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::arguments;
use crate::access::session::{self, NewLink};
use crate::access::shop_key;
use crate::base::vault::Key;
use crate::config::Config;
use crate::http::listen::bind;
use crate::observe::telemetry;
use crate::store::Store;

const CATALOGUE: &str = include_str!("../../demo.catalogue.toml");
/// The demo's sales units: name, market, and merchant serial number at the emulator.
const SALES_UNITS: [(&str, &str, &str); 3] = [("no", "NO", "123456"), ("dk", "DK", "234567"), ("fi", "FI", "345678")];

/// Prints the demo's addresses and runs it until `stop` is cancelled.
///
/// # Errors
/// When an address is in use, or a part cannot be started.
pub(super) async fn run(listen: SocketAddr, origins: &[String], stop: CancellationToken) -> anyhow::Result<()> {
    let listener = bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let shop = format!("http://{}", listener.local_addr()?);
    // The sales units have every approval that there is.
    let options = kvitt_emulator::Options { strict: true, push_message: true, long_living: true, ..Default::default() };
    let emulator = Emulator::start(TcpListener::bind("127.0.0.1:0").await?, options)?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    std::fs::write(folder.path().join("catalogue.toml"), CATALOGUE)?;
    let file = folder.path().join("kvitt.toml");
    let secret = Key::random().to_base64();
    std::fs::write(&file, settings(&shop, emulator.url(), origins, &folder.path().join("kvitt.sqlite"), &secret))?;
    let config = Config::load(Some(&file), [])?;
    // The demo exports no traces, so nothing is flushed at the end.
    telemetry::start(&config.log)?;
    println!("shop   {shop}/");
    println!("phone  {}/phone", emulator.url());
    let Logins { desk, keys } = logins(&config).await?;
    println!("desk   {desk}");
    for (name, key) in keys {
        println!("{name:5}  {key}");
    }
    println!("carts  {}", secret.as_str());
    println!(
        "Pay in the shop, approve on the phone. The desk's link logs in once, the keys any time: one may do everything, one ships, one reads. Carts are signed as \"demo\". Ctrl-C stops all."
    );
    crate::serve(config, listener, stop).await?;
    emulator.shutdown();
    emulator.stopped().await;
    Ok(())
}

/// The logins of the order desk: a link, and shop keys by the name under which they are printed.
struct Logins {
    desk: String,
    keys: Vec<(&'static str, String)>,
}

async fn logins(config: &Config) -> anyhow::Result<Logins> {
    let store = Store::open(config.database_url.expose_secret(), &config.vault).await?;
    let (by, mut keys) = (arguments::operator(), Vec::new());
    for (printed, name, role) in
        [("key", "demo", Role::All), ("ship", "the packing table", Role::Ship), ("read", "accounts", Role::Read)]
    {
        let key = shop_key::Key::new();
        key.add(&store, name, role, None, &by).await?;
        keys.push((printed, key.expose()));
    }
    let link = NewLink { name: "demo".to_owned(), role: Role::All, sales_unit: None };
    let desk = session::new_link(&config.desk, &store, link, &by).await?;
    store.close().await;
    Ok(Logins { desk, keys })
}

fn settings(shop: &str, emulator: &str, origins: &[String], database: &std::path::Path, cart_secret: &str) -> String {
    let mut text = format!(
        "public_url = {shop:?}\nallowed_origins = {origins:?}\ncatalogue = \"catalogue.toml\"\n\
         shop = {{ name = \"Nordlys Keramikk\", url = {shop:?}, terms_url = \"{shop}/terms.html\" }}\n\
         database.url = {:?}\nencryption.key = {:?}\nvipps.base_url = {emulator:?}\nsite.demo = true\ndesk.link_ms = 86400000\n\
         limits.orders_per_address = 0\nlimits.idle_offers_per_address = 0\nmetrics.cache_ms = 0\nlog.filter = \"warn,kvitt=info\"\n",
        format!("sqlite:{}", database.display()),
        Key::random().to_base64().as_str(),
    );
    for (name, market, msn) in SALES_UNITS {
        let keys = Credentials::of(msn).expect("the emulator has the demo's sales units");
        let (id, secret, key) = (keys.client_id, keys.client_secret, keys.subscription_key);
        write!(
            text,
            "[[sales_unit]]\nname = {name:?}\nmarket = {market:?}\nmerchant_serial_number = {msn:?}\n\
             client_id = {id:?}\nclient_secret = {secret:?}\nsubscription_key = {key:?}\n\
             reference_prefix = \"nordlys\"\npush_messages = true\nlong_living = true\n",
        )
        .expect("writing to a string does not fail");
    }
    write!(text, "[[cart_key]]\nname = \"demo\"\nsecret = {cart_secret:?}\n")
        .expect("writing to a string does not fail");
    text
}
