//! Short names for the imports and exports of the WebAssembly module, in the glue code.
//!
//! wasm-opt renames them in the module and prints the pairs. esbuild cannot rename them in the glue code, because there they are property
//! names. This edits generated code, so it changes only places that it knows, requires each of them, and must refuse everything else.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// How the glue names the module's exports, and the module's imports.
const EXPORTS: &str = "wasm.";
const IMPORTS: &str = "./glue_bg.js";

/// Applies the names of wasm-opt's list to the glue code.
///
/// # Errors
/// When the glue code is not as expected: an import does not occur exactly once, or an export is not in the list.
pub(super) fn rename(glue: &str, names: &Value) -> Result<String> {
    let mut glue = glue.to_owned();
    let imports = names["imports"].as_array().context("no list of imports")?;
    for import in imports {
        let [module, old, new] = texts(import)?;
        ensure!(module == IMPORTS, "an import from {module}: only {IMPORTS} is expected");
        replace_once(&mut glue, &format!("\n        {old}: "), &format!("\n        {new}: "))?;
    }
    if !imports.is_empty() {
        // wasm-opt renames every module to `a`.
        replace_once(&mut glue, &format!("\n        \"{IMPORTS}\": "), "\n        \"a\": ")?;
    }
    let exports = names["exports"].as_array().context("no list of exports")?;
    let exports = exports.iter().map(|pair| texts(pair).map(|[old, new]| (old, new))).collect::<Result<_>>()?;
    rename_exports(&glue, &exports)
}

fn texts<const N: usize>(list: &Value) -> Result<[&str; N]> {
    let texts: Option<Vec<&str>> = list.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
    texts.and_then(|texts| texts.try_into().ok()).with_context(|| format!("not a list of {N} names: {list}"))
}

fn replace_once(text: &mut String, old: &str, new: &str) -> Result<()> {
    match text.matches(old).count() {
        1 => *text = text.replacen(old, new, 1),
        count => bail!("the glue code has `{}` {count} times instead of once", old.trim()),
    }
    Ok(())
}

/// Renames `wasm.OLD` at every use of the variable `wasm`.
fn rename_exports(glue: &str, exports: &HashMap<&str, &str>) -> Result<String> {
    ensure!(!glue.contains("wasm["), "the glue code uses an export by a computed name");
    let mut renamed = String::with_capacity(glue.len());
    let mut rest = glue;
    while let Some(at) = rest.find(EXPORTS) {
        let (before, after) = rest.split_at(at + EXPORTS.len());
        renamed.push_str(before);
        rest = after;
        let is_variable = !before[..at].ends_with(|c: char| is_name(c) || c == '.');
        let name = &after[..after.find(|c| !is_name(c)).unwrap_or(after.len())];
        if is_variable && !name.is_empty() {
            let new =
                exports.get(name).with_context(|| format!("the glue code uses `{name}`, which is not exported"))?;
            renamed.push_str(new);
            rest = &after[name.len()..];
        }
    }
    renamed.push_str(rest);
    Ok(renamed)
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GLUE: &str = r#"
function imports() {
    const import0 = {
        __proto__: null,
        __wbg_fetch_1: function(arg0) {
            return fetch(arg0);
        },
        __wbg_fetch_12: function() { return handle(function () { wasm.memory; }); },
    };
    return {
        "./glue_bg.js": import0,
    };
}
function start(widget_show) { wasm.widget_show(wasm.memory.buffer, other.wasm.widget_show, mywasm.widget_show); }
let wasm; // a comment on wasm.
"#;

    fn names() -> Value {
        json!({
            "imports": [["./glue_bg.js", "__wbg_fetch_1", "b"], ["./glue_bg.js", "__wbg_fetch_12", "c"]],
            "exports": [["memory", "d"], ["widget_show", "e"], ["unused", "f"]],
        })
    }

    #[test]
    fn renames_each_import_and_every_use_of_an_export() {
        let renamed = rename(GLUE, &names()).unwrap();
        assert!(renamed.contains("\n        b: function(arg0) {"), "{renamed}");
        assert!(renamed.contains("\n        c: function() { return handle(function () { wasm.d; }); }"), "{renamed}");
        assert!(renamed.contains("\n        \"a\": import0,"), "{renamed}");
        assert!(renamed.contains("wasm.e(wasm.d.buffer, other.wasm.widget_show, mywasm.widget_show)"), "{renamed}");
        assert!(renamed.ends_with("let wasm; // a comment on wasm.\n"), "{renamed}");
        assert!(!renamed.contains("__wbg_") && !renamed.contains("glue_bg"), "{renamed}");
    }

    #[test]
    fn refuses_unexpected_glue_code() {
        let mut missing = names();
        missing["imports"][0][1] = "__wbg_other".into();
        let mut foreign = names();
        foreign["imports"][0][0] = "./snippets/inline.js".into();
        let mut unexported = names();
        unexported["exports"].as_array_mut().unwrap().remove(0);
        for (names, reason) in [(missing, "0 times"), (foreign, "only ./glue_bg.js"), (unexported, "`memory`")] {
            let error = rename(GLUE, &names).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        let twice = GLUE.replace("__wbg_fetch_12", "__wbg_fetch_1");
        assert!(rename(&twice, &names()).unwrap_err().to_string().contains("2 times"));
        let computed = GLUE.replace("wasm.memory;", "wasm['memory'];");
        assert!(rename(&computed, &names()).is_err());
        assert!(rename(GLUE, &json!({ "imports": [] })).is_err());
    }
}
