//! The documents of the repository: every link leads somewhere, every proof that a table names exists, and the README stays short.
//!
//! A mistake is reported as `file:line: what is wrong`.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use kvitt::http::{docs, routes};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Whose links are checked, beside all guides in `www/docs`.
const DOCUMENTS: [&str; 11] = [
    "README.md",
    "CHANGELOG.md",
    "tests/README.md",
    "tests/bench/README.md",
    "tests/bench/RESULTS.md",
    "proxy/README.md",
    "plugin/README.md",
    "proxy/emulator/README.md",
    "proxy/vipps/README.md",
    "proxy/deploy/README.md",
    "www/embed/README.md",
];
/// The document whose tables say which test shows what.
const PROOFS: &str = "tests/README.md";
/// Other documents whose tables name files and tests.
const NAMES: [&str; 2] = ["README.md", "www/docs/going-live.md"];
/// The last column of a table of which every row has to name a proof.
const SHOWN_IN: &str = "shown in";
const README_LINES: usize = 150;
const README_WORDS: usize = 1_500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the workspace").to_owned()
}

/// A text of the repository, by its path from the root.
struct Document {
    path: String,
    text: String,
}

impl Document {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    fn read(path: &str) -> Result<Self, String> {
        let text = fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
        Ok(Self::new(path, &text))
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter()
    }

    fn mistake(&self, place: usize, what: &str) -> String {
        let line = self.text[..place].matches('\n').count() + 1;
        format!("{}:{line}: {what}", self.path)
    }
}

// Links

fn wrong_links(document: &Document) -> Vec<String> {
    let links = document.events().filter_map(|(event, range)| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some((dest_url.to_string(), range.start))
        }
        _ => None,
    });
    links.filter_map(|(link, place)| Some(document.mistake(place, &wrong_link(document, &link)?))).collect()
}

/// What is wrong with a link; none when it leads somewhere, or out of the repository.
fn wrong_link(document: &Document, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (target, anchor) = link.split_once('#').map_or((link, None), |(target, anchor)| (target, Some(anchor)));
    let anchors = if target.is_empty() {
        docs::anchors(&document.text)
    } else if let Some(page) = target.strip_prefix("/docs").filter(|page| page.is_empty() || page.starts_with('/')) {
        match anchors_of_page(page.trim_start_matches('/')) {
            Some(anchors) => anchors,
            None => return Some(format!("{link}: the documentation has no such page")),
        }
    } else if target.starts_with('/') {
        // An address of the proxy. In a guide it is followed over HTTP by another test.
        let guide = document.path.starts_with("www/docs/");
        return (!guide).then(|| format!("{link}: a link in the repository is relative"));
    } else {
        let file = root().join(&document.path).parent()?.join(target);
        if !file.exists() {
            return Some(format!("{link}: there is no such file"));
        }
        fs::read_to_string(&file).map(|text| docs::anchors(&text)).unwrap_or_default()
    };
    let anchor = anchor?;
    (!anchors.iter().any(|other| other == anchor)).then(|| format!("{link}: there is no such heading"))
}

/// The anchors of a page of the documentation, or of a file that is served beside the pages.
fn anchors_of_page(name: &str) -> Option<Vec<String>> {
    if name.contains('.') {
        return root().join("www/docs").join(name).is_file().then(Vec::new);
    }
    let description = serde_json::from_str(routes::openapi_json()).expect("the description is JSON");
    let html = docs::page(name, &description)?;
    Some(html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect())
}

// Proofs

/// The code in one cell of a table, and where it is.
type Cell = Vec<(String, usize)>;

fn wrong_proofs(document: &Document) -> Vec<String> {
    let (mut mistakes, mut row, mut titles): (Vec<String>, Vec<Cell>, Vec<String>) = Default::default();
    let mut in_head = false;
    for (event, range) in document.events() {
        match event {
            Event::Start(Tag::TableHead) => (in_head, titles) = (true, Vec::new()),
            Event::End(TagEnd::TableHead) => in_head = false,
            Event::Start(Tag::TableRow) => row = Vec::new(),
            Event::Start(Tag::TableCell) if in_head => titles.push(String::new()),
            Event::Start(Tag::TableCell) => row.push(Cell::new()),
            Event::Text(text) if in_head => titles.last_mut().unwrap().push_str(&text),
            Event::Code(code) => row.last_mut().into_iter().for_each(|cell| cell.push((code.to_string(), range.start))),
            Event::End(TagEnd::TableRow) => {
                let must = titles.last().is_some_and(|title| title == SHOWN_IN);
                if must && row.last().is_some_and(Vec::is_empty) {
                    mistakes.push(document.mistake(range.start, "the row names no proof"));
                }
                let last = row.len() - 1;
                mistakes.extend(
                    row.iter().enumerate().flat_map(|(nth, cell)| wrong_names(document, cell, must && nth == last)),
                );
            }
            _ => {}
        }
    }
    mistakes
}

/// A cell names files, each perhaps with a test of it. Where it is all proofs, more tests of the same file may follow: `` `it/docs.rs: one`,
/// `two` ``.
fn wrong_names(document: &Document, cell: &Cell, all_proofs: bool) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut file = None;
    for (code, place) in cell {
        let soak = code.starts_with("soak ").then_some(code.as_str());
        let wrong = if let Some(command) = code.strip_prefix("cargo xtask ").or(soak) {
            wrong_command(command)
        } else if let Some((path, name)) = proof(code) {
            let missing = (!exists(&path)).then(|| format!("{path} does not exist"));
            file = missing.is_none().then(|| path.clone());
            missing.or_else(|| wrong_test(&path, name?))
        } else {
            file.as_deref().filter(|_| all_proofs).and_then(|path| wrong_test(path, code))
        };
        mistakes.extend(wrong.map(|wrong| document.mistake(*place, &wrong)));
    }
    mistakes
}

/// A file or a folder; of a name with a gap, such as `words/<language>.txt`, the folder.
fn exists(path: &str) -> bool {
    let named = path.split('<').next().unwrap_or(path);
    let folder = named.rsplit_once('/').map_or(named, |(folder, _)| folder);
    root().join(if named == path { path } else { folder }).exists()
}

/// A path from the root and the name of a test, where the code begins with a path.
fn proof(code: &str) -> Option<(String, Option<&str>)> {
    let (path, name) = code.split_once(": ").map_or((code, None), |(path, name)| (path, Some(name)));
    let folder = path.split_once('/')?.0;
    match folder {
        "proxy" | "plugin" | "www" | "tests" => Some((path.to_owned(), name)),
        "it" | "browser" | "mortal" | "load" | "fuzz" | "fixtures" => Some((format!("tests/{path}"), name)),
        _ => None,
    }
}

/// A test in Rust is a function, or a row `name: …;` of a macro that makes functions. One in the browser is named by its title, which may be
/// cut at a comma.
fn wrong_test(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(root().join(path)).unwrap_or_default();
    let found = if path.ends_with(".rs") {
        let ends = |rest: &str| !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let row = format!("{name}: ");
        text.split(&format!("fn {name}")).skip(1).any(ends)
            || text.lines().any(|line| line.trim().starts_with(&row) && line.ends_with(';'))
    } else {
        text.split(&format!("test(\"{name}")).skip(1).any(|rest| rest.starts_with(['"', ',']))
    };
    (!found).then(|| format!("{path} has no test `{name}`"))
}

/// A command of `cargo xtask`: what it runs is a variant of an enumeration there.
fn wrong_command(command: &str) -> Option<String> {
    let has = |file: &str, word: &str| {
        let text = fs::read_to_string(root().join("plugin/xtask/src").join(file)).unwrap();
        let variants = text.lines().filter_map(|line| line.trim().split(['(', ',', ' ']).next());
        variants.into_iter().any(|variant| variant.to_lowercase() == word && variant != word)
    };
    let mut words = command.split_whitespace();
    let (name, what) = (words.next()?, words.next().filter(|word| !word.starts_with('-')));
    let known = has("main.rs", name) && (name != "soak" || what.is_none_or(|what| has("soak.rs", what)));
    (!known).then(|| format!("cargo xtask has no `{command}`"))
}

// Length

fn too_long(document: &Document) -> Vec<String> {
    let (lines, words) = (document.text.lines().count(), document.text.split_whitespace().count());
    let long = [("lines", lines, README_LINES), ("words", words, README_WORDS)].into_iter();
    let long = long.filter(|(_, have, most)| have > most);
    long.map(|(what, have, most)| format!("{}:{lines}: {have} {what}, and {most} at most", document.path)).collect()
}

// What is there

fn assert_none(mistakes: &[String]) {
    assert!(mistakes.is_empty(), "\n{}", mistakes.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let guides = fs::read_dir(root().join("www/docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let guides = guides.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".md"));
    let mut paths: Vec<String> = guides.map(|name| format!("www/docs/{name}")).collect();
    paths.extend(DOCUMENTS.map(str::to_owned));
    paths.sort();
    let mistakes = paths.iter().flat_map(|path| match Document::read(path) {
        Ok(document) => wrong_links(&document),
        Err(missing) => vec![missing],
    });
    assert_none(&mistakes.collect::<Vec<_>>());
}

#[test]
fn every_proof_that_is_named_exists() {
    let document = Document::read(PROOFS).unwrap();
    assert!(document.text.contains(SHOWN_IN), "{PROOFS} has no table of proofs");
    let documents = NAMES.map(|name| Document::read(name).unwrap());
    assert_none(&[&document].into_iter().chain(&documents).flat_map(wrong_proofs).collect::<Vec<_>>());
}

#[test]
fn the_readme_is_short() {
    assert_none(&too_long(&Document::read("README.md").unwrap()));
}

// The rules, each shown to fail

#[test]
fn a_link_that_leads_nowhere_is_found_with_its_line() {
    let judged = |link: &str| wrong_links(&Document::new("plugin/README.md", &format!("# Own\n\ntext\n[a]({link})\n")));
    for good in [
        "https://example.com/#x",
        "#own",
        "js",
        "../CHANGELOG.md",
        "/docs",
        "/docs/backend#money",
        "/docs/api#capture",
        "/docs/problems#price_changed",
        "/docs/configuration#limits",
        "/docs/kvitt-shop.d.ts",
    ] {
        assert_eq!(judged(good), Vec::<String>::new(), "{good}");
    }
    for (bad, why) in [
        ("nothing.md", "there is no such file"),
        ("#other", "there is no such heading"),
        ("../CHANGELOG.md#nothing", "there is no such heading"),
        ("/docs/nothing", "the documentation has no such page"),
        ("/docs/nothing.js", "the documentation has no such page"),
        ("/docs/backend#nothing", "there is no such heading"),
        ("/docs/api#nothing", "there is no such heading"),
        ("/openapi.json", "a link in the repository is relative"),
    ] {
        assert_eq!(judged(bad), [format!("plugin/README.md:4: {bad}: {why}")]);
    }
    let image = Document::new("README.md", "![what it shows](nothing.png)");
    assert_eq!(wrong_links(&image), ["README.md:1: nothing.png: there is no such file"]);
}

#[test]
fn a_proof_that_is_not_there_is_found_with_its_line() {
    let judged = |cell: &str| {
        let text = format!("| promise | {SHOWN_IN} |\n|---|---|\n| `Retry-After` is kept | {cell} |\n");
        wrong_proofs(&Document::new(PROOFS, &text))
    };
    for good in [
        "`it/documents.rs`",
        "`it/documents.rs: the_readme_is_short`, `every_link_leads_somewhere` and the rest of it",
        "`proxy/tests/model`, `it/docs.rs`, `plugin/words/<language>.txt`",
        "`it/crashes.rs: paid_whichever_commit_is_the_last`",
        "`browser/docs.test.mjs: a problem's type leads to its remedy`",
        "`browser/docs.test.mjs: every page is readable in light and dark`, `a heading is found and reached by keyboard alone`",
        "`soak load`, `cargo xtask soak model`, `cargo xtask test`",
    ] {
        assert_eq!(judged(good), Vec::<String>::new(), "{good}");
    }
    for (bad, why) in [
        ("by hand", "the row names no proof"),
        ("`it/nothing.rs`", "tests/it/nothing.rs does not exist"),
        ("`www/nothing.js: a`", "www/nothing.js does not exist"),
        ("`it/documents.rs: the_readme`", "tests/it/documents.rs has no test `the_readme`"),
        ("`it/documents.rs: the_readme_is_short`, `nothing`", "tests/it/documents.rs has no test `nothing`"),
        ("`browser/docs.test.mjs: every page`", "tests/browser/docs.test.mjs has no test `every page`"),
        ("`proxy/nothing/<name>.rs`", "proxy/nothing/<name>.rs does not exist"),
        ("`soak nothing`", "cargo xtask has no `soak nothing`"),
        ("`cargo xtask nothing`", "cargo xtask has no `nothing`"),
    ] {
        assert_eq!(judged(bad), [format!("{PROOFS}:3: {why}")]);
    }
}

#[test]
fn a_long_readme_is_found() {
    let short = Document::new("README.md", &"two words\n".repeat(README_LINES));
    assert_eq!(too_long(&short), Vec::<String>::new());
    let long = Document::new("README.md", &"many many many many many many many many many many words\n".repeat(151));
    assert_eq!(
        too_long(&long),
        ["README.md:151: 151 lines, and 150 at most", "README.md:151: 1661 words, and 1500 at most"]
    );
}
