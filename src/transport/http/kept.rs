//! What was made of files, kept while the files are the same.

use parking_lot::Mutex;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

/// A few results of a kind, each with the state of the files that it was made of.
pub(super) struct Kept<T> {
    entries: Mutex<Vec<Entry<T>>>,
    /// Whether a result is kept that nobody uses.
    unused: bool,
}

struct Entry<T> {
    files: Vec<Stamp>,
    result: Weak<T>,
    /// Keeps the result alive.
    _unused: Option<Arc<T>>,
}

/// A program has one bundle or two.
const MOST: usize = 4;

impl<T> Kept<T> {
    pub(super) const fn new() -> Kept<T> {
        Kept {
            entries: Mutex::new(Vec::new()),
            unused: true,
        }
    }

    /// Results are kept only while somebody else has them.
    pub(super) const fn while_used() -> Kept<T> {
        Kept {
            entries: Mutex::new(Vec::new()),
            unused: false,
        }
    }

    /// What `make` gives, or gave when these files were as they are now. Without files it is made anew.
    pub(super) fn get<E>(
        &self,
        paths: &[&Path],
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let Some(files) = stamps(paths) else {
            return make().map(Arc::new);
        };
        // In a forked child the lock may be held by a thread that is not there any more: who can't have it does without.
        let known = |entries: &Vec<Entry<T>>| {
            let entry = entries.iter().find(|entry| entry.files == files)?;
            entry.result.upgrade()
        };
        if let Some(result) = self.entries.try_lock().as_deref().and_then(known) {
            return Ok(result);
        }
        let now = SystemTime::now();
        let result = Arc::new(make()?);
        // A file that has just changed may change again within one tick of its clock.
        let settled = files.iter().all(|file| file.is_older_than(now));
        if settled && stamps(paths).as_ref() == Some(&files) {
            self.keep(files, &result);
        }
        Ok(result)
    }

    fn keep(&self, files: Vec<Stamp>, result: &Arc<T>) {
        let Some(mut entries) = self.entries.try_lock() else {
            return;
        };
        entries.retain(|entry| entry.files != files && entry.result.strong_count() > 0);
        if entries.len() == MOST {
            entries.remove(0);
        }
        entries.push(Entry {
            files,
            result: Arc::downgrade(result),
            _unused: self.unused.then(|| result.clone()),
        });
    }
}

/// What tells one state of a file from another.
#[derive(PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    is_folder: bool,
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Stamp> {
        let data = std::fs::metadata(path).ok()?;
        Some(Stamp {
            path: path.to_owned(),
            is_folder: data.is_dir(),
            device: data.dev(),
            inode: data.ino(),
            size: data.size(),
            // Unlike the time of modification, nobody can set this one.
            changed: (data.ctime(), data.ctime_nsec()),
        })
    }

    fn is_older_than(&self, now: SystemTime) -> bool {
        const COARSE: i64 = 2;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        i64::try_from(now).is_ok_and(|now| self.changed.0.saturating_add(COARSE) < now)
    }
}

/// The state of files and folders, with all that is in these. None where one is not to be had.
fn stamps(paths: &[&Path]) -> Option<Vec<Stamp>> {
    let mut stamps = Vec::with_capacity(paths.len());
    for path in paths {
        let stamp = Stamp::of(path)?;
        let is_folder = stamp.is_folder;
        stamps.push(stamp);
        if !is_folder {
            continue;
        }
        let folder = std::fs::read_dir(path).ok()?;
        // Behind a link stands the file that is read; what a broken one leads to, nobody reads.
        let mut inside: Vec<Stamp> = folder
            .flatten()
            .filter_map(|entry| Stamp::of(&entry.path()))
            .collect();
        inside.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        stamps.append(&mut inside);
    }
    (!stamps.is_empty()).then_some(stamps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::fs;
    use std::time::Duration;

    /// A file that has not changed for long enough, which no test can make but by waiting.
    fn old_file() -> PathBuf {
        let path = std::env::temp_dir().join(format!("session-kept-{}", std::process::id()));
        fs::write(&path, "first").unwrap();
        while !Stamp::of(&path).unwrap().is_older_than(SystemTime::now()) {
            std::thread::sleep(Duration::from_millis(100));
        }
        path
    }

    #[test]
    fn a_result_is_kept_until_its_file_changes() {
        let path = old_file();
        let made = Cell::new(0);
        let make = || {
            made.set(made.get() + 1);
            fs::read(&path)
        };
        let kept = Kept::new();
        let first = kept.get(&[&path], make).unwrap();
        assert!(Arc::ptr_eq(&kept.get(&[&path], make).unwrap(), &first));
        drop(first);
        assert_eq!(**kept.get(&[&path], make).unwrap(), *b"first");
        assert_eq!(made.get(), 1);

        let while_used = Kept::while_used();
        let first = while_used.get(&[&path], make).unwrap();
        assert!(Arc::ptr_eq(
            &while_used.get(&[&path], make).unwrap(),
            &first
        ));
        assert_eq!(made.get(), 2);
        drop(first);
        while_used.get(&[&path], make).unwrap();
        assert_eq!(made.get(), 3);

        // Of the same length, and the time of modification set back.
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "other").unwrap();
        let file = fs::File::open(&path).unwrap();
        file.set_modified(modified).unwrap();
        assert_eq!(**kept.get(&[&path], make).unwrap(), *b"other");
        // It changed just now, so nothing was kept of it.
        kept.get(&[&path], make).unwrap();
        assert_eq!(made.get(), 5);

        fs::remove_file(&path).unwrap();
        assert!(kept.get(&[&path], make).is_err());
        assert!(kept.get(&[], || Err::<Vec<u8>, _>("made anew")).is_err());
    }

    #[test]
    fn a_folder_changes_with_the_files_in_it() {
        let folder = std::env::temp_dir().join(format!("session-kept-in-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a"), "first").unwrap();
        let before = stamps(&[&folder]).unwrap();
        assert!(stamps(&[&folder]).unwrap() == before);
        fs::write(folder.join("a"), "first and more").unwrap();
        assert!(stamps(&[&folder]).unwrap() != before);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn no_more_than_a_few_are_kept() {
        let root = Path::new("/");
        let kept = Kept::new();
        for number in 0..10 {
            let files = vec![Stamp {
                inode: number,
                ..Stamp::of(root).unwrap()
            }];
            kept.keep(files, &Arc::new(number));
        }
        assert_eq!(kept.entries.lock().len(), MOST);
    }
}
