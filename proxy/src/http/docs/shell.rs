//! What is around every page: the navigation, the place of the search, and the contents of a long page.

use maud::{DOCTYPE, Markup, html};

use super::{GROUPS, Heading, address};

/// With fewer sections a page needs no contents.
const FEW: usize = 3;

pub(super) fn page(name: &str, title: &str, content: &Markup, headings: &[Heading]) -> Markup {
    let sections: Vec<&Heading> = headings.iter().filter(|heading| heading.level == 2).collect();
    let long = sections.len() >= FEW;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Kvitt" }
                link rel="icon" href="/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/docs/docs.css";
                link rel="stylesheet" href="/docs/text.css";
                script type="module" src="/docs/search.js" {}
                script type="module" src="/docs/copy.js" {}
            }
            body class=[long.then_some("long")] {
                a.skip href="#content" { "Skip to the content" }
                header {
                    a.wordmark href="/docs" { "Kvitt " span { "Docs" } }
                    // The script puts the field there.
                    div #search hidden {}
                    (folding("Pages", "Documentation", "pages", &navigation(name)))
                }
                @if long { aside { (folding("On this page", "On this page", "sections", &contents(&sections))) } }
                main id="content" { (content) }
                footer {
                    p {
                        "For programs: " a href="/openapi.json" { "openapi.json" } " and "
                        a href="/docs/kvitt-shop.d.ts" { "kvitt-shop.d.ts" } "."
                    }
                }
            }
        }
    }
}

/// The same list twice, of which the style shows one: open beside the text, and folded above it on a narrow screen.
fn folding(summary: &str, label: &str, class: &str, list: &Markup) -> Markup {
    html! {
        details class={ "narrow " (class) } {
            summary { (summary) }
            nav aria-label=(label) { (list) }
        }
        nav class={ "broad " (class) } aria-label=(label) { (list) }
    }
}

fn navigation(name: &str) -> Markup {
    html! {
        @for (group, pages) in GROUPS {
            p.group { (group) }
            ul {
                @for (page, title) in pages {
                    li { a href=(address(page)) aria-current=[(*page == name).then_some("page")] { (title) } }
                }
            }
        }
    }
}

fn contents(sections: &[&Heading]) -> Markup {
    html! {
        p.group { "On this page" }
        ul { @for section in sections { li { a href={ "#" (section.anchor) } { (section.title) } } } }
    }
}
