//! Where nothing else is configured: the container's credentials endpoint if there is one, or else the metadata service.

use super::container::Container;
use super::imds::Imds;
use super::profile::{environment_key, environment_keys};
use super::{Provider, Value, Wait};
use crate::error::{Error, Result, Status};
use crate::load::environment::Variable;
use crate::load::files::FileState;
use crate::load::settings::Key;
use crate::resolved::Loaded;
use std::sync::Arc;

/// The last of the chain. Its failure is that of the whole: who was asked, in order, and each one's reason.
pub struct Remote {
    loaded: Arc<Loaded>,
    last: Box<dyn Provider>,
}

impl Remote {
    /// A provider that the environment chooses.
    pub fn new(loaded: &Arc<Loaded>) -> Remote {
        let set = |variable| loaded.environment.lossy(variable).is_some();
        let is_container = set(Variable::ContainerCredentialsRelativeUri)
            || set(Variable::ContainerCredentialsFullUri);
        Remote {
            loaded: loaded.clone(),
            last: match is_container {
                true => Box::new(Container::new(loaded)),
                false => Box::new(Imds::new(loaded)),
            },
        }
    }

    /// Why the environment gives no keys.
    fn environment(&self) -> Error {
        let environment = &self.loaded.environment;
        let (code, why) = if environment_keys(environment).is_ok() {
            (
                "EnvAccessKeyNotFound",
                "the keys in the environment are passed over, as the program named a profile",
            )
        } else if environment_key(environment, Key::AccessKeyId).is_none() {
            (
                "EnvAccessKeyNotFound",
                "AWS_ACCESS_KEY_ID or AWS_ACCESS_KEY not found in environment",
            )
        } else {
            (
                "EnvSecretNotFound",
                "AWS_SECRET_ACCESS_KEY or AWS_SECRET_KEY not found in environment",
            )
        };
        Error::new(Status::Credentials, code, why)
    }

    /// Why the files give none.
    fn files(&self) -> Error {
        let files = self.loaded.files.iter().map(|file| {
            let found = match file.state {
                FileState::Read => "",
                FileState::Missing => " (missing)",
                _ => " (not readable)",
            };
            format!("{}{found}", file.path.display())
        });
        let files: Vec<String> = files.collect();
        let looked_in = if files.is_empty() {
            "no file".to_owned()
        } else {
            files.join(", ")
        };
        Error::new(
            Status::Credentials,
            "SharedCredsLoad",
            format!(
                "profile \"{}\" has no credentials; looked in {looked_in}",
                self.loaded.profile.name
            ),
        )
    }
}

impl Provider for Remote {
    fn retrieve(&self, wait: &dyn Wait) -> Result<Value> {
        self.last.retrieve(wait).map_err(|last| {
            Error::new(
                Status::Credentials,
                "NoCredentialProviders",
                "no valid providers in chain",
            )
            .with_cause(self.environment())
            .with_cause(self.files())
            .with_cause(last)
        })
    }
}
