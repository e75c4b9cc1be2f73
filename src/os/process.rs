//! Programs that are started, and the waiting for what they say.
#![allow(unsafe_code, reason = "each block is one libc call with its reason")]

use super::environ;
use crate::credentials::Secret;
use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

/// Lets a command start the program at `path`, detached from the host: default signal handling, nothing of the host's
/// open but the three standard streams. `arguments` begin with the program's name; `environment` holds `NAME=value`s, or
/// is the process's own. Where the program can't be run, the child writes the number of the error to `report`.
///
/// The program is executed here and not by the standard library, which panics when that fails in a host whose children
/// vanish by themselves (SIGCHLD ignored).
pub(crate) fn execute_detached(
    command: &mut Command,
    path: CString,
    arguments: Vec<CString>,
    environment: Option<Vec<Secret>>,
    report: OwnedFd,
) {
    let start = Start {
        argument_list: pointers(arguments.iter().map(|text| text.as_ptr())),
        environment_list: environment.as_ref().map(|texts| {
            pointers(
                texts
                    .iter()
                    .map(|text| text.as_str_with_nul().as_ptr().cast()),
            )
        }),
        path,
        _texts: (arguments, environment),
        report,
    };
    // SAFETY: the closure calls nothing but what is safe between fork and exec, and allocates nothing.
    unsafe { command.pre_exec(move || start.run()) };
}

const LAST_SIGNAL: libc::c_long = 64;
/// The kernel's set of signals, in bytes.
const SIGNAL_SET_SIZE: libc::c_long = if cfg!(any(target_arch = "mips", target_arch = "mips64")) {
    16
} else {
    8
};
static DEFAULT_ACTION: [u64; 8] = [0; 8];

/// The arguments of execve(), put together before the fork.
struct Start {
    path: CString,
    argument_list: Vec<*const libc::c_char>,
    environment_list: Option<Vec<*const libc::c_char>>,
    /// What the lists point into.
    _texts: (Vec<CString>, Option<Vec<Secret>>),
    report: OwnedFd,
}

// SAFETY: the pointers are into texts that the value owns and never changes.
unsafe impl Send for Start {}
// SAFETY: as above.
unsafe impl Sync for Start {}

fn pointers(texts: impl Iterator<Item = *const libc::c_char>) -> Vec<*const libc::c_char> {
    texts.chain([std::ptr::null()]).collect()
}

impl Start {
    /// Runs in the child, and does not come back.
    fn run(&self) -> std::io::Result<()> {
        // What the host blocks or ignores, a program would ignore too. Asked of the kernel: the C library refuses the
        // signals that it keeps for itself, and whoever started the host may have ignored even those. The numbers that
        // are not to be had are refused.
        for signal in 1..=LAST_SIGNAL {
            // SAFETY: an action of zeros is the default one, larger than the kernel's own; the old is not asked for.
            unsafe {
                libc::syscall(
                    libc::SYS_rt_sigaction,
                    signal,
                    DEFAULT_ACTION.as_ptr(),
                    std::ptr::null::<u8>(),
                    SIGNAL_SET_SIZE,
                )
            };
        }
        // SAFETY: an all-zero set is the empty one.
        let none: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: the set is readable; the old one is not asked for.
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut()) };
        close_on_exec();
        let environment = match &self.environment_list {
            Some(list) => list.as_ptr(),
            // SAFETY: the list of the process, of which the child has a copy.
            None => unsafe { environ },
        };
        // SAFETY: the path and both lists end as they must, and outlive the call.
        unsafe { libc::execve(self.path.as_ptr(), self.argument_list.as_ptr(), environment) };
        let number = errno().to_ne_bytes();
        // SAFETY: the bytes are there, and the descriptor is open.
        unsafe {
            libc::write(
                self.report.as_raw_fd(),
                number.as_ptr().cast(),
                number.len(),
            )
        };
        // SAFETY: ends the child without running what the host has to do at its end.
        unsafe { libc::_exit(127) }
    }
}

fn errno() -> i32 {
    // SAFETY: the place is the thread's own.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    unsafe { *place }
}

/// Marks all descriptors but the standard streams to be closed by execve(). Safe between fork and exec.
fn close_on_exec() {
    const CLOSE_RANGE_CLOEXEC: libc::c_long = 4;
    const FIRST: libc::c_long = 3;
    const LAST: libc::c_long = libc::c_int::MAX as libc::c_long;
    // SAFETY: only sets flags.
    let done = unsafe { libc::syscall(libc::SYS_close_range, FIRST, LAST, CLOSE_RANGE_CLOEXEC) };
    if done == 0 {
        return;
    }
    // A kernel before 5.11 has to be told one by one.
    // SAFETY: only reads a limit.
    let most = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
    let most = libc::c_int::try_from(most)
        .unwrap_or(1024)
        .clamp(1024, 1 << 16);
    for descriptor in 3..most {
        // SAFETY: only sets a flag; where nothing is open it fails.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Kills a process group. That it is gone already is as good.
pub(crate) fn kill_group(leader: u32) {
    // 0 and 1 are no groups of ours: they mean this group, and everything.
    if let Some(leader) = libc::pid_t::try_from(leader)
        .ok()
        .filter(|leader| *leader > 1)
    {
        // SAFETY: sends a signal, to a group that this process made.
        unsafe { libc::kill(-leader, libc::SIGKILL) };
    }
}

/// A descriptor that can be read when the process has ended; none where the kernel has no such thing, or no process.
pub(crate) fn process_end(id: u32) -> Option<OwnedFd> {
    const NO_FLAGS: libc::c_long = 0;
    let id = libc::c_long::from(libc::pid_t::try_from(id).ok()?);
    // SAFETY: makes a descriptor and nothing else.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, id, NO_FLAGS) };
    let descriptor = libc::c_int::try_from(descriptor)
        .ok()
        .filter(|it| *it >= 0)?;
    // SAFETY: it was just made and is nobody else's.
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Waits until one of the descriptors can be read without waiting, or the time is over, and says which can.
pub(crate) fn readable<const N: usize>(
    descriptors: [Option<BorrowedFd<'_>>; N],
    within: Duration,
) -> std::io::Result<[bool; N]> {
    let mut asked = descriptors.map(|descriptor| libc::pollfd {
        // A negative one is passed over.
        fd: descriptor.map_or(-1, |descriptor| descriptor.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    // Rounded up: to wait a little too long is better than to ask over and over.
    let milliseconds = within.as_nanos().div_ceil(1_000_000);
    let milliseconds = libc::c_int::try_from(milliseconds).unwrap_or(libc::c_int::MAX);
    let count = libc::nfds_t::try_from(N).unwrap_or(0);
    // SAFETY: the array has that many entries and outlives the call.
    match unsafe { libc::poll(asked.as_mut_ptr(), count, milliseconds) } {
        -1 if errno() == libc::EINTR => Ok([false; N]),
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(asked.map(|asked| asked.revents != 0)),
    }
}
