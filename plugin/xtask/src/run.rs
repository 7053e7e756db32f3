//! Child processes: start one, wait, and turn a bad end into an error that names the command.
//!
//! Nothing here goes through a shell, so arguments need no quoting. Output must not be swallowed when a command fails.

use std::io::ErrorKind;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a command with this process's own input and output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed; what it said on its error stream is shown when it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` ended with {status}\n{}", line(command), String::from_utf8_lossy(&stderr).trim_end());
    }
    String::from_utf8(stdout).with_context(|| format!("`{}` printed something that is not text", line(command)))
}

/// Whether a command can be started and succeeds; its output is thrown away.
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

/// Replaces this process by the command; returns only when that fails.
#[cfg(unix)]
pub(crate) fn become_command(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| cannot_start(command))
}

/// Runs the command: a process cannot be replaced here. A Ctrl-C reaches both.
#[cfg(not(unix))]
pub(crate) fn become_command(command: &mut Command) -> Result<()> {
    run(command)
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", line(command))
}

/// The command as one would type it, the program without its folders.
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
    fn a_failure_names_the_command_and_what_it_said() {
        let error = output(Command::new("cargo").args(["no-such-command-at-all"])).unwrap_err().to_string();
        assert!(error.contains("`cargo no-such-command-at-all` ended with"), "{error}");
        assert!(error.lines().count() > 1, "the error stream is missing: {error}");
    }

    #[test]
    fn a_missing_program_is_no_success_and_no_panic() {
        assert!(!succeeds(&mut Command::new("kvitt-no-such-program")).unwrap());
        assert!(run(&mut Command::new("kvitt-no-such-program")).is_err());
    }
}
