//! What AWS's models say of a service as a whole: its protocols, version and names.

use super::scheme::AuthScheme;
use crate::table::{Table, count};

const KNOWN: &str = include_str!("facts.txt");
static TABLE: Table<{ count(KNOWN) }> = Table::new(KNOWN);

/// How requests and replies are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A form with `Action` and `Version`; XML comes back.
    Query,
    /// EC2's kind of [`Protocol::Query`].
    Ec2,
    /// JSON, with the operation in `X-Amz-Target`.
    Json,
    /// JSON, with the operation in method and path.
    RestJson,
    /// XML, with the operation in method and path.
    RestXml,
    /// CBOR, with the operation in the path.
    RpcV2Cbor,
}

/// What is known of a service. Text that a service lacks is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The version of the API: `2006-03-01`.
    pub api_version: &'static str,
    /// The name to sign for, where the endpoint does not say another. Empty: the endpoint prefix.
    pub signing_name: &'static str,
    /// `1.0` or `1.1`, in the content type of [`Protocol::Json`].
    pub json_version: &'static str,
    /// What stands before the operation in `X-Amz-Target`.
    pub target_prefix: &'static str,
    /// The service's id as the config file's `services` section writes it; in capitals, the end of `AWS_ENDPOINT_URL_…`.
    pub id: &'static str,
    /// How its requests prove who sends them, the preferred first.
    pub auth_schemes: &'static [AuthScheme],
    protocols: &'static str,
}

impl Facts {
    /// The facts of the service with this endpoint prefix; none for a service that AWS has no model of.
    pub fn of(endpoint_prefix: &str) -> Option<Facts> {
        let mut words = TABLE.find(&[endpoint_prefix])?.split(' ');
        let protocols = words.next()?;
        let mut said = words.map(|word| if word == "." { "" } else { word });
        Some(Facts {
            protocols,
            api_version: said.next()?,
            signing_name: said.next()?,
            json_version: said.next()?,
            target_prefix: said.next()?,
            id: said.next()?,
            auth_schemes: AuthScheme::list(said.next().unwrap_or_default()),
        })
    }

    /// The protocols that the service speaks, the preferred one first.
    pub fn protocols(&self) -> impl Iterator<Item = Protocol> + use<> {
        self.protocols.split(',').filter_map(Protocol::named)
    }

    /// Whether the service speaks this protocol.
    pub fn speaks(&self, protocol: Protocol) -> bool {
        self.protocols().any(|spoken| spoken == protocol)
    }
}

impl Protocol {
    /// How many there are.
    pub(crate) const COUNT: usize = 6;

    fn named(name: &str) -> Option<Protocol> {
        Some(match name {
            "query" => Protocol::Query,
            "ec2" => Protocol::Ec2,
            "json" => Protocol::Json,
            "rest-json" => Protocol::RestJson,
            "rest-xml" => Protocol::RestXml,
            "smithy-rpc-v2-cbor" => Protocol::RpcV2Cbor,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_services_by_endpoint_prefix() {
        let sts = Facts::of("sts").unwrap();
        assert_eq!(
            (sts.api_version, sts.signing_name, sts.id),
            ("2011-06-15", "", "sts")
        );
        assert!(sts.protocols().eq([Protocol::Query]));
        assert!(Facts::of("s3").unwrap().speaks(Protocol::RestXml));
        let email = Facts::of("email").unwrap();
        assert_eq!((email.signing_name, email.id), ("ses", "ses"));
        let dynamodb = Facts::of("dynamodb").unwrap();
        assert_eq!(
            (dynamodb.json_version, dynamodb.target_prefix),
            ("1.0", "DynamoDB_20120810")
        );
        let monitoring = Facts::of("monitoring").unwrap();
        assert!(
            monitoring
                .protocols()
                .eq([Protocol::RpcV2Cbor, Protocol::Json, Protocol::Query])
        );
        assert_eq!(Facts::of("nosuchservice"), None);
        assert_eq!(Facts::of(""), None);
    }

    #[test]
    fn every_row_reads() {
        for line in KNOWN.lines().filter(|line| !line.starts_with('#')) {
            let prefix = line.split(' ').next().unwrap();
            let facts = Facts::of(prefix).unwrap();
            let schemes = line.split(' ').nth(7);
            assert!(matches!(line.split(' ').count(), 7 | 8), "{line}");
            assert!(
                matches!(schemes, None | Some("bearer" | "sigv4,bearer")),
                "{line}"
            );
            assert_eq!(
                facts.auth_schemes.contains(&AuthScheme::Bearer),
                schemes.is_some(),
                "{line}"
            );
            let says_target = !facts.json_version.is_empty() && !facts.target_prefix.is_empty();
            assert!(says_target || !facts.speaks(Protocol::Json), "{line}");
            assert_eq!(
                facts.protocols().count(),
                facts.protocols.split(',').count(),
                "{line}"
            );
            assert!(
                facts.protocols().next().is_some()
                    && !facts.api_version.is_empty()
                    && !facts.id.is_empty(),
                "{line}"
            );
        }
    }
}
