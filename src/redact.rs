//! What is masked wherever the text of others is told: in the log, in errors.
//!
//! A text may be cut anywhere, and hold one format in another. Where its end can't be told, more is masked, not less.

use crate::sign::unescaped;

/// What stands for a secret.
pub(crate) const MASK: &str = "<redacted>";

/// How the names of secrets end: headers, elements, members, fields of forms. In small letters, nothing between words.
const SECRET: [&str; 26] = [
    "apikey",
    "assertion",
    "authenticationcode",
    "authorization",
    "codeverifier",
    "cookie",
    "customerkey",
    "devicecode",
    "dpop",
    "keymaterial",
    "mfacode",
    "passphrase",
    "password",
    "passwords",
    "plaintext",
    "presharedkey",
    "privatekey",
    "secret",
    "secretaccesskey",
    "secretbinary",
    "secretcode",
    "secrethash",
    "secretkey",
    "secretstring",
    "signature",
    "tokencode",
];

/// What is called a token and opens nothing: a place in a list, or what tells a request from another.
const OPEN_TOKENS: [&str; 10] = [
    "backward",
    "client",
    "clientrequest",
    "continuation",
    "forward",
    "idempotency",
    "next",
    "page",
    "pagination",
    "sequence",
];

/// Whether what has this name is secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let letters = unescaped(name).filter(u8::is_ascii_alphanumeric);
    let name: String = letters
        .map(|letter| char::from(letter.to_ascii_lowercase()))
        .collect();
    // `Passwords.member.1`
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let name = name.strip_suffix("member").unwrap_or(name);
    match name.strip_suffix("token") {
        Some(kind) => !OPEN_TOKENS.iter().any(|open| kind.ends_with(open)),
        None => SECRET.iter().any(|secret| name.ends_with(secret)),
    }
}

/// A text in which secrets that are known are masked, whatever stands before them.
pub(crate) fn without(text: &str, secrets: &[&str]) -> String {
    secrets
        .iter()
        .fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
}

/// A URL, without what makes a presigned one good.
pub(crate) fn url(text: &str) -> String {
    match text.split_once('?') {
        Some((before, query)) => format!("{before}?{}", form(query)),
        None => text.to_owned(),
    }
}

/// A form or query. A field that holds a secret somewhere in a text of its own is masked as a whole.
pub(crate) fn form(text: &str) -> String {
    let shown = |field: &str| {
        let bytes: Vec<u8> = unescaped(field).collect();
        let plain = String::from_utf8_lossy(&bytes).replace('+', " ");
        match field.split_once('=') {
            _ if document(&plain) == plain => field.to_owned(),
            Some((name, _)) => format!("{name}={MASK}"),
            None => MASK.to_owned(),
        }
    };
    let fields: Vec<String> = text.split('&').map(shown).collect();
    fields.join("&")
}

/// A text of any format: what follows the name of a secret is masked.
pub(crate) fn text(text: &str) -> String {
    let name = text.split_once('=').map_or("", |(name, _)| name);
    let is_name = |letter: char| of_name(letter) || letter == '+';
    let of_document = |letter: char| letter.is_whitespace() || "\"<{".contains(letter);
    if !name.is_empty() && name.chars().all(is_name) && !text.contains(of_document) {
        return form(text);
    }
    document(text)
}

/// What a text as a whole is, which says what ends a value that nothing encloses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Xml,
    Lines,
}

fn document(text: &str) -> String {
    let begins = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '[');
    let format = match begins.chars().next() {
        Some('{' | '"') => Format::Json,
        Some('<') => Format::Xml,
        _ => Format::Lines,
    };
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(of_name) {
        let (before, from_name) = rest.split_at(start);
        let end = from_name.find(|letter| !of_name(letter));
        let (name, after) = from_name.split_at(end.unwrap_or(from_name.len()));
        shown.push_str(before);
        shown.push_str(name);
        rest = after;
        if !is_secret(name) {
            continue;
        }
        if before.ends_with(['<', ':']) && rest.starts_with(|letter: char| letter.is_whitespace()) {
            let (attributes, after) = rest.split_at(rest.find(['<', '>']).unwrap_or(0));
            shown.push_str(&document(attributes));
            rest = after;
        }
        if let Some((start, end)) = value(rest, format) {
            shown.push_str(rest.get(..start).unwrap_or_default());
            if start < end {
                shown.push_str(MASK);
            }
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    shown.push_str(rest);
    shown
}

fn of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-.%".contains(letter)
}

/// Where the value of a name starts and ends in what follows the name, if a value does.
fn value(after: &str, format: Format) -> Option<(usize, usize)> {
    let (closed, is_quoted) = Quote::at(after).map_or((after, false), |(_, rest)| (rest, true));
    // `User[Password]=`
    let mut letters = closed.trim_start_matches(']').trim_start().chars();
    let sign = letters.next()?;
    let value = letters.as_str();
    let of_line = |letter: char| letter == ' ' || letter == '\t';
    let (value, end) = match sign {
        '>' => (value.trim_start(), element_end(value.trim_start())),
        ':' | '=' => match Quote::at(value.trim_start()) {
            Some((quote, value)) => (value, quote.end(value)),
            None if is_quoted => (value.trim_start(), member_end(value.trim_start())),
            None => {
                let value = value.trim_start_matches(of_line);
                (value, bare_end(value, sign, format))
            }
        },
        _ => return None,
    };
    let start = after.len() - value.len();
    Some((start, start + end))
}

/// A quote, by its spelling and the backslashes before it.
struct Quote {
    spelling: &'static str,
    escapes: usize,
}

impl Quote {
    /// The quote that a text starts with, and what follows it.
    fn at(text: &str) -> Option<(Quote, &str)> {
        let after = text.trim_start_matches('\\');
        let escapes = text.len() - after.len();
        // As they are, in XML, and behind the backslash in JSON.
        ["\"", "'", "&quot;", "u0022"].iter().find_map(|spelling| {
            let rest = after.strip_prefix(spelling)?;
            Some((Quote { spelling, escapes }, rest))
        })
    }

    /// Where the string that it opens ends. JSON in a string of JSON doubles the backslashes: of a quote that only stands
    /// in the string there are as many, one more, and all that again or a multiple; of any other the string ends, or one
    /// that it stands in.
    fn end(&self, text: &str) -> usize {
        let end = text.match_indices(self.spelling).find_map(|(at, _)| {
            let before = text.get(..at).unwrap_or_default();
            let escapes = at - before.trim_end_matches('\\').len();
            let is_inside = (escapes + 1) % (2 * (self.escapes + 1)) == 0;
            (!is_inside).then(|| at - escapes.min(self.escapes))
        });
        end.unwrap_or(text.len())
    }
}

/// Where the text of an element ends.
fn element_end(text: &str) -> usize {
    let mut end = 0;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let tag = rest.find('<').unwrap_or(rest.len());
        let data = rest
            .get(tag..)
            .and_then(|rest| rest.strip_prefix("<![CDATA["));
        let Some(data) = data else {
            return end + tag;
        };
        end = text.len() - data.find("]]>").map_or(0, |at| data.len() - at);
        if end == text.len() {
            return end;
        }
    }
}

/// Where a number, an object or an array of JSON ends.
fn member_end(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((quote, string)) = Quote::at(rest) {
            let closing = string.get(quote.end(string)..).unwrap_or_default();
            rest = Quote::at(closing).map_or("", |(_, rest)| rest);
            continue;
        }
        match first {
            '{' | '[' => depth += 1,
            '}' | ']' if depth > 0 => depth -= 1,
            '}' | ']' | ',' if depth == 0 => break,
            _ if depth == 0 && first.is_whitespace() => break,
            _ => {}
        }
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    text.len() - rest.len()
}

/// Where a value that nothing encloses ends: with its line, or with what it stands in.
fn bare_end(text: &str, sign: char, format: Format) -> usize {
    let mut escapes = 0_usize;
    for (at, letter) in text.char_indices() {
        let is_escaped = escapes % 2 == 1;
        match (letter, format) {
            ('\n' | '\r', _) | ('<', Format::Xml) => return at,
            ('&', Format::Json | Format::Lines) if sign == '=' => return at,
            ('"', Format::Json) if !is_escaped => return at,
            ('n' | 'r', Format::Json) if is_escaped => return at - 1,
            _ => {}
        }
        escapes = if letter == '\\' { escapes + 1 } else { 0 };
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is masked holds `hunter`, and nothing else does.
    fn check(rows: &[(&str, &str)]) {
        let wrong: Vec<String> = rows
            .iter()
            .filter(|(plain, shown)| text(plain) != *shown)
            .map(|(plain, shown)| {
                format!("{plain}\n  is told  {}\n  and not  {shown}", text(plain))
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn json_is_masked_to_the_end_of_its_value() {
        check(&[
            (
                r#"{"accessToken": "hunter 2", "x": 1}"#,
                r#"{"accessToken": "<redacted>", "x": 1}"#,
            ),
            (
                r#"{"SecretString":"{\"username\":\"hunter\",\"x\":\"\\\"hunter\"}","Name":"n"}"#,
                r#"{"SecretString":"<redacted>","Name":"n"}"#,
            ),
            (
                r#"{"Body":"{\"user\":\"bob\",\"password\":\"hunt\\\"er\",\"x\":1}","y":"z"}"#,
                r#"{"Body":"{\"user\":\"bob\",\"password\":\"<redacted>\",\"x\":1}","y":"z"}"#,
            ),
            (
                r#"{"A":"{\"B\":\"{\\\"password\\\":\\\"hunt\\\\\\\"er\\\",\\\"x\\\":1}\"}"}"#,
                r#"{"A":"{\"B\":\"{\\\"password\\\":\\\"<redacted>\\\",\\\"x\\\":1}\"}"}"#,
            ),
            // Cut inside: what follows is not of the string that holds it.
            (
                r#"{"Body":"{\"password\":\"hunter","y":"z"}"#,
                r#"{"Body":"{\"password\":\"<redacted>","y":"z"}"#,
            ),
            (
                r#"{"Body":"{\u0022password\u0022:\u0022hunter\u0022,\u0022x\u0022:1}"}"#,
                r#"{"Body":"{\u0022password\u0022:\u0022<redacted>\u0022,\u0022x\u0022:1}"}"#,
            ),
            (
                r#"{"Password":"hunter\\","x":"y"}"#,
                r#"{"Password":"<redacted>","x":"y"}"#,
            ),
            (r#"{"Password":"hunter\""#, r#"{"Password":"<redacted>"#),
            (r#"{"Password":"hunter\"#, r#"{"Password":"<redacted>"#),
            (r#"{"Password":"","x":"y"}"#, r#"{"Password":"","x":"y"}"#),
            (r#"{"SessionToken":"#, r#"{"SessionToken":"#),
            (
                "{\n \"TokenCode\" :\n 987654,\n \"x\": 1}",
                "{\n \"TokenCode\" :\n <redacted>,\n \"x\": 1}",
            ),
            (
                r#"{"Passwords":["hunter]","hunter"],"x":{"secret":{"a":["}",2]}},"y":1}"#,
                r#"{"Passwords":<redacted>,"x":{"secret":<redacted>},"y":1}"#,
            ),
            (
                r#"{"message":"signed were\nx-amz-security-token:hunter\/+=\nhost:h","x":"y"}"#,
                r#"{"message":"signed were\nx-amz-security-token:<redacted>\nhost:h","x":"y"}"#,
            ),
            (
                r#"{"url":"https://h/?token=hunter","x":"y"}"#,
                r#"{"url":"https://h/?token=<redacted>","x":"y"}"#,
            ),
        ]);
    }

    #[test]
    fn xml_is_masked_to_the_next_tag() {
        check(&[
            (
                "<SecretAccessKey>hunter/+=</SecretAccessKey>\n<A>b</A>",
                "<SecretAccessKey><redacted></SecretAccessKey>\n<A>b</A>",
            ),
            (
                "<n:Password>hunt&amp;er&lt;\n\"</n:Password><A>b</A>",
                "<n:Password><redacted></n:Password><A>b</A>",
            ),
            (
                "<Password><![CDATA[hunt<er]]>hunter<![CDATA[hunter]]></Password><A>b</A>",
                "<Password><redacted></Password><A>b</A>",
            ),
            ("<Password>hunter<![CDATA[hunt<er", "<Password><redacted>"),
            (
                "<User Password='hunt\"er' name=\"n\"><Password n:type=\"s\" token = 'hunter'>hunter</Password>",
                "<User Password='<redacted>' name=\"n\"><Password n:type=\"s\" token = '<redacted>'><redacted></Password>",
            ),
            (
                "<A>{&quot;password&quot;: &quot;hunt\\&quot;er&quot;, &quot;x&quot;: 1}</A>",
                "<A>{&quot;password&quot;: &quot;<redacted>&quot;, &quot;x&quot;: 1}</A>",
            ),
            (
                "<CanonicalRequest>PUT\n/\n\nx-amz-security-token:hunter\nhost:h</CanonicalRequest>",
                "<CanonicalRequest>PUT\n/\n\nx-amz-security-token:<redacted>\nhost:h</CanonicalRequest>",
            ),
            ("<Password/><A>b</A>", "<Password/><A>b</A>"),
            ("<Password", "<Password"),
        ]);
    }

    #[test]
    fn forms_and_lines_are_masked_to_their_end() {
        check(&[
            (
                "Action=A&WebIdentityToken=hunter%26&TokenCode=987654&B=c",
                "Action=A&WebIdentityToken=<redacted>&TokenCode=<redacted>&B=c",
            ),
            (
                "Passwords.member.1=hunter&P%61ssword=hunter&User%5BPassword%5D=hunter&B=c",
                "Passwords.member.1=<redacted>&P%61ssword=<redacted>&User%5BPassword%5D=<redacted>&B=c",
            ),
            (
                "Template=%7B%22DbPassword%22%3A+%22hunter%22%7D&B=%7B%22c%22%3A1%7D",
                "Template=<redacted>&B=%7B%22c%22%3A1%7D",
            ),
            ("A=b&Password=hunt<er\"s", "A=b&Password=<redacted>"),
            (
                "[default]\naws_secret_access_key = hunt\"er's<\nDB_PASSWORD='hunter'\nregion = r",
                "[default]\naws_secret_access_key = <redacted>\nDB_PASSWORD='<redacted>'\nregion = r",
            ),
            (
                "error: token: hunter 2\nx-amz-security-token:\nhost:h",
                "error: token: <redacted>\nx-amz-security-token:\nhost:h",
            ),
            ("a token of esteem", "a token of esteem"),
            ("the\nbody", "the\nbody"),
        ]);
    }

    #[test]
    fn a_name_is_secret_by_its_end() {
        for name in [
            "Authorization",
            "set-cookie",
            "X-Amz-Signature",
            "x-amz-sso_bearer_token",
            "x-amz-server-side-encryption-customer-key",
            "MasterUserPassword",
            "OldPassword",
            "NEW_PASSWORD",
            "ExchangeToken",
            "keyMaterial",
            "PrivateKeyPlaintext",
            "client_secret",
            "SecretBinary",
            "SAMLAssertion",
            "authorizationToken",
            "SMS_MFA_CODE",
            "AuthenticationCode2",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "NextToken",
            "NextContinuationToken",
            "continuation-token",
            "nextPageToken",
            "ClientToken",
            "ClientRequestToken",
            "max_tokens",
            "tokenType",
            "SecretId",
            "SecretArn",
            "AccessKeyId",
            "KeyId",
            "PublicKey",
            "Code",
            "x-amz-server-side-encryption-customer-key-MD5",
            "X-Amz-SignedHeaders",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn whatever_is_cut_off_stays_masked() {
        for whole in [
            r#"{"a":"{\"b\":\"{\\\"password\\\":\\\"hunt\\\\\\\"er\\\"}\"}"}"#,
            r#"{"secret":[{"a":"hunter"},"hunt\"er"]}"#,
            "<a><Password b='c'>hunter&amp;er<![CDATA[hunter]]></Password></a>",
            "a=b&Password=hunter%22&c=%7B%22secret%22%3A%22hunter",
        ] {
            for end in 0..whole.len() {
                let told = text(&whole[..end]);
                assert!(!told.contains("hunt"), "{told}");
            }
        }
    }

    #[test]
    fn a_presigned_url_is_good_for_nobody() {
        let presigned =
            "https://h/k?X-Amz-Date=d&X-Amz-Signature=s&X-Amz-Security-Token=t&TokenCode=9#f";
        let shown = "https://h/k?X-Amz-Date=d&X-Amz-Signature=<redacted>&X-Amz-Security-Token=<redacted>&TokenCode=<redacted>";
        assert_eq!(url(presigned), shown);
        assert_eq!(url("https://h/k"), "https://h/k");
    }
}
