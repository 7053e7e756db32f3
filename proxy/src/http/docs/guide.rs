//! Markdown as HTML. It is our own, from the files of the guides and the comments beside the routes; raw HTML in it is shown as text.

use std::collections::HashMap;

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::Heading;

/// A whole text. Headings can be linked to by their words.
pub(super) fn html(markdown: &str) -> Markup {
    let mut events = events(markdown);
    for event in &mut events {
        // A wide table or a long line scrolls by itself, also by the keyboard.
        match event {
            Event::Start(Tag::Table(_)) => *event = Event::Html("<div class=\"wide\" tabindex=\"0\"><table>".into()),
            Event::End(TagEnd::Table) => *event = Event::Html("</tbody></table></div>".into()),
            _ => {}
        }
    }
    let mut written = String::new();
    html::push_html(&mut written, events.into_iter());
    // What heads no column is no heading.
    PreEscaped(written.replace("<pre>", "<pre tabindex=\"0\">").replace("<th></th>", "<td></td>"))
}

/// The headings of a text below its title, in order.
pub(super) fn headings(markdown: &str) -> Vec<Heading> {
    let events = events(markdown);
    let starts = events.iter().enumerate().filter_map(|(place, event)| match event {
        Event::Start(Tag::Heading { level, id: Some(id), .. }) if *level > HeadingLevel::H1 => {
            Some(Heading { level: *level as u8, title: words(&events[place..]), anchor: id.to_string() })
        }
        _ => None,
    });
    starts.collect()
}

/// Where a text can be linked to: the anchors of all its headings.
pub fn anchors(markdown: &str) -> Vec<String> {
    let ids = events(markdown).into_iter().filter_map(|event| match event {
        Event::Start(Tag::Heading { id, .. }) => id.map(|id| id.to_string()),
        _ => None,
    });
    ids.collect()
}

/// A line or two without a paragraph around them.
pub(super) fn inline(markdown: &str) -> Markup {
    let outer = |event: &Event<'_>| !matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
    let mut written = String::new();
    html::push_html(&mut written, Parser::new(markdown).map(harmless).filter(outer));
    PreEscaped(written)
}

/// What stands in a text, where every heading has an anchor of its own.
fn events(markdown: &str) -> Vec<Event<'_>> {
    let mut events: Vec<Event<'_>> = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(harmless).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for place in 0..events.len() {
        if matches!(events[place], Event::Start(Tag::Heading { .. })) {
            let slug = slug(&words(&events[place..]));
            let before = seen.entry(slug.clone()).or_default();
            let anchor = if *before == 0 { slug } else { format!("{slug}-{before}") };
            *before += 1;
            if let Event::Start(Tag::Heading { id, .. }) = &mut events[place] {
                *id = Some(CowStr::from(anchor));
            }
        }
    }
    events
}

/// The words of the heading that begins there.
fn words(events: &[Event<'_>]) -> String {
    let heading = events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    heading.filter_map(text).collect()
}

fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        // A comment of Rust may link to a type, which is nowhere here.
        Event::Start(Tag::Link { dest_url, .. }) if dest_url.contains("::") => Event::Text("".into()),
        event => event,
    }
}

fn text<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text),
        _ => None,
    }
}

/// The anchor of a heading, by the rule of code hosts, so that a link leads there in the repository and on the site: lower case, spaces as
/// hyphens, and no punctuation but `-` and `_`.
fn slug(words: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    words.trim().to_lowercase().chars().filter(kept).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_linked_to_and_nothing_is_run() {
        let html = html("## Going `live` now\n\n<script>1</script>\n\n| | a |\n|---|---|\n| b | c |\n").into_string();
        assert!(html.contains("<h2 id=\"going-live-now\">"), "{html}");
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("tabindex=\"0\"><table><thead>") && html.contains("</table></div>"), "{html}");
        assert!(!html.contains("<th></th>") && html.contains("<th>a</th>"), "{html}");
        assert_eq!(inline("a `b` c").into_string(), "a <code>b</code> c");
    }

    #[test]
    fn every_heading_below_the_title_has_an_anchor_of_its_own() {
        let headings = headings("# Title\n\n## Money\n\n### `limits.header_ms`\n\n## Money\n");
        let anchors: Vec<_> = headings.iter().map(|heading| (heading.level, heading.anchor.as_str())).collect();
        assert_eq!(anchors, [(2, "money"), (3, "limitsheader_ms"), (2, "money-1")]);
        assert_eq!(headings[1].title, "limits.header_ms");
    }
}
