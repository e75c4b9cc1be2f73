//! Header fields: names in any case, values without line breaks, in the order they were set.

use crate::error::{Error, Result};
use crate::text::{Text, is_token};
use crate::transport::Header;

/// An ordered list of header fields.
#[derive(Clone, Debug, Default)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// No fields, and room for some.
    pub(crate) fn with_capacity(capacity: usize) -> Headers {
        Headers(Vec::with_capacity(capacity))
    }

    /// The value of the first field of that name.
    pub fn get(&self, name: &str) -> Option<&Text> {
        self.0
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| &header.value)
    }

    /// Replaces all fields of that name by one.
    pub fn set(&mut self, name: Text, value: Text) {
        match self
            .0
            .iter()
            .position(|header| header.name.eq_ignore_ascii_case(&name))
        {
            Some(first) => {
                let mut index = 0;
                self.0.retain(|header| {
                    index += 1;
                    index - 1 <= first || !header.name.eq_ignore_ascii_case(&name)
                });
                if let Some(header) = self.0.get_mut(first) {
                    *header = Header { name, value };
                }
            }
            None => self.0.push(Header { name, value }),
        }
    }

    /// Replaces all fields of that name by one, after checking that both can go over the wire.
    pub fn set_checked(&mut self, name: &str, value: &str) -> Result<()> {
        let Header { name, value } = checked(name, value)?;
        self.set(name, value);
        Ok(())
    }

    /// Adds a field behind all others, after checking that both can go over the wire.
    pub fn add_checked(&mut self, name: &str, value: &str) -> Result<()> {
        self.0.push(checked(name, value)?);
        Ok(())
    }

    /// Overwrites the values of a name, which were secrets.
    pub(crate) fn wipe(&mut self, name: &str) {
        for header in &mut self.0 {
            if header.name.eq_ignore_ascii_case(name) {
                header.value.wipe();
            }
        }
    }

    /// Removes all fields of that name, and says whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0
            .retain(|header| !header.name.eq_ignore_ascii_case(name));
        self.0.len() != before
    }

    /// The fields in their order.
    pub fn as_slice(&self) -> &[Header] {
        &self.0
    }

    /// The fields, to be changed by one who keeps them fit for the wire.
    pub(crate) fn as_mut_vec(&mut self) -> &mut Vec<Header> {
        &mut self.0
    }
}

impl From<Vec<Header>> for Headers {
    fn from(headers: Vec<Header>) -> Headers {
        Headers(headers)
    }
}

fn checked(name: &str, value: &str) -> Result<Header> {
    if !is_token(name) {
        let shown: String = name.chars().take(64).collect();
        return Err(Error::argument(
            "name",
            format_args!("is {shown:?}, which is no header name"),
        ));
    }
    // The value is not shown: it may be secret.
    if value
        .bytes()
        .any(|byte| byte.is_ascii_control() && byte != b'\t')
    {
        return Err(Error::argument(
            "value",
            format_args!("of header {name} has a control character"),
        ));
    }
    let text =
        |text: &str, argument| Text::new(text.trim()).map_err(|nul| Error::argument(argument, nul));
    Ok(Header {
        name: text(name, "name")?,
        value: text(value, "value")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case_and_values_no_line_breaks() {
        let mut headers = Headers::default();
        headers.set_checked("X-A", " 1 ").unwrap();
        headers.set_checked("x-b", "2").unwrap();
        headers.set_checked("x-a", "3").unwrap();
        assert_eq!(headers.get("X-a").unwrap(), "3");
        assert_eq!(headers.as_slice().len(), 2);
        assert!(headers.set_checked("x-a", "1\r\nHost: evil").is_err());
        assert!(headers.set_checked("x a", "1").is_err());
        assert!(headers.remove("X-B"));
        assert!(!headers.remove("X-B"));
    }
}
