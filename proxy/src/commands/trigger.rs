//! `kvitt trigger`: plays a story on a running proxy and the emulator behind it, for developers of a shop.
//!
//! It acts as the customer on the shop's page, the customer in the app, and the shop's backend. It prints each step with its result, and stops at
//! the first step that fails. It finds the emulator by the payment's redirect, unless an option names it.

mod player;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::caller::Proxy;
use super::output;
use crate::commands::stories::Story;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Name of a built-in story, as `--list` prints it, or path of a file with a story
    #[arg(required_unless_present = "list")]
    story: Option<String>,
    /// List the built-in stories
    #[arg(long, conflicts_with = "story")]
    list: bool,
    #[command(flatten)]
    proxy: Proxy,
    /// URL of the emulator [default: that of the payment's redirect]
    #[arg(long, value_name = "URL", env = "KVITT_EMULATOR")]
    emulator: Option<String>,
    /// Name of the sales unit to pay [default: the first one of the proxy]
    #[arg(long, value_name = "NAME")]
    sales_unit: Option<String>,
    /// Seconds to wait for the condition of a step
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    /// Print each step as a line of JSON; with `--list`, the stories
    #[arg(long)]
    json: bool,
}

/// Plays the story to its end, or to the first step that fails.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let Some(name) = &args.story else { return list(args.json) };
    let story = match Story::named(name) {
        Some(story) => story,
        None if Path::new(name).is_file() => {
            Story::parse(&std::fs::read_to_string(name)?).map_err(|mistake| anyhow!("{name}: {mistake}"))?
        }
        None => return Err(anyhow!("there is no story and no file {name}: see `kvitt trigger --list`")),
    };
    if !args.json {
        println!("{}", story.about);
    }
    let timeout = Duration::from_secs(args.wait);
    let mut player = player::Player::new(args.proxy, args.emulator, args.sales_unit, timeout)?;
    for (number, step) in (1..).zip(&story.steps) {
        let written = serde_json::to_value(step).context("a step can be written as JSON")?;
        let result = player.play(step).await;
        let (ok, said) = match &result {
            Ok(said) => (true, said.clone()),
            Err(error) => (false, format!("{error:#}")),
        };
        if args.json {
            println!("{}", serde_json::json!({ "step": written, "ok": ok, "said": said }));
        } else {
            let style = if ok { output::GOOD } else { output::BAD };
            anstream::println!("{number:>2}  {:<32}  {}", title(&written), output::styled(style, said));
        }
        result.with_context(|| format!("step {number} failed"))?;
    }
    Ok(())
}

/// The short description of a step.
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
        return output::json(&each.collect::<Vec<_>>());
    }
    output::table(&["story", "about"], stories.map(|(name, about)| vec![name, about]));
    Ok(())
}
