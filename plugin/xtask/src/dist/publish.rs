//! Copies a finished package to `www/pkg`.
//!
//! It writes only files that differ, so that a tool that watches `www` does not rebuild without need. It removes files that no longer
//! belong to the package.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Makes the files of `to` the same as those of `from`. Folders are ignored: a package has none.
pub(super) fn publish(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for file in files(from)? {
        let content = fs::read(&file)?;
        let target = to.join(file.file_name().expect("files have names"));
        if !fs::read(&target).is_ok_and(|there| there == content) {
            fs::write(&target, content).with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    for file in files(to)? {
        if !from.join(file.file_name().expect("files have names")).exists() {
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    Ok(())
}

/// The files of a folder, sorted.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_files_are_removed_and_equal_files_are_not_written() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |folder: &Path, name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        for (name, text) in [("same.js", "1"), ("app-2.js", "new"), ("changed.js", "new")] {
            write(from.path(), name, text);
        }
        for (name, text) in [("same.js", "1"), ("app-1.js", "old"), ("changed.js", "old")] {
            write(to.path(), name, text);
        }
        let before = fs::metadata(to.path().join("same.js")).unwrap().modified().unwrap();
        publish(from.path(), to.path()).unwrap();
        let names: Vec<_> = files(to.path()).unwrap().iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["app-2.js", "changed.js", "same.js"]);
        assert_eq!(fs::read_to_string(to.path().join("changed.js")).unwrap(), "new");
        assert_eq!(fs::metadata(to.path().join("same.js")).unwrap().modified().unwrap(), before);
    }
}
