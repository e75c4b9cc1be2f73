//! What may be shown of a value. Where it can't be told what is secret in it, nothing is.

use crate::config::{Field, Kind};
use crate::load::environment::Variable;
use crate::load::settings::Key;
use std::borrow::Cow;

const HIDDEN: &str = "****";

/// The value of a field.
pub(super) fn field(field: Field, value: &str) -> String {
    match field.facts().kind {
        Kind::Url => url(value),
        _ => value.to_owned(),
    }
}

/// The value of a profile's key.
pub(super) fn key(key: Key, value: &str) -> String {
    match key {
        Key::AccessKeyId => access_key_id(value),
        Key::SecretAccessKey | Key::SessionToken | Key::ExternalId => HIDDEN.to_owned(),
        Key::CredentialProcess => command(value),
        Key::SsoStartUrl => url(value),
        _ => value.to_owned(),
    }
}

/// The value of a variable.
pub(super) fn variable(variable: Variable, value: &str) -> String {
    match variable {
        Variable::AccessKeyId | Variable::AccessKey => access_key_id(value),
        Variable::SecretAccessKey
        | Variable::SecretKey
        | Variable::SessionToken
        | Variable::ContainerAuthorizationToken => HIDDEN.to_owned(),
        _ if variable.is_url() => url(value),
        _ => value.to_owned(),
    }
}

/// The last four characters, where they are at most half of it.
fn access_key_id(value: &str) -> String {
    let start = value.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    let (hidden, shown) = value.split_at_checked(start).unwrap_or((value, ""));
    let shown = if hidden.chars().nth(3).is_some() {
        shown
    } else {
        ""
    };
    format!("{HIDDEN}{shown}")
}

/// Hides user and password, and the query. A password may hold any character unescaped, so the last `@` ends it.
fn url(value: &str) -> String {
    let scheme = value.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = value.split_at_checked(scheme).unwrap_or(("", value));
    let is_scheme = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let (scheme, rest) = match scheme.strip_suffix("://") {
        Some(name) if is_scheme(name) => (scheme, rest),
        _ => ("", value),
    };
    let (user, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => ("****@", rest),
        None => ("", rest),
    };
    match rest.split_once('?') {
        Some((rest, _)) => format!("{scheme}{user}{rest}?{HIDDEN}"),
        None => format!("{scheme}{user}{rest}"),
    }
}

/// The program alone. What starts in any way that a program's path doesn't, an assignment for instance, is hidden whole.
fn command(value: &str) -> String {
    let blank = |c: char| c.is_ascii_whitespace();
    let text = value.trim_matches(blank);
    let (program, arguments) = match text
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))
    {
        Some(quote) => match text.get(1..).and_then(|text| text.split_once(quote)) {
            Some((program, after)) if after.is_empty() || after.starts_with(blank) => {
                (Cow::Borrowed(program), after)
            }
            _ => return "...".to_owned(),
        },
        None => {
            let (program, after) = text.split_once(blank).unwrap_or((text, ""));
            (Cow::Borrowed(program), after)
        }
    };
    let of_path = |c: char| c.is_alphanumeric() || "/._-+ ".contains(c);
    match (program.chars().all(of_path), arguments.is_empty()) {
        (false, _) => "...".to_owned(),
        (true, true) => program.into_owned(),
        (true, false) => format!("{program} ..."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_key_id_at_most_half_is_shown() {
        for (id, shown) in [
            ("AKIDEXAMPLEWXYZ", "****WXYZ"),
            ("12345678", "****5678"),
            ("1234567", "****"),
            ("", "****"),
            ("ééééñññü", "****ñññü"),
        ] {
            assert_eq!(access_key_id(id), shown);
        }
    }

    #[test]
    fn a_url_loses_user_password_and_query() {
        for (value, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://u:p@proxy:3128/", "http://****@proxy:3128/"),
            ("u:p@proxy:3128", "****@proxy:3128"),
            ("http://u:p/w?#@x@proxy", "http://****@proxy"),
            ("u:p://w@proxy", "****@proxy"),
            ("http://@proxy", "http://****@proxy"),
            ("//u:p@proxy", "****@proxy"),
            ("http://h/path?token=s3", "http://h/path?****"),
            ("@", "****@"),
            ("", ""),
        ] {
            assert_eq!(url(value), shown);
        }
    }

    #[test]
    fn a_command_shows_its_program_alone() {
        for (value, shown) in [
            ("/usr/bin/get-keys", "/usr/bin/get-keys"),
            ("get-keys --secret s3", "get-keys ..."),
            ("get-keys\n--secret\ts3", "get-keys ..."),
            ("\"/opt/my tools/get\" --secret s3", "/opt/my tools/get ..."),
            ("'/opt/get' s3", "/opt/get ..."),
            ("\"/opt/get s3", "..."),
            ("'get's3", "..."),
            ("TOKEN=s3 get", "..."),
            ("get;s3", "..."),
            ("$(s3)", "..."),
            ("\"get $s3\"", "..."),
            ("", ""),
        ] {
            assert_eq!(command(value), shown);
        }
    }
}
