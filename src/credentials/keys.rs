//! Keys that stand in a profile, and are read again when they no longer serve: the user may have replaced them.

use super::{Provider, Value, Wait};
use crate::error::{Error, Result, Status};
use crate::load::files::Files;
use crate::load::profile::Profile;
use crate::load::settings::{Key, Settings};
use crate::resolved::Loaded;
use crate::text::Text;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Gives the keys of a profile: those that were loaded, and from the second time on, or after they were said to be
/// no good, those of the files.
pub(super) struct ProfileKeys {
    loaded: Arc<Loaded>,
    profile: Arc<Profile>,
    given: AtomicBool,
}

impl ProfileKeys {
    pub(super) fn new(loaded: &Arc<Loaded>, profile: &Arc<Profile>) -> ProfileKeys {
        ProfileKeys {
            loaded: loaded.clone(),
            profile: profile.clone(),
            given: AtomicBool::new(false),
        }
    }

    fn read_again(&self) -> Result<Value> {
        let mut files = Files::default();
        for file in &self.loaded.files {
            files.read(file.path.clone(), file.kind)?;
        }
        let name = &self.profile.name;
        let settings = files
            .settings(name, self.loaded.shared_config)
            .ok_or_else(|| files.no_such_profile(name))?;
        let has = |key| settings.get(key).is_some();
        if has(Key::AccessKeyId) && has(Key::SecretAccessKey) {
            return value(&settings);
        }
        Err(Error::new(
            Status::Credentials,
            "SharedCredsLoad",
            format!("profile {name} had keys when it was loaded, and has none any more"),
        ))
    }
}

impl Provider for ProfileKeys {
    fn retrieve(&self, _: &dyn Wait) -> Result<Value> {
        if self.given.swap(true, Ordering::Relaxed) {
            self.read_again()
        } else {
            value(&self.profile.settings)
        }
    }

    fn expire(&self) {
        self.given.store(true, Ordering::Relaxed);
    }
}

fn value(settings: &Settings) -> Result<Value> {
    let text = |key| settings.value(key).unwrap_or_default();
    let file = settings
        .get(Key::AccessKeyId)
        .map(|setting| setting.position.path().display().to_string());
    let provider = format!("SharedConfigCredentials: {}", file.unwrap_or_default());
    let value = Value::of_keys(
        text(Key::AccessKeyId),
        text(Key::SecretAccessKey),
        text(Key::SessionToken),
        &provider,
    )?;
    Ok(Value {
        account_id: Text::lossy(text(Key::AccountId)),
        ..value
    })
}
