//! One run of a program: started without a shell, listened to, and gone at the end, whatever it does.
//!
//! There is no thread: its output, its errors and its end are waited for together.

use super::{Secret, Wait};
use crate::load::environment::Environment;
use crate::os;
use crate::text::Escaped;
use std::ffi::{CString, OsStr, OsString};
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use zeroize::{Zeroize, Zeroizing};

/// The most bytes that a program may print.
const STDOUT_LIMIT: usize = 1 << 20;
/// What is kept of its errors.
const STDERR_LIMIT: usize = 1 << 10;
/// How often its end is looked for, where the kernel does not tell it.
const LOOK: Duration = Duration::from_millis(10);
/// How long a killed program may take to be gone, which takes long only where the kernel is stuck.
const DYING: Duration = Duration::from_secs(5);

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal, not ours.
    Killed(i32),
    /// By itself; its status is lost.
    Unknown,
    /// It was killed at the deadline. `silent`: it had closed its output before.
    TimedOut { silent: bool },
    /// It was killed because its caller gave up.
    Unwanted,
    /// It was killed because it printed more than that.
    TooMuch { limit: usize },
}

/// A program that runs, or has run. Dropped before its end, it is killed.
pub(super) struct Run {
    name: String,
    /// Where the child says why the program could not be executed.
    reports: UnixStream,
    child: Child,
    gone: bool,
    /// Tells the end.
    end: Option<OwnedFd>,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    stdout: Zeroizing<Vec<u8>>,
    stderr: Vec<u8>,
}

impl Run {
    /// Starts the program that the first word names, in an environment, or says why not.
    pub(super) fn start(words: &[String], environment: &Environment) -> Result<Run, String> {
        let name = words.first().map_or("", String::as_str);
        let refused = |why: &dyn std::fmt::Display| format!("`{}` {why}", Escaped(name));
        let path = find(name, environment).map_err(|why| refused(&why))?;
        let no_nul = |text: &[u8]| CString::new(text).map_err(|_| refused(&"has a NUL inside"));
        let arguments: Result<Vec<CString>, String> =
            words.iter().map(|word| no_nul(word.as_bytes())).collect();
        let variables = environment.own().map(|own| {
            let pairs = own.iter().map(|(name, value)| {
                let value = value.as_str();
                let mut pair = Zeroizing::new(String::with_capacity(name.len() + value.len() + 1));
                pair.extend([name, "=", value]);
                Secret::new(&pair).map_err(|nul| refused(&nul))
            });
            pairs.collect::<Result<Vec<Secret>, String>>()
        });
        let (reports, report) = UnixStream::pair().map_err(|error| refused(&error))?;

        let mut command = Command::new(&path);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        os::execute_detached(
            &mut command,
            no_nul(path.as_os_str().as_bytes())?,
            arguments?,
            variables.transpose()?,
            report.into(),
        );
        let spawned = command.spawn();
        let mut child = spawned.map_err(|error| refused(&format!("can't be started: {error}")))?;
        Ok(Run {
            name: name.to_owned(),
            reports,
            end: os::process_end(child.id()),
            output: child.stdout.take(),
            errors: child.stderr.take(),
            child,
            gone: false,
            stdout: Zeroizing::new(Vec::new()),
            stderr: Vec::new(),
        })
    }

    /// Waits for the program's end, and sees to it at the deadline, or when the caller gives up.
    pub(super) fn finish(
        &mut self,
        timeout: Duration,
        caller: &dyn Wait,
    ) -> Result<Ending, String> {
        // A deadline that is too far to be told is none.
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => Duration::MAX,
            };
            if left.is_zero() {
                let silent = self.output.is_none();
                self.kill();
                return Ok(Ending::TimedOut { silent });
            }
            if caller.given_up().is_some() {
                self.kill();
                return Ok(Ending::Unwanted);
            }
            let left = left.min(
                caller
                    .ask_again_at()
                    .saturating_duration_since(Instant::now()),
            );
            let wait = if self.end.is_some() {
                left
            } else {
                left.min(LOOK)
            };
            let ended = self.listen(wait)?;
            if self.stdout.len() > STDOUT_LIMIT {
                self.kill();
                return Ok(Ending::TooMuch {
                    limit: STDOUT_LIMIT,
                });
            }
            if ended || self.end.is_none() {
                if let Some(ending) = self.ending() {
                    self.check_report()?;
                    return self.drain(ending);
                }
            }
        }
    }

    /// What the program printed.
    pub(super) fn stdout(&self) -> &[u8] {
        &self.stdout
    }

    /// The beginning of what it wrote to stderr.
    pub(super) fn stderr(&self) -> &[u8] {
        &self.stderr
    }

    /// Waits for something to happen and takes what there is to read. Says whether the program has ended.
    fn listen(&mut self, within: Duration) -> Result<bool, String> {
        let asked = [
            self.output.as_ref().map(AsFd::as_fd),
            self.errors.as_ref().map(AsFd::as_fd),
            self.end.as_ref().map(AsFd::as_fd),
        ];
        let [output, errors, ended] = os::readable(asked, within)
            .map_err(|error| format!("its output can't be waited for: {error}"))?;
        let mut part = Zeroizing::new([0; 4096]);
        if output {
            match read_some(&mut self.output, &mut *part) {
                0 => self.output = None,
                count => push(&mut self.stdout, part.get(..count).unwrap_or_default()),
            }
        }
        if errors {
            match read_some(&mut self.errors, &mut *part) {
                0 => self.errors = None,
                count => {
                    let room = STDERR_LIMIT.saturating_sub(self.stderr.len());
                    let kept = part.get(..count.min(room)).unwrap_or_default();
                    self.stderr.extend_from_slice(kept);
                }
            }
        }
        Ok(ended)
    }

    /// After the end: fails if the program was never there.
    fn check_report(&mut self) -> Result<(), String> {
        let mut number = [0; 4];
        // Not waited for: another process, forked by the host at the wrong moment, may hold the other end.
        let told = self.reports.set_nonblocking(true).is_ok()
            && self.reports.read_exact(&mut number).is_ok();
        if !told {
            return Ok(());
        }
        let error = std::io::Error::from_raw_os_error(i32::from_ne_bytes(number));
        Err(format!("`{}` can't be run: {error}", Escaped(&self.name)))
    }

    /// After the end: takes what still lies in the pipes, which programs that it has started may hold open.
    fn drain(&mut self, ending: Ending) -> Result<Ending, String> {
        self.end = None;
        loop {
            let before = (self.stdout.len(), self.stderr.len());
            if self.stderr.len() >= STDERR_LIMIT {
                self.errors = None;
            }
            self.listen(Duration::ZERO)?;
            if self.stdout.len() > STDOUT_LIMIT {
                return Ok(Ending::TooMuch {
                    limit: STDOUT_LIMIT,
                });
            }
            if before == (self.stdout.len(), self.stderr.len()) {
                return Ok(ending);
            }
        }
    }

    /// How the program ended, if it has.
    fn ending(&mut self) -> Option<Ending> {
        let ending = match self.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => match (status.code(), status.signal()) {
                (Some(code), _) => Ending::Exited(code),
                (None, Some(signal)) => Ending::Killed(signal),
                (None, None) => Ending::Unknown,
            },
            // A host that reaps children itself has been faster, or its children vanish by themselves.
            Err(_) => Ending::Unknown,
        };
        self.gone = true;
        Some(ending)
    }

    /// Kills the program and what it has started, and reaps it.
    fn kill(&mut self) {
        if !self.gone && self.ending().is_none() {
            os::kill_group(self.child.id());
            self.reap(DYING);
        }
    }

    /// Waits for the end of a program that must end.
    fn reap(&mut self, within: Duration) {
        let deadline = Instant::now() + within;
        while self.ending().is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            match &self.end {
                Some(end) => drop(os::readable([Some(end.as_fd())], left)),
                None => std::thread::sleep(left.min(LOOK)),
            }
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read_some(from: &mut Option<impl Read>, part: &mut [u8]) -> usize {
    loop {
        match from.as_mut().map(|from| from.read(part)) {
            Some(Err(error)) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // What can't be read is at its end.
            None | Some(Err(_)) => return 0,
            Some(Ok(count)) => return count,
        }
    }
}

/// Adds bytes without leaving copies of the others behind.
fn push(to: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    let wanted = to.len() + bytes.len();
    if wanted > to.capacity() {
        let mut larger = Vec::with_capacity(wanted.max(to.capacity() * 2));
        larger.extend_from_slice(to);
        to.zeroize();
        **to = larger;
    }
    to.extend_from_slice(bytes);
}

/// The file of a program: as it is where it has a slash, else the first of that name in the environment's PATH.
fn find(name: &str, environment: &Environment) -> Result<PathBuf, &'static str> {
    if name.contains('/') {
        return Ok(PathBuf::from(name));
    }
    let path = match environment.own() {
        Some(own) => {
            let path = own.iter().find(|(variable, _)| **variable == *"PATH");
            path.map(|(_, value)| OsString::from(value.as_str()))
        }
        None => std::env::var_os("PATH"),
    };
    let path = path.unwrap_or_else(|| OsString::from("/usr/bin:/bin"));
    let is_program = |path: &PathBuf| {
        let file = path.metadata();
        file.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    let folders = path.as_bytes().split(|byte| *byte == b':');
    let mut files = folders.map(|folder| match folder {
        // As ever in PATH: nothing is here.
        b"" => Path::new(".").join(name),
        folder => Path::new(OsStr::from_bytes(folder)).join(name),
    });
    files.find(is_program).ok_or("is in no folder of PATH")
}
