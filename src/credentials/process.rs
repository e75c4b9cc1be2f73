//! `credential_process`: a program that prints credentials.

use super::members::{Members, missing_key};
use super::run::{Ending, Run};
use super::{Provider, Value, Wait, words};
use crate::error::{Error, Result, Status};
use crate::load::settings::{Key, Setting};
use crate::os;
use crate::redact;
use crate::resolved::Loaded;
use crate::text::{Escaped, Text};
use std::sync::Arc;
use std::time::Duration;

const PROVIDER: Text = crate::text!("ProcessProvider");

/// How long a program may take where nobody says.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs a program, without a shell, and reads the credentials that it prints.
pub struct Process {
    loaded: Arc<Loaded>,
    command: Setting,
    profile: Text,
}

impl Process {
    /// A provider that runs the `credential_process` of a profile.
    pub fn new(loaded: &Arc<Loaded>, command: Setting, profile: Text) -> Process {
        Process {
            loaded: loaded.clone(),
            command,
            profile,
        }
    }

    fn error(&self, code: &str, message: impl AsRef<str>) -> Error {
        let position = &self.command.position;
        Error::new(Status::Credentials, code, message).with_position(
            position.path(),
            position.line,
            0,
        )
    }

    fn failed(&self, message: &str, cause: impl AsRef<str>) -> Error {
        self.error("ProcessProviderExecutionError", message)
            .with_cause(Error::new(Status::Credentials, "", cause))
    }

    fn words(&self) -> Result<Vec<String>> {
        let unfit = |why: String| self.failed("failed to prepare command", why);
        let words = words::split(&self.command.value).map_err(unfit)?;
        match words.first() {
            Some(program) if !program.is_empty() => Ok(words),
            _ => Err(unfit("command must not be empty".to_owned())),
        }
    }

    fn read(&self, output: &[u8]) -> Result<Value> {
        let unread = |why: String| {
            self.error(
                "ProcessProviderParseError",
                "parse failed of credential_process output",
            )
            .with_cause(Error::new(Status::Serialization, "", why))
        };
        let members = Members::parse(output).map_err(unread)?;
        let value = members.credentials("SessionToken", PROVIDER);
        let mut value = value.map_err(unread)?;
        match members.get("Version").map(|version| version.as_i64()) {
            Some(Some(1)) => {}
            Some(None) => return Err(unread("Version is no whole number".to_owned())),
            None | Some(Some(_)) => {
                return Err(self.error(
                    "ProcessProviderVersionError",
                    "wrong version in process output (not 1)",
                ));
            }
        }
        if let Some(key) = missing_key(&value) {
            return Err(self.error(
                "ProcessProviderRequiredError",
                format!("missing {key} in process output"),
            ));
        }
        if value.account_id.is_empty() {
            value.account_id = self.account_of_profile();
        }
        Ok(value)
    }

    /// The account that the profile itself names.
    fn account_of_profile(&self) -> Text {
        let mut profile = Some(&self.loaded.profile);
        while let Some(this) = profile {
            let account = this.settings.get(Key::AccountId);
            if let Some(account) = account.filter(|_| this.name == self.profile) {
                return account.value.clone();
            }
            profile = this.source.as_ref();
        }
        Text::EMPTY
    }
}

impl Provider for Process {
    fn retrieve(&self, wait: &dyn Wait) -> Result<Value> {
        let environment = &self.loaded.environment;
        if environment.is_privileged() || os::is_privileged() {
            return Err(self.failed(
                "error in credential_process",
                "it is ignored in a program with more rights than its caller (setuid and the like)",
            ));
        }
        let words = self.words()?;
        let timeout = self.loaded.process_timeout.unwrap_or(TIMEOUT);
        let error = "error in credential_process";
        let mut run = Run::start(&words, environment).map_err(|why| self.failed(error, why))?;
        let ending = run.finish(timeout, wait);
        let told = |error: Error| match shown(run.stderr()) {
            None => error,
            Some(text) => error.with_cause(Error::new(
                Status::Credentials,
                "",
                format!("it wrote to stderr: {text}"),
            )),
        };
        match ending {
            Ok(Ending::Exited(0)) => self.read(run.stdout()).map_err(told),
            Ok(Ending::Exited(code)) => {
                Err(told(self.failed(error, format!("exit status {code}"))))
            }
            Ok(Ending::Killed(signal)) => {
                Err(told(self.failed(error, format!("signal: {signal}"))))
            }
            // The host took the status. What the program printed must do.
            Ok(Ending::Unknown) => self.read(run.stdout()).map_err(|cause| {
                told(cause.with_cause(Error::new(
                    Status::Credentials,
                    "",
                    "its exit status is not known: the host reaps all children itself",
                )))
            }),
            Ok(Ending::TimedOut { silent }) => {
                let more = if silent { ", its output closed" } else { "" };
                let why = format!("it was killed: it still ran after {timeout:?}{more}");
                Err(told(self.failed("credential process timed out", why)))
            }
            Ok(Ending::Unwanted) => Err(self.failed(error, "it was killed: nobody waits for it")),
            Ok(Ending::TooMuch { limit }) => {
                let why = format!("it was killed: it printed more than {limit} bytes");
                Err(told(self.failed(error, why)))
            }
            Err(why) => Err(self.failed(error, why)),
        }
    }
}

/// What a program said of itself, fit for an error text: some lines, nothing that controls a terminal, and none of the
/// secrets that are told from their names.
fn shown(bytes: &[u8]) -> Option<String> {
    let text = redact::text(&String::from_utf8_lossy(bytes));
    let lines: Vec<String> = text
        .trim()
        .lines()
        .map(|line| Escaped(line.trim_end()).to_string())
        .collect();
    (!text.trim().is_empty()).then(|| lines.join("\n\t"))
}
