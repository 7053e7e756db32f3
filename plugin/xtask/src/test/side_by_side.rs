//! The steps side by side: each begins as soon as what it waits for has ended.
//!
//! A step runs in a process of its own, `cargo xtask test --only STEP`, which writes into a file of the target folder. So the outputs do not
//! mix: each is printed whole when its step ends. A failure stops only the steps that need the failed one; all failures are named at the end.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use super::{Step, print_times};
use crate::run;
use crate::workspace::Workspace;

/// What became of the steps so far.
#[derive(Default)]
struct Progress {
    passed: Vec<Step>,
    failed: Vec<Step>,
    /// Not run, because a step that they need failed.
    left_out: Vec<Step>,
}

impl Progress {
    fn is_over(&self, step: Step) -> bool {
        [&self.passed, &self.failed, &self.left_out].iter().any(|steps| steps.contains(&step))
    }

    /// Takes the steps that can begin out of those that wait, and leaves out what never can.
    fn next(&mut self, waiting: &mut Vec<Step>) -> Vec<Step> {
        while let Some(place) = waiting.iter().position(|step| step.needs().iter().any(|need| self.is_lost(*need))) {
            self.left_out.push(waiting.remove(place));
        }
        let can_begin = |step: &Step| step.needs().iter().chain(step.follows()).all(|before| self.is_over(*before));
        let (ready, later) = waiting.drain(..).partition(can_begin);
        *waiting = later;
        ready
    }

    fn is_lost(&self, step: Step) -> bool {
        self.failed.contains(&step) || self.left_out.contains(&step)
    }

    fn result(&self) -> Result<()> {
        if self.failed.is_empty() {
            println!("all {} steps passed", self.passed.len());
            return Ok(());
        }
        match self.left_out.as_slice() {
            [] => bail!("failed: {}", names(&self.failed)),
            left_out => bail!("failed: {}; not run without them: {}", names(&self.failed), names(left_out)),
        }
    }
}

fn names(steps: &[Step]) -> String {
    steps.iter().map(|step| step.name()).collect::<Vec<_>>().join(", ")
}

/// Runs every step, and prints how long each took.
pub(super) fn run_all(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target("steps");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let this = std::env::current_exe().context("cannot find the path of this program")?;
    let start = Instant::now();
    let mut waiting = Step::value_variants().to_vec();
    let (mut progress, mut running, mut times) = (Progress::default(), 0, Vec::new());
    let (sender, ended) = mpsc::channel();
    loop {
        for step in progress.next(&mut waiting) {
            println!("-- {} begins; its output is in {}", step.name(), output_of(&folder, step).display());
            let (sender, this, output) = (sender.clone(), this.clone(), output_of(&folder, step));
            // The receiver waits for as many results as there are threads.
            thread::spawn(move || sender.send(alone(&this, step, &output)));
            running += 1;
        }
        if running == 0 {
            break;
        }
        let (step, took, result) = ended.recv().context("a step ended without a result")?;
        running -= 1;
        times.push((step.name(), took));
        print!("{}", String::from_utf8_lossy(&fs::read(output_of(&folder, step)).unwrap_or_default()));
        match result {
            Ok(()) => progress.passed.push(step),
            Err(error) => {
                println!("-- {} failed: {error:#}", step.name());
                progress.failed.push(step);
            }
        }
    }
    print_times(&times, start.elapsed());
    progress.result()
}

fn output_of(folder: &Path, step: Step) -> PathBuf {
    folder.join(format!("{}.txt", step.name()))
}

/// Runs one step in a process of its own, and returns how long it took.
fn alone(this: &Path, step: Step, output: &Path) -> (Step, Duration, Result<()>) {
    let start = Instant::now();
    let run = || {
        let file = File::create(output).with_context(|| format!("cannot create {}", output.display()))?;
        let mut command = Command::new(this);
        command.args(["test", "--only", &step.name()]).stdin(Stdio::null());
        run::run(command.stdout(file.try_clone()?).stderr(file))
    };
    let result = run();
    (step, start.elapsed(), result)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which the steps begin when these fail, each step together with those that begin with it.
    fn played(failing: &[Step]) -> (Vec<Vec<Step>>, Progress) {
        let (mut waiting, mut progress, mut order) = (Step::value_variants().to_vec(), Progress::default(), Vec::new());
        loop {
            let begun = progress.next(&mut waiting);
            if begun.is_empty() {
                return (order, progress);
            }
            let (failed, passed): (Vec<Step>, Vec<Step>) = begun.iter().partition(|step| failing.contains(step));
            progress.failed.extend(failed);
            progress.passed.extend(passed);
            order.push(begun);
        }
    }

    #[test]
    fn every_step_runs_once_after_what_it_needs() {
        let (order, progress) = played(&[]);
        let begun = order.concat();
        assert_eq!((begun.len(), progress.passed.len()), (Step::value_variants().len(), Step::value_variants().len()));
        for step in Step::value_variants() {
            let place = |wanted: &Step| order.iter().position(|group| group.contains(wanted)).unwrap();
            assert!(
                step.needs().iter().chain(step.follows()).all(|before| place(before) < place(step)),
                "{}",
                step.name()
            );
        }
        assert!(progress.result().is_ok());
    }

    #[test]
    fn a_failure_leaves_out_only_what_needs_it_and_all_are_named() {
        let (_, progress) = played(&[Step::Clippy, Step::Dist, Step::Native]);
        let error = progress.result().unwrap_err().to_string();
        assert_eq!(error, "failed: clippy, dist, native; not run without them: browser");
        assert!(progress.passed.contains(&Step::Postgres));
        let (order, progress) = played(&[Step::SetUp]);
        assert_eq!(order, [[Step::SetUp, Step::Build]]);
        assert_eq!(progress.left_out.len() + 2, Step::value_variants().len());
    }
}
