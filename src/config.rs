//! Configuration: every field optional, set by name as text, merged left to right.
//!
//! One table names every field once: how it is spelt, what it may hold, where else it can come from (a variable of the
//! environment, a key of a profile) and what it is when nobody sets it. The names are those of Go's `aws.Config` in
//! snake case and of the AWS config file.

use crate::credentials::Credentials;
use crate::error::{Error, Result, Status};
use crate::load::environment::Variable;
use crate::load::settings::Key;
use crate::text::Text;
use crate::transport::Transport;
use std::fmt;
use std::sync::Arc;

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A URL or what names a server, which may hold a password. Whoever uses it checks it.
    Url,
    /// The path of a file.
    Path,
    /// `true` or `false`, in any case.
    Flag,
    /// A whole number from the first to the second, both included.
    Number(i64, i64),
    /// One of these words, in any case; kept as spelt here.
    Choice(&'static [&'static str]),
    /// Some of these words with commas between, in any case; kept as spelt here.
    Words(&'static [&'static str]),
}

/// How a field can be set from outside the program.
#[derive(Clone, Copy, Debug)]
pub struct Outside {
    /// The variables; the first that is set wins.
    pub variables: &'static [Variable],
    /// The key of a profile.
    pub key: Option<Key>,
    /// Whether the outside says the opposite of the field: `ec2_metadata_v1_disabled` is no fallback.
    pub inverted: bool,
}

const NOWHERE: Outside = Outside {
    variables: &[],
    key: None,
    inverted: false,
};

/// A field that has variables and a key.
const fn outside(variables: &'static [Variable], key: Key) -> Outside {
    Outside {
        variables,
        key: Some(key),
        inverted: false,
    }
}

/// What is known of a field.
#[derive(Debug)]
pub struct Facts {
    /// The field's name in the interface.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// Where else it can come from.
    pub outside: Outside,
    /// Its value when nobody sets it, with a NUL after it.
    pub default: Option<Text>,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident $name:literal $kind:expr, $outside:expr, $default:expr;)*) => {
        /// A field of the configuration.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Field { $($(#[$doc])* $field),* }

        impl Field {
            /// All fields, in the order of the table.
            pub const ALL: &'static [Field] = &[$(Field::$field),*];

            /// What is known of the field.
            pub fn facts(self) -> &'static Facts {
                match self {
                    $(Field::$field => {
                        static FACTS: Facts =
                            Facts { name: concat!($name), kind: $kind, outside: $outside, default: $default };
                        &FACTS
                    })*
                }
            }

            /// The field's name with a NUL after it.
            pub fn name(self) -> Text {
                match self { $(Field::$field => crate::text!($name)),* }
            }
        }
    };
}

const FLAG: Kind = Kind::Flag;
const REGIONAL: Kind = Kind::Choice(&["legacy", "regional"]);
const LOG_LEVELS: Kind = Kind::Words(&LOG_WORDS);

/// What a log level is made of: nothing, parts of what happens, and secrets in clear.
pub(crate) const LOG_WORDS: [&str; 8] = [
    "off",
    "debug",
    "signing",
    "body",
    "retries",
    "errors",
    "deprecated",
    "unredacted",
];

fields! {
    /// The region that clients work in.
    Region "region" Kind::Text, outside(&[Variable::Region, Variable::DefaultRegion], Key::Region), None;
    /// The endpoint of service clients, instead of the resolved one; never used for credentials.
    Endpoint "endpoint" Kind::Url, NOWHERE, None;
    /// The endpoint of all services, those that give credentials too, unless one is named for the service.
    EndpointUrl "endpoint_url" Kind::Url, outside(&[Variable::EndpointUrl], Key::EndpointUrl), None;
    /// Neither `endpoint_url` nor the endpoints that environment and files name for services count.
    IgnoreConfiguredEndpointUrls "ignore_configured_endpoint_urls" FLAG,
        outside(&[Variable::IgnoreConfiguredEndpointUrls], Key::IgnoreConfiguredEndpointUrls), None;
    /// Which schemes of authentication come first, where a service takes more than one.
    AuthSchemePreference "auth_scheme_preference" Kind::Text,
        outside(&[Variable::AuthSchemePreference], Key::AuthSchemePreference), None;
    /// What the program calls itself in its requests, in `User-Agent`.
    SdkUaAppId "sdk_ua_app_id" Kind::Text, outside(&[Variable::SdkUaAppId], Key::SdkUaAppId), None;
    /// Plain HTTP instead of HTTPS.
    DisableSsl "disable_ssl" FLAG, NOWHERE, None;
    /// FIPS endpoints.
    UseFipsEndpoint "use_fips_endpoint" FLAG, outside(&[Variable::UseFipsEndpoint], Key::UseFipsEndpoint), None;
    /// Dual-stack (IPv4 and IPv6) endpoints.
    UseDualStackEndpoint "use_dual_stack_endpoint" FLAG,
        outside(&[Variable::UseDualstackEndpoint], Key::UseDualstackEndpoint), None;
    /// Dual-stack endpoints of S3 alone, where `use_dual_stack_endpoint` is not set. Deprecated, as in Go.
    UseDualStack "use_dual_stack" FLAG, NOWHERE, None;
    /// Whether STS is asked in the region or at its global endpoint.
    StsRegionalEndpoint "sts_regional_endpoint" REGIONAL,
        outside(&[Variable::StsRegionalEndpoints], Key::StsRegionalEndpoints), Some(crate::text!("regional"));
    /// Whether S3 in us-east-1 is asked at its regional or at its global endpoint.
    S3UsEast1RegionalEndpoint "s3_us_east_1_regional_endpoint" REGIONAL,
        outside(&[Variable::S3UsEast1RegionalEndpoint], Key::S3UsEast1RegionalEndpoint), Some(crate::text!("regional"));
    /// The bucket in the path, never in the host name.
    S3ForcePathStyle "s3_force_path_style" FLAG, NOWHERE, None;
    /// S3's accelerate endpoints.
    S3UseAccelerate "s3_use_accelerate" FLAG, NOWHERE, None;
    /// The region of a bucket's ARN instead of the client's.
    S3UseArnRegion "s3_use_arn_region" FLAG,
        outside(&[Variable::S3UseArnRegion], Key::S3UseArnRegion), None;
    /// No `Expect: 100-continue` before large uploads.
    S3Disable100Continue "s3_disable_100_continue" FLAG, NOWHERE, None;
    /// No check of a request's params before it is sent.
    DisableParamValidation "disable_param_validation" FLAG, NOWHERE, None;
    /// No `Content-MD5` where S3 wants one.
    DisableComputeChecksums "disable_compute_checksums" FLAG, NOWHERE, None;
    /// Paths of REST services as they are: no `//` and dot segments removed. S3's never are.
    DisableRestProtocolUriCleaning "disable_rest_protocol_uri_cleaning" FLAG, NOWHERE, None;
    /// Read and kept: endpoint discovery is part of service models.
    EnableEndpointDiscovery "enable_endpoint_discovery" FLAG,
        outside(&[Variable::EnableEndpointDiscovery], Key::EndpointDiscoveryEnabled), None;
    /// How many times a request is tried again; -1, as in Go: what is usual for the service.
    MaxRetries "max_retries" Kind::Number(-1, 1000), NOWHERE, None;
    /// How many times a request is tried, the first included.
    MaxAttempts "max_attempts" Kind::Number(1, 1001), outside(&[Variable::MaxAttempts], Key::MaxAttempts), None;
    /// How tries follow each other.
    RetryMode "retry_mode" Kind::Choice(&["legacy", "standard", "adaptive"]),
        outside(&[Variable::RetryMode], Key::RetryMode), Some(crate::text!("standard"));
    /// What the logger is told.
    LogLevel "log_level" LOG_LEVELS, NOWHERE, None;
    /// PEM certificates of the authorities to trust, instead of the system's.
    CaBundle "ca_bundle" Kind::Path, outside(&[Variable::CaBundle], Key::CaBundle), None;
    /// PEM certificate (chain) that identifies this program to servers.
    ClientTlsCert "client_tls_cert" Kind::Path,
        Outside { variables: &[Variable::ClientTlsCert], ..NOWHERE }, None;
    /// PEM key of that certificate.
    ClientTlsKey "client_tls_key" Kind::Path,
        Outside { variables: &[Variable::ClientTlsKey], ..NOWHERE }, None;
    /// Where the EC2 instance metadata service is.
    Ec2MetadataServiceEndpoint "ec2_metadata_service_endpoint" Kind::Url,
        outside(&[Variable::Ec2MetadataServiceEndpoint], Key::Ec2MetadataServiceEndpoint), None;
    /// Which address family that service is asked on.
    Ec2MetadataServiceEndpointMode "ec2_metadata_service_endpoint_mode" Kind::Choice(&["IPv4", "IPv6"]),
        outside(&[Variable::Ec2MetadataServiceEndpointMode], Key::Ec2MetadataServiceEndpointMode), None;
    /// Whether that service may be asked by version 1 where it has no version 2.
    Ec2MetadataEnableFallback "ec2_metadata_enable_fallback" FLAG,
        Outside { inverted: true, ..outside(&[Variable::Ec2MetadataV1Disabled], Key::Ec2MetadataV1Disabled) }, None;
    /// Read and kept: client-side monitoring is not sent.
    CsmEnabled "csm_enabled" FLAG,
        outside(&[Variable::CsmEnabled], Key::CsmEnabled), None;
    /// Read and kept, like `csm_enabled`.
    CsmHost "csm_host" Kind::Url, outside(&[Variable::CsmHost], Key::CsmHost), None;
    /// Read and kept, like `csm_enabled`.
    CsmPort "csm_port" Kind::Text, outside(&[Variable::CsmPort], Key::CsmPort), None;
    /// Read and kept, like `csm_enabled`.
    CsmClientId "csm_client_id" Kind::Text,
        outside(&[Variable::CsmClientId], Key::CsmClientId), None;
}

impl Field {
    /// The field of that name.
    pub fn named(name: &str) -> Option<Field> {
        Field::ALL
            .iter()
            .copied()
            .find(|field| field.facts().name == name)
    }

    /// Whether the field belongs to client-side monitoring, which has a profile of its own.
    pub fn is_csm(self) -> bool {
        matches!(
            self,
            Field::CsmEnabled | Field::CsmHost | Field::CsmPort | Field::CsmClientId
        )
    }

    /// Checks a text and gives it in its regular spelling, or says what was expected.
    pub fn check(self, value: &str) -> Result<Text, String> {
        let kind = self.facts().kind;
        let regular = match kind {
            Kind::Text | Kind::Url | Kind::Path => value,
            Kind::Flag => match value.trim() {
                word if word.eq_ignore_ascii_case("true") => return Ok(crate::text!("true")),
                word if word.eq_ignore_ascii_case("false") => return Ok(crate::text!("false")),
                _ => return Err(kind.to_string()),
            },
            Kind::Number(least, most) => {
                let word = value.trim();
                let digits = word.bytes().all(|byte| byte.is_ascii_digit());
                match word.parse::<i64>() {
                    Ok(number) if (digits || word == "-1") && (least..=most).contains(&number) => {
                        word
                    }
                    _ => return Err(kind.to_string()),
                }
            }
            Kind::Words(known) => {
                let regular = |word: &str| {
                    known
                        .iter()
                        .find(|known| known.eq_ignore_ascii_case(word.trim()))
                        .copied()
                };
                let words: Option<Vec<&str>> = value.split(',').map(regular).collect();
                return words
                    .map(|words| Text::lossy(words.join(",")))
                    .ok_or_else(|| kind.to_string());
            }
            Kind::Choice(words) => match words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(value.trim()))
            {
                Some(word) => word,
                None => return Err(kind.to_string()),
            },
        };
        Text::new(regular).map_err(|nul| format!("a text without NUL, but it {nul}"))
    }
}

impl fmt::Display for Kind {
    /// What was expected, for error messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Text => f.write_str("a text"),
            Kind::Url => f.write_str("a URL"),
            Kind::Path => f.write_str("a path"),
            Kind::Flag => f.write_str("true or false"),
            Kind::Number(least, most) => write!(f, "a whole number from {least} to {most}"),
            Kind::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Kind::Words(words) => write!(f, "some of {}, with commas between", words.join(", ")),
        }
    }
}

/// Waits between tries: nanoseconds.
pub type Sleep = dyn Fn(u64) + Send + Sync;
/// Tells the time: Unix nanoseconds.
pub type Clock = dyn Fn() -> i64 + Send + Sync;
/// Takes a line for the log: level and text.
pub type Logger = dyn Fn(i32, &Text) + Send + Sync;

/// Settings given by the program; what is not set is left to others.
#[derive(Clone, Default)]
pub struct Config {
    /// Sorted by field.
    values: Vec<(Field, Text)>,
    /// Bad values, by the name they were given for, until a good one replaces them.
    faults: Vec<(String, Error)>,
    /// Where credentials come from.
    pub credentials: Option<Arc<Credentials>>,
    /// What sends requests.
    pub transport: Option<Arc<dyn Transport>>,
    /// What waits between tries.
    pub sleep: Option<Arc<Sleep>>,
    /// What tells the time.
    pub clock: Option<Arc<Clock>>,
    /// Who is told what happens.
    pub logger: Option<Arc<Logger>>,
}

impl Config {
    /// Sets a field by name. A bad name or value is also remembered, for whoever uses the configuration.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let checked = match Field::named(name) {
            Some(field) => match field.check(value) {
                Ok(text) => Ok((field, text)),
                Err(expected) => Err(bad_value(name, value, &expected)),
            },
            None => Err(unknown_name(name)),
        };
        match checked {
            Ok((field, text)) => {
                self.forget_fault(name);
                self.put(field, text);
                Ok(())
            }
            Err(error) => self.remember(name, error),
        }
    }

    /// Sets a field that is known to hold a good value.
    pub fn put(&mut self, field: Field, text: Text) {
        match self
            .values
            .binary_search_by_key(&field, |(field, _)| *field)
        {
            Ok(at) => {
                if let Some((_, value)) = self.values.get_mut(at) {
                    *value = text;
                }
            }
            Err(at) => self.values.insert(at, (field, text)),
        }
    }

    /// Keeps an error about `name`, in place of an earlier one, for whoever uses the configuration, and gives it back.
    pub fn remember(&mut self, name: &str, error: Error) -> Result<()> {
        self.forget_fault(name);
        self.faults.push((name.to_owned(), error.clone()));
        Err(error)
    }

    /// Forgets what was wrong with `name`.
    pub fn forget_fault(&mut self, name: &str) {
        self.faults.retain(|(faulty, _)| faulty != name);
    }

    /// Forgets a field or an object, and what was wrong with it.
    pub fn unset(&mut self, name: &str) -> Result<()> {
        self.forget_fault(name);
        match name {
            "credentials" => self.credentials = None,
            "transport" => self.transport = None,
            "sleep" => self.sleep = None,
            "clock" => self.clock = None,
            "logger" => self.logger = None,
            _ => return self.unset_field(name),
        }
        Ok(())
    }

    fn unset_field(&mut self, name: &str) -> Result<()> {
        let field = Field::named(name).ok_or_else(|| unknown_name(name))?;
        self.values.retain(|(set, _)| *set != field);
        Ok(())
    }

    /// The value of a field, if it is set.
    pub fn get(&self, field: Field) -> Option<&Text> {
        // A handful of entries: a scan beats a search.
        self.values
            .iter()
            .find(|(set, _)| *set == field)
            .map(|(_, text)| text)
    }

    /// Whether any field or object is set.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
            && self.credentials.is_none()
            && self.transport.is_none()
            && self.sleep.is_none()
            && self.clock.is_none()
            && self.logger.is_none()
    }

    /// The first thing that is wrong with it, if anything is.
    pub fn fault(&self) -> Option<&Error> {
        self.faults.first().map(|(_, error)| error)
    }

    /// Takes over what `overrides` sets.
    pub fn merge(&mut self, overrides: &Config) {
        for (field, text) in &overrides.values {
            self.forget_fault(field.facts().name);
            self.put(*field, text.clone());
        }
        for (name, error) in &overrides.faults {
            self.forget_fault(name);
            self.faults.push((name.clone(), error.clone()));
        }
        let take = |mine: &mut Option<_>, theirs: &Option<_>| {
            if theirs.is_some() {
                *mine = theirs.clone();
            }
        };
        take(&mut self.credentials, &overrides.credentials);
        if overrides.transport.is_some() {
            self.transport = overrides.transport.clone();
        }
        if overrides.sleep.is_some() {
            self.sleep = overrides.sleep.clone();
        }
        if overrides.clock.is_some() {
            self.clock = overrides.clock.clone();
        }
        if overrides.logger.is_some() {
            self.logger = overrides.logger.clone();
        }
    }
}

fn bad_value(name: &str, value: &str, expected: &str) -> Error {
    let shown: String = value.chars().take(64).collect();
    Error::argument(
        name,
        format_args!("is {shown:?}, but {expected} is expected"),
    )
}

fn unknown_name(name: &str) -> Error {
    let shown: String = name.chars().take(64).collect();
    Error::new(
        Status::InvalidArgument,
        "InvalidArgument",
        format!("`name` is {shown:?}, which names no field"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_and_kept_in_their_regular_spelling() {
        let mut config = Config::default();
        config.set("use_fips_endpoint", " TRUE ").unwrap();
        config.set("sts_regional_endpoint", "Legacy").unwrap();
        config.set("max_retries", "7").unwrap();
        assert_eq!(config.get(Field::UseFipsEndpoint).unwrap(), "true");
        assert_eq!(config.get(Field::StsRegionalEndpoint).unwrap(), "legacy");
        for bad in ["+7", "-2", "-0", "-", "--1"] {
            assert!(config.set("max_retries", bad).is_err(), "{bad}");
        }
        assert!(config.set("max_attempts", "-1").is_err());
        assert!(config.set("max_retries", "1001").is_err());
        assert!(config.set("nonsense", "1").is_err());
    }

    #[test]
    fn a_bad_value_is_remembered_until_a_good_one_replaces_it() {
        let mut config = Config::default();
        let error = config.set("disable_ssl", "yes").unwrap_err();
        assert_eq!(
            error.message(),
            "`disable_ssl` is \"yes\", but true or false is expected"
        );
        assert!(config.fault().is_some());
        config.set("disable_ssl", "false").unwrap();
        assert!(config.fault().is_none());
    }

    #[test]
    fn the_later_configuration_wins_field_by_field() {
        let (mut one, mut two) = (Config::default(), Config::default());
        one.set("region", "a").unwrap();
        one.set("endpoint", "e").unwrap();
        two.set("region", "b").unwrap();
        one.merge(&two);
        assert_eq!(one.get(Field::Region).unwrap(), "b");
        assert_eq!(one.get(Field::Endpoint).unwrap(), "e");
    }

    #[test]
    fn every_field_is_found_by_its_name() {
        for field in Field::ALL {
            assert_eq!(Field::named(field.facts().name), Some(*field));
            assert_eq!(field.name(), field.facts().name);
        }
    }

    #[test]
    fn one_error_is_kept_for_each_name() {
        let mut one = Config::default();
        let mut other = Config::default();
        for _ in 0..3 {
            assert!(one.set("max_retries", "many").is_err());
            assert!(other.set("max_retries", "more").is_err());
            one.merge(&other);
            other.merge(&one);
        }
        assert_eq!((one.faults.len(), other.faults.len()), (1, 1));
        assert!(one.set("max_retries", "1").is_ok());
        assert!(one.fault().is_none());
    }
}
