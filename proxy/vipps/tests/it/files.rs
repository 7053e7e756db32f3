//! Reads the JSON files beside the tests.

use std::{fs, path::PathBuf};

use serde::de::DeserializeOwned;

/// Every JSON file of a folder of `tests/`, with its name.
pub(crate) fn all<T: DeserializeOwned>(folder: &str) -> Vec<(String, T)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {folder}");
    files
        .into_iter()
        .map(|file| {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let content = serde_json::from_slice(&fs::read(&file).unwrap());
            (name.clone(), content.unwrap_or_else(|error| panic!("{name}: {error}")))
        })
        .collect()
}

/// One body of `tests/bodies/`.
pub(crate) fn body<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&raw_body(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// One body of `tests/bodies/`, unread.
pub(crate) fn raw_body(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/bodies").join(name);
    fs::read(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}
