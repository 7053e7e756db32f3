//! Markdown as HTML. It is our own, from the files of the guides and the comments beside the routes; raw HTML in it is shown as text.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// A whole text. Headings can be linked to by their words.
pub(super) fn html(markdown: &str) -> Markup {
    let mut events: Vec<Event<'_>> = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(harmless).collect();
    for place in 0..events.len() {
        let end = events[place..].iter().position(|event| matches!(event, Event::End(TagEnd::Heading(_))));
        let words: String = events[place..place + end.unwrap_or_default()].iter().filter_map(text).collect();
        if let Event::Start(Tag::Heading { id, .. }) = &mut events[place] {
            *id = Some(CowStr::from(slug(&words)));
        }
        // A wide table or a long line scrolls by itself, also by the keyboard.
        match events[place] {
            Event::Start(Tag::Table(_)) => {
                events[place] = Event::Html("<div class=\"wide\" tabindex=\"0\"><table>".into())
            }
            Event::End(TagEnd::Table) => events[place] = Event::Html("</tbody></table></div>".into()),
            _ => {}
        }
    }
    let mut written = String::new();
    html::push_html(&mut written, events.into_iter());
    PreEscaped(written.replace("<pre>", "<pre tabindex=\"0\">"))
}

/// A line or two without a paragraph around them.
pub(super) fn inline(markdown: &str) -> Markup {
    let outer = |event: &Event<'_>| !matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
    let mut written = String::new();
    html::push_html(&mut written, Parser::new(markdown).map(harmless).filter(outer));
    PreEscaped(written)
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

fn slug(words: &str) -> String {
    let plain = words.chars().filter(|letter| letter.is_alphanumeric() || *letter == ' ').collect::<String>();
    plain.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_linked_to_and_nothing_is_run() {
        let html = html("## Going `live` now\n\n<script>1</script>\n\n| a |\n|---|\n| b |\n").into_string();
        assert!(html.contains("<h2 id=\"going-live-now\">"), "{html}");
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("tabindex=\"0\"><table><thead>") && html.contains("</table></div>"), "{html}");
        assert_eq!(inline("a `b` c").into_string(), "a <code>b</code> c");
    }
}
