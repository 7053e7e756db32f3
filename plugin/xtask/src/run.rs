//! Child processes: starts one, waits for it, and turns a failure into an error that names the command.
//!
//! No shell is involved, so arguments need no quoting. When a command fails, its output must not be lost.

use std::io::ErrorKind;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a command with this process's input and output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a command and returns its output. If it fails, the error contains its standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` ended with {status}\n{}", line(command), String::from_utf8_lossy(&stderr).trim_end());
    }
    String::from_utf8(stdout).with_context(|| format!("`{}` printed something that is not UTF-8", line(command)))
}

/// Whether a command exists and succeeds. Its output is discarded.
///
/// # Errors
/// When it exists but cannot be started.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) => Ok(status.success()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| cannot_start(command)),
    }
}

/// Replaces this process by the command. Returns only if that fails.
#[cfg(unix)]
pub(crate) fn become_command(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| cannot_start(command))
}

/// Runs the command as a child, because this platform cannot replace a process. Ctrl-C reaches both.
#[cfg(not(unix))]
pub(crate) fn become_command(command: &mut Command) -> Result<()> {
    run(command)
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", line(command))
}

/// The command line, with the program's name instead of its path.
fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_its_standard_error() {
        let error = output(Command::new("cargo").args(["no-such-command-at-all"])).unwrap_err().to_string();
        assert!(error.contains("`cargo no-such-command-at-all` ended with"), "{error}");
        assert!(error.lines().count() > 1, "standard error is missing: {error}");
    }

    #[test]
    fn a_missing_program_is_an_error_and_no_panic() {
        assert!(!succeeds(&mut Command::new("kvitt-no-such-program")).unwrap());
        assert!(run(&mut Command::new("kvitt-no-such-program")).is_err());
    }
}
