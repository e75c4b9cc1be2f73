//! A command line in its words, by the quoting rules of POSIX shells. Nothing is expanded and nothing is an operator.

/// Splits a command line, or says what is wrong with it.
pub(super) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    // None between words: a word can be empty, where it is quoted.
    let mut word: Option<String> = None;
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some((_, '\'')) => break,
                        Some((_, quoted)) => word.push(quoted),
                        None => return Err(unclosed('\'', at)),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some((_, '"')) => break,
                        Some((_, '\\')) => match characters.next() {
                            Some((_, escaped @ ('"' | '\\' | '$' | '`'))) => word.push(escaped),
                            Some((_, '\n')) => {}
                            Some((_, other)) => word.extend(['\\', other]),
                            None => return Err(unclosed('"', at)),
                        },
                        Some((_, quoted)) => word.push(quoted),
                        None => return Err(unclosed('"', at)),
                    }
                }
            }
            '\\' => match characters.next() {
                Some((_, '\n')) => {}
                Some((_, escaped)) => word.get_or_insert_default().push(escaped),
                None => return Err(format!("the \\ at byte {at} has nothing behind it")),
            },
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

fn unclosed(quote: char, at: usize) -> String {
    format!("the quote {quote} at byte {at} is never closed")
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn splits_as_a_shell_does() {
        for (line, words) in [
            ("a b\tc", &["a", "b", "c"][..]),
            ("  a  ", &["a"]),
            ("", &[]),
            (r#""a b" 'c d'"#, &["a b", "c d"]),
            (r#"a"b c"'d e'f"#, &["ab cd ef"]),
            (r#"'' """#, &["", ""]),
            (r"a\ b \\ \' \x", &["a b", r"\", "'", "x"]),
            (r#""\" \\ \$ \` \n""#, &[r#"" \ $ ` \n"#]),
            (r"'\'", &[r"\"]),
            (r#"'"' "'""#, &["\"", "'"]),
            (
                "a | b > c; $d `e` # f",
                &["a", "|", "b", ">", "c;", "$d", "`e`", "#", "f"],
            ),
            ("a\\\nb \"c\\\nd\"", &["ab", "cd"]),
            ("é\\é 'ü'", &["éé", "ü"]),
        ] {
            assert_eq!(
                split(line).as_deref(),
                Ok(&words
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect::<Vec<_>>()[..]),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_not_closed_is_named() {
        for (line, why) in [
            ("a 'b", "the quote ' at byte 2 is never closed"),
            ("a \"b'", "the quote \" at byte 2 is never closed"),
            ("\"\\", "the quote \" at byte 0 is never closed"),
            ("\"\\\"", "the quote \" at byte 0 is never closed"),
            ("é\\", "the \\ at byte 2 has nothing behind it"),
        ] {
            assert_eq!(split(line).unwrap_err(), why, "{line}");
        }
    }
}
