//! `kvitt doctor`: what an operator would ask, with what to do about it: which configuration is used, how the [books] stand, and what the
//! [vendor] says. It only looks. Of the environment it says names and never values, which may be secrets.

mod books;
mod vendor;

use clap::Args;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::arguments::ConfigFile;
use super::ending::Ending;
use super::shown;
use crate::config;
use crate::store::Store;

/// What is examined.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// How something stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Ok,
    Warn,
    Fail,
}

/// One line.
#[derive(Serialize)]
struct Finding {
    health: Health,
    about: String,
    found: String,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, health: Health, about: &str, found: impl Into<String>) {
        self.0.push(Finding { health, about: about.to_owned(), found: found.into() });
    }

    /// Good when there are none of them.
    fn none(&mut self, about: &str, count: i64, what_to_do: &str) {
        match count {
            0 => self.add(Health::Ok, about, "none"),
            count => self.add(Health::Warn, about, format!("{count}: {what_to_do}")),
        }
    }
}

/// Ends with 0 when all is well, 1 when something wants a look, 2 when something does not work.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<Ending> {
    let config = asked.config.load_without_webhooks()?;
    let mut findings = Findings::default();
    findings.add(Health::Ok, "release", env!("CARGO_PKG_VERSION"));
    configuration(&asked.config, &mut findings);
    match Store::attach(config.database_url.expose_secret(), &config.vault).await {
        Ok(store) => {
            if let Err(error) = books::examine(&store, &config, &mut findings).await {
                findings.add(Health::Fail, "database", error.to_string());
            }
            vendor::examine(&store, &config, &mut findings).await?;
            store.close().await;
        }
        Err(error) => findings.add(Health::Fail, "database", error.to_string()),
    }
    let worst = findings.0.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok);
    if asked.json {
        shown::json(&findings.0)?;
    } else {
        for Finding { health, about, found } in &findings.0 {
            let health = match health {
                Health::Ok => shown::styled(shown::GOOD, "ok  "),
                Health::Warn => shown::styled(shown::WAITING, "warn"),
                Health::Fail => shown::styled(shown::BAD, "FAIL"),
            };
            anstream::println!("{health}  {about}: {found}");
        }
    }
    Ok(match worst {
        Health::Ok => Ending::Done,
        Health::Warn => Ending::Failed,
        Health::Fail => Ending::Wrong,
    })
}

/// Where the options come from.
fn configuration(file: &ConfigFile, findings: &mut Findings) {
    let file = file.path().map(|path| std::path::absolute(path).unwrap_or(path.to_owned()));
    let found = file.map_or_else(|| "no file, the defaults".to_owned(), |file| file.display().to_string());
    findings.add(Health::Ok, "configuration", found);
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut names: Vec<_> = names.filter(|name| name.starts_with(config::PREFIX)).collect();
    names.sort();
    if !names.is_empty() {
        findings.add(Health::Ok, "from the environment", names.join(", "));
    }
}
