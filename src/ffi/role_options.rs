//! What a load is told of the roles of a profile.

use super::options::{session_options_t, set, texts};
use super::status::session_status_t;
use super::strings::text_optional;
use crate::error::{Error, Result};
use crate::text::Text;
use std::ffi::c_char;

/// Shares credentials of roles with the AWS CLI, in its cache `~/.aws/cli/cache`.
///
/// Credentials that the CLI has cached for the same role, with the same parameters, are used while they last; new ones
/// are written there in its format, readable by the user alone. So a code for MFA is asked for once for both.
///
/// @param options  borrowed
/// @param enabled  whether to; false at first
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_cli_cache(
    options: *mut session_options_t,
    enabled: bool,
) -> session_status_t {
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "enabled", Ok(enabled), |options, enabled| {
            options.cli_cache = enabled
        })
    }
}

/// Sets a policy for the role: what it does not allow, the credentials can't do, whatever the role may.
///
/// Like the other options of this kind it holds for the last role of a chain, the one that the session works with.
///
/// @param options  borrowed
/// @param policy   borrowed, nullable: a policy in JSON; NULL: none
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL or `policy` no JSON object
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_assume_role_policy(
    options: *mut session_options_t,
    policy: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or a text.
    let policy = unsafe { text_optional(policy, "policy") }.and_then(checked_policy);
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "policy", policy, |options, policy| {
            options.role_policy.policy = policy
        })
    }
}

fn checked_policy(policy: Option<&str>) -> Result<Option<Text>> {
    let Some(policy) = policy else {
        return Ok(None);
    };
    match serde_json::from_str(policy) {
        Ok(serde_json::Value::Object(_)) => Ok(Some(Text::lossy(policy))),
        Ok(_) => Err(Error::argument("policy", "is no JSON object")),
        Err(error) => Err(Error::argument(
            "policy",
            format_args!(
                "is no JSON at line {} column {}",
                error.line(),
                error.column()
            ),
        )),
    }
}

/// Sets policies of IAM that limit the role, by their ARNs.
///
/// @param options  borrowed
/// @param arns     borrowed: `count` texts; NULL with a count of 0: none
/// @param count    how many
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_assume_role_policy_arns(
    options: *mut session_options_t,
    arns: *const *const c_char,
    count: usize,
) -> session_status_t {
    // SAFETY: NULL or as many texts as is said.
    let list = unsafe { texts(arns, count, "arns") }.map(copied);
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "arns", list, |options, list| {
            options.role_policy.policy_arns = list
        })
    }
}

fn copied(texts: Vec<&str>) -> Vec<Text> {
    texts.into_iter().map(Text::lossy).collect()
}

/// Sets the tags of the role's session.
///
/// @param options  borrowed
/// @param pairs    borrowed: `count` pairs of texts, key and value, one behind the other; NULL with a count of 0: none
/// @param count    how many pairs
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_assume_role_tags(
    options: *mut session_options_t,
    pairs: *const *const c_char,
    count: usize,
) -> session_status_t {
    let list = match count.checked_mul(2) {
        // SAFETY: NULL or as many pairs as is said.
        Some(count) => unsafe { texts(pairs, count, "pairs") }.map(|texts| paired(&texts)),
        None => Err(Error::argument("count", "is more than memory can hold")),
    };
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "pairs", list, |options, list| {
            options.role_policy.tags = list
        })
    }
}

fn paired(texts: &[&str]) -> Vec<(Text, Text)> {
    let pair = |pair: &[&str]| match pair {
        [key, value] => Some((Text::lossy(*key), Text::lossy(*value))),
        _ => None,
    };
    texts.chunks_exact(2).filter_map(pair).collect()
}

/// Sets which of the tags go on to roles that are assumed from this one.
///
/// @param options  borrowed
/// @param keys     borrowed: `count` keys of tags; NULL with a count of 0: none
/// @param count    how many
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_assume_role_transitive_tag_keys(
    options: *mut session_options_t,
    keys: *const *const c_char,
    count: usize,
) -> session_status_t {
    // SAFETY: NULL or as many texts as is said.
    let list = unsafe { texts(keys, count, "keys") }.map(copied);
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "keys", list, |options, list| {
            options.role_policy.transitive_tag_keys = list
        })
    }
}

/// Says who is behind the role's session, which the log of the account then shows.
///
/// @param options   borrowed
/// @param identity  borrowed, nullable: a name; NULL or `""`: nothing is said
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_assume_role_source_identity(
    options: *mut session_options_t,
    identity: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or a text.
    let identity = unsafe { text_optional(identity, "identity") };
    let identity =
        identity.map(|identity| identity.filter(|name| !name.is_empty()).map(Text::lossy));
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "identity", identity, |options, identity| {
            options.role_policy.source_identity = identity
        })
    }
}
