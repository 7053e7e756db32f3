//! `kvitt trigger`: plays a story on a running proxy and the emulator behind it, for whoever develops a shop.
//!
//! It is the customer on the shop's page, the customer in the app, and the shop's machine; it prints each step and what came of it, and
//! fails at the first that does not come about. The emulator is where the payment leads to, unless it is named.

mod player;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Args;

use super::caller::Proxy;
use super::shown;
use crate::commands::stories::Story;

/// Which story, and where.
#[derive(Args)]
pub(crate) struct Asked {
    /// The name of a story, as `--list` shows it, or the path of a file with one.
    #[arg(required_unless_present = "list")]
    story: Option<String>,
    /// List the stories that are built in.
    #[arg(long, conflicts_with = "story")]
    list: bool,
    #[command(flatten)]
    proxy: Proxy,
    /// Where the emulator is; where the payment leads to when absent.
    #[arg(long, value_name = "URL", env = "KVITT_EMULATOR")]
    emulator: Option<String>,
    /// The sales unit to pay, by name; the proxy's first one when absent.
    #[arg(long, value_name = "NAME")]
    sales_unit: Option<String>,
    /// How many seconds to wait for what a step claims.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    /// Each step as a line of JSON; with `--list`, the stories.
    #[arg(long)]
    json: bool,
}

/// Plays it to its end, or to the first step that does not come about.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let Some(name) = &asked.story else { return list(asked.json) };
    let story = match Story::named(name) {
        Some(story) => story,
        None if Path::new(name).is_file() => {
            Story::parse(&std::fs::read_to_string(name)?).map_err(|mistake| anyhow!("{name}: {mistake}"))?
        }
        None => return Err(anyhow!("there is no story {name}, and no file: `kvitt trigger --list`")),
    };
    if !asked.json {
        println!("{}", story.about);
    }
    let patience = Duration::from_secs(asked.wait);
    let mut player = player::Player::new(asked.proxy, asked.emulator, asked.sales_unit, patience)?;
    for (number, step) in (1..).zip(&story.steps) {
        let written = serde_json::to_value(step).context("a step is written")?;
        let came = player.play(step).await;
        let (ok, said) = match &came {
            Ok(said) => (true, said.clone()),
            Err(error) => (false, format!("{error:#}")),
        };
        if asked.json {
            println!("{}", serde_json::json!({ "step": written, "ok": ok, "said": said }));
        } else {
            let style = if ok { shown::GOOD } else { shown::BAD };
            anstream::println!("{number:>2}  {:<32}  {}", title(&written), shown::styled(style, said));
        }
        came.with_context(|| format!("step {number} did not come about"))?;
    }
    Ok(())
}

/// A step in a few words.
fn title(step: &serde_json::Value) -> String {
    let Some((verb, about)) = step.as_object().and_then(|step| step.iter().next()) else { return String::new() };
    let about = match about {
        serde_json::Value::String(word) => word.clone(),
        serde_json::Value::Object(fields) => {
            let plain = fields.iter().filter(|(_, value)| !value.is_object() && !value.is_array());
            plain
                .map(|(name, value)| format!("{name} {}", value.to_string().trim_matches('"')))
                .collect::<Vec<_>>()
                .join(", ")
        }
        other => other.to_string(),
    };
    format!("{verb} {about}").trim_end().to_owned()
}

fn list(json: bool) -> anyhow::Result<()> {
    let stories = Story::names().into_iter().filter_map(|name| {
        let story = Story::named(&name)?;
        Some((name, story.about))
    });
    if json {
        let each = stories.map(|(name, about)| serde_json::json!({ "name": name, "about": about }));
        return shown::json(&each.collect::<Vec<_>>());
    }
    shown::table(&["story", "about"], stories.map(|(name, about)| vec![name, about]));
    Ok(())
}
