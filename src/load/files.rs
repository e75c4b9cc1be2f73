//! The configuration files of a load: which were looked for, and what they say about a section.

use crate::error::{Error, Result, Status};
use crate::load::ini::{FileKind, IniFile, MAX_SIZE, Property, SectionKind};
use crate::load::origin::FileSection;
use crate::load::settings::{Key, Reading, Setting, Settings};
use crate::text::{overwrite, shown};
use std::cell::LazyCell;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// What became of a file that was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It was read.
    Read,
    /// There is none.
    Missing,
    /// It could not be read.
    Unreadable,
    /// It is no configuration file, and nothing in it was used.
    Invalid,
}

/// A file that was looked for.
#[derive(Clone, Debug)]
pub struct LookedAt {
    /// Where.
    pub path: Arc<Path>,
    /// As what.
    pub kind: FileKind,
    /// What became of it.
    pub state: FileState,
}

/// The configuration files of one load.
#[derive(Default)]
pub struct Files {
    pub(super) read: Vec<(Arc<Path>, IniFile)>,
    looked_at: Vec<LookedAt>,
}

impl Files {
    /// Reads a file into the collection; the later file wins. One that can't be read is passed over, as in Go.
    pub fn read(&mut self, path: Arc<Path>, kind: FileKind) -> Result<()> {
        let seen = |state| LookedAt {
            path: path.clone(),
            kind,
            state,
        };
        let state = match contents(&path) {
            Ok(bytes) => {
                match IniFile::parse(&path, bytes, kind) {
                    Ok(file) => self.read.push((path.clone(), file)),
                    Err(error) => {
                        self.looked_at.push(seen(FileState::Invalid));
                        return Err(error);
                    }
                }
                FileState::Read
            }
            Err(error) if error.kind() == ErrorKind::NotFound => FileState::Missing,
            Err(_) => FileState::Unreadable,
        };
        self.looked_at.push(seen(state));
        Ok(())
    }

    /// The files that were looked for, in the order they were.
    pub fn into_looked_at(self) -> Vec<LookedAt> {
        self.looked_at
    }

    /// What the files say about a section, or None if it stands in none of them.
    pub(super) fn section(
        &self,
        kind: SectionKind,
        name: &str,
        shared_config: bool,
    ) -> Option<Settings> {
        let mut found: Option<Settings> = None;
        for (path, file) in &self.read {
            let Some(section) = file.section(kind, name) else {
                continue;
            };
            let place = LazyCell::new(|| place(path, kind, name));
            let setting = |property: &Property<'_>| Setting::of(property, &place);
            let mut of_file = Settings::default();
            for property in section.iter() {
                let Some(key) = Key::named(property.key) else {
                    continue;
                };
                if property.is_unset() || (key.reading() == Reading::SharedConfig && !shared_config)
                {
                    continue;
                }
                of_file.put(key, setting(&property));
            }
            // Decision 10: a web identity needs its role also where shared config is off.
            if !shared_config && of_file.get(Key::WebIdentityTokenFile).is_some() {
                for key in [Key::RoleArn, Key::RoleSessionName] {
                    let property = section.get(key.name());
                    if let Some(property) = property.filter(|it| !it.value().is_empty()) {
                        of_file.put(key, setting(&property));
                    }
                }
            }
            found.get_or_insert_with(Settings::default).merge(of_file);
        }
        // `key = ""` hides what an earlier file says, and counts as unset.
        if let Some(settings) = &mut found {
            settings.retain(|_, setting| !setting.value.is_empty());
        }
        found
    }

    /// The error for a profile that stands in no file.
    pub fn no_such_profile(&self, name: &str) -> Error {
        let name = shown(name);
        let message = if self.looked_at.is_empty() {
            format!("failed to get profile, {name}: no file was looked in")
        } else {
            let files: Vec<String> = self
                .looked_at
                .iter()
                .map(|file| described(&file.path, file.state))
                .collect();
            format!(
                "failed to get profile, {name}: it stands in none of the files: {}",
                files.join(", ")
            )
        };
        Error::new(
            Status::ProfileNotFound,
            "SharedConfigProfileNotExistsError",
            message,
        )
    }
}

/// All bytes of a file, or some more than it may have.
fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    const MOST: usize = MAX_SIZE + 1;
    // Most files are shorter.
    let mut start = [0; 1024];
    let mut file = File::open(path)?;
    let read = loop {
        match file.read(&mut start) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    // To ask where a file ends costs less than to read there and find nothing. A pipe does not say, and others say
    // nothing true.
    let end = match file.seek(SeekFrom::End(0)) {
        Ok(end) if end == read as u64 => read,
        Ok(end) => {
            file.seek(SeekFrom::Start(read as u64))?;
            usize::try_from(end).map_or(MOST, |end| end.min(MOST))
        }
        Err(_) => 0,
    };
    let mut bytes = Vec::new();
    // In full at once: growing would leave a copy behind.
    bytes.try_reserve_exact(end.max(read))?;
    bytes.extend_from_slice(start.get(..read).unwrap_or_default());
    overwrite(start.get_mut(..read).unwrap_or_default());
    if end != read {
        let most = if end > read { end } else { MOST };
        file.take((most - read) as u64).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

pub(super) fn place(path: &Arc<Path>, kind: SectionKind, name: &str) -> Arc<FileSection> {
    let kind = match kind {
        SectionKind::Profile => "profile ",
        SectionKind::SsoSession => "sso-session ",
        SectionKind::Services => "services ",
    };
    Arc::new(FileSection {
        path: path.clone(),
        title: [kind, name].concat().into(),
    })
}

fn described(path: &Path, state: FileState) -> String {
    let path = path.to_string_lossy();
    let path = shown(&path);
    match state {
        FileState::Read => path.to_owned(),
        FileState::Missing => format!("{path} (missing)"),
        FileState::Unreadable => format!("{path} (unreadable)"),
        FileState::Invalid => format!("{path} (invalid)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_any_length_are_read_whole() {
        let path = std::env::temp_dir().join(format!("session-contents-{}", std::process::id()));
        for length in [0, 1, 1023, 1024, 1025, 2048, 100_000] {
            let written: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            std::fs::write(&path, &written).unwrap();
            assert!(contents(&path).unwrap() == written, "{length}");
        }
        std::fs::remove_file(&path).unwrap();
        // One that does not say how long it is.
        let status = Path::new("/proc/self/smaps");
        if status.exists() {
            assert!(contents(status).unwrap().len() > 1024);
        }
        assert!(contents(Path::new("/")).is_err());
    }
}
