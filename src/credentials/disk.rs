//! Files with secrets that other programs share: read within bounds, and replaced as a whole.

use crate::os;
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, DirEntry, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// Room for what a file of one login or one set of credentials can hold.
pub(crate) const LIMIT: usize = 1 << 20;

/// The age from which on a temporary file has no writer any more: no write takes as long, also where a machine sleeps.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// Reads a file of `limit` bytes at most. Never waits: a pipe that nobody has written to is an error or empty.
pub(crate) fn read(path: &Path, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    // In full at once: growing would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.min(limit) + 1));
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        let why = format!("has more than {limit} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// Replaces a file, which only its owner can read then. Whoever reads it, at whatever moment, and whatever happens to
/// this process: it is the old one or the new one, never a part.
pub(crate) fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let (temporary, file) = create_in(folder)?;
    let written = write(file, contents).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    } else {
        // The name is safe when the folder is; some file systems can't sync one.
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
        remove_abandoned(folder);
    }
    written
}

/// Removes what writers left that were killed: it would stay for ever, with its secrets.
fn remove_abandoned(folder: &Path) {
    let is_abandoned = |entry: &DirEntry| {
        if !is_temporary(&entry.file_name()) {
            return false;
        }
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| modified.elapsed().ok());
        age.is_some_and(|age| age > ABANDONED)
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(is_abandoned) {
        // Another process may have been first.
        let _ = std::fs::remove_file(entry.path());
    }
}

fn write(mut file: File, contents: &[u8]) -> io::Result<()> {
    file.write_all(contents)?;
    file.sync_all()
}

/// Whether this is a name that [`create_in`] gives. Those of the AWS CLI, in the same folders, are another's.
fn is_temporary(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let random = name
        .strip_prefix(b"tmp")
        .and_then(|rest| rest.strip_suffix(b".tmp"));
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    random.is_some_and(|random| random.len() == 16 && random.iter().all(is_digit))
}

/// A new file of a name that nobody can foresee, and that no reader of caches takes for one of its own.
fn create_in(folder: &Path) -> io::Result<(PathBuf, File)> {
    let mut tries = 0;
    loop {
        let random = os::random() as u64;
        let path = folder.join(OsString::from(format!("tmp{random:016x}.tmp")));
        let created = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        match created {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < 100 => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("libsession-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_file_is_replaced_by_another_that_only_its_owner_reads() {
        let folder = folder("replace");
        let path = folder.join("a/b/token.json");
        replace(&path, b"old").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        let (mut held, before) = (File::open(&path).unwrap(), path.metadata().unwrap());
        replace(&path, b"new").unwrap();
        let after = path.metadata().unwrap();
        assert_ne!(before.ino(), after.ino());
        assert_eq!(after.mode() & 0o777, 0o600);
        assert_eq!(
            path.parent().unwrap().metadata().unwrap().mode() & 0o777,
            0o700
        );
        let mut old = String::new();
        held.read_to_string(&mut old).unwrap();
        assert_eq!(
            (old.as_str(), &**read(&path, 3).unwrap()),
            ("old", &b"new"[..])
        );
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_fails_leaves_nothing_behind() {
        let folder = folder("fails");
        let path = folder.join("token.json");
        std::fs::create_dir_all(path.join("in the way")).unwrap();
        assert!(replace(&path, b"new").is_err());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert!(replace(&path.join("in the way/../../token.json/x/\0"), b"").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_killed_writers_left_is_removed_when_it_is_old() {
        let folder = folder("abandoned");
        std::fs::create_dir_all(folder.join("tmp00000000000000dd.tmp")).unwrap();
        let left = |name: &str, age: Duration| {
            let file = File::create(folder.join(name)).unwrap();
            let modified = std::time::SystemTime::now() - age;
            file.set_modified(modified).unwrap();
        };
        left("tmp0123456789abcdef.tmp", ABANDONED * 2);
        left("tmp00000000000000aa.tmp", ABANDONED / 2);
        for others in [
            "tmpab0_defg.tmp",
            "tmp0123456789abcdef.json",
            "0123456789abcdef.tmp",
            "tmp0123456789ABCDEF.tmp",
        ] {
            left(others, ABANDONED * 2);
        }
        let (_, file) = create_in(&folder).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        replace(&folder.join("token.json"), b"new").unwrap();
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "0123456789abcdef.tmp",
                "tmp00000000000000aa.tmp",
                "tmp00000000000000dd.tmp",
                "tmp0123456789ABCDEF.tmp",
                "tmp0123456789abcdef.json",
                "tmpab0_defg.tmp",
                "token.json",
            ]
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn nothing_endless_is_read() {
        let error = read(Path::new("/dev/zero"), LIMIT).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(read(Path::new("/"), LIMIT).is_err());
    }
}
